"""What a node of a folded graph means at one step.

The one definition that the interpreter and the unroller share: value(node, t) is
`op` applied to the values of `args`, each an input at a step (None: static).
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from tinygraph.core.building import EVERY_STEP
from tinygraph.core.delays import DELAY, Delay
from tinygraph.core.nodes import NO_ATTRS, Node, Op
from tinygraph.core.shifts import repeated_step, slot_at
from tinygraph.ops.arithmetic import ADD_N
from tinygraph.ops.contracting import COLLECT, CONTRACT
from tinygraph.ops.joining import STACK, STACK_PADDED
from tinygraph.ops.picking import AT
from tinygraph.ops.shaping import BROADCAST_TO
from tinygraph.ops.slicing import FULL, INDEX
from tinygraph.ops.slots import FIRST_STEPS, LAST_STEPS
from tinygraph.ops.time import (
    FIRST,
    LAST,
    MAX_N,
    MAX_OVER_TIME,
    STACK_TIME,
    SUM_OVER_TIME,
    UNSTACK,
)

Arg = tuple[Node, int | None]


class Meaning(NamedTuple):
    """`op` applied to `args`; without an op, the value of the only arg itself."""

    op: Op | None
    attrs: Mapping[str, Any]
    args: list[Arg]


def at_step(node: Node, t: int | None, steps: Mapping[str, int]) -> Meaning:
    """Return what `node` is at step t (None for a static node).

    Args:
        steps: the number of steps of each time axis.
    """
    rule = _RULES.get(node.op)
    if rule is not None:
        return rule(node, t, steps)
    attrs = node.attrs
    if node.op.contextual and t is not None:
        attrs = {**attrs, "at": t}
    return Meaning(node.op, attrs, [(x, t) for x in node.inputs])


def _lift(node: Node, t: int | None, steps: Mapping[str, int]) -> Meaning:
    return Meaning(None, NO_ATTRS, [(node.inputs[0], None)])


def _first(node: Node, t: int | None, steps: Mapping[str, int]) -> Meaning:
    return Meaning(None, NO_ATTRS, [(node.inputs[0], 0)])


def _last(node: Node, t: int | None, steps: Mapping[str, int]) -> Meaning:
    x = node.inputs[0]
    return Meaning(None, NO_ATTRS, [(x, steps[x.type.time or ""] - 1)])


def _at(node: Node, t: int | None, steps: Mapping[str, int]) -> Meaning:
    x, place = node.inputs[0], node.attrs["t"]
    total = steps[x.type.time or ""]
    return Meaning(None, NO_ATTRS, [(x, place if place >= 0 else total + place)])


def _all_steps(op: Op) -> Callable[[Node, int | None, Mapping[str, int]], Meaning]:
    def meaning(node: Node, t: int | None, steps: Mapping[str, int]) -> Meaning:
        x = node.inputs[0]
        time = x.type.time or ""
        attrs = {"axis": -x.ndim - 1, "name": time} if op is STACK else NO_ATTRS
        return Meaning(op, attrs, [(x, s) for s in range(steps[time])])

    return meaning


def _slots(node: Node, t: int | None, steps: Mapping[str, int]) -> Meaning:
    """The steps that there are, and zeros in place of the others."""
    x, wanted = node.inputs[0], node.attrs["steps"]
    total = steps[x.type.time or ""]
    count = min(wanted, total)
    at_start = node.op is FIRST_STEPS
    missing = (0, wanted - count) if at_start else (wanted - count, 0)
    attrs = {"axis": -x.ndim - 1, "padding": missing}
    begin = 0 if at_start else total - count
    return Meaning(STACK_PADDED, attrs, [(x, begin + j) for j in range(count)])


def _all_pairs(node: Node, t: int | None, steps: Mapping[str, int]) -> Meaning:
    a, b = node.inputs
    places = range(steps[a.type.time or b.type.time or ""])
    args: list[Arg] = [(x, s) for x in (a, b) for s in places]
    return Meaning(node.op, node.attrs, args)


def _unstack(node: Node, t: int | None, steps: Mapping[str, int]) -> Meaning:
    return _slice(node.inputs[0], t)


def _slice(x: Node, place: int | None) -> Meaning:
    items = (place, *(FULL,) * (x.ndim - 1))
    return Meaning(INDEX, {"items": items}, [(x, None)])


def _delay(node: Node, t: int | None, steps: Mapping[str, int]) -> Meaning:
    """y[t] = source[t - k] where that step exists, else a slot."""
    assert isinstance(node, Delay)
    assert t is not None
    total, k, slot = steps[node.type.time or ""], node.steps, node.slot
    number = slot_at(t, k, total)
    if number is None:
        return Meaning(None, NO_ATTRS, [(node.source, t - k)])
    if slot is None:
        return Meaning(None, NO_ATTRS, [(node.source, repeated_step(k, total))])
    if node.kind == "history":
        return _slice(slot, number)
    if slot.type.shape == node.type.shape:
        return Meaning(None, NO_ATTRS, [(slot, None)])
    return Meaning(BROADCAST_TO, {"shape": node.type.shape}, [(slot, None)])


_RULES = {
    EVERY_STEP: _lift,
    FIRST: _first,
    LAST: _last,
    AT: _at,
    FIRST_STEPS: _slots,
    LAST_STEPS: _slots,
    SUM_OVER_TIME: _all_steps(ADD_N),
    MAX_OVER_TIME: _all_steps(MAX_N),
    STACK_TIME: _all_steps(STACK),
    UNSTACK: _unstack,
    CONTRACT: _all_pairs,
    COLLECT: _all_pairs,
    DELAY: _delay,
}
