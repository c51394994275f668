"""A worker: one peer in a process of its own, told what to do through a pipe.

Run as `python -m benchmarks.working MODULE VARIANT THREADS`. Requests and replies are
pickles on the standard streams; whatever a library prints goes to standard error.
"""

import gc
import importlib
import os
import pickle
import sys
import time
import traceback
from typing import Any, BinaryIO

from benchmarks.peers.ready import Ready, SkipError
from benchmarks.problems import Problem

Times = list[tuple[float, float]]
"""(wall, CPU) seconds of each call; CPU time is that of all threads."""


class Worker:
    """One peer; its module is imported when it first builds."""

    def __init__(self, module: str, variant: str, threads: int) -> None:
        self.module, self.variant, self.threads = module, variant, threads
        self._ready: Ready | None = None

    def build(self, problem: Problem) -> dict[str, Any]:
        """Build the step and take it once: that is where peers compile."""
        self._ready = None
        gc.collect()
        module = importlib.import_module(f"benchmarks.peers.{self.module}")
        begin = time.perf_counter()
        ready: Ready = module.build(problem, self.variant, self.threads)
        first = ready.step()
        seconds = time.perf_counter() - begin
        self._ready = ready
        return {"first": seconds, "results": ready.read(first), "facts": ready.facts}

    def turn(self, seconds: float, least: int) -> Times:
        """Take steps for a while, after one that is not counted."""
        assert self._ready is not None
        step = self._ready.step
        step()
        times: Times = []
        end = time.perf_counter() + seconds
        while len(times) < least or time.perf_counter() < end:
            wall, cpu = time.perf_counter(), time.process_time()
            step()
            times.append((time.perf_counter() - wall, time.process_time() - cpu))
        return times

    def call(self, module: str, function: str, *args: Any) -> Any:
        """Call a function of `benchmarks.probes`."""
        found = importlib.import_module(f"benchmarks.probes.{module}")
        return getattr(found, function)(*args)

    def answer(self, request: tuple[Any, ...]) -> tuple[str, Any]:
        """Return ("done", value), or ("skip", a line)."""
        command, *args = request
        try:
            return "done", getattr(self, command)(*args)
        except ImportError as problem:
            return "skip", f"not installed: {problem.name or problem}"
        except SkipError as problem:
            return "skip", str(problem)
        except Exception as problem:
            frame = traceback.extract_tb(problem.__traceback__)[-1]
            where = f"{os.path.basename(frame.filename)}:{frame.lineno}"
            return "skip", f"failed: {problem!r} ({where})"


def serve(worker: Worker, requests: BinaryIO, replies: BinaryIO) -> None:
    """Answer requests until there are no more."""
    while True:
        try:
            request = pickle.load(requests)
        except EOFError:
            return
        pickle.dump(worker.answer(request), replies)
        replies.flush()


def main() -> None:
    """Serve the peer named on the command line."""
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    module, variant, threads = sys.argv[1:]
    serve(Worker(module, variant, int(threads)), sys.stdin.buffer, replies)


if __name__ == "__main__":
    main()
