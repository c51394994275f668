"""Work shared out among threads: rows that do not need each other, side by side."""

import itertools
import os
import threading
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

Result = TypeVar("Result")


def bounds(rows: int, shards: int) -> list[tuple[int, int]]:
    """Cut rows into stretches of nearly one length, none of them empty."""
    shards = max(min(shards, rows), 1)
    cuts = [rows * i // shards for i in range(shards + 1)]
    return list(itertools.pairwise(cuts))


class _Worker:
    """A thread that waits for tasks.

    Two locks hand one over and back: half of what a queue and a future take.
    """

    def __init__(self) -> None:
        self._task: Callable[[], Any] | None = None
        self._result: Any = None
        self._problem: BaseException | None = None
        self._given, self._done = threading.Lock(), threading.Lock()
        self._given.acquire()
        self._done.acquire()
        name = "tinygraph shard"
        threading.Thread(target=self._work, name=name, daemon=True).start()

    def _work(self) -> None:
        while True:
            self._given.acquire()
            assert self._task is not None
            try:
                self._result = self._task()
            except BaseException as problem:  # raised where it is waited for
                self._problem = problem
            self._done.release()

    def start(self, task: Callable[[], Any]) -> None:
        """Begin a task."""
        self._task = task
        self._given.release()

    def wait(self) -> None:
        """Return when the task has ended."""
        self._done.acquire()

    def outcome(self) -> tuple[Any, BaseException | None]:
        """Return what the task returned or raised, and let go of it."""
        found = self._result, self._problem
        self._task = self._result = self._problem = None
        return found


_IDLE: list[_Worker] = []
"""Workers that nobody waits for; a fork leaves them behind."""
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_IDLE.clear)


def _worker() -> _Worker:
    try:
        return _IDLE.pop()
    except IndexError:
        return _Worker()


def run_all(tasks: Sequence[Callable[[], Result]]) -> list[Result]:
    """Run tasks side by side, the first one here; return what they return, in order.

    Raises:
        Exception: of the first task that failed, when all have ended.
    """
    if len(tasks) == 1:
        return [tasks[0]()]
    workers = [_worker() for _ in tasks[1:]]
    for worker, task in zip(workers, tasks[1:], strict=True):
        worker.start(task)
    try:
        first = tasks[0]()
    finally:  # an interrupted wait leaves its workers to themselves
        for worker in workers:
            worker.wait()
        outcomes = [worker.outcome() for worker in workers]
        _IDLE.extend(workers)
    problem = next((each for _, each in outcomes if each is not None), None)
    if problem is not None:
        raise problem
    return [first, *(result for result, _ in outcomes)]
