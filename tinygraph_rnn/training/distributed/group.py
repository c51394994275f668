"""The processes of one run: they agree, add up, and notice when one is gone.

Collectives hang where a process is missing. So each process is connected to process 0
beside them, tells every second that it lives, and a thread listens: what happened to
one is told to all, and ends them.
"""

import contextlib
import os
import queue
import shutil
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, final

from tinygraph_rnn.errors import DistributedError
from tinygraph_rnn.training.distributed.connections import Connection, Message
from tinygraph_rnn.training.distributed.reduction import Array, Reduce
from tinygraph_rnn.training.distributed.rendezvous import differences
from tinygraph_rnn.training.terminal import say

__all__ = ["ALONE", "Group"]

SECONDS_BETWEEN_BEATS = 1.0
SILENCE = 30.0
"""Seconds after which a process that says nothing counts as gone."""

GRACE = 3.0
"""Seconds in which a process may end by itself once it knows that it must."""

_ENDED = 2
_ADVICE = (
    "--resume goes on from the last checkpoint of the run, by any number of processes"
)


def _end(why: str) -> None:
    """End this process at once, wherever it hangs."""
    with contextlib.suppress(Exception):
        say(f"error: {why}")
        sys.stderr.flush()
    os._exit(_ENDED)


@final
class Group:
    """This process and the others of its run.

    Use it in a `with` block: who leaves it with an error tells the others, who leaves
    it without one waits for them.

    Attributes:
        process, processes: the number of this one, and how many there are.
        failure: why the run cannot go on; empty while it can.
        reduce: adds up arrays over all processes, see `Trainer`; None of one alone.
        leftovers: folders to remove where this process is ended.
    """

    def __init__(
        self,
        process: int,
        processes: int,
        connections: Mapping[int, Connection],
        end: Callable[[str], None] = _end,
        silence: float = SILENCE,
    ) -> None:
        """Watch over the others; `end` is called in a thread where one is gone."""
        self.process, self.processes = process, processes
        self.failure = ""
        self.reduce: Reduce | None = None
        self.leftovers: list[Path] = []
        self._part: Callable[[], None] = lambda: None
        self._connections = dict(connections)
        self._inboxes: dict[int, queue.Queue[Message]] = {
            other: queue.Queue() for other in connections
        }
        self._end, self._silence = end, silence
        self._failing, self._over = threading.Lock(), threading.Event()
        self._gone: set[int] = set()
        self._listeners = [
            threading.Thread(target=self._listen, args=(other,), daemon=True)
            for other in connections
        ]
        for each in self._listeners:
            each.start()
        if connections:
            threading.Thread(target=self._watch, daemon=True).start()

    @property
    def is_first(self) -> bool:
        """Whether this is process 0, which writes for all."""
        return self.process == 0

    @property
    def is_alone(self) -> bool:
        """Whether there are no others."""
        return self.processes == 1

    def agree(self, facts: Mapping[str, Any]) -> None:
        """Demand that all processes call this with the same facts.

        Raises:
            DistributedError: they differ; says which, in each process. Or one is gone.
        """
        own = {name: str(value) for name, value in facts.items()}
        if self.is_first:
            all_facts = {0: own}
            for other in sorted(self._inboxes):
                all_facts[other] = self._receive(other, "facts").facts
            verdict = differences(all_facts)
            self._tell("verdict", {"why": verdict})
        else:
            self._tell("facts", own)
            verdict = self._receive(0, "verdict").facts["why"]
        if verdict:
            raise DistributedError(
                f"{verdict}: all processes of a run need the same options and text"
            )

    def handed_out(self, content: bytes | None) -> bytes:
        """Return the bytes that process 0 gives, in all processes.

        Raises:
            DistributedError: a process is gone, or calls something else.
        """
        self.agree({"what is handed out": "the checkpoint"})
        if content is not None and self.is_first:
            self._tell("content", content=content)
            return content
        return self._receive(0, "content").content

    def add_up_by(self, reduce: Reduce, part: Callable[[], None]) -> None:
        """Take what adds arrays up; where that fails, `reduce` says who is gone.

        `part` is called when all are done, in process 0 after the others.
        """

        def guarded(flat: Array) -> Array:
            try:
                return reduce(flat)
            except Exception as problem:
                limit = time.monotonic() + GRACE
                while not self.failure and time.monotonic() < limit:
                    time.sleep(0.05)
                line = (str(problem).splitlines() or [type(problem).__name__])[0]
                raise DistributedError(
                    self.failure or f"adding up over processes failed: {line}"
                ) from None

        self.reduce, self._part = guarded, part

    def __enter__(self) -> "Group":
        return self

    def __exit__(self, kind: object, problem: BaseException | None, _: object) -> None:
        if problem is not None:
            self._leave_with(problem)
            return
        try:
            if self.is_first:
                self._tell("bye")
                for other in sorted(self._inboxes):
                    self._receive(other, "bye")
                self._part()
            else:
                self._receive(0, "bye")
                self._part()
                self._tell("bye")
        finally:
            self._over.set()
            self._close()

    def _leave_with(self, problem: BaseException) -> None:
        first = not self.failure
        self._over.set()
        if first:
            words = str(problem) or type(problem).__name__
            self._tell("lost", {"who": self.process, "why": f"ended: {words}"})
        self._let_others_leave()
        self._close()

    def _let_others_leave(self) -> None:
        """Wait a little in process 0: without it JAX aborts the others at once."""
        limit = time.monotonic() + GRACE
        for each in self._listeners if self.is_first else ():
            if each is not threading.current_thread():
                each.join(max(0.0, limit - time.monotonic()))

    def _close(self) -> None:
        for each in self._connections.values():
            each.close()

    def _tell(
        self, kind: str, facts: Mapping[str, Any] | None = None, content: bytes = b""
    ) -> None:
        for each in self._connections.values():
            with contextlib.suppress(OSError):
                each.send(kind, facts, content)

    def _receive(self, other: int, kind: str) -> Message:
        while True:
            try:
                message = self._inboxes[other].get(timeout=0.1)
            except queue.Empty:
                if self.failure:
                    raise DistributedError(self.failure) from None
                continue
            if message.kind != kind:
                raise DistributedError(
                    f"process {other} is at another place of the run ({message.kind}, "
                    f"not {kind}): all processes need the same options"
                )
            return message

    def _listen(self, other: int) -> None:
        """Take messages of one process until it leaves."""
        connection = self._connections[other]
        while True:
            try:
                message = connection.receive()
            except (OSError, ValueError):
                if other not in self._gone:
                    self._lost(other, f"is gone: its connection broke. {_ADVICE}")
                return
            if message.kind == "lost":
                self._lost(message.facts["who"], message.facts["why"])
            elif message.kind != "beat":
                if message.kind == "bye":
                    self._gone.add(other)
                self._inboxes[other].put(message)

    def _watch(self) -> None:
        """Tell that this process lives, and notice who does not."""
        while not self._over.wait(SECONDS_BETWEEN_BEATS):
            for other, connection in self._connections.items():
                connection.beat()
                silent = time.monotonic() - connection.heard
                if silent > self._silence and other not in self._gone:
                    gone = f"is gone: it was not heard of for {silent:.0f} s"
                    self._lost(other, f"{gone}. {_ADVICE}")
                    return

    def _lost(self, who: int, why: str) -> None:
        """Note that a process is gone, tell the others, and end this one.

        Where it is process 0, JAX is about to abort: there is no time for grace.
        """
        with self._failing:
            if self.failure or self._over.is_set():
                return
            self.failure = f"process {who} of {self.processes} {why}"
        if self.is_first:
            self._tell("lost", {"who": who, "why": why})
        grace = GRACE if self.is_first or who != 0 else 0.0
        if not self._over.wait(grace):
            self._let_others_leave()
            for each in self.leftovers:
                shutil.rmtree(each, ignore_errors=True)
            self._end(self.failure)


ALONE = Group(0, 1, {})
"""The group of a process that trains by itself."""
