"""What a value is that becomes an array, and what of it would be lost on the way.

Numbers of Python's have no dtype, what hands out an array has one. NumPy drops the mask
of a masked array, alone or within lists, and wraps integers that do not fit.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

_NUMBERS = (bool, int, float)
_ARRAYS = ("__array__", "__array_interface__", "__array_struct__")


def is_plain(value: Any) -> bool:
    """Return True for Python numbers and lists of them: nobody chose their dtype."""
    if type(value) in _NUMBERS:
        return True
    parts = _parts(value)
    return not _has_dtype(value) if parts is None else all(map(is_plain, parts))


def masked_within(value: Any) -> "np.ma.MaskedArray[Any, Any] | None":
    """Return the masked array that a value is, or the first one in its lists."""
    if isinstance(value, np.ma.MaskedArray):
        return value
    if type(value) in _NUMBERS or type(value) is np.ndarray:
        return None
    found = map(masked_within, _parts(value) or ())
    return next((each for each in found if each is not None), None)


def refuse_masked(value: Any, what: str, error: type[Exception]) -> None:
    """Raise where a mask would be lost.

    Args:
        value: what becomes an array.
        what: it is, for the message.
        error: what is raised.
    """
    if masked_within(value) is not None:
        raise error(
            f"{what} is a masked array, whose mask would be lost: give "
            "value.filled(...), and use the mask with tg.where"
        )


def fitted(array: Array, dtype: np.dtype[Any]) -> Array:
    """Return a copy in a dtype of the same kind, or of floats; numbers may be rounded.

    Raises:
        ValueError: an integer does not fit, or a finite number would become infinite.
    """
    if array.dtype == dtype:
        return array.copy()
    if dtype.kind in "iu" and array.dtype.kind != "b" and array.size:
        limits = np.iinfo(dtype)
        for extreme in (int(array.min()), int(array.max())):
            if not limits.min <= extreme <= limits.max:
                raise ValueError(f"the value {extreme} does not fit {dtype}")
    with np.errstate(over="ignore"):
        result = array.astype(dtype)
    if dtype.kind == "f" and not (np.isfinite(result) | ~np.isfinite(array)).all():
        raise ValueError(f"a value does not fit {dtype}")
    return result


def _parts(value: Any) -> Sequence[Any] | None:
    """Return a list, or what NumPy takes for one; None for what has no parts."""
    if isinstance(value, list | tuple):
        return value
    if _has_dtype(value) or isinstance(value, str | Mapping):
        return None
    listed = hasattr(value, "__getitem__") and hasattr(value, "__len__")
    return value if listed else None


def _has_dtype(value: Any) -> bool:
    """Return True for what has a buffer, or hands out an array."""
    if any(hasattr(value, name) for name in _ARRAYS):
        return True
    try:
        memoryview(value)
    except TypeError:
        return False
    return True
