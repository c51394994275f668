"""TensorType (shape, dtype, time) and the rules by which types combine."""

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygraph.core.errors import DTypeError, ShapeError

Dim = int | str
"""The length of an axis: a number, or a name bound when values come in."""

Shape = tuple[Dim, ...]


@dataclass(frozen=True, slots=True)
class TensorType:
    """Shape, element type and time of a node.

    `shape` holds ints and named dimensions. `time` is None for one value in all
    ("static") or the name of a time axis for one value per step; the time axis
    itself is not part of `shape`.

    Example:
        >>> value_type = tg.placeholder("x", ("batch", 3)).type
        >>> value_type
        TensorType(shape=('batch', 3), dtype=dtype('float32'), time=None)
        >>> str(value_type), value_type.describe()
        ('float32[batch, 3]', 'float32[batch, 3] (static)')
    """

    shape: Shape
    dtype: np.dtype[Any]
    time: str | None = None

    @property
    def ndim(self) -> int:
        """The number of axes, time not counted."""
        return len(self.shape)

    @property
    def is_float(self) -> bool:
        """True for the element types that have gradients."""
        return self.dtype.kind == "f"

    def with_time(self, time: str | None) -> "TensorType":
        """Return the same shape and dtype over another time axis."""
        return TensorType(self.shape, self.dtype, time)

    def with_dtype(self, dtype: Any) -> "TensorType":
        """Return the same shape and time with another element type."""
        return TensorType(self.shape, np.dtype(dtype), self.time)

    def describe(self) -> str:
        """Return the type in words, time included."""
        when = "static" if self.time is None else f"per step of {self.time!r}"
        return f"{self} ({when})"

    def __str__(self) -> str:
        return f"{self.dtype}[{', '.join(map(str, self.shape))}]"


def as_shape(shape: Any) -> Shape:
    """Return `shape` as a tuple of non-negative ints and names.

    Raises:
        ShapeError: an entry is neither, or is negative.
    """
    single = isinstance(shape, int | str | np.integer)
    if not single and not isinstance(shape, Iterable):
        raise ShapeError(f"{shape!r} is no shape: give ints and names, () for none")
    entries = (shape,) if single else tuple(shape)
    return tuple(_as_dim(entry, entries) for entry in entries)


def _as_dim(entry: Any, shape: tuple[Any, ...]) -> Dim:
    if isinstance(entry, str) and entry:
        return entry
    if isinstance(entry, int | np.integer) and not isinstance(entry, bool):
        if entry >= 0:
            return int(entry)
    raise ShapeError(
        f"{entry!r} in the shape {shape!r} is no dimension: "
        "give an int >= 0 or a name such as 'batch'"
    )


def as_dtype(dtype: Any) -> np.dtype[Any]:
    """Return `dtype` as a NumPy dtype of bool, int or float kind.

    Raises:
        DTypeError: NumPy does not know it, or it is of another kind.
    """
    try:
        result: np.dtype[Any] = np.dtype(dtype)
    except TypeError as problem:
        raise DTypeError(f"{dtype!r} is no dtype: {problem}") from None
    if result.kind not in "biuf":
        raise DTypeError(
            f"dtype {result} is not supported: use a bool, integer or float type"
        )
    return result


def broadcast_dims(a: Dim, b: Dim) -> Dim:
    """Broadcast two dimensions; a name equals only itself and is never a 1."""
    if a == b or b == 1:
        return a
    if a == 1:
        return b
    raise ShapeError(f"dimensions {a!r} and {b!r} do not broadcast")


@functools.lru_cache(maxsize=4096)
def broadcast_shapes(*shapes: Shape) -> Shape:
    """Broadcast shapes by NumPy's rule, names included.

    Raises:
        ShapeError: two dimensions differ and neither is 1.
    """
    result: Shape = ()
    for shape in shapes:
        longer, shorter = (
            (result, shape) if len(result) >= len(shape) else (shape, result)
        )
        head = len(longer) - len(shorter)
        try:
            tail = tuple(map(broadcast_dims, longer[head:], shorter))
        except ShapeError as clash:
            listed = " and ".join(f"({', '.join(map(str, s))})" for s in shapes)
            raise ShapeError(f"shapes {listed} do not broadcast: {clash}") from None
        result = longer[:head] + tail
    return result


@functools.lru_cache(maxsize=4096)
def broadcasts_to(shape: Shape, wanted: Shape) -> bool:
    """Return True if `shape` broadcasts to exactly `wanted`."""
    try:
        return broadcast_shapes(shape, wanted) == wanted
    except ShapeError:
        return False


def negative_axis(axis: int, ndim: int, what: str = "axis") -> int:
    """Return `axis` counted from the end, so that it never counts time.

    Raises:
        ShapeError: it lies outside the `ndim` axes.
    """
    if isinstance(axis, bool) or not isinstance(axis, int | np.integer):
        raise ShapeError(f"{what} must be an int, not {axis!r}")
    if not -ndim <= axis < ndim:
        raise ShapeError(f"{what} {axis} is out of range for {ndim} axes")
    return int(axis) - ndim if axis >= 0 else int(axis)


def negative_axes(axis: Any, ndim: int) -> tuple[int, ...]:
    """Return `axis` (None, an int or several) as ascending negative axes."""
    if axis is None:
        return tuple(range(-ndim, 0))
    listed = axis if isinstance(axis, tuple | list) else (axis,)
    axes = sorted(negative_axis(a, ndim) for a in listed)
    if len(set(axes)) != len(axes):
        raise ShapeError(f"axis {axis!r} names one axis twice")
    return tuple(axes)


def reduced_shape(shape: Shape, axes: tuple[int, ...], keepdims: bool) -> Shape:
    """Return `shape` without `axes`, or with 1 in their place."""
    gone = {axis + len(shape) for axis in axes}
    if keepdims:
        return tuple(1 if i in gone else dim for i, dim in enumerate(shape))
    return tuple(dim for i, dim in enumerate(shape) if i not in gone)


def names_in(shape: Shape) -> tuple[str, ...]:
    """Return the named dimensions of a shape, in order."""
    return tuple(dim for dim in shape if isinstance(dim, str))
