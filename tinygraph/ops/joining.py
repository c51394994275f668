"""Joining and cutting along an axis: concat, stack, split."""

import builtins
import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygraph.core.building import apply, as_node, axis_of
from tinygraph.core.errors import ShapeError
from tinygraph.core.nodes import MIXED, Node, Op, Rows, register
from tinygraph.core.operators import FUNCTIONS
from tinygraph.core.ranges import MOST_COLUMNS, ZERO, Range, side_by_side
from tinygraph.core.types import Dim, TensorType, broadcast_shapes
from tinygraph.ops.shaping import zeros_like
from tinygraph.ops.slicing import FULL, INDEX, Item, stretch


def _concat_type(*types: TensorType, axis: int) -> TensorType:
    first = types[0]
    sizes = [each.shape[axis] for each in types]
    if len(types) > 1 and any(isinstance(size, str) for size in sizes):
        raise ShapeError(
            f"the lengths {sizes} along axis {axis} cannot be added: a named "
            "dimension takes no arithmetic"
        )
    for each in types:
        if len(each.shape) != len(first.shape) or _without(each, axis) != _without(
            first, axis
        ):
            raise ShapeError(f"all axes but {axis} must be equal")
    place = axis + len(first.shape)
    total: Dim = sizes[0] if len(sizes) == 1 else sum(map(int, sizes))
    shape = (*first.shape[:place], total, *first.shape[place + 1 :])
    return TensorType(shape, np.result_type(*[k.dtype for k in types]), first.time)


def _without(each: TensorType, axis: int) -> tuple[Dim, ...]:
    place = axis + len(each.shape)
    return each.shape[:place] + each.shape[place + 1 :]


def _same_steps(arrays: Sequence[Any]) -> list[Any]:
    """Return the arrays with one length of time: 1 where all are constant in it."""
    steps = builtins.max(len(array) for array in arrays)
    return [np.broadcast_to(array, (steps, *array.shape[1:])) for array in arrays]


def _concat_vjp(y: Node, ct: Node) -> tuple[Node, ...]:
    """Each input takes its own stretch of y̅."""
    axis, at, parts = y.attrs["axis"], 0, []
    for x in y.inputs:
        size = x.type.shape[axis]
        if len(y.inputs) == 1:
            return (ct,)
        assert isinstance(size, int)
        parts.append(stretch(ct, axis, at, at + size))
        at += size
    return tuple(parts)


def _joined_jvp(y: Node, tangents: Any) -> Node:
    moved = [
        zeros_like(x) if tangent is None else tangent
        for x, tangent in zip(y.inputs, tangents, strict=True)
    ]
    return apply(y.op, *moved, **y.attrs)


def _concat_into(*arrays: Any, axis: int) -> None:
    *parts, out = arrays
    np.concatenate(parts, axis, out=out)


def _concat_rows(y: Node) -> Rows:
    axis = y.attrs["axis"]
    one = tuple(MIXED if i == axis else i for i in range(-y.ndim, 0))
    return (one,) * len(y.inputs)


def _concat_range(y: Node, *parts: Range) -> Range:
    """Return the ranges of the columns, side by side where those are joined."""
    sizes = [x.type.shape[-1] for x in y.inputs] if y.attrs["axis"] == -1 else []
    known = [size for size in sizes if isinstance(size, int)]
    if len(known) == len(parts) and builtins.sum(known) <= MOST_COLUMNS:
        return side_by_side(parts, known)
    return parts[0].whole.join(*[part.whole for part in parts[1:]])


CONCAT = register(
    Op(
        "concat",
        infer=_concat_type,
        impl=lambda *arrays, axis: np.concatenate(arrays, axis),
        vjp=_concat_vjp,
        jvp=_joined_jvp,
        over_time=lambda y, arrays, steps, axis: np.concatenate(
            _same_steps(arrays), axis
        ),
        rows=_concat_rows,
        promotes=True,
        lasting=True,
        joins=True,
        bounds=_concat_range,
        moves_data=True,
        into=_concat_into,
    )
)


def concat(arrays: Sequence[Any], axis: int) -> Node:
    """Join along an existing axis. Time is not an axis; `axis` has no default.

    Raises:
        ShapeError: other axes differ, or a length along `axis` is a name.

    Example:
        >>> tg.evaluate(tg.concat([[1, 2], [3]], axis=0))
        array([1, 2, 3])
    """
    nodes = [as_node(array) for array in arrays]
    if not nodes:
        raise ShapeError("concat needs at least one operand")
    return apply(CONCAT, *nodes, axis=axis_of(nodes[0], axis))


def _stack_type(*types: TensorType, axis: int, name: str | None = None) -> TensorType:
    first = types[0]
    shape = broadcast_shapes(*[each.shape for each in types])
    if any(each.shape != shape for each in types):
        raise ShapeError("stack joins nodes of equal shapes")
    place = axis + len(shape) + 1
    length: Dim = len(types) if name is None else name
    dtype = np.result_type(*[each.dtype for each in types])
    return TensorType((*shape[:place], length, *shape[place:]), dtype, first.time)


