"""Shapes: broadcast, reshape, transpose, expand and squeeze, flip, pad."""

import builtins
import math
from typing import Any

import numpy as np

from tinygraph.core.building import (
    apply,
    as_node,
    axes_of,
    axis_of,
    constant,
    in_dtype,
    lift,
)
from tinygraph.core.errors import ShapeError
from tinygraph.core.nodes import MIXED, Node, Op, Rows, register
from tinygraph.core.operators import FUNCTIONS
from tinygraph.core.types import Shape, TensorType, as_shape, broadcast_shapes, names_in
from tinygraph.ops.views import broadcast_view


def _broadcast_type(x: TensorType, shape: Shape) -> TensorType:
    if broadcast_shapes(x.shape, shape) != shape:
        raise ShapeError(f"shape {x.shape} does not broadcast to {shape}")
    return TensorType(shape, x.dtype, x.time)


def _broadcast_impl(x: Any, shape: tuple[int, ...]) -> Any:
    """Extra leading axes of x (time) stay in front."""
    lead = x.ndim - builtins.min(x.ndim, len(shape))
    if not lead:
        return broadcast_view(x, shape)
    return broadcast_view(x, x.shape[:lead] + tuple(shape))


def _broadcast_over_time(
    y: Node, arrays: Any, steps: int, shape: tuple[int, ...]
) -> Any:
    x = pad_rank(arrays[0], len(shape))
    return broadcast_view(x, (len(x), *shape))


def pad_rank(array: Any, ndim: int) -> Any:
    """Return `(T, ...)` as `(T, 1, ..., ...)` with `ndim` axes after time."""
    missing = ndim + 1 - array.ndim
    if missing <= 0:
        return array
    return array.reshape(array.shape[0], *(1,) * missing, *array.shape[1:])


BROADCAST_TO = register(
    Op(
        "broadcast_to",
        infer=_broadcast_type,
        impl=_broadcast_impl,
        vjp=lambda y, ct: (unbroadcast(ct, y.inputs[0]),),
        jvp=lambda y, tangents: broadcast_to(tangents[0], y.attrs["shape"]),
        over_time=_broadcast_over_time,
        dims=("shape",),
        view=True,
        bounds=lambda y, x: x,
        lasting=True,
    )
)


def _like_type(x: TensorType, like: TensorType) -> TensorType:
    return _broadcast_type(x, like.shape)


def _like_over_time(y: Node, arrays: Any, steps: int) -> Any:
    x, like = arrays
    shape = like.shape[1:]
    x = pad_rank(x, len(shape))
    return broadcast_view(x, (len(x), *shape))


BROADCAST_LIKE = register(
    Op(
        "broadcast_like",
        infer=_like_type,
        impl=lambda x, like: broadcast_view(x, like.shape),
        vjp=lambda y, ct: (unbroadcast(ct, y.inputs[0]), None),
        jvp=lambda y, tangents: broadcast_like(tangents[0], y.inputs[1]),
        over_time=_like_over_time,
        constant_in=(1,),
        view=True,
        bounds=lambda y, x, like: x,
        lasting=True,
    )
)


def broadcast_to(x: Any, shape: Any, *, name: str | None = None) -> Node:
    """Broadcast x to `shape`, which may hold named dimensions.

    Raises:
        ShapeError: x does not broadcast to it.

    Example:
        >>> tg.evaluate(tg.broadcast_to([1, 2], (2, 2)))
        array([[1, 2],
               [1, 2]])
    """
    node, wanted = as_node(x), as_shape(shape)
    if node.type.shape == wanted and name is None:
        return node
    return apply(BROADCAST_TO, node, shape=wanted, name=name)


def broadcast_like(x: Any, like: Node) -> Node:
    """Broadcast x to the shape of `like`, which stays in the graph and binds names.

    Example:
        >>> x = tg.placeholder("x", ("batch", 2))
        >>> tg.evaluate(tg.broadcast_like(0.5, x), {"x": [[1, 2], [3, 4]]})
        array([[0.5, 0.5],
               [0.5, 0.5]], dtype=float32)
    """
    node = as_node(x)
    if node.type.shape == like.type.shape:
        return node
    if not names_in(like.type.shape):
        return broadcast_to(node, like.type.shape)
    return apply(BROADCAST_LIKE, node, like)


