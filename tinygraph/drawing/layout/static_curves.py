"""Curves between panels and static boxes, round what stands in the way."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from tinygraph.drawing.layout.curves import ARROW, cuts, edge_point, rounded, straight
from tinygraph.drawing.layout.detours import BESIDE, detour, stubs
from tinygraph.drawing.layout.joints import Joint
from tinygraph.drawing.layout.page import Line, Point, Rect
from tinygraph.drawing.model.picture import Wire


class StaticCurves:
    """Draws what joins static boxes to panels and to each other.

    Args:
        rects: static box → its rectangle.
        walls: the panels.
        rounds: keys of static boxes that are ellipses.
    """

    def __init__(
        self,
        rects: Mapping[str, Rect],
        walls: Sequence[Rect],
        rounds: Collection[str],
    ) -> None:
        self._rects, self._walls, self._rounds = rects, walls, rounds

    def joint(self, joint: Joint) -> Line:
        """Return the line between a panel and a static box."""
        curve = self._reach(joint.way, joint.static, joint.up)
        curve = curve[::-1] if joint.inwards else curve
        return line_along(joint.key, joint.tail, joint.head, curve, joint.wire)

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
        end = edge_point(rect, aim, static in self._rounds)
        rise = 0.6 * (end[1] - y)
        away = min(0.35 * math.hypot(end[0] - x, end[1] - y), abs(end[1] - y))
        long = math.hypot(end[0] - rect.x, end[1] - rect.y) or 1.0
        towards = (
            end[0] + (end[0] - rect.x) / long * away,
            end[1] + (end[1] - rect.y) / long * away,
        )
        return (*rounded(way), (x, y + rise), towards, end)

    def round_about(self, wire: Wire) -> Line:
        """Join static boxes of different bands by a way round the panels."""
        ends = [
            {outer: side for side, outer in stubs(self._rects[key])}
            for key in (wire.tail, wire.head)
        ]
        boxes = [*self._rects.values(), *self._walls]
        way = detour([*ends[0]], [*ends[1]], boxes) or [*ends[0], *ends[1]]
        corners = [ends[0][way[0]], *way, ends[1][way[-1]]]
        return line_along(wire.key, wire.tail, wire.head, rounded(corners), wire)


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
    return replace(static_line(wire, key, tail, head), points=points, tip=tip)


def static_line(wire: Wire, key: str, tail: str = "", head: str = "") -> Line:
    """Return the line of a wire, without points."""
    role = "initial" if wire.initial else "wire"
    return Line(
        key, tail or wire.tail, head or wire.head, (), None, role, hover=wire.hover
    )
