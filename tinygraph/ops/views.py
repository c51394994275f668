"""Views of arrays, made in half of NumPy's time: a small graph makes many of them."""

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def broadcast_view(x: Array, shape: tuple[int, ...]) -> Array:
    """Return what `np.broadcast_to` does: a view of x in another shape, not writeable.

    An axis along which x is repeated has stride 0. NumPy finds the strides by an
    iterator over both; here they are read off x, where its numbers lie in one piece.

    Raises:
        ValueError: x does not broadcast to the shape.
    """
    strides = _strides(x, shape)
    if strides is None:
        return np.broadcast_to(x, shape)
    view: Array = np.ndarray(shape, x.dtype, x, 0, strides)
    view.flags.writeable = False
    return view


def _strides(x: Array, shape: tuple[int, ...]) -> list[int] | None:
    """Return the strides of the view; None where NumPy shall see to it."""
    lead = len(shape) - x.ndim
    if lead < 0 or not x.size or not x.flags.c_contiguous or 0 in shape:
        return None
    strides = [0] * lead
    for old, new, stride in zip(x.shape, shape[lead:], x.strides, strict=True):
        if old not in (1, new):
            return None
        strides.append(stride if old == new else 0)
    return strides
