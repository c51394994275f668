"""Derivatives by a static node at each step that reaches time through what it makes.

∂loss/∂(W at step t), where W is cut or scaled first and its parts are what the steps
read: the same is done with W at each step, and the chain rule applied once more.
"""

from collections.abc import Iterable, Sequence

from tinygraph.core.building import EVERY_STEP, apply
from tinygraph.core.nodes import Node


def lifts_of_parts(order: Sequence[Node], target: Node) -> list[Node]:
    """Return the lifts, to a target's time axis, of what is made of its static node.

    Args:
        order: all nodes of a graph, inputs first.
        target: a lift that is not among them; other nodes have no such parts.

    Returns:
        None of them where the target itself is read.
    """
    if target.op is not EVERY_STEP or target in order:
        return []
    made = {target.inputs[0]}
    found = []
    for node in order:
        if node.type.time is None and not made.isdisjoint(node.inputs):
            made.add(node)
        if node.op is EVERY_STEP and node.inputs[0] in made:
            found += [node] if node.type.time == target.type.time else []
    return found


def at_each_step(
    order: Iterable[Node], target: Node, lifts: Sequence[Node]
) -> list[Node]:
    """Return what the lifts hold, made of the target at each step."""
    image = {target.inputs[0]: target}
    for node in order:
        if node.type.time is None and not image.keys().isdisjoint(node.inputs):
            parts = [image.get(x, x) for x in node.inputs]
            image[node] = apply(node.op, *parts, name=node.name, **node.attrs)
    return [image[lift.inputs[0]] for lift in lifts]
