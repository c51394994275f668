"""Operands of several axes for the moves, and which of their axes to work along."""

import math
from collections.abc import Sequence

from tinygraph.core.building import constant
from tinygraph.core.nodes import Node
from tinygraph.core.types import Shape
from tinygraph.testing.growing import Growth, fit, without_names

WIDE: tuple[Shape, ...] = (
    *((3,), (2, 3), ("batch", 3), (3, 2), (2, 2, 3), ("batch", 2, 3)),
    *((3, 1, 2), (2, 1, 3, 2)),
)
"""The shapes of operands that have axes to choose from; the first is the simplest."""
MOST_AXES = 4
"""From which on a move adds no axis."""


def wide(g: Growth, shapes: Sequence[Shape] = WIDE) -> Node:
    """Draw a float node with axes: one that is there, or one brought to a shape."""
    node = g.any_float()
    if node.ndim and shapes is WIDE and g.draw_bool():
        return node
    return varied(g, node, g.pick(shapes))


def operand(g: Growth, shape: Shape) -> Node:
    """Draw a float node of a shape whose elements differ."""
    return varied(g, g.any_float(), shape)


def varied(g: Growth, node: Node, shape: Shape) -> Node:
    """Bring a node to a shape; what was spread over an axis differs along it."""
    shape = g.sized(shape)
    if node.shape == shape:
        return node
    narrow = without_names(shape)
    whole = fit(node, shape)
    if math.prod(d for d in narrow if isinstance(d, int)) == 1:
        return whole
    return whole * constant(g.array(narrow, g.name("v")))


def sized(node: Node, least: int = 1) -> list[int]:
    """Return the axes of known length, the last first."""
    dims = [(axis, node.shape[axis]) for axis in range(-1, -node.ndim - 1, -1)]
    return [axis for axis, dim in dims if isinstance(dim, int) and dim >= least]


def one_axis(g: Growth, node: Node) -> int:
    """Draw an axis, by its number from either end; the last is the simplest."""
    axis: int = g.pick([*range(-1, -node.ndim - 1, -1), *range(node.ndim)])
    return axis


def some_axes(g: Growth, node: Node) -> int | tuple[int, ...] | None:
    """Draw one axis, several, or None for all."""
    pairs = [(a, b) for a in range(-1, -node.ndim, -1) for b in range(-node.ndim, a)]
    axes: int | tuple[int, ...] | None = g.pick([one_axis(g, node), None, *pairs])
    return axes


def placed(node: Node, axis: int, item: int | slice, other: slice) -> Node:
    """Return node[..., item, ...] at one axis, `other` at the rest."""
    keys: list[int | slice] = [other] * node.ndim
    keys[axis] = item
    found: Node = node[tuple(keys)]
    return found
