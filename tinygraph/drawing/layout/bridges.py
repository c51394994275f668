"""The stack of panels and floors, and the wires from one storey to another."""

import math
from collections.abc import Sequence
from dataclasses import replace

from tinygraph.drawing.layout.curves import ARROW, cuts, edge_point, rounded, straight
from tinygraph.drawing.layout.detours import BESIDE, detour, stubs
from tinygraph.drawing.layout.lanes import ELLIPSES
from tinygraph.drawing.layout.one_step import Block
from tinygraph.drawing.layout.page import Line, Page, Point, Rect, Shape, around
from tinygraph.drawing.layout.panel import Panel
from tinygraph.drawing.layout.static_boxes import Placing
from tinygraph.drawing.model.picture import Picture, Wire

RISE = 40.0
"""The least height between a panel and a floor."""
MOST = 110.0
"""The greatest; wide panels need more, so that edges from their ends rise."""


class Stack:
    """Puts panels and floors above each other and joins them."""

    def __init__(
        self,
        picture: Picture,
        placing: Placing,
        panels: Sequence[Panel],
        floors: Sequence[Block],
    ) -> None:
        self._picture = picture
        self._placing = placing
        self._panels = panels
        self._offsets: list[Point] = []
        self._walls: list[Rect] = []
        self._page = Page([], [], [])
        self._places: dict[str, Rect] = {}
        self._pile(floors)

    def page(self) -> Page:
        """Return the page with every wire between storeys."""
        for wire in self._picture.wires:
            tail, head = self._picture.boxes[wire.tail], self._picture.boxes[wire.head]
            if tail.time and head.time is None:
                self._join(wire, wire.tail, wire.head)
            elif head.time and tail.time is None:
                self._join(wire, wire.head, wire.tail)
            elif tail.time is None and not self._same_floor(wire):
                self._page.lines.append(self._round_about(wire))
        for panel, offset in zip(self._panels, self._offsets, strict=True):
            self._join_slots(panel, offset)
        return self._page

    def _same_floor(self, wire: Wire) -> bool:
        floors = self._placing.floors
        return floors[wire.tail] == floors[wire.head]

    def _pile(self, floors: Sequence[Block]) -> None:
        y = 0.0
        rise = RISE
        if self._panels:
            widest = max(panel.extent.width for panel in self._panels)
            rise = min(MOST, max(RISE, 0.075 * widest))
        middle = max((self._middle(panel) for panel in self._panels), default=0.0)
        for i, floor in enumerate(floors):
            if floor.places:
                if i:
                    y += rise
                self._add_floor(floor, self._aligned(i, floor, middle), y)
                y += floor.extent.height + rise
            elif i:
                y += RISE
            if i < len(self._panels):
                panel = self._panels[i]
                extent = panel.extent
                self._add_panel(
                    panel, (middle - self._middle(panel), y - extent.bottom)
                )
                y += extent.height

    def _aligned(self, number: int, floor: Block, middle: float) -> float:
        """Return how far to move a floor to stand over what it is joined to."""
        shifts = []
        for wire in self._picture.wires:
            for static, in_time in ((wire.tail, wire.head), (wire.head, wire.tail)):
                axis = self._picture.boxes[in_time].time
                if static in floor.places and axis is not None:
                    panel = self._panels[self._placing.axes.index(axis)]
                    up = self._placing.floors[static] > self._placing.axes.index(axis)
                    riser = (in_time, up, wire.head == in_time)
                    ends = [panel.riser(riser, t)[-1][0] for t in _ends(panel, wire)]
                    shift = middle - self._middle(panel)
                    x = sum(ends) / len(ends) + shift
                    shifts.append(x - floor.places[static].x)
        if not shifts:
            return middle - floor.extent.x
        return sum(shifts) / len(shifts)

    def _middle(self, panel: Panel) -> float:
        return around(frame.place for frame in panel.frames).x

    def _add_floor(self, floor: Block, dx: float, dy: float) -> None:
        for key, rect in floor.places.items():
            box = self._picture.boxes[key]
            place = self._places[key] = rect.moved(dx, dy)
            text = box.label.still
            self._page.shapes.append(
                Shape(key, key, box.kind, text, place, None, box.about)
            )
        self._page.lines += [line.moved(dx, dy) for line in floor.lines]

    def _add_panel(self, panel: Panel, offset: Point) -> None:
        self._offsets.append(offset)
        self._walls.append(panel.extent.moved(*offset))
        page = self._page
        page.frames += [replace(f, place=f.place.moved(*offset)) for f in panel.frames]
        page.shapes += [replace(s, place=s.place.moved(*offset)) for s in panel.shapes]
        page.lines += [line.moved(*offset) for line in panel.lines]

    def _join(self, wire: Wire, in_time: str, static: str) -> None:
        """Join the copies of a per-step box with a static one."""
        axis = self._picture.boxes[in_time].time or ""
        number = self._placing.axes.index(axis)
        panel, (dx, dy) = self._panels[number], self._offsets[number]
        up = self._placing.floors[static] > number
        for step in _ends(panel, wire):
            way = panel.riser((in_time, up, wire.head == in_time), step)
            way = [(x + dx, y + dy) for x, y in way]
            curve = self._reach(way, static, up)
            key = f"{wire.tail}-{wire.head}-{step}"
            tail, head = f"{in_time}-{step}", static
            if wire.head == in_time:
                tail, head, curve = static, tail, curve[::-1]
            self._page.lines.append(_line(key, tail, head, curve, wire))

    def _reach(self, way: Sequence[Point], static: str, up: bool) -> tuple[Point, ...]:
        """Return a way out of a panel, continued to a static box.

        By a curve; round what stands in the way, where that would cut a box.
        """
        curve = self._swing(way, static)
        boxes = [
            *(place for key, place in self._places.items() if key != static),
            *(rect for rect in self._walls if not rect.grown(1).holds(way[0])),
        ]
        if not cuts(curve, [box.grown(3) for box in boxes]):
            return curve
        x, y = way[-1]
        outside = (x, y + BESIDE if up else y - BESIDE)
        ends = {outer: side for side, outer in stubs(self._places[static])}
        around = detour([outside], [*ends], [*boxes, self._places[static]])
        if around is None:
            return curve
        return rounded([*way, *around, ends[around[-1]]], boxes)

    def _swing(self, way: Sequence[Point], static: str) -> tuple[Point, ...]:
        """Return a way out of a panel, continued by a curve to a static box."""
        place = self._places[static]
        x, y = way[-1]
        aim = (place.x + 0.35 * (x - place.x), y)
        kind = self._picture.boxes[static].kind
        end = edge_point(place, aim, kind in ELLIPSES)
        rise = 0.6 * (end[1] - y)
        away = min(0.35 * math.hypot(end[0] - x, end[1] - y), abs(end[1] - y))
        long = math.hypot(end[0] - place.x, end[1] - place.y) or 1.0
        towards = (
            end[0] + (end[0] - place.x) / long * away,
            end[1] + (end[1] - place.y) / long * away,
        )
        return (*rounded(way), (x, y + rise), towards, end)

    def _round_about(self, wire: Wire) -> Line:
        """Join static boxes on different floors by a way round the panels."""
        ends = [
            {outer: side for side, outer in stubs(self._places[key])}
            for key in (wire.tail, wire.head)
        ]
        boxes = [*self._places.values(), *self._walls]
        way = detour([*ends[0]], [*ends[1]], boxes) or [*ends[0], *ends[1]]
        corners = [ends[0][way[0]], *way, ends[1][way[-1]]]
        key = f"{wire.tail}-{wire.head}"
        return _line(key, wire.tail, wire.head, rounded(corners), wire)

    def _join_slots(self, panel: Panel, offset: Point) -> None:
        """Join computed initial values with the ellipses they fill."""
        for slot in panel.slots:
            source = slot.hops[0].loop.source
            if source is None:
                continue
            up = self._places[source].y > offset[1] + panel.slot_place(slot).y
            way = [(x + offset[0], y + offset[1]) for x, y in panel.exit(slot, up)]
            curve = self._reach(way, source, up)[::-1]
            wire = Wire(source, slot.key, initial=True)
            key = f"{source}-{slot.key}"
            self._page.lines.append(_line(key, source, slot.key, curve, wire))


