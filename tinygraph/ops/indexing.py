"""Indexing by arrays of ints: take, take_along_axis, one_hot, and their adjoints."""

from typing import Any

import numpy as np

from tinygraph.core.building import apply, as_node, axis_of
from tinygraph.core.errors import DTypeError, ShapeError
from tinygraph.core.nodes import MIXED, Node, Op, Rows, register
from tinygraph.core.operators import FUNCTIONS
from tinygraph.core.ranges import UNIT
from tinygraph.core.types import Dim, TensorType, as_dtype, as_shape, broadcast_shapes
from tinygraph.ops import index_range
from tinygraph.ops.scattering import scatter_flat
from tinygraph.ops.shaping import pad_rank, reshape, unbroadcast


def _demand_ints(indices: TensorType) -> None:
    if indices.dtype.kind not in "iu":
        raise DTypeError(f"indices must be integers, not {indices.dtype}")


def _take_type(x: TensorType, indices: TensorType, axis: int) -> TensorType:
    _demand_ints(indices)
    place = axis + len(x.shape)
    shape = (*x.shape[:place], *indices.shape, *x.shape[place + 1 :])
    return TensorType(shape, x.dtype, x.time)


def _take_vjp(y: Node, ct: Node) -> tuple[Node | None, ...]:
    """Rows taken twice collect both cotangents."""
    x, indices = y.inputs
    axis = y.attrs["axis"]
    length = x.type.shape[axis]
    return apply(SCATTER_ADD, indices, ct, x, length=length, axis=axis), None


def _take_over_time(y: Node, arrays: Any, steps: int, axis: int) -> Any:
    x, indices = arrays
    if len(x) == 1:
        taken = index_range.take(x[0], indices, axis)
        return np.moveaxis(taken, axis + x.ndim - 1, 0)
    if len(indices) == 1:
        return index_range.take(x, indices[0], axis)
    pairs = zip(x, indices, strict=True)
    return np.stack([index_range.take(a, i, axis) for a, i in pairs])


def _take_rows(y: Node) -> Rows:
    x, indices = y.inputs
    axis = y.attrs["axis"]
    extra = indices.ndim - 1
    behind = -1 - axis
    of_x = tuple(
        MIXED if i == axis else i if i > axis else i - extra for i in range(-x.ndim, 0)
    )
    return of_x, tuple(i - behind for i in range(-indices.ndim, 0))


TAKE: Op = register(
    Op(
        "take",
        infer=_take_type,
        impl=lambda x, indices, axis: index_range.take(x, indices, axis),
        vjp=_take_vjp,
        jvp=lambda y, tangents: apply(
            TAKE, tangents[0], y.inputs[1], axis=y.attrs["axis"]
        ),
        over_time=_take_over_time,
        rows=_take_rows,
        bounds=lambda y, x, indices: x.whole,
        constant_in=(1,),
        index_at=1,
        lasting=True,
        moves_data=True,
    )
)


def take(a: Any, indices: Any, axis: int | None = None) -> Node:
    """Elements of `a` at `indices` along `axis` (None: of the flattened array).

    The indices' shape takes the place of the axis: rows of an embedding are
    `take(E, words, axis=0)`. Negative indices count from the end, as in NumPy; one out
    of range is a `tg.IndexRangeError`, an IndexError, when the graph runs.

    Raises:
        DTypeError: the indices are not integers.

    Example:
        >>> tg.evaluate(tg.take([[1, 2], [3, 4], [5, 6]], [2, 0], axis=0))
        array([[5, 6],
               [1, 2]])
    """
    node, index = as_node(a), as_node(indices)
    if axis is None:
        node, axis = reshape(node, -1), 0
    return apply(TAKE, node, index, axis=axis_of(node, axis))


def _scatter_type(
    indices: TensorType, updates: TensorType, like: TensorType, length: Dim, axis: int
) -> TensorType:
    _demand_ints(indices)
    return TensorType(like.shape, updates.dtype, updates.time)


def _scatter_impl(indices: Any, updates: Any, like: Any, length: int, axis: int) -> Any:
    indices, updates = np.asarray(indices), np.asarray(updates)
    behind, n = -1 - axis, indices.ndim
    front = updates.ndim - behind - n
    places = range(front, front + n)
    rows = np.moveaxis(updates, places, range(n))
    rows = rows.reshape(indices.size, *rows.shape[n:])
    return np.moveaxis(scatter_flat(indices.reshape(-1), rows, length), 0, front)


def _scatter_over_time(y: Node, arrays: Any, steps: int, length: int, axis: int) -> Any:
    indices, updates, _ = arrays
    longest = max(len(indices), len(updates))
    parts = [
        _scatter_impl(
            indices[t % len(indices)], updates[t % len(updates)], None, length, axis
        )
        for t in range(longest)
    ]
    return np.stack(parts)


