"""One row of steps: the same step again and again, and lanes between them."""

from collections.abc import Sequence
from dataclasses import replace

from tinygraph.drawing.layout.curves import ARROW, halfway, rounded, side_point
from tinygraph.drawing.layout.initial_values import Slot
from tinygraph.drawing.layout.lanes import MARGIN, PITCH
from tinygraph.drawing.layout.page import Frame, Line, Point, Rect, Shape
from tinygraph.drawing.layout.shown_steps import Hop, Window, columns
from tinygraph.drawing.layout.steps import Riser, Step, over, riser_name, upright_free
from tinygraph.drawing.model.picture import Picture
from tinygraph.drawing.model.texts import slug

ELLIPSIS = 36.0
"""Width of the column that stands for steps left out."""
DOTS = 18.0
"""Width of the dots in it."""
SLOT_MARGIN = 12.0
"""Left and right of the values outside the sequence."""


class Panel:
    """The placed row of steps of one axis; the left bottom corner is (0, 0).

    Attributes:
        frames, shapes, lines: what is drawn.
        extent: the rectangle around the frames and the lanes above and below.
    """

    def __init__(
        self,
        picture: Picture,
        view: Window,
        step: Step,
        hops: Sequence[Hop],
        slots: Sequence[Slot],
    ) -> None:
        self.picture = picture
        self.view = view
        self.step = step
        self.frames: list[Frame] = []
        self.shapes: list[Shape] = []
        self.lines: list[Line] = []
        self.slots = slots
        self._slot_of = {hop: slot for slot in slots for hop in slot.hops}
        self._columns = columns(view, hops)
        self._lefts, self._rights = self._spread()
        self._number = {c.step: i for i, c in enumerate(self._columns)}
        kinds = [column.kind for column in self._columns]
        self._outside = [i for i, kind in enumerate(kinds) if kind != "step"]
        self._hidden = [i for i, kind in enumerate(kinds) if kind == "ellipsis"]
        for column in self._columns:
            if column.step is not None and column.kind == "step":
                self._add_step(column.step)
        self._slot_places: dict[str, Rect] = {}
        self._add_slots()
        self._roofs = self._roof_lanes(hops)
        self._dots: dict[tuple[int, int], tuple[str, Rect]] = {}
        for hop in hops:
            self._add_hop(hop)
        self._fill_ellipses()

    @property
    def extent(self) -> Rect:
        """The rectangle around the frames and the lanes above and below them."""
        above = [y for y in self._roofs.values() if y > 0]
        below = [y for y in self._roofs.values() if y < 0]
        slots = self._slot_places.values()
        low = min([0.0, *(place.bottom for place in slots), *below])
        high = max([self.step.frame.top, *(place.top for place in slots), *above])
        low -= PITCH if below else 0
        high += PITCH if above else 0
        return Rect(self._lefts[0], low, self._rights[-1], high)

    def box_place(self, key: str, step: int) -> Rect:
        """Return the place of a box's copy."""
        left = self._lefts[self._number[step]]
        return self.step.block.places[key].moved(left, 0)

    def riser(self, riser: Riser, step: int) -> list[Point]:
        """Return the way from a box's copy out of the panel, box first."""
        key, up, into = riser
        place = self.box_place(key, step)
        border = self.step.frame.top if up else 0.0
        if upright_free(self.step.block.places, riser):
            return [(place.x, place.top if up else place.bottom), (place.x, border)]
        name = riser_name(up, into)
        number = self._number[step]
        corners = self._port((key, name), number)
        x = self._lane((key, name), number - 1 if into else number)
        return [*corners, (x, corners[-1][1]), (x, border)]

    def _spread(self) -> tuple[list[float], list[float]]:
        slot_width = max((slot.size.width for slot in self.slots), default=0.0)
        widths = {
            "step": self.step.frame.width,
            "slots": slot_width + 2 * SLOT_MARGIN,
            "ellipsis": ELLIPSIS,
        }
        lefts, rights = [], []
        x = 0.0
        for column in self._columns:
            lefts.append(x)
            rights.append(x + widths[column.kind])
            x = rights[-1] + self.step.gap
        return lefts, rights

    def _add_step(self, step: int) -> None:
        left = self._lefts[self._number[step]]
        moment = self.view.moment(step)
        key = f"step_{slug(self.view.axis)}-{step}"
        place = self.step.frame.moved(left, 0)
        self.frames.append(Frame(key, place, moment.title, step))
        for box_key, rect in self.step.block.places.items():
            box = self.picture.boxes[box_key]
            text = box.label.at(moment, step)
            shape = Shape(
                f"{box_key}-{step}",
                box_key,
                box.kind,
                text,
                rect.moved(left, 0),
                step,
                f"{box.about}, {moment.title}",
                key,
            )
            self.shapes.append(shape)
        for line in self.step.block.lines:
            copy = line.moved(left, 0)
            tail, head = f"{line.tail}-{step}", f"{line.head}-{step}"
            own = f"{line.key}-{step}"
            self.lines.append(replace(copy, key=own, tail=tail, head=head))

    def _add_slots(self) -> None:
        """Put the values outside the sequence beside it, clear of each other."""
        columns: dict[int, list[Shape]] = {}
        for slot in self.slots:
            loop = slot.hops[0].loop
            number = self._number[slot.step]
            x = (self._lefts[number] + self._rights[number]) / 2
            y = self.step.block.places[loop.tail].y
            place = slot.size.moved(x - slot.size.x, y - slot.size.y)
            about = f"{loop.name}: the value outside the sequence"
            shape = Shape(slot.key, loop.key, "initial", slot.text, place, None, about)
            columns.setdefault(number, []).append(shape)
        for shapes in columns.values():
            for shape in _apart(shapes):
                self.shapes.append(shape)
                self._slot_places[shape.key] = shape.place

    def slot_place(self, slot: Slot) -> Rect:
        """Return the place of a value outside the sequence."""
        return self._slot_places[slot.key]

    def exit(self, slot: Slot, up: bool) -> list[Point]:
        """Return the way from a value outside the sequence up or down, out of here."""
        place = self.slot_place(slot)
        border = self.step.frame.top if up else 0.0
        start = place.top if up else place.bottom
        if abs(border - start) < 4 or (border > start) != up:
            border = start + (4 if up else -4)
        way = Rect(place.x - 2, min(start, border), place.x + 2, max(start, border))
        if not any(way.meets(shape.place) for shape in self.shapes):
            return [(place.x, start), (place.x, border)]
        left = self._lefts[self._number[slot.step]] + SLOT_MARGIN / 2
        return [(place.left, place.y), (left, place.y), (left, border)]

    def _roof_lanes(self, hops: Sequence[Hop]) -> dict[tuple[str, int], float]:
        """Give every long hop a height above or below the steps."""
        counts = {True: 0, False: 0}
        heights = {}
        slots = self._slot_places.values()
        top = max([self.step.frame.top, *(place.top for place in slots)])
        bottom = min([0.0, *(place.bottom for place in slots)])
        for loop in dict.fromkeys(hop.loop for hop in hops):
            mine = [hop for hop in hops if hop.loop is loop and self._is_long(hop)]
            if not mine:
                continue
            above = over(loop, self.step.ports, self.step.frame)
            rows = min(abs(loop.steps) - 1, len(mine)) or 1
            for i, hop in enumerate(mine):
                lane = counts[above] + i % rows
                away = PITCH * (lane + 1)
                heights[loop.key, hop.source] = top + away if above else bottom - away
            counts[above] += rows
        return heights

    def _ends(self, hop: Hop) -> tuple[int, int]:
        """Return the columns between which a hop is drawn."""
        steps = range(self.view.steps)
        target = self._number.get(hop.target) if hop.target in steps else None
        source = self._number.get(hop.source)
        if hop.kind != "initial" and hop.source not in steps:
            source = None
        if source is None:
            assert target is not None
            source = self._nearest(target, hop.loop.steps < 0)
        if target is None:
            target = self._nearest(source, hop.loop.steps > 0)
        return source, target

    def _nearest(self, number: int, right: bool) -> int:
        """Return the next column on one side that stands for hidden steps."""
        beyond = [i for i in self._outside if i != number and (i > number) == right]
        return min(beyond) if right else max(beyond)

    def _is_long(self, hop: Hop) -> bool:
        source, target = self._ends(hop)
        return abs(source - target) > 1

    def _add_hop(self, hop: Hop) -> None:
        source, target = self._ends(hop)
        past = hop.loop.steps > 0
        start, tail = self._end(hop, source, "tail", past)
        end, head = self._end(hop, target, "head", not past)
        out_gap = source if past else source - 1
        in_gap = target - 1 if past else target
        key = hop.loop.key
        x = self._lane((key, "out"), out_gap)
        way = [(x, start[-1][1])]
        if out_gap == in_gap:
            way.append((x, end[-1][1]))
        else:
            roof = self._roofs[key, hop.source]
            x_in = self._lane((key, "in"), in_gap)
            way += [(x, roof), (x_in, roof), (x_in, end[-1][1])]
        corners = [*start, *way, *end[::-1]]
        self.lines.append(self._hop_line(hop, tail, head, corners))

    def _lane(self, key: tuple[str, str], gap: int) -> float:
        if gap < 0:
            return self._lefts[0] - self.step.gap + self.step.lanes[key]
        return self._rights[gap] + self.step.lanes[key]

    def _port(self, key: tuple[str, str], number: int) -> list[Point]:
        left = self._lefts[number]
        return [(x + left, y) for x, y in self.step.ports[key].corners]

    def _end(
        self, hop: Hop, number: int, end: str, right: bool
    ) -> tuple[list[Point], str]:
        """Return the way out of one end of a hop, and the key of its shape."""
        column = self._columns[number]
        y = self.step.ports[hop.loop.key, end].y
        if column.kind == "step":
            box = hop.loop.tail if end == "tail" else hop.loop.head
            return self._port((hop.loop.key, end), number), f"{box}-{column.step}"
        if column.kind == "slots" and end == "tail":
            slot = self._slot_of[hop]
            place = self.slot_place(slot)
            port = self.step.ports[hop.loop.key, end].corners[0]
            y = place.y + port[1] - self.step.block.places[hop.loop.tail].y
            return [side_point(place, right, y, True)], slot.key
        key, place = self._ellipsis(number, y)
        return [(place.right if right else place.left, place.y)], key

    def _ellipsis(self, number: int, y: float) -> tuple[str, Rect]:
        """Return the key and place of the dots at about a height of a column."""
        column = (number, round(y))
        if column not in self._dots:
            key = f"more_{slug(self.view.axis)}-{len(self._dots)}"
            x = (self._lefts[number] + self._rights[number]) / 2
            half = DOTS / 2
            place = Rect(x - half, y - half, x + half, y + half)
            while any(place.meets(slot) for slot in self._slot_places.values()):
                place = place.moved(0, -half)
            about = "steps that are not shown"
            self.shapes.append(Shape(key, key, "ellipsis", "…", place, None, about))
            self._dots[column] = key, place
        return self._dots[column]

    def _fill_ellipses(self) -> None:
        """Put dots into columns that no delayed edge enters."""
        used = {number for number, _ in self._dots}
        for number in self._hidden:
            if number not in used:
                self._ellipsis(number, self.step.frame.y)

    def _hop_line(self, hop: Hop, tail: str, head: str, corners: list[Point]) -> Line:
        obstacles = [
            self.box_place(key, step)
            for step in (hop.source, hop.target)
            if step in self._number and self._columns[self._number[step]].kind == "step"
            for key in self.step.block.places
        ]
        tip, before = corners[-1], corners[-2]
        back = ARROW if before[0] < tip[0] else -ARROW
        points = rounded([*corners[:-1], (tip[0] - back, tip[1])], obstacles)
        dashed = hop.kind == "leaving" or (
            self.view.open_ended and hop.kind == "initial"
        )
        return Line(
            f"{hop.loop.key}-{hop.source + abs(hop.loop.steps)}",
            tail,
            head,
            points,
            tip,
            "leaving" if dashed else "delayed",
            hop.loop.color,
            hop.loop.label,
            self._label_spot(hop, points) if hop.loop.label else None,
            hop.loop.weight,
            f"{hop.loop.about}, {hop.loop.tail} → {hop.loop.head}",
        )

    def _label_spot(self, hop: Hop, points: Sequence[Point]) -> Point:
        """Return where a label stands: half way, and lower for each lane before."""
        x, y = halfway(points)
        number = (self.step.lanes[hop.loop.key, "out"] - MARGIN) / PITCH
        return x, y - 9 - PITCH * number


def _apart(shapes: Sequence[Shape]) -> list[Shape]:
    """Move the shapes of one column up and down until none overlap.

    Neighbours that would overlap form a stack around the mean of their heights.
    """
    stacks: list[list[Shape]] = []
    for shape in sorted(shapes, key=lambda shape: shape.place.y):
        stack = [shape]
        while stacks and _bounds(stacks[-1])[1] > _bounds(stack)[0]:
            stack = [*stacks.pop(), *stack]
        stacks.append(stack)
    found = []
    for stack in stacks:
        bottom = _bounds(stack)[0] + SLOT_MARGIN / 4
        for shape in stack:
            place = shape.place.moved(0, bottom - shape.place.bottom)
            found.append(replace(shape, place=place))
            bottom = place.top + SLOT_MARGIN / 2
    return found


def _bounds(stack: Sequence[Shape]) -> tuple[float, float]:
    """Return the heights from and to which a stack of shapes reaches."""
    middle = sum(shape.place.y for shape in stack) / len(stack)
    half = sum(shape.place.height + SLOT_MARGIN / 2 for shape in stack) / 2
    return middle - half, middle + half
