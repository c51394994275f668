"""Whether a delay may be closed with a source, so that the graph stays legal."""

from collections.abc import Iterable, Sequence

from tinygraph.core.delays import Delay
from tinygraph.core.nodes import Node
from tinygraph.core.traversal import (
    Edge,
    inputs_before,
    reach,
    strongly_connected,
    topological_order,
)
from tinygraph.core.verification import witness


def depends_on(node: Node, other: Node) -> bool:
    """Return True if `other` is among what `node` is made from."""
    return other in reach([node], lambda part: part.inputs)


def closes_legally(delay: Delay, source: Node, others: Iterable[Node]) -> bool:
    """Return True if closing an open delay keeps all of `others` well-posed.

    `others` may hold delays that are still open.
    """
    if not depends_on(source, delay):
        return True
    order = topological_order([source, *others])

    def inputs_of(node: Node) -> Sequence[Node]:
        return (*node.inputs, source) if node is delay else node.inputs

    components = strongly_connected(order, inputs_of)
    members = next(found for found in components if delay in found)
    if any(node.type.time is None for node in members):
        return False
    inside = set(members)
    edges = [
        edge
        for node in members
        for edge in _edges(node, source if node is delay else None)
        if edge[1] in inside
    ]
    return not witness(members, edges)


def _edges(node: Node, source: Node | None) -> list[Edge[Node]]:
    """Return a node's edges with their delays; `source` closes it in thought."""
    edges = [(node, part, 0) for part in inputs_before(node)]
    if isinstance(node, Delay):
        end = source if node.is_open else node.source
        if end is not None:
            edges.append((node, end, node.steps))
            if node.outside == "replicate":
                edges.append((node, end, 0))
    return edges
