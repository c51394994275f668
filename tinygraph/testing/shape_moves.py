"""Moves that reshape, cut, join and multiply what has several axes, along any."""

from tinygraph.core.nodes import Node
from tinygraph.core.types import Shape
from tinygraph.ops import functions as fn
from tinygraph.ops import joining as jn
from tinygraph.ops import reductions as rd
from tinygraph.ops import shaping as sh
from tinygraph.ops import slicing as sl
from tinygraph.ops import time as tm
from tinygraph.ops.linalg import matmul
from tinygraph.testing.growing import Growth
from tinygraph.testing.wide import (
    MOST_AXES,
    one_axis,
    operand,
    placed,
    sized,
    some_axes,
    wide,
)

PRODUCTS: tuple[tuple[Shape, Shape], ...] = (
    (("batch", 3), (3, 2)),
    ((3,), (3, 2)),
    ((3,), (3,)),
    ((2, 3), (3,)),
    (("batch", 2, 3), (3, 2)),
    ((2, 2, 3), (2, 3, 1)),
    ((3,), ("batch", 3, 3)),
    ((2, 3), ("batch", 3, 2)),
    (("batch", 1, 3), ("batch", 3, 3)),
    ((2, 1, 2, 3), (2, 3, 2)),
)
"""The shapes of the operands of products; heads broadcast either way."""
WHOLE = slice(None)


def product(g: Growth) -> Node:
    """A product of vectors, matrices and stacks of them, read as they lie or turned."""
    left, right = g.pick(PRODUCTS)
    a = operand(g, left)
    if len(right) > 1 and g.draw_bool():
        *heads, n, m = right
        return fn.tanh(matmul(a, sh.swap_last(operand(g, (*heads, m, n)))))
    b = operand(g, right)
    if len(left) == 2 and g.draw_bool():
        return fn.tanh(matmul(sh.transpose(a), operand(g, left)) / 3)
    return fn.tanh(matmul(a, b))


def shaped(g: Growth) -> Node:
    """Reshape, flip, pad, slice, join, cut, broadcast."""
    ways = (joined, cut, stacked, padded, flipped, outer, split, reshaped, turned)
    way = g.pick((*ways, spread))
    result: Node = way(g)
    return result


def joined(g: Growth) -> Node:
    """A stretch of a concat, as long as one of its parts."""
    a = wide(g)
    if not sized(a):
        return a
    axis = g.pick(sized(a))
    both = jn.concat([a, operand(g, a.shape)], axis=axis)
    return placed(both, axis, slice(1, 1 + int(a.shape[axis])), WHOLE)


def cut(g: Growth) -> Node:
    """Another slice, or index, of every axis."""
    a = wide(g)
    keys = []
    for dim in a.shape:
        ways: list[int | slice] = [WHOLE, slice(None, None, -1), 0, -1]
        if isinstance(dim, int):
            ways += [slice(None, None, -2), slice(-2, None), dim - 1, -dim]
            ways += [slice(0, 2), slice(1, None)][: 2 if dim > 1 else 1]
        keys.append(g.pick(ways))
    return sl.getitem(a, tuple(keys))


def stacked(g: Growth) -> Node:
    """The difference of what a stack holds."""
    a = wide(g)
    axis = g.pick(range(-1, -a.ndim - 2, -1))
    both = tm.stack([a, operand(g, a.shape)], axis=axis)
    return placed(both, axis, g.pick((0, 1, -1)), WHOLE) - (
        placed(both, axis, 0, WHOLE) / 2
    )


def padded(g: Growth) -> Node:
    """Zeros before or after, along every axis of known length, cut to size."""
    a = wide(g)
    widths = [
        g.pick(((0, 0), (1, 0), (0, 2), (1, 1))) if isinstance(dim, int) else (0, 0)
        for dim in a.shape
    ]
    size = tuple(
        slice(0, dim) if isinstance(dim, int) and g.draw_bool() else WHOLE
        for dim in a.shape
    )
    return sl.pad(a, widths)[size] if a.ndim else a


def flipped(g: Growth) -> Node:
    """Read from the other end."""
    a = wide(g)
    return sh.flip(a, some_axes(g, a))


def outer(g: Growth) -> Node:
    """The mean of an outer product, along the new axis or the old."""
    a = wide(g, ((3,), ("batch", 3), (2, 3)))
    column = sh.expand_dims(a, -1)
    return rd.mean(column * sh.swap_last(column), g.pick((-1, -2)))


def split(g: Growth) -> Node:
    """The product of two parts of different lengths."""
    a = wide(g)
    if not sized(a, 2):
        return a
    first, rest = jn.split(a, [1], axis=g.pick(sized(a, 2)))
    return rest * first


def reshaped(g: Growth) -> Node:
    """Axes of known length merged, split, or seen in another order of lengths."""
    a = wide(g)
    names = tuple(dim for dim in a.shape if isinstance(dim, str))
    known = tuple(dim for dim in a.shape if isinstance(dim, int))
    ways: list[Shape] = [(*names, -1), (*names, *known[::-1]), (*known, *names)]
    if len(known) + len(names) < MOST_AXES:
        ways += [(-1, *names, 1), (*names, 1, *known)]
    return sh.reshape(a, g.pick(ways))


def turned(g: Growth) -> Node:
    """The axes in another order."""
    a = wide(g)
    left = list(range(a.ndim))
    order = [left.pop(g.choices.below(len(left))) for _ in range(a.ndim)]
    return sh.transpose(a, order)


def spread(g: Growth) -> Node:
    """A mean spread over the axis that it was taken along, or a new one before."""
    a = wide(g)
    if a.ndim == MOST_AXES or g.draw_bool():
        axis = one_axis(g, a)
        return sh.broadcast_to(rd.mean(a, axis, True), a.shape) - a / 2
    axis = g.pick(range(-1, -a.ndim - 2, -1))
    place = axis + a.ndim + 1
    return sh.broadcast_to(
        sh.expand_dims(a, axis), (*a.shape[:place], 2, *a.shape[place:])
    )
