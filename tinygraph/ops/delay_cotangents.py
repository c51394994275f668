"""What a delay hands back to its init, its history, and a REPLICATE source."""

from tinygraph.delays import Delay, delay
from tinygraph.nodes import Node
from tinygraph.ops.arithmetic import add_n, where
from tinygraph.ops.joining import stack_nodes
from tinygraph.ops.shaping import unbroadcast
from tinygraph.ops.time import first, last


def slot_cotangent(node: Delay, ct: Node) -> Node:
    """Return the cotangent of a delay's init or history, given the delay's.

    Past: slot t is read at step t < k: its part is `first(delay(ct, -t))`. Future:
    `last(delay(ct, +j))`. An init collects them all; a history keeps them apart.
    """
    slot = node.slot
    assert slot is not None
    parts = _slot_parts(node, ct)
    if node.kind == "history":
        return stack_nodes(parts if node.steps > 0 else parts[::-1], 0)
    total = parts[0] if len(parts) == 1 else add_n(*parts)
    return unbroadcast(total, slot)


def replicate_cotangent(node: Delay, ct: Node) -> Node:
    """Return the cotangent of a REPLICATE delay's source.

    delay(ct, -k) and, at the first step (k < 0: the last), all that the slots
    read. That part is masked, not brought out of time and back: a static node
    would stand on the adjoint's cycle.
    """
    parts = _shifted(node, ct)
    total = parts[0] if len(parts) == 1 else add_n(*parts)
    sign = 1 if node.steps > 0 else -1
    at_edge = delay(source=0.0, steps=sign, init=1.0, time=ct.type.time or "t")
    edge = where(at_edge > 0, total, 0)
    return delay(source=ct, steps=-node.steps) + edge


def _shifted(node: Delay, ct: Node) -> list[Node]:
    """Return ct at the steps t, t + 1, ... (k < 0: t - 1, ...), |k| of them."""
    sign = -1 if node.steps > 0 else 1
    later = [delay(source=ct, steps=sign * j) for j in range(1, abs(node.steps))]
    return [ct, *later]


def _slot_parts(node: Delay, ct: Node) -> list[Node]:
    end = first if node.steps > 0 else last
    return [end(part) for part in _shifted(node, ct)]
