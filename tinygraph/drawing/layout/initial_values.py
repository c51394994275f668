"""Ellipses of the values of delays outside the sequence, beside the steps."""

from collections.abc import Sequence
from dataclasses import dataclass

from tinygraph.drawing.layout.dot_layout import DotInput
from tinygraph.drawing.layout.page import NOWHERE, Rect
from tinygraph.drawing.layout.shown_steps import DelayedEdge, ShownSteps
from tinygraph.drawing.model.delay_loops import REPLICATE
from tinygraph.drawing.model.picture import Box, Picture
from tinygraph.drawing.model.styles import Look
from tinygraph.drawing.model.texts import Label


@dataclass(frozen=True)
class InitialValue:
    """The dashed ellipse of a value outside the sequence, `h₋₁ = 0`.

    Attributes:
        key: unique in the drawing.
        step: at which step the value stands, before 0 or from T on.
        edges: the delayed edges that leave it.
        size: its width and height.
    """

    key: str
    step: int
    text: str
    edges: tuple[DelayedEdge, ...]
    size: Rect = NOWHERE


def initial_values_of(
    picture: Picture, shown: ShownSteps, edges: Sequence[DelayedEdge]
) -> list[InitialValue]:
    """Return one ellipse per value: delays of one node with equal values share it."""
    found: dict[tuple[str, int, str, str | None], list[DelayedEdge]] = {}
    for edge in edges:
        if edge.role == "initial":
            text = _text(picture, edge, shown)
            same_value = (
                edge.loop.tail,
                edge.from_step,
                text,
                edge.loop.initial_source,
            )
            found.setdefault(same_value, []).append(edge)
    return [
        InitialValue(_key(same[0]), step, text, tuple(same))
        for (_, step, text, _), same in found.items()
    ]


def ellipses_to_measure(texts: Sequence[str], look: Look) -> DotInput:
    """Return one ellipse per text: `dot` says how large they are."""
    boxes = [Box(f"value{i}", "initial", Label(text)) for i, text in enumerate(texts)]
    named = {f"value{i}": text for i, text in enumerate(texts)}
    return DotInput(boxes, [], named, look=look)


def _key(edge: DelayedEdge) -> str:
    side = "before" if edge.from_step < 0 else "after"
    return f"{edge.loop.key}-{side}{abs(edge.from_step)}"


def _text(picture: Picture, edge: DelayedEdge, shown: ShownSteps) -> str:
    tail = picture.boxes[edge.loop.tail]
    value = _value(edge, shown.steps)
    named = tail.label.in_time
    nearest = 0 if edge.from_step < 0 else shown.steps - 1
    if value == REPLICATE:
        value = tail.label.at(shown.moment(nearest)) if named else "…"
    if not named:
        return value or "…"
    name = tail.label.at(shown.moment(edge.from_step))
    return name if shown.open_ended or not value else f"{name} = {value}"


def _value(edge: DelayedEdge, steps: int) -> str:
    """Return the text of the delay's value at a step outside the sequence."""
    if not edge.loop.initial_values:
        return ""
    k = edge.loop.steps
    return edge.loop.initial_values[
        edge.from_step + k if k > 0 else edge.from_step - steps
    ]
