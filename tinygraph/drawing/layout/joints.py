"""What joins static boxes to the steps of panels and to each other, without curves."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tinygraph.drawing.layout.page import Point, Rect
from tinygraph.drawing.layout.panel import DOTS, Panel
from tinygraph.drawing.layout.static_bands import Stacking
from tinygraph.drawing.model.picture import Picture, Wire
from tinygraph.drawing.model.texts import slug


@dataclass(frozen=True)
class Joint:
    """A line between a static box and something in a panel.

    Attributes:
        wire: what it shows.
        key, tail, head: of the line.
        static: the static box at one end.
        panel: the number of the panel.
        way: from the box in the panel out of it, on the page.
        up: whether it leaves the panel above.
        inwards: True where the line goes from the static box into the panel.
    """

    wire: Wire
    key: str
    tail: str
    head: str
    static: str
    panel: int
    way: tuple[Point, ...]
    up: bool
    inwards: bool


@dataclass(frozen=True)
class Dots:
    """The "…" at a border of a panel, for steps left out; `rect` is in the panel."""

    key: str
    panel: int
    rect: Rect


class Joints:
    """Finds what joins static boxes to placed panels.

    Args:
        offsets: where each panel stands.
        rects: static box → its rectangle.

    Attributes:
        dots: the "…" at the borders of panels, for steps left out.
    """

    def __init__(
        self,
        picture: Picture,
        stacking: Stacking,
        panels: Sequence[Panel],
        offsets: Sequence[Point],
        rects: Mapping[str, Rect],
    ) -> None:
        self._picture, self._stacking = picture, stacking
        self._panels, self._offsets, self._rects = panels, offsets, rects
        self.dots: dict[str, Dots] = {}

    def all(self) -> Iterator[Joint]:
        """Return all joints, in the order of wires; then those of initial values."""
        for wire in self._picture.wires:
            tail, head = self._picture.boxes[wire.tail], self._picture.boxes[wire.head]
            if tail.time and head.time is None:
                yield from self._of_steps(wire, wire.tail, wire.head)
            elif head.time and tail.time is None:
                yield from self._of_steps(wire, wire.head, wire.tail)
        for number in range(len(self._panels)):
            yield from self._of_initial_values(number)

    def _of_steps(self, wire: Wire, in_time: str, static: str) -> Iterator[Joint]:
        """Join the copies of a per-step box with a static one."""
        axis = self._picture.boxes[in_time].time or ""
        number = self._stacking.axes.index(axis)
        panel = self._panels[number]
        up, inwards = self._stacking.is_above(static, axis), wire.head == in_time
        for step in shown_ends(panel, wire):
            way = panel.riser((in_time, up, inwards), step)
            ends = (f"{in_time}-{step}", static)
            tail, head = ends[::-1] if inwards else ends
            key = f"{wire.key}-{step}"
            moved = self._moved(way, number)
            yield Joint(wire, key, tail, head, static, number, moved, up, inwards)
        for i, x in enumerate(panel.gaps if wire.steps_read is None else ()):
            dots = self._dots(number, up, i, x)
            border = dots.rect.top if up else dots.rect.bottom
            out = [(x, border), (x, border + 4 if up else border - 4)]
            outside = self._moved(out, number)
            tail, head = (static, dots.key) if inwards else (dots.key, static)
            key = f"{wire.key}-more-{i}"
            yield Joint(wire, key, tail, head, static, number, outside, up, inwards)

    def _of_initial_values(self, number: int) -> Iterator[Joint]:
        """Join the boxes that compute initial values to the ellipses of these."""
        panel = self._panels[number]
        for value in panel.initial_values:
            source = value.edges[0].loop.initial_source
            if source is None:
                continue
            y = self._offsets[number][1] + panel.value_rect(value).y
            up = self._rects[source].y > y
            way = self._moved(panel.exit(value, up), number)
            wire = Wire(source, value.key, initial=True)
            key = f"{source}-{value.key}"
            yield Joint(wire, key, source, value.key, source, number, way, up, True)

    def _moved(self, way: Sequence[Point], number: int) -> tuple[Point, ...]:
        dx, dy = self._offsets[number]
        return tuple((x + dx, y + dy) for x, y in way)

    def _dots(self, number: int, up: bool, i: int, x: float) -> Dots:
        """Return the dots in a gap at the upper or lower border of a panel."""
        panel = self._panels[number]
        key = f"more_{slug(panel.shown.axis)}-{'above' if up else 'below'}-{i}"
        half = DOTS / 2
        y = panel.step.frame.top - half / 2 if up else half / 2
        rect = Rect(x - half, y - half / 2, x + half, y + half / 2)
        return self.dots.setdefault(key, Dots(key, number, rect))


def shown_ends(panel: Panel, wire: Wire) -> tuple[int, ...]:
    """Return the shown steps whose copies a wire joins with a static box.

    Where none of the steps that it reads is shown, the nearest stands for them.
    """
    shown, total = panel.shown.numbers, panel.shown.steps
    if wire.steps_read is None:
        return shown
    read = [step + total if step < 0 else step for step in wire.steps_read]
    found = tuple(step for step in shown if step in read)
    return found or (min(shown, key=lambda step: abs(step - read[0])),)
