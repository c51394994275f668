"""Where derivatives flow, and how their parts add up: shared by both modes."""

from collections.abc import Sequence

from tinygraph.core.delays import DELAY
from tinygraph.core.nodes import Node
from tinygraph.core.traversal import reach
from tinygraph.ops.arithmetic import add_n
from tinygraph.ops.shaping import zeros_like


def flows(node: Node) -> list[Node]:
    """Return the inputs of a node through which derivatives flow."""
    if not node.type.is_float:
        return []
    if node.op is DELAY:
        return [x for x in node.inputs if x.type.is_float]
    if node.op.vjp is None:
        return []
    blocked = node.op.constant_in
    return [
        x for i, x in enumerate(node.inputs) if x.type.is_float and i not in blocked
    ]


def active(order: Sequence[Node], starts: Sequence[Node]) -> dict[Node, None]:
    """Return what moves when `starts` do."""
    consumers: dict[Node, list[Node]] = {node: [] for node in order}
    for node in order:
        for part in flows(node):
            consumers[part].append(node)
    return reach([n for n in starts if n in consumers], consumers.__getitem__)


def total(parts: Sequence[Node], node: Node) -> Node:
    """Add up the parts of a cotangent: one node whatever their number."""
    if not parts:
        return zeros_like(node)
    if len(parts) == 1:
        return parts[0]
    return parts[0] + parts[1] if len(parts) == 2 else add_n(*parts)


def adjoint_scope(node: Node) -> tuple[str, ...]:
    """Return the scope in which a node's cotangent or tangent stands."""
    return ("gradient", *node.scope) if node.scope else ()
