"""Loop invariance: per-step values that are the same at every step are kept once."""

from collections.abc import Collection, Iterable

from tinygraph.core.building import EVERY_STEP
from tinygraph.core.delays import Delay
from tinygraph.core.nodes import Node, Op


def lasts(op: Op) -> bool:
    """Return True if the op, of operands kept once, gives a result kept once."""
    return not op.contextual and (op.over_time is None or op.lasting)


def fixed_in_time(order: Iterable[Node], known: Collection[Node] = ()) -> set[Node]:
    """Return the per-step nodes that have one value for all steps, kept once.

    Args:
        order: all nodes, inputs first.
        known: those of the nodes before these.
    """
    found = set(known)
    for node in order:
        if node.op is EVERY_STEP:
            found.add(node)
        elif node.type.time is not None and node.inputs and lasts(node.op):
            if not isinstance(node, Delay) and all(x in found for x in node.inputs):
                found.add(node)
    return found
