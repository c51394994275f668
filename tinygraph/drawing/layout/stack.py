"""Panels and bands of static boxes above each other, and the wires between them."""

import math
from collections.abc import Sequence
from dataclasses import replace

from tinygraph.drawing.layout.curves import ARROW, cuts, edge_point, rounded, straight
from tinygraph.drawing.layout.detours import BESIDE, detour, stubs
from tinygraph.drawing.layout.dot_layout import DotLayout
from tinygraph.drawing.layout.initial_values import InitialValue
from tinygraph.drawing.layout.lanes import ELLIPSES
from tinygraph.drawing.layout.page import Line, Page, Point, Rect, Shape, around
from tinygraph.drawing.layout.panel import DOTS, Panel
from tinygraph.drawing.layout.static_bands import Stacking
from tinygraph.drawing.model.picture import Picture, Wire
from tinygraph.drawing.model.texts import slug

RISE = 40.0
"""The least height between a panel and a band."""
MOST = 110.0
"""The greatest; wide panels need more, so that edges from their ends rise."""


class Stack:
    """Puts panels and bands above each other and joins them."""

    def __init__(
        self,
        picture: Picture,
        stacking: Stacking,
        panels: Sequence[Panel],
        bands: Sequence[DotLayout],
    ) -> None:
        self._picture = picture
        self._stacking = stacking
        self._panels = panels
        self._offsets: list[Point] = []
        self._walls: list[Rect] = []
        self._page = Page([], [], [])
        self._rects: dict[str, Rect] = {}
        self._dots: dict[str, Rect] = {}
        self._bands = bands
        self._lefts = self._left_edges()
        self._pile()

    def page(self) -> Page:
        """Return the page with every wire between panels and bands."""
        for wire in self._picture.wires:
            tail, head = self._picture.boxes[wire.tail], self._picture.boxes[wire.head]
            if tail.time and head.time is None:
                self._join(wire, wire.tail, wire.head)
            elif head.time and tail.time is None:
                self._join(wire, wire.head, wire.tail)
            elif tail.time is None and not self._same_band(wire):
                self._page.lines.append(self._round_about(wire))
        for panel, offset in zip(self._panels, self._offsets, strict=True):
            self._join_initial_values(panel, offset)
        return self._page

    def _same_band(self, wire: Wire) -> bool:
        bands = self._stacking.bands
        return bands[wire.tail] == bands[wire.head]

    def _pile(self) -> None:
        y = 0.0
        rise = self._rise()
        for i, band in enumerate(self._bands):
            if band.rects:
                if i:
                    y += rise
                self._add_band(band, self._aligned(band), y)
                y += band.extent.height + rise
            elif i:
                y += RISE
            if i < len(self._panels):
                panel = self._panels[i]
                extent = panel.extent
                self._add_panel(panel, (self._lefts[i], y - extent.bottom))
                y += extent.height

    def _rise(self) -> float:
        """Return the height between panels and bands."""
        widest = max((panel.extent.width for panel in self._panels), default=0.0)
        return min(MOST, max(RISE, 0.075 * widest))

    def _left_edges(self) -> list[float]:
        """Return how far each panel is moved to the right: all have one middle."""
        middles = [self._middle(panel) for panel in self._panels]
        return [max(middles) - middle for middle in middles]

    def _aligned(self, band: DotLayout) -> float:
        """Return how far to move a band to the right, over what it is joined to."""
        shifts = []
        for wire in self._picture.wires:
            for static, in_time in ((wire.tail, wire.head), (wire.head, wire.tail)):
                axis = self._picture.boxes[in_time].time
                if static in band.rects and axis is not None:
                    number = self._stacking.axes.index(axis)
                    panel = self._panels[number]
                    up = self._stacking.is_above(static, axis)
                    riser = (in_time, up, wire.head == in_time)
                    ends = [panel.riser(riser, t)[-1][0] for t in _ends(panel, wire)]
                    x = sum(ends) / len(ends) + self._lefts[number]
                    shifts.append(x - band.rects[static].x)
        if shifts:
            return sum(shifts) / len(shifts)
        panels = zip(self._panels, self._lefts, strict=True)
        frames = [
            frame.rect.moved(x, 0) for panel, x in panels for frame in panel.frames
        ]
        return around(frames).x - band.extent.x

    def _middle(self, panel: Panel) -> float:
        return around(frame.rect for frame in panel.frames).x

    def _add_band(self, band: DotLayout, dx: float, dy: float) -> None:
        for key, rect in band.rects.items():
            box = self._picture.boxes[key]
            rect = self._rects[key] = rect.moved(dx, dy)
            text = box.label.still
            self._page.shapes.append(
                Shape(key, key, box.role, text, rect, None, box.hover)
            )
        self._page.lines += [line.moved(dx, dy) for line in band.lines]

    def _add_panel(self, panel: Panel, offset: Point) -> None:
        self._offsets.append(offset)
        self._walls.append(panel.extent.moved(*offset))
        page = self._page
        page.frames += [replace(f, rect=f.rect.moved(*offset)) for f in panel.frames]
        page.shapes += [replace(s, rect=s.rect.moved(*offset)) for s in panel.shapes]
        page.lines += [line.moved(*offset) for line in panel.lines]

    def _join(self, wire: Wire, in_time: str, static: str) -> None:
        """Join the copies of a per-step box with a static one."""
        axis = self._picture.boxes[in_time].time or ""
        number = self._stacking.axes.index(axis)
        panel, (dx, dy) = self._panels[number], self._offsets[number]
        up = self._stacking.is_above(static, axis)
        for step in _ends(panel, wire):
            way = panel.riser((in_time, up, wire.head == in_time), step)
            way = [(x + dx, y + dy) for x, y in way]
            curve = self._reach(way, static, up)
            key = f"{wire.key}-{step}"
            tail, head = f"{in_time}-{step}", static
            if wire.head == in_time:
                tail, head, curve = static, tail, curve[::-1]
            self._page.lines.append(line_along(key, tail, head, curve, wire))
        if wire.steps_read is None:
            self._join_gaps(wire, in_time, static)

    def _join_gaps(self, wire: Wire, in_time: str, static: str) -> None:
        """Join the dots for steps left out with a static box, as the steps are."""
        axis = self._picture.boxes[in_time].time or ""
        number = self._stacking.axes.index(axis)
        up = self._stacking.is_above(static, axis)
        for i, x in enumerate(self._panels[number].gaps):
            key, rect = self._gap_dots(number, up, i, x)
            border = rect.top if up else rect.bottom
            away = 4 if up else -4
            curve = self._reach([(rect.x, border), (rect.x, border + away)], static, up)
            tail, head = key, static
            if wire.head == in_time:
                tail, head, curve = static, key, curve[::-1]
            line = line_along(f"{wire.key}-more-{i}", tail, head, curve, wire)
            self._page.lines.append(line)

    def _gap_dots(self, number: int, up: bool, i: int, x: float) -> tuple[str, Rect]:
        """Return the dots in a gap at the upper or lower border of a panel."""
        panel, (dx, dy) = self._panels[number], self._offsets[number]
        key = f"more_{slug(panel.shown.axis)}-{'above' if up else 'below'}-{i}"
        if key not in self._dots:
            half = DOTS / 2
            y = panel.step.frame.top - half / 2 if up else half / 2
            rect = Rect(x - half, y - half / 2, x + half, y + half / 2).moved(dx, dy)
            self._dots[key] = rect
            hover = "steps that are not shown"
            self._page.shapes.append(
                Shape(key, key, "ellipsis", "…", rect, None, hover)
            )
        return key, self._dots[key]

    def _reach(self, way: Sequence[Point], static: str, up: bool) -> tuple[Point, ...]:
        """Return a way out of a panel, continued to a static box.

        By a curve; round what stands in the way, where that would cut a box.
        """
        curve = self._swing(way, static)
        boxes = [
            *(rect for key, rect in self._rects.items() if key != static),
            *(rect for rect in self._walls if not rect.grown(1).holds(way[0])),
        ]
        if not cuts(curve, [box.grown(3) for box in boxes]):
            return curve
        x, y = way[-1]
        outside = (x, y + BESIDE if up else y - BESIDE)
        ends = {outer: side for side, outer in stubs(self._rects[static])}
        around = detour([outside], [*ends], [*boxes, self._rects[static]])
        if around is None:
            return curve
        return rounded([*way, *around, ends[around[-1]]], boxes)

    def _swing(self, way: Sequence[Point], static: str) -> tuple[Point, ...]:
        """Return a way out of a panel, continued by a curve to a static box."""
        rect = self._rects[static]
        x, y = way[-1]
        aim = (rect.x + 0.35 * (x - rect.x), y)
        role = self._picture.boxes[static].role
        end = edge_point(rect, aim, role in ELLIPSES)
        rise = 0.6 * (end[1] - y)
        away = min(0.35 * math.hypot(end[0] - x, end[1] - y), abs(end[1] - y))
        long = math.hypot(end[0] - rect.x, end[1] - rect.y) or 1.0
        towards = (
            end[0] + (end[0] - rect.x) / long * away,
            end[1] + (end[1] - rect.y) / long * away,
        )
        return (*rounded(way), (x, y + rise), towards, end)

    def _round_about(self, wire: Wire) -> Line:
        """Join static boxes of different bands by a way round the panels."""
        ends = [
            {outer: side for side, outer in stubs(self._rects[key])}
            for key in (wire.tail, wire.head)
        ]
        boxes = [*self._rects.values(), *self._walls]
        way = detour([*ends[0]], [*ends[1]], boxes) or [*ends[0], *ends[1]]
        corners = [ends[0][way[0]], *way, ends[1][way[-1]]]
        return line_along(wire.key, wire.tail, wire.head, rounded(corners), wire)

    def _join_initial_values(self, panel: Panel, offset: Point) -> None:
        """Join the boxes that compute initial values to the ellipses of these."""
        for value in panel.initial_values:
            source = value.edges[0].loop.initial_source
            if source is not None:
                curve = self._initial_curve(value, source, panel, offset)
                wire = Wire(source, value.key, initial=True)
                key = f"{source}-{value.key}"
                line = line_along(key, source, value.key, curve, wire)
                self._page.lines.append(line)

    def _initial_curve(
        self, value: InitialValue, source: str, panel: Panel, offset: Point
    ) -> tuple[Point, ...]:
        """Return the way from a static box to the value outside a sequence it gives."""
        up = self._rects[source].y > offset[1] + panel.value_rect(value).y
        way = [(x + offset[0], y + offset[1]) for x, y in panel.exit(value, up)]
        return self._reach(way, source, up)[::-1]


def _ends(panel: Panel, wire: Wire) -> tuple[int, ...]:
    """Return the shown steps whose copies a wire joins with a static box.

    Where none of the steps that it reads is shown, the nearest stands for them.
    """
    shown, total = panel.shown.numbers, panel.shown.steps
    if wire.steps_read is None:
        return shown
    read = [step + total if step < 0 else step for step in wire.steps_read]
    found = tuple(step for step in shown if step in read)
    return found or (min(shown, key=lambda step: abs(step - read[0])),)


def line_along(
    key: str, tail: str, head: str, curve: tuple[Point, ...], wire: Wire
) -> Line:
    """Return a line along a curve that ends with an arrowhead."""
    tip, before = curve[-1], curve[-2]
    long = math.hypot(before[0] - tip[0], before[1] - tip[1]) or 1.0
    part = min(1.0, ARROW / long)
    end = tip[0] + (before[0] - tip[0]) * part, tip[1] + (before[1] - tip[1]) * part
    if len(curve) == 4 and curve[0][0] == curve[3][0]:
        points = (curve[0], *straight(curve[0], end))
    else:
        points = (*curve[:-1], end)
    role = "initial" if wire.initial else "wire"
    return Line(key, tail, head, points, tip, role, hover=wire.hover)
