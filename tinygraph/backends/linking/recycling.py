"""Arrays for callers, used again once the caller has let go of them.

Memory that is asked for anew is cleared by the system, page by page: for the weights'
gradients of an LSTM layer that takes 3 % of a training step.
"""

import functools
import math
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from tinygraph.semantics.binding import Array

KEPT = 2
"""Arrays of one output: a caller still holds the last one while the next is made."""
LEAST, MOST = 2**16, 2**25
"""Bytes of an array that is kept: the allocator keeps less itself, and more is given
back at once."""


def _no_count(array: Array) -> int:
    return -1


def _counting() -> Callable[[Any], int]:
    """Return what counts who refers to an object; they must do so one at a time."""
    one_at_a_time = getattr(sys, "_is_gil_enabled", lambda: True)()
    return getattr(sys, "getrefcount", _no_count) if one_at_a_time else _no_count


_count = _counting()
_ALONE = next(map(_count, [np.empty(0)]))
"""What is counted for an array to which nothing but a list refers."""


def arrays_of(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Callable[[], Array]:
    """Return what gives a caller's own array at each call, not yet initialised."""
    if LEAST <= math.prod(shape) * dtype.itemsize <= MOST and _ALONE > 0:
        return Recycler(shape, dtype)
    return functools.partial(np.empty, shape, dtype)


class Recycler:
    """Arrays of one output, call after call.

    One is handed out again only while nobody else refers to it, neither through a view
    nor through a buffer, and if it is as it was made.
    """

    def __init__(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        self._shape, self._dtype = shape, dtype
        self._arrays: list[Array] = []

    def __call__(self) -> Array:
        """Return an array of the caller's own."""
        counts = list(map(_count, self._arrays))
        for array, holders in zip(self._arrays, counts, strict=True):
            if holders == _ALONE and self._fits(array):
                return array
        array = np.empty(self._shape, self._dtype)
        self._arrays = [array, *self._arrays[: KEPT - 1]]
        return array

    def _fits(self, array: Array) -> bool:
        """Return True for an array that its last holder left as it was made."""
        same = array.shape == self._shape and array.dtype == self._dtype
        return same and bool(array.flags.carray) and bool(array.flags.owndata)
