"""A pool of workspaces: each call has its own while it runs, kept for the next one."""

import contextlib
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from typing import Any

KEPT = 4
"""Workspaces kept for later calls; the least recently used ones are dropped."""


class Pool:
    """Workspaces by sizes; two threads never share one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._free: OrderedDict[int, tuple[Any, dict[Any, Any]]] = OrderedDict()
        self._count = 0

    @contextlib.contextmanager
    def lend(self, sizes: Mapping[str, int]) -> Iterator[dict[Any, Any]]:
        """Lend a workspace for these sizes, an empty one if none is free.

        One that a failed call used is not kept.
        """
        key = tuple(sorted(sizes.items()))
        workspace = self._take(key)
        yield workspace
        with self._lock:
            self._count += 1
            self._free[self._count] = (key, workspace)
            while len(self._free) > KEPT:
                self._free.popitem(last=False)

    def _take(self, key: Any) -> dict[Any, Any]:
        with self._lock:
            for number in reversed(self._free):
                if self._free[number][0] == key:
                    return self._free.pop(number)[1]
        return {}
