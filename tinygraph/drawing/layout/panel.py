"""A panel: the row of steps of one time axis, and the delayed edges between them."""

from collections.abc import Sequence
from dataclasses import replace

from tinygraph.drawing.layout.curves import ARROW, halfway, rounded, side_point
from tinygraph.drawing.layout.initial_columns import InitialColumns
from tinygraph.drawing.layout.initial_values import InitialValue
from tinygraph.drawing.layout.lanes import APART, MARGIN, PITCH, Riser
from tinygraph.drawing.layout.page import Frame, Line, Point, Rect, Shape
from tinygraph.drawing.layout.shown_steps import DelayedEdge, ShownSteps, columns
from tinygraph.drawing.layout.step_template import (
    StepTemplate,
    over,
    riser_name,
    upright_free,
)
from tinygraph.drawing.model.picture import Picture
from tinygraph.drawing.model.texts import slug

ELLIPSIS = 36.0
"""Width of the column that stands for steps left out."""
DOTS = 18.0
"""Width of the dots in it."""


class Panel:
    """The placed row of steps of one axis; the left bottom corner is (0, 0).

    Attributes:
        frames, shapes, lines: what is drawn.
        extent: the rectangle around the frames and the lanes above and below.
    """

    def __init__(
        self,
        picture: Picture,
        shown: ShownSteps,
        step: StepTemplate,
        edges: Sequence[DelayedEdge],
        initial_values: Sequence[InitialValue],
    ) -> None:
        self.picture = picture
        self.shown = shown
        self.step = step
        self.frames: list[Frame] = []
        self.shapes: list[Shape] = []
        self.lines: list[Line] = []
        self.initial_values = initial_values
        self._initial = InitialColumns(initial_values, step)
        self._value_of = {
            edge: value for value in initial_values for edge in value.edges
        }
        self._columns = columns(shown, edges)
        self._lefts, self._rights = self._spread()
        self._number = {c.step: i for i, c in enumerate(self._columns)}
        contents = [column.content for column in self._columns]
        self._outside = [i for i, role in enumerate(contents) if role != "step"]
        self._hidden = [i for i, role in enumerate(contents) if role == "ellipsis"]
        for column in self._columns:
            if column.step is not None and column.content == "step":
                self._add_step(column.step)
        self._initial.place(
            {
                c.step: x
                for c, x in zip(self._columns, self._lefts, strict=True)
                if c.step is not None
            }
        )
        self.shapes += self._initial.shapes.values()
        self._roofs = self._roof_lanes(edges)
        self._dots: dict[tuple[int, float], tuple[str, Rect]] = {}
        for edge in edges:
            self._add_edge(edge)
        self._fill_ellipses()

    @property
    def extent(self) -> Rect:
        """The rectangle around the frames and the lanes above and below them."""
        above = [y for y in self._roofs.values() if y > 0]
        below = [y for y in self._roofs.values() if y < 0]
        values = self._value_rects
        low = min([0.0, *(rect.bottom for rect in values), *below])
        high = max([self.step.frame.top, *(rect.top for rect in values), *above])
        low -= PITCH if below else 0
        high += PITCH if above else 0
        return Rect(self._lefts[0], low, self._rights[-1], high)

    def box_rect(self, key: str, step: int) -> Rect:
        """Return the rectangle of a box's copy."""
        left = self._lefts[self._number[step]]
        return self.step.layout.rects[key].moved(left, 0)

    @property
    def gaps(self) -> list[float]:
        """The middles of the columns that stand for steps left out."""
        return [(self._lefts[i] + self._rights[i]) / 2 for i in self._hidden]

    def riser(self, riser: Riser, step: int) -> list[Point]:
        """Return the way from a box's copy out of the panel, box first."""
        key, up, into = riser
        rect = self.box_rect(key, step)
        border = self.step.frame.top if up else 0.0
        if riser in self.step.risers:
            left = self._lefts[self._number[step]]
            known = [(x + left, y) for x, y in self.step.risers[riser]]
            return [*known, (known[-1][0], border)]
        if upright_free(self.step.layout.rects, riser):
            return [(rect.x, rect.top if up else rect.bottom), (rect.x, border)]
        name = riser_name(up, into)
        number = self._number[step]
        corners = self._port((key, name), number)
        x = self._lane((key, name), number - 1 if into else number)
        return [*corners, (x, corners[-1][1]), (x, border)]

    @property
    def _value_rects(self) -> list[Rect]:
        return [shape.rect for shape in self._initial.shapes.values()]

    def _spread(self) -> tuple[list[float], list[float]]:
        widths = {
            "step": self.step.frame.width,
            "initial": self._initial.width,
            "ellipsis": ELLIPSIS,
        }
        lefts, rights = [], []
        x = 0.0
        for column in self._columns:
            lefts.append(x)
            rights.append(x + widths[column.content])
            x = rights[-1] + self.step.gap
        return lefts, rights

    def _add_step(self, step: int) -> None:
        left = self._lefts[self._number[step]]
        moment = self.shown.moment(step)
        key = f"step_{slug(self.shown.axis)}-{step}"
        rect = self.step.frame.moved(left, 0)
        self.frames.append(Frame(key, rect, moment.title, step))
        for box_key, rect in self.step.layout.rects.items():
            box = self.picture.boxes[box_key]
            text = box.label.at(moment, step)
            shape = Shape(
                f"{box_key}-{step}",
                box_key,
                box.role,
                text,
                rect.moved(left, 0),
                step,
                f"{box.hover}, {moment.title}",
                key,
            )
            self.shapes.append(shape)
        for line in self.step.layout.lines:
            copy = line.moved(left, 0)
            tail, head = f"{line.tail}-{step}", f"{line.head}-{step}"
            own = f"{line.key}-{step}"
            self.lines.append(replace(copy, key=own, tail=tail, head=head))

    def value_rect(self, value: InitialValue) -> Rect:
        """Return the rectangle of a value outside the sequence."""
        return self._initial.rect(value)

    def exit(self, value: InitialValue, up: bool) -> list[Point]:
        """Return the way from a value outside the sequence up or down, out of here."""
        return self._initial.exit(value, up, self.shapes)

    def _roof_lanes(self, edges: Sequence[DelayedEdge]) -> dict[tuple[str, int], float]:
        """Return the height of each long edge above or below the steps.

        Long edges pass at least one column between their ends.
        """
        counts = {True: 0, False: 0}
        heights = {}
        values = self._value_rects
        top = max([self.step.frame.top, *(rect.top for rect in values)])
        bottom = min([0.0, *(rect.bottom for rect in values)])
        for loop in dict.fromkeys(edge.loop for edge in edges):
            mine = [edge for edge in edges if edge.loop is loop and self._is_long(edge)]
            if not mine:
                continue
            above = over(loop, self.step.ports, self.step.frame)
            rows = min(abs(loop.steps), len(mine))
            for i, edge in enumerate(mine):
                lane = counts[above] + i % rows
                away = PITCH * (lane + 1)
                heights[loop.key, edge.from_step] = (
                    top + away if above else bottom - away
                )
            counts[above] += rows
        return heights

    def _ends(self, edge: DelayedEdge) -> tuple[int, int]:
        """Return the numbers of the columns in which a delayed edge begins and ends."""
        steps = range(self.shown.steps)
        target = self._number.get(edge.to_step) if edge.to_step in steps else None
        source = self._number.get(edge.from_step)
        if edge.role != "initial" and edge.from_step not in steps:
            source = None
        if source is None:
            assert target is not None
            source = self._nearest(target, edge.loop.steps < 0)
        if target is None:
            target = self._nearest(source, edge.loop.steps > 0)
        return source, target

    def _nearest(self, number: int, right: bool) -> int:
        """Return the nearest column on one side that is no shown step."""
        beyond = [i for i in self._outside if i != number and (i > number) == right]
        return min(beyond) if right else max(beyond)

    def _is_long(self, edge: DelayedEdge) -> bool:
        source, target = self._ends(edge)
        return abs(source - target) > 1

    def _add_edge(self, edge: DelayedEdge) -> None:
        source, target = self._ends(edge)
        past = edge.loop.steps > 0
        start, tail = self._end(edge, source, "tail", past)
        end, head = self._end(edge, target, "head", not past)
        out_gap = source if past else source - 1
        in_gap = target - 1 if past else target
        key = edge.loop.key
        x = self._lane((key, "out"), out_gap)
        way = [(x, start[-1][1])]
        if out_gap == in_gap:
            way.append((x, end[-1][1]))
        else:
            roof = self._roofs[key, edge.from_step]
            x_in = self._lane((key, "in"), in_gap)
            way += [(x, roof), (x_in, roof), (x_in, end[-1][1])]
        corners = [*start, *way, *end[::-1]]
        self.lines.append(self._edge_line(edge, tail, head, corners))

    def _lane(self, key: tuple[str, str], gap: int) -> float:
        if gap < 0:
            return self._lefts[0] - self.step.gap + self.step.lanes[key]
        return self._rights[gap] + self.step.lanes[key]

    def _port(self, key: tuple[str, str], number: int) -> list[Point]:
        left = self._lefts[number]
        return [(x + left, y) for x, y in self.step.ports[key].corners]

    def _end(
        self, edge: DelayedEdge, number: int, end: str, right: bool
    ) -> tuple[list[Point], str]:
        """Return the corners at one end of an edge, and the key of the shape there."""
        column = self._columns[number]
        y = self.step.ports[edge.loop.key, end].y
        if column.content == "step":
            box = edge.loop.tail if end == "tail" else edge.loop.head
            return self._port((edge.loop.key, end), number), f"{box}-{column.step}"
        if column.content == "initial" and end == "tail":
            value = self._value_of[edge]
            rect = self.value_rect(value)
            y = self._initial.level(value, edge.loop.key, edge.loop.tail)
            return [side_point(rect, right, y, True)], value.key
        key, rect = self._ellipsis(number, y)
        return [(rect.right if right else rect.left, rect.y)], key

    def _ellipsis(self, number: int, y: float) -> tuple[str, Rect]:
        """Return the key and rectangle of the dots of a column at a height."""
        near = (at for i, at in self._dots if i == number and abs(at - y) < 2)
        column = (number, next(near, y))
        if column not in self._dots:
            key = f"more_{slug(self.shown.axis)}-{len(self._dots)}"
            x = (self._lefts[number] + self._rights[number]) / 2
            half = DOTS / 2
            rect = Rect(x - half, y - half, x + half, y + half)
            while self._is_taken(rect, y):
                rect = rect.moved(0, -half)
            hover = "steps that are not shown"
            self.shapes.append(Shape(key, key, "ellipsis", "…", rect, None, hover))
            self._dots[column] = key, rect
        return self._dots[column]

    def _is_taken(self, dots: Rect, y: float) -> bool:
        """Return True where a value stands, or what was moved meets another's level."""
        if any(dots.meets(value) for value in self._value_rects):
            return True
        levels = [port.y for port in self.step.ports.values()]
        moved = abs(dots.y - y) > 1
        return moved and any(abs(dots.y - level) < APART for level in levels)

    def _fill_ellipses(self) -> None:
        """Put dots into columns that no delayed edge enters."""
        used = {number for number, _ in self._dots}
        for number in self._hidden:
            if number not in used:
                self._ellipsis(number, self.step.frame.y)

    def _edge_line(
        self, edge: DelayedEdge, tail: str, head: str, corners: list[Point]
    ) -> Line:
        obstacles = [
            self.box_rect(key, step)
            for step in (edge.from_step, edge.to_step)
            if step in self._number
            and self._columns[self._number[step]].content == "step"
            for key in self.step.layout.rects
        ]
        tip, before = corners[-1], corners[-2]
        back = ARROW if before[0] < tip[0] else -ARROW
        way = [*corners[:-1], (tip[0] - back, tip[1])]
        points = rounded(way, obstacles, self.step.radius)
        dashed = edge.role == "leaving" or (
            self.shown.open_ended and edge.role == "initial"
        )
        return Line(
            f"{edge.loop.key}-{edge.from_step + abs(edge.loop.steps)}",
            tail,
            head,
            points,
            tip,
            "leaving" if dashed else "delayed",
            edge.loop.color,
            edge.loop.label,
            self._label_point(edge, points) if edge.loop.label else None,
            edge.loop.weight,
            f"{edge.loop.hover}, {edge.loop.tail} → {edge.loop.head}",
        )

    def _label_point(self, edge: DelayedEdge, points: Sequence[Point]) -> Point:
        """Return the middle of a label: half way, lower for each lane to the left."""
        x, y = halfway(points)
        number = (self.step.lanes[edge.loop.key, "out"] - MARGIN) / PITCH
        return x, y - 9 - PITCH * number
