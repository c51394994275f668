"""Threads that run the shards of a region side by side."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

_LOCK = threading.Lock()
_POOLS: dict[int, ThreadPoolExecutor] = {}
"""Number of shards → the threads that run all of them but the first."""


def run_all(tasks: Sequence[Callable[[], int]]) -> list[int]:
    """Run tasks side by side, the first one here; return what they return, in order."""
    if len(tasks) == 1:
        return [tasks[0]()]
    with _LOCK:
        pool = _POOLS.get(len(tasks))
        if pool is None:
            name = "tinygraph shard"
            pool = ThreadPoolExecutor(len(tasks) - 1, thread_name_prefix=name)
            _POOLS[len(tasks)] = pool
    others = [pool.submit(task) for task in tasks[1:]]
    first = tasks[0]()
    return [first, *(each.result() for each in others)]