def _stack_vjp(y: Node, ct: Node) -> tuple[Node, ...]:
    """Each input takes its own slice of y̅."""
    axis, (before, _) = y.attrs["axis"], y.attrs.get("padding", (0, 0))
    items: list[Item] = [FULL] * ct.ndim
    parts = []
    for i in range(before, before + len(y.inputs)):
        items[axis] = i
        parts.append(apply(INDEX, ct, items=tuple(items)))
    return tuple(parts)


def _stack_rows(y: Node) -> Rows:
    axis = y.attrs["axis"]
    kept = tuple(i for i in range(-y.ndim, 0) if i != axis)
    return (kept,) * len(y.inputs)


def _stacked_steps(y: Node) -> tuple[str, int] | None:
    """Of copies of all steps, stacked again: how many there are."""
    time = y.attrs.get("name")
    return None if time is None else (time, len(y.inputs))


def _stack_range(y: Node, *parts: Range) -> Range:
    return parts[0].whole.join(*[part.whole for part in parts[1:]])


STACK = register(
    Op(
        "stack",
        infer=_stack_type,
        impl=lambda *arrays, axis, name=None: np.stack(arrays, axis),
        vjp=_stack_vjp,
        jvp=_joined_jvp,
        over_time=lambda y, arrays, steps, axis, name=None: np.stack(
            _same_steps(arrays), axis
        ),
        rows=_stack_rows,
        promotes=True,
        lasting=True,
        bounds=_stack_range,
        moves_data=True,
        fixes_steps=_stacked_steps,
    )
)


def stack_nodes(arrays: Sequence[Any], axis: int, name: str | None = None) -> Node:
    """Join nodes of equal shapes along a new axis (`name`: of its dimension)."""
    nodes = [as_node(array) for array in arrays]
    if not nodes:
        raise ShapeError("stack needs at least one operand")
    place = axis_of(nodes[0], axis, new=1)
    named = {} if name is None else {"name": name}
    return apply(STACK, *nodes, axis=place, **named)


def _padded_type(*types: TensorType, axis: int, padding: tuple[int, int]) -> TensorType:
    plain = _stack_type(*types, axis=axis)
    place = axis + len(plain.shape)
    length = len(types) + sum(padding)
    return TensorType(
        (*plain.shape[:place], length, *plain.shape[place + 1 :]),
        plain.dtype,
        plain.time,
    )


def _stack_padded(*arrays: Any, axis: int, padding: tuple[int, int]) -> Any:
    stacked = np.moveaxis(np.stack(np.broadcast_arrays(*arrays), axis), axis, 0)
    before, after = padding
    result = np.zeros(
        (before + len(stacked) + after, *stacked.shape[1:]), stacked.dtype
    )
    result[before : before + len(stacked)] = stacked
    return np.moveaxis(result, 0, axis)


STACK_PADDED = register(
    Op(
        "stack_padded",
        infer=_padded_type,
        impl=_stack_padded,
        vjp=_stack_vjp,
        jvp=_joined_jvp,
        rows=_stack_rows,
        bounds=lambda y, *parts: _stack_range(y, ZERO, *parts),
        moves_data=True,
    )
)
"""Nodes along a new axis, with zeros before and after: what unrolled slots are."""


def split(ary: Any, indices_or_sections: int | Sequence[int], axis: int) -> list[Node]:
    """Cut along `axis` into equal parts, or at the given indices.

    Args:
        indices_or_sections: how many equal parts, or where the later parts begin.

    Raises:
        ShapeError: the length is a name or does not divide evenly.

    Example:
        >>> a, b = tg.split([1, 2, 3, 4], 2, axis=0)
        >>> tg.evaluate([a, b])
        [array([1, 2]), array([3, 4])]
    """
    node = as_node(ary)
    place = axis_of(node, axis)
    length = node.type.shape[place]
    if isinstance(length, str):
        raise ShapeError(
            f"split: axis {axis} of {node.describe()} is the named dimension "
            f"{length!r}, which takes no arithmetic"
        )
    if isinstance(indices_or_sections, int | np.integer):
        parts = int(indices_or_sections)
        if parts < 1 or length % parts:
            raise ShapeError(
                f"split: axis {axis} of {node.describe()} has length {length}, which "
                f"{parts} equal parts do not divide"
            )
        cuts = (
            list(range(0, length + 1, length // parts)) if length else [0] * (parts + 1)
        )
    else:
        inner = [int(builtins.min(max(i, 0), length)) for i in indices_or_sections]
        cuts = [0, *inner, length]
    return [stretch(node, place, a, b) for a, b in itertools.pairwise(cuts)]


FUNCTIONS.update(concat=concat, split=split)
