"""A pool of frames: each call has its own while it runs, kept for the next one."""

import contextlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any

from tinygraph.backends.frames import Frame
from tinygraph.binding import Binding

KEPT = 4
"""Frames kept for later calls; the least recently used ones are dropped."""


class Pool:
    """Frames by sizes; two threads never share one."""

    def __init__(self, link: Callable[[Binding], Frame]) -> None:
        self._link = link
        self._lock = threading.Lock()
        self._free: OrderedDict[int, tuple[Any, Frame]] = OrderedDict()
        self._count = 0

    @contextlib.contextmanager
    def lend(self, binding: Binding) -> Iterator[Frame]:
        """Lend a frame for the sizes of a call, a new one if none is free.

        One that a failed call used is not kept.
        """
        key = tuple(sorted(binding.sizes.items()))
        frame = self._take(key)
        if frame is None:
            frame = self._link(binding)
        yield frame
        with self._lock:
            self._count += 1
            self._free[self._count] = (key, frame)
            while len(self._free) > KEPT:
                self._free.popitem(last=False)

    def _take(self, key: Any) -> Frame | None:
        with self._lock:
            for number in reversed(self._free):
                if self._free[number][0] == key:
                    return self._free.pop(number)[1]
        return None
