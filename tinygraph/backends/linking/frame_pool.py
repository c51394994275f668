"""A pool of frames: each call has its own while it runs, kept for the next one."""

import threading
from collections import OrderedDict
from collections.abc import Callable

from tinygraph.backends.linking.frames import Frame
from tinygraph.semantics.binding import Binding

KEPT = 4
"""Frames kept for later calls; the least recently used ones are dropped."""


class FramePool:
    """Frames by sizes and number of threads; two calls at a time never share one."""

    def __init__(self, link: Callable[[Binding, int], Frame]) -> None:
        self._link = link
        self._lock = threading.Lock()
        self._free: OrderedDict[int, Frame] = OrderedDict()
        self._count = 0

    def take(self, binding: Binding, threads: int = 1) -> Frame:
        """Return a frame for the sizes of a call, a new one if none is free."""
        key = threads, binding.sizes
        with self._lock:
            for number in reversed(self._free):
                if self._free[number].key == key:
                    return self._free.pop(number)
        return self._link(binding, threads)

    def give(self, frame: Frame) -> None:
        """Keep a frame for the next call; one in which a call failed is not given."""
        with self._lock:
            self._count += 1
            self._free[self._count] = frame
            while len(self._free) > KEPT:
                self._free.popitem(last=False)
