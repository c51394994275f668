"""What a node of a folded graph means at one step.

The one definition that the interpreter and the unroller share: value(node, t) is
`op` applied to the values of `args`, each an input at a step (None: static). Each op
says it in its declaration (`Op.at_step`); for a delay it is said here.
"""

from collections.abc import Mapping

from tinygraph.core.delays import Delay
from tinygraph.core.nodes import Node
from tinygraph.core.op import Meaning, value_of
from tinygraph.core.shifts import repeated_step, slot_at
from tinygraph.ops.shaping import BROADCAST_TO
from tinygraph.ops.slicing import row_at


def at_step(node: Node, t: int | None, steps: Mapping[str, int]) -> Meaning:
    """Return what `node` is at step t (None for a static node).

    Each of the args has the step at which its value is taken, None where it is static.
    Inputs are as static, or as much per step, as the node is, unless its op says more.

    Args:
        steps: the number of steps of each time axis.
    """
    own, attrs = node.op.at_step, node.attrs
    if isinstance(node, Delay):
        return _of_steps(_delayed(node, t, steps))
    if own is not None:
        return _of_steps(own(node, t, steps))
    if node.op.contextual and t is not None:
        attrs = {**attrs, "at": t}
    return Meaning(node.op, attrs, [(x, t) for x in node.inputs])


def _of_steps(found: Meaning) -> Meaning:
    """Return a meaning whose static args have no step."""
    op, attrs, args = found
    args = [arg if arg[0].type.time is not None else (arg[0], None) for arg in args]
    return Meaning(op, attrs, args)


def _delayed(node: Delay, t: int | None, steps: Mapping[str, int]) -> Meaning:
    """y[t] = source[t - k] where that step exists, else a slot."""
    assert t is not None
    total, k, slot = steps[node.type.time or ""], node.steps, node.slot
    number = slot_at(t, k, total)
    if number is None:
        return value_of(node.source, t - k)
    if slot is None:
        return value_of(node.source, repeated_step(k, total))
    if node.outside == "history":
        return row_at(slot, number)
    if slot.type.shape == node.type.shape:
        return value_of(slot, None)
    return Meaning(BROADCAST_TO, {"shape": node.type.shape}, [(slot, None)])
