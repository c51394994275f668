"""Moves of parts that lie side by side, as the gates of a cell do."""

from collections.abc import Callable

from tinygraph.core.nodes import Node
from tinygraph.ops import arithmetic as ar
from tinygraph.ops import functions as fn
from tinygraph.ops import joining as jn
from tinygraph.testing.growing import Growth
from tinygraph.testing.wide import operand, placed, sized, varied, wide

Binary = Callable[[Node, Node], Node]
WHOLE = slice(None)


def packed(g: Growth) -> Node:
    """Parts made from one value, joined, then gates of each other or read as a whole.

    Now and then a part is read by others too, stands there twice, or is no new node.
    """
    a = varied(g, g.pick(g.states), (3,)) if g.states and g.draw_bool() else wide(g)
    axes = sized(a)
    if not axes:
        return a
    axis = g.pick((-1, *axes)) if -1 in axes else g.pick(axes)
    one = g.pick((ar.multiply, ar.add, ar.subtract, None))
    parts = [_part(g, a, one) for _ in range(g.pick((2, 3, 4)))]
    if g.pick((False, False, True)):
        parts.append(g.pick((*parts, a)))
    whole = jn.concat(parts, axis=axis)
    if g.pick((False, False, True)):
        g.add(fn.sin(g.pick(parts)))
    if g.pick((False, False, True)):
        return fn.tanh(whole)
    n = int(a.shape[axis])
    end = int(whole.shape[axis]) - n
    row = fn.tanh(whole)
    gate, kept = (placed(row, axis, slice(i, i + n), WHOLE) for i in (0, end))
    return fn.sigmoid(gate) * kept


def _part(g: Growth, a: Node, one: Binary | None) -> Node:
    """Return one op of a value and another one, in either order, or a function of it.

    Args:
        one: the op; None to draw another for each part.
    """
    op = one or g.pick((ar.multiply, ar.add, ar.subtract, None))
    if op is None:
        return fn.cos(a)
    other = fn.cos(operand(g, a.shape))
    return op(other, a) if g.draw_bool() else op(a, other)