def _scatter_rows(y: Node) -> Rows:
    indices, updates, like = y.inputs
    axis, n = y.attrs["axis"], indices.ndim
    behind = -1 - axis
    first = -behind - n
    of_updates = tuple(
        MIXED if first <= i < first + n else i if i >= first + n else i + n - 1
        for i in range(-updates.ndim, 0)
    )
    of_like = tuple(MIXED if i == axis else i for i in range(-like.ndim, 0))
    return (MIXED,) * n, of_updates, of_like


SCATTER_ADD: Op = register(
    Op(
        "scatter_add",
        infer=_scatter_type,
        impl=_scatter_impl,
        vjp=lambda y, ct: (
            None,
            apply(TAKE, ct, y.inputs[0], axis=y.attrs["axis"]),
            None,
        ),
        jvp=lambda y, tangents: apply(
            SCATTER_ADD, y.inputs[0], tangents[1], y.inputs[2], **y.attrs
        ),
        over_time=_scatter_over_time,
        rows=_scatter_rows,
        constant_in=(0, 2),
        dims=("length",),
        index_at=0,
        lasting=True,
        flops=lambda y: y.inputs[1].type.shape,
    )
)


def scatter_add(indices: Any, updates: Any, like: Node, axis: int = 0) -> Node:
    """Add `updates` into zeros of `like`'s shape at `indices` along `axis`.

    The adjoint of `take(like, indices, axis)`: equal indices add up.

    Raises:
        DTypeError: the indices are not integers.
        ShapeError: the updates do not have the shape of that take.

    Example:
        >>> table = tg.constant(np.zeros(3))
        >>> tg.evaluate(tg.scatter_add([2, 0, 2], [1.0, 2.0, 3.0], table))
        array([2., 0., 4.])
    """
    index, values = as_node(indices), as_node(updates)
    place = axis_of(like, axis)
    wanted = _take_type(like.type, index.type, place).shape
    if values.type.shape != wanted:
        raise ShapeError(
            f"scatter_add: updates have shape {values.type.shape}, wanted {wanted}"
        )
    length = like.type.shape[place]
    return apply(SCATTER_ADD, index, values, like, length=length, axis=place)


def _along_type(
    x: TensorType, indices: TensorType, axis: int, labels_of: str = ""
) -> TensorType:
    _demand_ints(indices)
    if len(x.shape) != len(indices.shape):
        raise ShapeError("array and indices must have equally many axes")
    place = axis + len(x.shape)
    flat = (*x.shape[:place], 1, *x.shape[place + 1 :])
    return TensorType(broadcast_shapes(flat, indices.shape), x.dtype, x.time)


def _along_vjp(y: Node, ct: Node) -> tuple[Node | None, ...]:
    x, indices = y.inputs
    length = x.type.shape[y.attrs["axis"]]
    return unbroadcast(apply(PUT_ALONG, ct, indices, length=length, **y.attrs), x), None


def _along_rows(y: Node) -> Rows:
    axis = y.attrs["axis"]
    return (
        tuple(MIXED if i == axis else i for i in range(-y.ndim, 0)),
        tuple(range(-y.ndim, 0)),
    )


TAKE_ALONG: Op = register(
    Op(
        "take_along_axis",
        infer=_along_type,
        impl=index_range.take_along,
        vjp=_along_vjp,
        jvp=lambda y, tangents: apply(TAKE_ALONG, tangents[0], y.inputs[1], **y.attrs),
        rows=_along_rows,
        bounds=lambda y, x, indices: x.whole,
        constant_in=(1,),
        index_at=1,
        moves_data=True,
    )
)


def take_along_axis(arr: Any, indices: Any, axis: int = -1) -> Node:
    """Elements of `arr` at `indices`, matched along all other axes (as NumPy's).

    An index out of range is a `tg.IndexRangeError` when the graph runs.

    Raises:
        DTypeError: the indices are not integers.
        ShapeError: the other axes do not broadcast.

    Example:
        >>> tg.evaluate(tg.take_along_axis([[1, 2], [3, 4]], [[1], [0]]))
        array([[2],
               [3]])
    """
    node = as_node(arr)
    return apply(TAKE_ALONG, node, indices, axis=axis_of(node, axis))


def take_labels(arr: Node, labels: Node, loss: str) -> Node:
    """Return the last axis of `arr` at one label a row: (..., 1).

    Args:
        labels: (..., 1); a negative one is out of range.
        loss: the name of the function that takes them, for errors.
    """
    return apply(TAKE_ALONG, arr, labels, axis=-1, labels_of=loss)


