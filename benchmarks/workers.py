"""The parent's end of a worker: start it, ask it with a time limit, stop it."""

import contextlib
import os
import pickle
import select
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.peers.ready import SkipError

ROOT = Path(__file__).parents[1]
COUNTED_BY = (
    "OPENBLAS_NUM_THREADS",
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NPROC",
)
"""Variables by which BLAS, OpenMP and XLA learn how many threads to use."""


@dataclass(frozen=True)
class Peer:
    """A competitor.

    Attributes:
        name: as tables show it.
        module: within `benchmarks.peers`.
        variant: handed to the module's `build`.
        largest: work (see the problems) above which it is left out as too slow.
        compiles: True for one that may compile for minutes.
    """

    name: str
    module: str
    variant: str = ""
    largest: float = float("inf")
    compiles: bool = False


def environment(threads: int) -> dict[str, str]:
    """Return the environment in which libraries use so many threads."""
    counted = dict.fromkeys(COUNTED_BY, str(threads))
    fresh = {"TORCHINDUCTOR_FORCE_DISABLE_CACHES": "1", "PYTHONHASHSEED": "0"}
    alone = {"JAX_PLATFORMS": "cpu", "CUDA_VISIBLE_DEVICES": ""}
    eigen = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    flags = {"XLA_FLAGS": eigen} if threads == 1 else {}
    return {**os.environ, **counted, **fresh, **alone, **flags}


def probe(module: str, function: str, *args: Any, limit: float = 3600.0) -> Any:
    """Call a function of `benchmarks.probes` in a fresh process, on one thread.

    Raises:
        SkipError: it cannot, or did not within the limit.
    """
    worker = WorkerProcess(Peer("probe", "-"), threads=1)
    try:
        return worker.ask("call", module, function, *args, limit=limit)
    finally:
        worker.stop()


class WorkerProcess:
    """A peer in a process of its own, with so many threads."""

    def __init__(self, peer: Peer, threads: int) -> None:
        self.peer = peer
        self._over = ""
        arguments = [peer.module, peer.variant or "-", str(threads)]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.working", *arguments],
            cwd=ROOT,
            env=environment(threads),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def ask(self, *request: Any, limit: float = 600.0) -> Any:
        """Return the answer to a request.

        Raises:
            SkipError: it cannot; or it did not within the limit, and is stopped: then
                later requests get the same reason.
        """
        try:
            kind, value = self._exchange(request, limit)
        except (EOFError, BrokenPipeError):
            self._over = self._over or f"its process ended ({self._process.wait()})"
            self.stop()
            raise SkipError(self._over) from None
        except TimeoutError:
            self._over = f"no answer within {limit:.0f} s"
            self.stop()
            raise SkipError(self._over) from None
        if kind == "skip":
            raise SkipError(value)
        return value

    def _exchange(self, request: Any, limit: float) -> tuple[str, Any]:
        requests, replies = self._process.stdin, self._process.stdout
        assert requests is not None
        assert replies is not None
        if self.stopped:
            raise BrokenPipeError
        pickle.dump(request, requests)
        requests.flush()
        if not select.select([replies], [], [], limit)[0]:
            raise TimeoutError
        kind, value = pickle.load(replies)
        return kind, value

    @property
    def stopped(self) -> bool:
        """True once it will answer no more."""
        return self._process.poll() is not None

    def stop(self) -> None:
        """End the process and all that it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(BrokenPipeError):
                if stream is not None:
                    stream.close()
