"""Moves that reduce, choose and index along any axis."""

from tinygraph.core.building import cast, constant
from tinygraph.core.nodes import Node
from tinygraph.core.types import Shape
from tinygraph.ops import functions as fn
from tinygraph.ops import indexing as ix
from tinygraph.ops import reductions as rd
from tinygraph.ops import shaping as sh
from tinygraph.ops import slicing as sl
from tinygraph.ops import time as tm
from tinygraph.ops.losses import cross_entropy
from tinygraph.ops.moments import var
from tinygraph.ops.products import prod
from tinygraph.testing.growing import Growth, fit
from tinygraph.testing.wide import MOST_AXES, one_axis, operand, placed, some_axes, wide

TABLES: tuple[tuple[Shape, int], ...] = (
    ((3,), 0),
    ((3, 3), 0),
    ((2, 3), -1),
    ((3, 2), 0),
    (("batch", 3), 1),
    ((2, 3, 2), -2),
    ((3, 2, 2), -3),
)
"""Shapes of what is indexed, and an axis of length 3."""
INDICES = 3
"""Ints of random graphs are 0, 1 or 2."""
LONGER = (
    *(("", 0),) * 9,
    *(("int8", 125), ("uint8", 253), ("int16", 32_765)),
)
"""A dtype of indices, and how many rows stand before three, the last it counts to."""


def reduced(g: Growth) -> Node:
    """A reduction over any axes, or a softmax, cumsum along them."""
    a = wide(g)
    axes = some_axes(g, a)
    which = g.pick(
        ("mean", "sum", "logsumexp", "softmax", "log_softmax", "cumsum", "prod", "var")
    )
    every = tuple(range(a.ndim)) if axes is None else axes
    if which == "softmax":
        return rd.softmax(a, axis=every)
    if which == "log_softmax":
        return rd.log_softmax(a, axis=every) / 3
    if which == "cumsum":
        return fn.sin(rd.cumsum(a, axis=one_axis(g, a)))
    keep = g.draw_bool()
    if which == "logsumexp":
        return rd.logsumexp(a, axes, keep) / 2
    if which == "prod":
        return prod(fn.sin(a), axes, keep)
    if which == "var":
        return fn.tanh(var(a, axes, keep))
    return rd.mean(a, axes, keep) if which == "mean" else fn.sin(rd.sum(a, axes, keep))


def extreme(g: Growth) -> Node:
    """The greatest or least along any axes."""
    a = wide(g)
    pick = g.pick((rd.max, rd.min))
    result: Node = pick(a, some_axes(g, a), g.draw_bool())
    return result


def place_of(g: Growth) -> Node:
    """Where along an axis of length 3 the greatest or least stands."""
    shape, axis = g.pick(TABLES)
    pick = g.pick((rd.argmax, rd.argmin))
    result: Node = pick(operand(g, shape), axis, g.draw_bool())
    return result


def indexed(g: Growth) -> Node:
    """Indexing by ints along any axis, counted from either end."""
    index = g.pick(g.ints) if g.ints else tm.step_index() % INDICES
    index = _signed(index) - INDICES if g.draw_bool() else index
    which = g.pick(("take", "take_along_axis", "one_hot", "scatter_add", "put"))
    if which == "one_hot":
        return ix.one_hot(index % INDICES, INDICES, g.dtype)
    if which == "scatter_add":
        return _scattered(g, index)
    shape, axis = g.pick(TABLES)
    table, index, before = _longer(g, operand(g, shape), index, axis)
    if which == "take":
        if index.ndim + len(shape) > MOST_AXES:
            index = fit(index, ())
        return ix.take(table, index, axis=axis)
    places = fit(index, _narrowed(g, shape, axis))
    if which == "take_along_axis":
        return ix.take_along_axis(table, places, axis=axis)
    values = operand(g, tuple(places.shape))
    made = fn.tanh(ix.put_along_axis(table, places, values, axis=axis))
    return _last_rows(made, axis, before)


def _longer(g: Growth, table: Node, index: Node, axis: int) -> tuple[Node, Node, int]:
    """Return a table at times as long as a narrow dtype counts, or longer; and indices.

    Its own three rows are the last, behind so many of zeros.
    """
    dtype, before = g.pick(LONGER)
    if not before:
        return table, index, 0
    widths = [(0, 0)] * table.ndim
    widths[axis] = (before, 0)
    index = cast(index, "int64") % INDICES + before
    if dtype != "uint8" and g.draw_bool():
        index = index - (before + INDICES)
    return sl.pad(table, widths), cast(index, dtype), before


def _last_rows(made: Node, axis: int, before: int) -> Node:
    """Return what stands behind so many rows."""
    if not before:
        return made
    return placed(made, axis, slice(before, None), slice(None))


def _signed(index: Node) -> Node:
    """Return ints that can be counted from the end."""
    return cast(index, "int64") if index.dtype.kind == "u" else index


def _narrowed(g: Growth, shape: Shape, axis: int) -> Shape:
    """Draw a shape of indices along an axis: any length there, 1 or all elsewhere."""
    place = axis % len(shape)
    return tuple(
        g.pick((1, 2, 3)) if i == place else g.pick((dim, 1))
        for i, dim in enumerate(g.sized(shape))
    )


def _scattered(g: Growth, index: Node) -> Node:
    """Rows added along an axis, two of them perhaps to one place."""
    shape, axis = g.pick(TABLES)
    place = axis % len(shape)
    one = fit(index, ())
    both = tm.stack([one, constant(1)], axis=0)
    rows = operand(g, (*shape[:place], 2, *shape[place + 1 :]))
    table, both, before = _longer(g, operand(g, shape), both, axis)
    made = ix.scatter_add(both, rows, table, axis=axis)
    return _last_rows(made, axis, before)


def labelled(g: Growth) -> Node:
    """What a label picks from each row, or the loss there."""
    table = operand(g, ("batch", 3))
    index = g.pick(g.ints) if g.ints else tm.step_index() % INDICES
    labels = fit(_signed(index), g.sized(("batch",)))
    if g.draw_bool():
        ignored = g.pick((None, -1, 0, 2))
        return cross_entropy(table, labels, ignore_label=ignored) / 3
    places = sh.expand_dims(labels, -1)
    return ix.take_along_axis(table, places, axis=-1)[..., 0]
