"""Time and memory of a piece of work."""

import resource
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np


def median_seconds(work: Callable[[], Any], least: int, budget: float) -> float:
    """Return the median time of calls: at least so many, within a budget if it can."""
    times: list[float] = []
    end = time.perf_counter() + budget
    while len(times) < least or time.perf_counter() < end:
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return float(np.median(times))


def peak_bytes(work: Callable[[], Any]) -> int:
    """Return the most bytes allocated at once while working, NumPy's included."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def resident_bytes() -> int:
    """Return the most memory this process has ever held."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak


class Stages:
    """Seconds and resident bytes of named stages."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.bytes: dict[str, int] = {}
        self._base = resident_bytes()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Measure what happens within; bytes are the peak since the beginning."""
        begin = time.perf_counter()
        yield
        self.seconds[name] = time.perf_counter() - begin
        self.bytes[name] = resident_bytes() - self._base
