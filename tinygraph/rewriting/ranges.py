"""Ranges of the nodes of a graph, worked out where a rewrite asks for one.

Ops say the range of a result from those of its operands (`Op.bounds`). What is met
again on a cycle counts as unbounded, and few ops hand that on: h = o · tanh(c) lies in
[-1, 1] whatever c is, and so does the delay of h.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from tinygraph.core.nodes import Node
from tinygraph.core.ranges import Range, fitting, range_of_type


class Ranges:
    """Node → its range, kept once it is known.

    Args:
        known: of leaves of which more is known than their types say.
    """

    def __init__(self, known: Mapping[Node, Range] = MappingProxyType({})) -> None:
        self._known = dict(known)

    def __getitem__(self, node: Node) -> Range:
        stack, opened = [node], set[Node]()
        while stack:
            top = stack[-1]
            operands = () if top in self._known else _operands(top)
            missing = [x for x in operands if x not in self._known and x not in opened]
            if missing:
                opened.add(top)
                stack += missing
                continue
            stack.pop()
            if top not in self._known:
                self._known[top] = _result(top, [self._so_far(x) for x in operands])
        return self._known[node]

    def _so_far(self, node: Node) -> Range:
        """Return a range; of what is being worked out, on a cycle, that of its type."""
        return self._known.get(node) or range_of_type(node.type)


def _operands(node: Node) -> Sequence[Node]:
    """Return the operands whose ranges are asked for."""
    if callable(node.op.bounds):
        return node.inputs
    return node.inputs[:1] if node.op.bounds is None and node.op.view else ()


def _result(node: Node, operands: Sequence[Range]) -> Range:
    bounds = node.op.bounds
    if callable(bounds):
        found = bounds(node, *operands)
    elif bounds is not None:
        found = bounds
    else:
        found = operands[0].whole if operands else range_of_type(node.type)
    return fitting(found, node.type)
