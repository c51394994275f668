"""Delays as loops: each is one edge from the box it delays to the box that reads it."""

from collections.abc import Sequence
from dataclasses import replace

from tinygraph.core.delays import Delay
from tinygraph.core.graph import Graph
from tinygraph.core.nodes import Node
from tinygraph.core.traversal import strongly_connected
from tinygraph.core.verification import cycles_of
from tinygraph.drawing.model import node_texts
from tinygraph.drawing.model.picture import DelayLoop, Wire
from tinygraph.drawing.model.texts import SUPERSCRIPTS, one_line
from tinygraph.drawing.model.wires import PendingWire, ValuePath, Wiring
from tinygraph.ops.slicing import INDEX

REPLICATE = "="
"""In `DelayLoop.initial_values`: the value at the nearest step of the sequence."""


def loops_of(wiring: Wiring, graph: Graph) -> list[DelayLoop]:
    """Return one loop per delay.

    A delay that one box reads leads straight into it. One that several boxes
    read, or that is an output or delayed again, gets an ellipse of its own.
    """
    names, colors = graph.delay_names, colors_of(graph)
    readers: dict[Node, list[PendingWire]] = {delay: [] for delay in names}
    for link in wiring.pending:
        if isinstance(link.source, Delay):
            readers[link.source].append(link)
    heads = {delay: _head(wiring, delay, readers[delay]) for delay in names}
    for delay, name in names.items():
        if heads[delay] is None:
            heads[delay] = held = _hold(wiring, delay, name)
            wiring.sources[delay] = {held: ValuePath()}
            wiring.pending += [replace(link, source=held) for link in readers[delay]]
    wiring.pending = [k for k in wiring.pending if not isinstance(k.source, Delay)]
    made = [
        _loop(wiring, delay, name, heads[delay] or "", readers[delay])
        for delay, name in names.items()
    ]
    return [
        replace(loop, color=colors.get(delay, 0))
        for loop, delay in zip(made, names, strict=True)
    ]


def _head(wiring: Wiring, delay: Delay, pending: list[PendingWire]) -> str | None:
    """Return the one box that reads a delay, or None where it needs its own."""
    heads = dict.fromkeys(link.head for link in pending)
    asked_for = delay in wiring.roles.outputs or delay in wiring.roles.states
    if len(heads) != 1 or asked_for or any(link.place for link in pending):
        return None
    (head,) = heads
    return head if wiring.boxes.made[head].time == delay.time else None


def _hold(wiring: Wiring, delay: Delay, name: str) -> str:
    source = wiring.roles.stand_in[delay.source]
    keys = [key for key in wiring.sources[source] if isinstance(key, str)]
    return wiring.boxes.held(delay, name, wiring.boxes.made[keys[0]] if keys else None)


def _loop(
    wiring: Wiring, delay: Delay, name: str, head: str, pending: list[PendingWire]
) -> DelayLoop:
    sources = wiring.sources[wiring.roles.stand_in[delay.source]]
    tail = wiring.box_of(next(iter(sources)), delay.time) or ""
    direct = pending[0] if pending and pending[0].head == head else None
    when = f"{abs(delay.steps)} step{'s' * (abs(delay.steps) > 1)}"
    hover = f"{one_line(name)}: {when} {'later' if delay.steps < 0 else 'earlier'}"
    loop = DelayLoop(
        wiring.boxes.new_key(f"delay_{name}"),
        one_line(name),
        tail,
        head,
        delay.steps,
        label=wiring.text(direct) if direct else "",
        weight=bool(direct and direct.path.weights),
        hover=hover,
        sign=sign_of(delay.steps, wiring.options.squares),
    )
    return _with_initial_values(wiring, delay, loop)


def sign_of(steps: int, squares: str | None) -> str:
    """Return the text of a square: the delay as a number, as z⁻ᵏ, or only where ≠ 1."""
    if squares == "z":
        return "z" if steps == -1 else f"z{-steps}".translate(SUPERSCRIPTS)
    if squares is None and steps == 1:
        return ""
    return f"{steps}".replace("-", "−")


def _with_initial_values(wiring: Wiring, delay: Delay, loop: DelayLoop) -> DelayLoop:
    """Return the loop with the values outside the sequence, or with their source."""
    count = abs(delay.steps)
    if delay.slot is None:
        return replace(loop, initial_values=(REPLICATE,) * count)
    slot = wiring.roles.stand_in[delay.slot]
    if slot in wiring.roles.numbers:
        return replace(loop, initial_values=(wiring.roles.numbers[slot],) * count)
    source = next(iter(wiring.sources[slot]), None)
    if wiring.unrolled and not isinstance(source, str):
        return replace(loop, initial_values=_names(delay, slot))
    if source is None:
        return loop
    box = wiring.box_of(source, None)
    if wiring.unrolled:
        return replace(loop, initial_source=box)
    hover = f"{loop.name}: the value before the first step"
    if delay.steps < 0:
        hover = f"{loop.name}: the value after the last step"
    wiring.initial.append(Wire(box or "", loop.head, hover=hover, initial=True))
    return loop


def _names(delay: Delay, slot: Node) -> tuple[str, ...]:
    """Return what the values outside are called; none where they have no name."""
    name = _called(slot)
    if not name:
        return ()
    if delay.outside == "init":
        return (name,) * abs(delay.steps)
    return tuple(f"{name}[{i}]" for i in range(abs(delay.steps)))


def _called(slot: Node) -> str:
    """Return the name of a node, or that of the named one that it is a part of."""
    if slot.name or slot.symbol or slot.op.leaf:
        return node_texts.name_of(slot)
    if slot.op is not INDEX:
        return ""
    whole = _called(slot.inputs[0])
    return whole and f"{whole}{node_texts.op_text(slot, [None])}"


def with_cycles(
    keys: Sequence[str], wires: Sequence[Wire], loops: Sequence[DelayLoop]
) -> list[DelayLoop]:
    """Return the loops with `cyclic` set."""
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
    return [
        replace(loop, cyclic=component[loop.tail] == component[loop.head])
        for loop in loops
    ]


def colors_of(graph: Graph) -> dict[Delay, int]:
    """Return the colour of each delay, the same in every picture of the graph.

    Delays of one cycle, as a cell has, get the first, second … colour; those that
    look ahead the third, fourth ….
    """
    found: dict[Delay, int] = {}
    for members in cycles_of(graph.nodes):
        own = [node for node in members if isinstance(node, Delay)]
        for i, delay in enumerate(own):
            found[delay] = i + (2 if delay.steps < 0 else 0)
    return found