def unbroadcast(ct: Node, x: Node) -> Node:
    """Sum `ct` over the axes along which x was broadcast to its shape."""
    have, want = ct.type.shape, x.type.shape
    if have == want:
        return ct
    lead = len(have) - len(want)
    axes = tuple(
        i - len(have)
        for i, dim in enumerate(have)
        if i < lead or (want[i - lead] == 1 and dim != 1)
    )
    total: Node = FUNCTIONS["sum"](ct, axis=axes, keepdims=True) if axes else ct
    return squeeze(total, tuple(range(lead))) if lead else total


def zeros_like(x: Node) -> Node:
    """Return zeros of exactly x's type; x stays in the graph and binds names.

    Example:
        >>> x = tg.placeholder("x", ("batch",))
        >>> tg.evaluate(tg.zeros_like(x), {"x": [1, 2, 3]})
        array([0., 0., 0.], dtype=float32)
    """
    return _filled_like(x, 0)


def ones_like(x: Node) -> Node:
    """Return ones of exactly x's type; x stays in the graph and binds names.

    Example:
        >>> x = tg.placeholder("x", ("batch",))
        >>> tg.evaluate(tg.ones_like(x), {"x": [1, 2, 3]})
        array([1., 1., 1.], dtype=float32)
    """
    return _filled_like(x, 1)


def _filled_like(x: Node, number: int) -> Node:
    value = in_dtype(constant(number), x.type.dtype)
    if x.type.time is not None:
        value = lift(value, x.type.time)
    return broadcast_like(value, x)


def _transpose_impl(x: Any, axes: tuple[int, ...]) -> Any:
    """`axes` are negative; extra leading axes (time) stay in front."""
    lead = x.ndim - len(axes)
    return np.transpose(x, (*range(lead), *[axis + x.ndim for axis in axes]))


def _inverse(axes: tuple[int, ...]) -> tuple[int, ...]:
    n = len(axes)
    return tuple(int(i) - n for i in np.argsort([axis + n for axis in axes]))


TRANSPOSE = register(
    Op(
        "transpose",
        infer=lambda x, axes: TensorType(
            tuple(x.shape[axis] for axis in axes), x.dtype, x.time
        ),
        impl=_transpose_impl,
        vjp=lambda y, ct: (transpose(ct, _inverse(y.attrs["axes"])),),
        jvp=lambda y, tangents: transpose(tangents[0], y.attrs["axes"]),
        rows=lambda y: (_inverse(y.attrs["axes"]),),
        view=True,
    )
)


def transpose(a: Any, axes: Any = None) -> Node:
    """Permute the axes: reversed, or as `axes` says (as NumPy's).

    Raises:
        ShapeError: `axes` is no permutation.

    Example:
        >>> tg.evaluate(tg.transpose([[1, 2], [3, 4]]))
        array([[1, 3],
               [2, 4]])
    """
    node = as_node(a)
    n = node.ndim
    wanted = range(n)[::-1] if axes is None else axes
    order = tuple(axis_of(node, axis) for axis in wanted)
    if sorted(order) != list(range(-n, 0)):
        raise ShapeError(f"transpose: axes {axes!r} are no permutation of {n} axes")
    if order == tuple(range(-n, 0)):
        return node
    return apply(TRANSPOSE, node, axes=order)


def swap_axes(x: Node, a: int, b: int) -> Node:
    """Return x with two axes in each other's place; they are negative."""
    order = list(range(-x.ndim, 0))
    order[a], order[b] = b, a
    return x if a == b else transpose(x, order)


def swap_last(x: Node) -> Node:
    """Transpose the last two axes: the matrices of a stack of matrices."""
    return transpose(x, (*range(-x.ndim, -2), -1, -2))


def _reshape_type(x: TensorType, shape: Shape, rank: int) -> TensorType:
    return TensorType(shape, x.dtype, x.time)


def _reshape_impl(x: Any, shape: Shape, rank: int) -> Any:
    lead = x.shape[: x.ndim - rank]
    return x.reshape((*lead, *shape))


def _reshape_rows(y: Node) -> Rows:
    """An axis keeps its rows where as many elements stand before it as after."""
    old, new = y.inputs[0].type.shape, y.type.shape
    offsets = {_volume(new[:i]): i for i in range(len(new)) if new[i] != 1}
    rows: list[int | str] = []
    for i, dim in enumerate(old):
        j = offsets.get(_volume(old[:i]))
        rows.append(j - len(new) if j is not None and new[j] == dim else MIXED)
    return (tuple(rows),)


