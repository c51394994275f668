"""Arrays for callers, used again once the caller has let go of them.

Memory that is asked for anew is cleared by the system, page by page: for the weights'
gradients of an LSTM layer that takes 3 % of a training step.
"""

import sys
from typing import Any

import numpy as np

from tinygraph.semantics.binding import Array

KEPT = 2
"""Arrays of one output: a caller still holds the last one while the next is made."""
MOST = 2**25
"""Bytes of an array that is kept; larger ones are given back at once."""


def _holders(arrays: list[Array]) -> list[int]:
    """Return how many refer to each array; 0 where nobody counts them in one place."""
    one_at_a_time = getattr(sys, "_is_gil_enabled", lambda: True)()
    if not hasattr(sys, "getrefcount") or not one_at_a_time:
        return [0] * len(arrays)
    return list(map(sys.getrefcount, arrays))


_ALONE = _holders([np.empty(0)])[0] or -1
"""What is counted for an array to which nothing but the list refers."""


class Recycler:
    """Arrays of one output, call after call.

    One is handed out again only while nobody else refers to it, neither through a view
    nor through a buffer, and if it is as it was made.
    """

    def __init__(self) -> None:
        self._arrays: list[Array] = []

    def take(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
        """Return an array of the caller's own, not yet initialised."""
        for array, holders in zip(self._arrays, _holders(self._arrays), strict=True):
            if holders == _ALONE and _fits(array, shape, dtype):
                return array
        array = np.empty(shape, dtype)
        if array.nbytes <= MOST:
            self._arrays = [array, *self._arrays[: KEPT - 1]]
        return array


def _fits(array: Array, shape: tuple[int, ...], dtype: np.dtype[Any]) -> bool:
    """Return True for an array that its last holder left as it was made."""
    same = array.shape == shape and array.dtype == dtype
    return same and bool(array.flags.carray) and bool(array.flags.owndata)
