"""Work shared out among threads: rows that do not need each other, side by side."""

import itertools
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

_LOCK = threading.Lock()
_POOLS: dict[int, ThreadPoolExecutor] = {}
"""Number of shards → the threads that run all of them but the first."""

Result = TypeVar("Result")


def bounds(rows: int, shards: int) -> list[tuple[int, int]]:
    """Cut rows into stretches of nearly one length, none of them empty."""
    shards = max(min(shards, rows), 1)
    cuts = [rows * i // shards for i in range(shards + 1)]
    return list(itertools.pairwise(cuts))


def run_all(tasks: Sequence[Callable[[], Result]]) -> list[Result]:
    """Run tasks side by side, the first one here; return what they return, in order.

    Raises:
        Exception: of the first task that failed, when all have ended.
    """
    if len(tasks) == 1:
        return [tasks[0]()]
    with _LOCK:
        pool = _POOLS.get(len(tasks))
        if pool is None:
            name = "tinygraph shard"
            pool = ThreadPoolExecutor(len(tasks) - 1, thread_name_prefix=name)
            _POOLS[len(tasks)] = pool
    others = [pool.submit(task) for task in tasks[1:]]
    try:
        first = tasks[0]()
    finally:
        wait(others)
    return [first, *(each.result() for each in others)]