def _ends(panel: Panel, wire: Wire) -> tuple[int, ...]:
    """Return the steps whose copies a wire joins with a static box.

    Of a step that is not shown, the nearest one stands for it.
    """
    shown = panel.view.shown
    if isinstance(wire.which, range):
        total = panel.view.steps
        return tuple(
            step for step in shown if step in wire.which or step - total in wire.which
        )
    if isinstance(wire.which, int):
        wanted = wire.which + (panel.view.steps if wire.which < 0 else 0)
        return (min(shown, key=lambda step: abs(step - wanted)),)
    return {"all": shown, "first": shown[:1], "last": shown[-1:]}[wire.which]


def _line(key: str, tail: str, head: str, curve: tuple[Point, ...], wire: Wire) -> Line:
    """Return a line along a curve that ends with an arrowhead."""
    tip, before = curve[-1], curve[-2]
    long = math.hypot(before[0] - tip[0], before[1] - tip[1]) or 1.0
    part = min(1.0, ARROW / long)
    end = tip[0] + (before[0] - tip[0]) * part, tip[1] + (before[1] - tip[1]) * part
    if len(curve) == 4 and curve[0][0] == curve[3][0]:
        points = (curve[0], *straight(curve[0], end))
    else:
        points = (*curve[:-1], end)
    kind = "initial" if wire.initial else "wire"
    return Line(key, tail, head, points, tip, kind, about=wire.about)
