"""What a delay hands back to its init, its history, and a REPLICATE source.

A delay of k steps reads its k slots at k steps: the slots' cotangent is the delay's own
at these, one node however large k is.
"""

from tinygraph.core.delays import REPLICATE, Delay, delay
from tinygraph.core.nodes import Node
from tinygraph.ops.arithmetic import where
from tinygraph.ops.shaping import expand_dims, unbroadcast
from tinygraph.ops.slots import first_steps, last_steps
from tinygraph.ops.time import first, last


def _slots_of(node: Delay, ct: Node) -> Node:
    """Return a delay's cotangent at the steps that see its slots: (|k|, *shape)."""
    k = node.steps
    if abs(k) == 1:
        return expand_dims(first(ct) if k > 0 else last(ct), 0)
    return first_steps(ct, k) if k > 0 else last_steps(ct, -k)


def slot_cotangent(node: Delay, ct: Node) -> Node:
    """Return the cotangent of a delay's init or history, given the delay's.

    Past: slot t is read at step t < k, future: slot t + |k| - T. An init collects
    them all; a history keeps them apart.
    """
    slot = node.slot
    assert slot is not None
    if node.outside == "history":
        return _slots_of(node, ct)
    if abs(node.steps) == 1:
        return unbroadcast(first(ct) if node.steps > 0 else last(ct), slot)
    return unbroadcast(_slots_of(node, ct), slot)


def replicate_cotangent(node: Delay, ct: Node, sign: int) -> Node:
    """Return the cotangent of a REPLICATE delay's source.

    delay(ct, -k) and, at the first step (k < 0: the last), all that the slots read.

    Args:
        node: the delay.
        ct: its cotangent.
        sign: of the total delay of every cycle that the delay is on; 0 if on none.
    """
    shifted, edge = delay(source=ct, steps=-node.steps), 1 if node.steps > 0 else -1
    time = ct.type.time or "t"
    if sign == 0 and abs(node.steps) > 1:
        total = unbroadcast(_slots_of(node, ct), node.source)
        return shifted + delay(source=0, steps=edge, init=total, time=time)
    at_edge = delay(source=0.0, steps=edge, init=1.0, time=time)
    return shifted + where(at_edge > 0, _slots_in_time(node, ct, sign), 0)


def _slots_in_time(node: Delay, ct: Node, sign: int) -> Node:
    """Return a node whose value at the edge is Σ ct over the |k| steps from there on.

    A running sum: on a cycle no static node may stand. It runs with the cotangents of
    that cycle, against its sign, so that all cycles agree. Against the delay's own
    direction it ends at the edge; otherwise it ends where the slots do, and a delay
    that repeats its last value brings it to the edge.
    """
    k, time = node.steps, ct.type.time or "t"
    if abs(k) == 1:
        return ct
    seen = delay(source=0.0, steps=k, init=1.0, time=time)
    before = delay(steps=-sign, shape=ct.shape, dtype=ct.dtype, time=time)
    total = where(seen > 0, ct, 0) + before
    before.close(total)
    if (k > 0) == (sign > 0):
        return total
    back = 1 - k if k > 0 else -1 - k
    return delay(source=total, steps=back, init=REPLICATE)
