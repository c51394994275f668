"""Values outside the sequence: what an unfolded picture shows beside its steps."""

from collections.abc import Sequence
from dataclasses import dataclass

from tinygraph.drawing.layout.one_step import Part
from tinygraph.drawing.layout.page import NOWHERE, Rect
from tinygraph.drawing.layout.shown_steps import Hop, Window
from tinygraph.drawing.model.delay_loops import REPLICATE
from tinygraph.drawing.model.picture import Box, Picture
from tinygraph.drawing.model.styles import Look
from tinygraph.drawing.model.texts import Label


@dataclass(frozen=True)
class Slot:
    """The dashed ellipse of a value outside the sequence, `h₋₁ = 0`.

    Attributes:
        key: unique in the drawing.
        step: at which step the value stands, before 0 or from T on.
        hops: the delayed edges that leave it.
        size: its width and height.
    """

    key: str
    step: int
    text: str
    hops: tuple[Hop, ...]
    size: Rect = NOWHERE


def slots_of(picture: Picture, view: Window, hops: Sequence[Hop]) -> list[Slot]:
    """Return one slot per value: delays of one node with equal values share it."""
    found: dict[tuple[str, int, str, str | None], list[Hop]] = {}
    for hop in hops:
        if hop.kind == "initial":
            text = _text(picture, hop, view)
            place = (hop.loop.tail, hop.source, text, hop.loop.source)
            found.setdefault(place, []).append(hop)
    return [
        Slot(_key(same[0]), step, text, tuple(same))
        for (_, step, text, _), same in found.items()
    ]


def measuring(texts: Sequence[str], look: Look) -> Part:
    """Return a part of one ellipse per text, in order, to learn their sizes."""
    boxes = [Box(f"slot{i}", "initial", Label(text)) for i, text in enumerate(texts)]
    named = {f"slot{i}": text for i, text in enumerate(texts)}
    return Part(boxes, [], named, look=look)


def _key(hop: Hop) -> str:
    side = "before" if hop.source < 0 else "after"
    return f"{hop.loop.key}-{side}{abs(hop.source)}"


def _text(picture: Picture, hop: Hop, view: Window) -> str:
    tail = picture.boxes[hop.loop.tail]
    value = _value(hop, view.steps)
    named = tail.label.in_time
    nearest = 0 if hop.source < 0 else view.steps - 1
    if value == REPLICATE:
        value = tail.label.at(view.moment(nearest)) if named else "…"
    if not named:
        return value or "…"
    name = tail.label.at(view.moment(hop.source))
    return name if view.open_ended or not value else f"{name} = {value}"


def _value(hop: Hop, steps: int) -> str:
    """Return what the loop says of its value at a step outside the sequence."""
    if not hop.loop.slots:
        return ""
    k = hop.loop.steps
    return hop.loop.slots[hop.source + k if k > 0 else hop.source - steps]
