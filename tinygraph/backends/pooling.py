"""A pool of frames: each call has its own while it runs, kept for the next one."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from tinygraph.backends.frames import Frame
from tinygraph.binding import Binding

KEPT = 4
"""Frames kept for later calls; the least recently used ones are dropped."""


class Pool:
    """Frames by sizes and number of threads; two calls at a time never share one."""

    def __init__(self, link: Callable[[Binding, int], Frame]) -> None:
        self._link = link
        self._lock = threading.Lock()
        self._free: OrderedDict[int, tuple[Any, Frame]] = OrderedDict()
        self._count = 0

    def take(self, binding: Binding, threads: int = 1) -> Frame:
        """Return a frame for the sizes of a call, a new one if none is free."""
        key = _key(binding, threads)
        with self._lock:
            for number in reversed(self._free):
                if self._free[number][0] == key:
                    return self._free.pop(number)[1]
        return self._link(binding, threads)

    def give(self, binding: Binding, frame: Frame, threads: int = 1) -> None:
        """Keep a frame for the next call; one in which a call failed is not given."""
        with self._lock:
            self._count += 1
            self._free[self._count] = (_key(binding, threads), frame)
            while len(self._free) > KEPT:
                self._free.popitem(last=False)


def _key(binding: Binding, threads: int) -> Any:
    return threads, tuple(sorted(binding.sizes.items()))