def _volume(shape: Shape) -> tuple[tuple[str, ...], int]:
    numbers = [dim for dim in shape if isinstance(dim, int)]
    return tuple(sorted(names_in(shape))), math.prod(numbers)


RESHAPE = register(
    Op(
        "reshape",
        infer=_reshape_type,
        impl=_reshape_impl,
        vjp=lambda y, ct: (reshape(ct, y.inputs[0].type.shape),),
        jvp=lambda y, tangents: reshape(tangents[0], y.type.shape),
        rows=_reshape_rows,
        dims=("shape",),
        in_one_piece=True,
        view=True,
    )
)


def reshape(a: Any, shape: Any) -> Node:
    """Reshape; -1 is worked out, named dimensions are kept as whole axes.

    Raises:
        ShapeError: the sizes differ, or the shape needs arithmetic on a name.

    Example:
        >>> tg.evaluate(tg.reshape([[1, 2], [3, 4]], -1))
        array([1, 2, 3, 4])
    """
    node = as_node(a)
    old = node.type.shape
    entries = (shape,) if isinstance(shape, int | str) else tuple(shape)
    unknown = [i for i, dim in enumerate(entries) if dim == -1]
    known = as_shape([dim for dim in entries if dim != -1])
    (names, size), (kept, part) = _volume(old), _volume(known)
    if names != kept:
        raise ShapeError(
            f"reshape of {node.describe()} to {entries}: named dimensions cannot be "
            f"merged or split; keep {', '.join(names) or 'no name'} as whole axes"
        )
    fits = part and size % part == 0 if unknown else size == part
    if len(unknown) > 1 or not fits:
        raise ShapeError(
            f"reshape of {node.describe()} to {entries}: {size} elements (names aside) "
            f"do not make that shape"
        )
    filled = tuple(size // part if dim == -1 else dim for dim in entries)
    new = as_shape(filled)
    return node if new == old else apply(RESHAPE, node, shape=new, rank=len(old))


def expand_dims(a: Any, axis: Any) -> Node:
    """Insert axes of length 1 at `axis` (an int or several) of the result.

    Example:
        >>> tg.expand_dims([1, 2, 3], 0).shape
        (1, 3)
    """
    node = as_node(a)
    listed = axis if isinstance(axis, tuple | list) else (axis,)
    ndim = node.ndim + len(listed)
    places = {i + ndim for i in axes_of(node, tuple(listed), new=len(listed))}
    rest = iter(node.type.shape)
    shape = [1 if i in places else next(rest) for i in range(ndim)]
    return reshape(node, shape)


def squeeze(a: Any, axis: Any = None) -> Node:
    """Remove axes of length 1: all, or those of `axis`.

    Raises:
        ShapeError: an axis of `axis` is not of length 1 (a name never is).

    Example:
        >>> tg.squeeze([[1, 2, 3]]).shape
        (3,)
    """
    node = as_node(a)
    old = node.type.shape
    if axis is None:
        return reshape(node, [dim for dim in old if dim != 1])
    gone = {i + len(old) for i in axes_of(node, axis)}
    for i in gone:
        if old[i] != 1:
            raise ShapeError(
                f"squeeze: axis {i} of {node.describe()} has length {old[i]!r}, not 1"
            )
    return reshape(node, [dim for i, dim in enumerate(old) if i not in gone])


FLIP = register(
    Op(
        "flip",
        infer=lambda x, axis: x,
        impl=lambda x, axis: np.flip(x, axis),
        vjp=lambda y, ct: (flip(ct, y.attrs["axis"]),),
        jvp=lambda y, tangents: flip(tangents[0], y.attrs["axis"]),
        rows=lambda y: (
            tuple(MIXED if i in y.attrs["axis"] else i for i in range(-y.ndim, 0)),
        ),
        view=True,
    )
)


def flip(m: Any, axis: Any = None) -> Node:
    """Reverse the order along axes (all by default). Time is not an axis.

    Example:
        >>> tg.evaluate(tg.flip([1, 2, 3]))
        array([3, 2, 1])
    """
    node = as_node(m)
    return apply(FLIP, node, axis=axes_of(node, axis))


FUNCTIONS.update(transpose=transpose, broadcast_to=broadcast_to)