def _put_type(
    values: TensorType, indices: TensorType, length: Dim, axis: int, labels_of: str = ""
) -> TensorType:
    place = axis + len(values.shape)
    shape = broadcast_shapes(values.shape, indices.shape)
    full = (*shape[:place], length, *shape[place + 1 :])
    return TensorType(full, values.dtype, values.time)


def _put_impl(
    values: Any, indices: Any, length: int, axis: int, labels_of: str = ""
) -> Any:
    """Add values into zeros along one axis; equal indices add up."""
    index_range.refuse_negative(indices, length, labels_of)
    try:
        return _added(values, indices, length, axis)
    except IndexError:
        raise index_range.out_of_range(indices, length, labels_of) from None


def _added(values: Any, indices: Any, length: int, axis: int) -> Any:
    values, indices = np.broadcast_arrays(values, indices)
    values, indices = np.moveaxis(values, axis, 0), np.moveaxis(indices, axis, 0)
    result = np.zeros((length, *values.shape[1:]), values.dtype)
    if len(values) == 1:
        np.put_along_axis(result, indices, values, 0)
        return np.moveaxis(result, 0, axis)
    for value, index in zip(values[:, np.newaxis], indices[:, np.newaxis], strict=True):
        so_far = np.take_along_axis(result, index, 0)
        np.put_along_axis(result, index, so_far + value, 0)
    return np.moveaxis(result, 0, axis)


def _put_over_time(y: Node, arrays: Any, steps: int, **attrs: Any) -> Any:
    ndim = max(array.ndim for array in arrays) - 1
    values, indices = (pad_rank(array, ndim) for array in arrays)
    return _put_impl(values, indices, **attrs)


def _put_vjp(y: Node, ct: Node) -> tuple[Node | None, ...]:
    attrs = {key: value for key, value in y.attrs.items() if key != "length"}
    return unbroadcast(apply(TAKE_ALONG, ct, y.inputs[1], **attrs), y.inputs[0]), None


def _put_rows(y: Node) -> Rows:
    one = tuple(MIXED if i == y.attrs["axis"] else i for i in range(-y.ndim, 0))
    return one, one


PUT_ALONG: Op = register(
    Op(
        "put_along_axis",
        infer=_put_type,
        impl=_put_impl,
        vjp=_put_vjp,
        jvp=lambda y, tangents: apply(PUT_ALONG, tangents[0], y.inputs[1], **y.attrs),
        over_time=_put_over_time,
        rows=_put_rows,
        constant_in=(1,),
        dims=("length",),
        index_at=1,
        lasting=True,
        moves_data=True,
    )
)


def put_along_axis(arr: Node, indices: Any, values: Any, axis: int) -> Node:
    """Return `arr` with `values` added at `indices` along `axis`.

    The adjoint of `take_along_axis`; unlike NumPy's it changes nothing in place
    and adds.

    Example:
        >>> x = tg.constant([[1.0, 2.0], [3.0, 4.0]])
        >>> tg.evaluate(tg.put_along_axis(x, [[1], [0]], [[10.0], [20.0]], axis=-1))
        array([[ 1., 12.],
               [23.,  4.]])
    """
    place = axis_of(arr, axis)
    length = arr.type.shape[place]
    return arr + apply(PUT_ALONG, values, indices, length=length, axis=place)


def _one_hot_type(indices: TensorType, depth: Dim, dtype: Any) -> TensorType:
    _demand_ints(indices)
    return TensorType((*indices.shape, depth), dtype, indices.time)


ONE_HOT = register(
    Op(
        "one_hot",
        infer=_one_hot_type,
        impl=lambda indices, depth, dtype: (
            np.asarray(indices)[..., np.newaxis] == np.arange(depth)
        ).astype(dtype),
        over_time=lambda y, arrays, steps, depth, dtype: (
            arrays[0][..., np.newaxis] == np.arange(depth)
        ).astype(dtype),
        rows=lambda y: (tuple(i - 1 for i in range(1 - y.ndim, 0)),),
        constant_in=(0,),
        dims=("depth",),
        bounds=UNIT,
        lasting=True,
        moves_data=True,
    )
)


def one_hot(indices: Any, depth: Dim, dtype: Any = "float32") -> Node:
    """Rows of `depth` zeros with a one at each index; none where out of range.

    Raises:
        DTypeError: the indices are not integers.

    Example:
        >>> tg.evaluate(tg.one_hot([2, 0], 3))
        array([[0., 0., 1.],
               [1., 0., 0.]], dtype=float32)
    """
    (length,) = as_shape((depth,))
    return apply(ONE_HOT, indices, depth=length, dtype=as_dtype(dtype))


FUNCTIONS["take"] = take
