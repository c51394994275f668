"""Columns of ellipses beside the steps: the values of delays outside the sequence."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from tinygraph.drawing.layout.initial_values import InitialValue
from tinygraph.drawing.layout.page import Point, Rect, Shape
from tinygraph.drawing.layout.row_lanes import LANE
from tinygraph.drawing.layout.step_template import StepTemplate

MARGIN = 12.0
"""Space left and right of the ellipses."""
TOUCH = 4.0
"""Level pieces of two lines nearer than this touch."""
_ASIDE = (0.0, 4.0, -4.0, 8.0, -8.0, 12.0, -12.0, 16.0, -16.0)
"""How far a column is moved up where its lines would touch others."""


class InitialColumns:
    """The columns of one panel.

    Attributes:
        width: of a column: an ellipse, and lanes for what computes the values.
        shapes: the ellipses, after `place`.
    """

    def __init__(self, values: Sequence[InitialValue], step: StepTemplate) -> None:
        self._values, self._step = values, step
        self._columns: dict[int, list[InitialValue]] = {}
        for value in values:
            self._columns.setdefault(value.step, []).append(value)
        widest = max((value.size.width for value in values), default=0.0)
        lanes = max(map(len, map(self._computed, self._columns)), default=0)
        self._room = LANE * max(0, lanes - 1)
        self.width = widest + 2 * MARGIN + self._room
        self.shapes: dict[str, Shape] = {}
        self._outer: dict[str, float] = {}

    def _computed(self, step: int) -> list[InitialValue]:
        """Return the values of a column that a box computes."""
        values = self._columns[step]
        return [v for v in values if v.edges[0].loop.initial_source is not None]

    def place(self, lefts: Mapping[int, float]) -> None:
        """Put the ellipses beside the steps, clear of each other.

        Args:
            lefts: step → the left edge of its column.
        """
        for step, values in self._columns.items():
            sign = 1 if step < 0 else -1
            middle = lefts[step] + (self.width + sign * self._room) / 2
            placed = _apart([self._shape(value, middle) for value in values])
            self.shapes |= {shape.key: shape for shape in self._aside(values, placed)}
            edge = lefts[step] if step < 0 else lefts[step] + self.width
            computed = sorted(
                self._computed(step), key=lambda value: self.rect(value).y
            )
            for i, value in enumerate(computed):
                self._outer[value.key] = edge + sign * (MARGIN / 2 + LANE * i)

    def _shape(self, value: InitialValue, middle: float) -> Shape:
        loop = value.edges[0].loop
        y = self._step.layout.rects[loop.tail].y
        rect = value.size.moved(middle - value.size.x, y - value.size.y)
        hover = f"{loop.name}: the value outside the sequence"
        return Shape(value.key, loop.key, "initial", value.text, rect, None, hover)

    def _aside(
        self, values: Sequence[InitialValue], shapes: Sequence[Shape]
    ) -> Sequence[Shape]:
        """Return the ellipses of a column, moved where lines of others would touch."""
        of_key = {value.key: value for value in values}

        def touching(by: float) -> int:
            return sum(
                self._touches(edge.loop.key, past, shape.rect.y + by + rise)
                for shape in shapes
                for edge in of_key[shape.key].edges
                for past in [edge.loop.steps > 0]
                for rise in [self._rise(edge.loop.key, edge.loop.tail)]
            )

        by = min(_ASIDE, key=touching)
        return [replace(s, rect=s.rect.moved(0, by)) for s in shapes]

    def _touches(self, loop: str, past: bool, y: float) -> int:
        """Return how many lines beyond a lane touch the level way to it."""
        lanes, ports = self._step.lanes, self._step.ports
        own = lanes.get((loop, "out"), 0.0)
        beyond = [
            name
            for name, x in lanes.items()
            if name[0] != loop and (x < own if past else x > own)
        ]
        ends = {"out": "head", "in": "head"}
        levels = [ports.get((key, ends.get(end, end))) for key, end in beyond]
        return sum(port is not None and abs(port.y - y) < TOUCH for port in levels)

    def _rise(self, loop: str, tail: str) -> float:
        """Return how far above the middle of its ellipse a delayed edge begins."""
        port = self._step.ports[loop, "tail"].corners[0]
        return port[1] - self._step.layout.rects[tail].y

    def rect(self, value: InitialValue) -> Rect:
        """Return the rectangle of a value outside the sequence."""
        return self.shapes[value.key].rect

    def level(self, value: InitialValue, loop: str, tail: str) -> float:
        """Return the height at which a delayed edge leaves its ellipse."""
        return self.rect(value).y + self._rise(loop, tail)

    def exit(
        self, value: InitialValue, up: bool, shapes: Sequence[Shape]
    ) -> list[Point]:
        """Return the way from a value outside the sequence up or down, out of here.

        Args:
            shapes: what may stand in the way.
        """
        rect = self.rect(value)
        border = self._step.frame.top if up else 0.0
        start = rect.top if up else rect.bottom
        if abs(border - start) < 4 or (border > start) != up:
            border = start + (4 if up else -4)
        way = Rect(rect.x - 2, min(start, border), rect.x + 2, max(start, border))
        if not any(way.meets(shape.rect) for shape in shapes):
            return [(rect.x, start), (rect.x, border)]
        x = self._outer[value.key]
        side = rect.left if x < rect.x else rect.right
        return [(side, rect.y), (x, rect.y), (x, border)]


def _apart(shapes: Sequence[Shape]) -> list[Shape]:
    """Move the shapes of one column up and down until none overlap.

    Neighbours that would overlap form a stack around the mean of their heights.
    """
    stacks: list[list[Shape]] = []
    for shape in sorted(shapes, key=lambda shape: shape.rect.y):
        stack = [shape]
        while stacks and _bounds(stacks[-1])[1] > _bounds(stack)[0]:
            stack = [*stacks.pop(), *stack]
        stacks.append(stack)
    found = []
    for stack in stacks:
        bottom = _bounds(stack)[0] + MARGIN / 4
        for shape in stack:
            rect = shape.rect.moved(0, bottom - shape.rect.bottom)
            found.append(replace(shape, rect=rect))
            bottom = rect.top + MARGIN / 2
    return found


def _bounds(stack: Sequence[Shape]) -> tuple[float, float]:
    """Return the heights from and to which a stack of shapes reaches."""
    middle = sum(shape.rect.y for shape in stack) / len(stack)
    half = sum(shape.rect.height + MARGIN / 2 for shape in stack) / 2
    return middle - half, middle + half
