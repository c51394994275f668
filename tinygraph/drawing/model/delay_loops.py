"""Delays into loops: each is one edge from one box to one box."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from tinygraph.core.delays import Delay
from tinygraph.core.nodes import Node
from tinygraph.core.traversal import strongly_connected
from tinygraph.drawing.model import wording
from tinygraph.drawing.model.picture import Loop, Wire
from tinygraph.drawing.model.texts import one_line
from tinygraph.drawing.model.wiring import Flow, Link, Wiring

REPLICATE = "="
"""Stands in `Loop.slots` for the value at the nearest step."""


def loops_of(wiring: Wiring, names: Mapping[Delay, str]) -> list[Loop]:
    """Return one loop per delay.

    A delay that one box reads leads straight into it. One that several boxes
    read, or that is an output or delayed again, gets an ellipse of its own.
    """
    readers: dict[Node, list[Link]] = {delay: [] for delay in names}
    for link in wiring.links:
        if isinstance(link.source, Delay):
            readers[link.source].append(link)
    heads = {delay: _head(wiring, delay, readers[delay]) for delay in names}
    for delay, name in names.items():
        if heads[delay] is None:
            heads[delay] = held = _hold(wiring, delay, name)
            wiring.flows[delay] = {held: Flow()}
            wiring.links += [replace(link, source=held) for link in readers[delay]]
    wiring.links = [k for k in wiring.links if not isinstance(k.source, Delay)]
    return [
        _loop(wiring, delay, name, heads[delay] or "", readers[delay])
        for delay, name in names.items()
    ]


def _head(wiring: Wiring, delay: Delay, links: list[Link]) -> str | None:
    """Return the one box that reads a delay, or None where it needs its own."""
    heads = dict.fromkeys(link.head for link in links)
    asked_for = delay in wiring.roles.outputs or delay in wiring.roles.states
    if len(heads) != 1 or asked_for:
        return None
    (head,) = heads
    return head if wiring.boxes.made[head].time == delay.time else None


def _hold(wiring: Wiring, delay: Delay, name: str) -> str:
    source = wiring.roles.stand_in[delay.source]
    keys = [key for key in wiring.flows[source] if isinstance(key, str)]
    return wiring.boxes.held(delay, name, wiring.boxes.made[keys[0]] if keys else None)


def _loop(
    wiring: Wiring, delay: Delay, name: str, head: str, links: list[Link]
) -> Loop:
    sources = wiring.flows[wiring.roles.stand_in[delay.source]]
    tail = wiring.box_of(next(iter(sources)), delay.time) or ""
    direct = links[0] if links and links[0].head == head else None
    when = f"{abs(delay.steps)} step{'s' * (abs(delay.steps) > 1)}"
    about = f"{one_line(name)}: {when} {'later' if delay.steps < 0 else 'earlier'}"
    loop = Loop(
        wiring.boxes.new_key(f"delay_{name}"),
        one_line(name),
        tail,
        head,
        delay.steps,
        label=wiring.text(direct) if direct else "",
        weight=bool(direct and direct.flow.weights),
        about=about,
    )
    return _with_slots(wiring, delay, loop)


def _with_slots(wiring: Wiring, delay: Delay, loop: Loop) -> Loop:
    """Say what the delay gives outside the sequence, and draw where it is from."""
    count = abs(delay.steps)
    if delay.slot is None:
        return replace(loop, slots=(REPLICATE,) * count)
    slot = wiring.roles.stand_in[delay.slot]
    if slot in wiring.roles.numbers:
        return replace(loop, slots=(wiring.roles.numbers[slot],) * count)
    source = next(iter(wiring.flows[slot]), None)
    if wiring.unrolled and not isinstance(source, str):
        return replace(loop, slots=_names(delay, slot))
    if source is None:
        return loop
    box = wiring.box_of(source, None)
    if wiring.unrolled:
        return replace(loop, source=box)
    about = f"{loop.name}: the value before the first step"
    if delay.steps < 0:
        about = f"{loop.name}: the value after the last step"
    wiring.initial.append(Wire(box or "", loop.head, about=about, initial=True))
    return loop


def _names(delay: Delay, slot: Node) -> tuple[str, ...]:
    name = wording.name_of(slot)
    if delay.kind == "init":
        return (name,) * abs(delay.steps)
    return tuple(f"{name}[{i}]" for i in range(abs(delay.steps)))


def cycles_told(
    keys: Sequence[str], wires: Sequence[Wire], loops: Sequence[Loop]
) -> list[Loop]:
    """Return loops that know whether a cycle passes through them, and their colour.

    Delays of one cycle, as a cell has, get the first, second … colour; those that
    look ahead the third, fourth ….
    """
    before: dict[str, list[str]] = {key: [] for key in keys}
    for wire in wires:
        before[wire.head].append(wire.tail)
    for loop in loops:
        before[loop.head].append(loop.tail)
    component = {
        key: i
        for i, members in enumerate(strongly_connected(keys, before.__getitem__))
        for key in members
    }
    counts: dict[int, int] = {}
    found = []
    for loop in loops:
        cycle = component[loop.head]
        if component[loop.tail] != cycle:
            found.append(replace(loop, cyclic=False))
        else:
            ahead = 2 if loop.steps < 0 else 0
            found.append(replace(loop, color=counts.get(cycle, 0) + ahead))
            counts[cycle] = counts.get(cycle, 0) + 1
    return found
