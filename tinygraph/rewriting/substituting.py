"""substitute: nodes read in place of others, and only what that touches rebuilt."""

from collections.abc import Mapping

from tinygraph.delays import Delay, open_delay
from tinygraph.nodes import Node
from tinygraph.rebuilding import remake
from tinygraph.traversal import reach, resolve, topological_order


def substitute(
    outputs: Mapping[str, Node], redirect: Mapping[Node, Node]
) -> dict[str, Node]:
    """Return the outputs with each node of `redirect` computed another way.

    Args:
        outputs: name → node.
        redirect: old node → a node of the same type over nodes of the same graph
            (which may be redirected themselves), not over the old node.
    """
    order = topological_order(outputs.values(), redirect)
    consumers: dict[Node, list[Node]] = {node: [] for node in order}
    starts = []
    for node in order:
        for part in node.inputs:
            target = resolve(part, redirect)
            consumers[target].append(node)
            if target is not part:
                starts.append(node)
    changed = reach(starts, consumers.__getitem__)
    new: dict[Node, Node] = {}

    def now(part: Node) -> Node:
        target = resolve(part, redirect)
        return new.get(target, target)

    for node in order:
        if node not in changed:
            continue
        if isinstance(node, Delay):
            slots = tuple(now(part) for part in node.inputs[1:])
            new[node] = open_delay(slots, node.type, node.attrs, node.name, node)
        else:
            new[node] = remake(node, tuple(now(part) for part in node.inputs))
    for node, made in new.items():
        if isinstance(made, Delay) and isinstance(node, Delay):
            made.close(now(node.source))
    return {name: now(node) for name, node in outputs.items()}
