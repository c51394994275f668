"""The layout of a picture with open scopes, from the one in which they are closed.

Boxes that are in both stand where they stood, seen across; each opened scope is a block
in place of its closed box. Lines outside are those of the closed picture, stretched;
lines into a block go on inside it.
"""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from tinygraph.drawing.layout.blocks import (
    Block,
    blocks,
    entering_key,
    leaving_key,
    units_of,
)
from tinygraph.drawing.layout.curves import (
    ARROW,
    cuts,
    halfway,
    rounded,
    smooth,
    straight,
    upright_curve,
)
from tinygraph.drawing.layout.detours import CORNER, detour, stubs
from tinygraph.drawing.layout.dot_layout import DotInput, DotLayout, at_origin, line_of
from tinygraph.drawing.layout.engines import Engine
from tinygraph.drawing.layout.page import Line, Point, Rect
from tinygraph.drawing.layout.stretching import Stretched, stretched
from tinygraph.drawing.model.opening import open_scopes_of
from tinygraph.drawing.model.picture import DelayLoop, Opening, Wire

STRAIGHT = 1.0
"""A line whose ends moved less against each other stays as it was."""
CLEAR = 5.0
"""How near to a box a line may come that takes another way than it had."""
_Curve = tuple[Sequence[Point], Point | None]
"""The control points of a line, and where its arrowhead ends."""


def opened_layout(
    dot_input: DotInput,
    closed: DotLayout,
    opening: Opening,
    loops: Sequence[DelayLoop],
    engine: Engine,
) -> DotLayout | None:
    """Return the layout of a step with opened scopes; None where boxes have no place.

    Args:
        closed: the layout of the step with these scopes closed.

    Raises:
        DrawingError: the engine fails, or time runs out.
    """
    units = units_of(opening)
    if any(units.get(box.key) not in closed.rects for box in dot_input.boxes):
        return None
    within = {key: v for key, v in opening.inside.items() if key in closed.rects}
    opening = replace(opening, inside=within)
    made = blocks(dot_input, opening, closed, loops, engine)
    scopes = [
        scope.boxes & closed.rects.keys() for scope in open_scopes_of(opening.closed)
    ]
    room = stretched(closed, made, scopes)
    rects = {}
    for box in dot_input.boxes:
        unit = units[box.key]
        rect = room.rects[unit]
        if unit in made:
            corner = room.corner(unit, made[unit])
            rects[box.key] = made[unit].rects[box.key].moved(*corner)
        else:
            rects[box.key] = rect
    lines = _Lines(room, made, units, rects)
    return at_origin(rects, [lines.line(wire) for wire in dot_input.wires])


class _Lines:
    """Finds the line of each wire among those outside and those in blocks."""

    def __init__(
        self,
        room: Stretched,
        made: Mapping[str, Block],
        units: Mapping[str, str],
        rects: Mapping[str, Rect],
    ) -> None:
        self._room, self._made, self._units, self._rects = room, made, units, rects
        self._outside: dict[tuple[str, str], list[int]] = {}
        for number, line in enumerate(room.lines):
            self._outside.setdefault((line.tail, line.head), []).append(number)

    def line(self, wire: Wire) -> Line:
        """Return the line of a wire: another where it would cut a box."""
        others = [r for k, r in self._rects.items() if k not in (wire.tail, wire.head)]
        walls = [rect.grown(1) for rect in others]
        points, tip = self._known(wire) or self._plain(wire)
        if cuts(points, walls):
            points, tip = self._plain(wire)
        if cuts(points, walls):
            points, tip = self._around(wire, others)
        return line_of(wire, points, tip, halfway(points) if wire.label else None)

    def _known(self, wire: Wire) -> _Curve | None:
        """Return the curve of a wire from its parts outside and inside of blocks."""
        tail, head = self._units[wire.tail], self._units[wire.head]
        if tail == head and tail in self._made:
            line = self._inside(tail, wire.key)
            return line.points, line.tip
        numbers = self._outside.get((tail, head), [])
        if not numbers:
            return None
        number = numbers[min(wire.place, len(numbers) - 1)]
        points, tip = self._room.curves[number], self._room.tips[number]
        if points[0][1] > points[-1][1] and {tail, head} & self._made.keys():
            return None
        points = self._eased(number)
        if tail in self._made:
            start = self._inside(tail, leaving_key(wire)).points
            points = _joined(start, _from(start[-1], points))
        if head in self._made:
            onward = self._inside(head, entering_key(wire))
            bent = _bent(onward.points[0], points[::-1])[::-1]
            points, tip = _joined(bent, onward.points), onward.tip
        return points, tip

    def _eased(self, number: int) -> list[Point]:
        """Return a line outside of blocks: one cubic where it was bent and is free."""
        line, points = self._room.lines[number], self._room.curves[number]
        (x, y), (u, v) = points[0], points[-1]
        moved = math.dist((u - x, v - y), _way(line.points)) > STRAIGHT
        if moved and len(points) > 4:
            third = math.dist((x, y), (u, v)) / 3
            handles = [
                _towards(points[0], points[1], third),
                _towards(points[-1], points[-2], third),
            ]
            low, high = min(y, v), max(y, v)
            inner = [(a, min(max(b, low), high)) for a, b in handles]
            curve = [points[0], *inner, points[-1]]
            ends = (line.tail, line.head)
            walls = [room.grown(CLEAR) for k, room in self._room.room.items()]
            own = [self._room.room[key].grown(CLEAR) for key in ends]
            if not cuts(curve, [wall for wall in walls if wall not in own]):
                return curve
        return [*smooth(points)]

    def _inside(self, unit: str, key: str) -> Line:
        block = self._made[unit]
        return block.lines[key].moved(*self._room.corner(unit, block))

    def _plain(self, wire: Wire) -> _Curve:
        """Return a curve from the upper side of a box to the lower side of another."""
        tail, head = self._rects[wire.tail], self._rects[wire.head]
        sign = 1 if tail.y <= head.y else -1
        start = tail.x, tail.y + sign * tail.height / 2
        tip = head.x, head.y - sign * head.height / 2
        end = tip[0], tip[1] - sign * ARROW
        return (start, *upright_curve(start, end)), tip

    def _around(self, wire: Wire, others: Sequence[Rect]) -> _Curve:
        """Return the way round all boxes in between."""
        tail, head = self._rects[wire.tail], self._rects[wire.head]
        starts = {outer: side for side, outer in stubs(tail)}
        best, least = self._plain(wire), math.inf
        for end, outer in stubs(head):
            way = detour([*starts], [outer], [*others, tail, head])
            if way is not None:
                corners = [starts[way[0]], *way, end]
                cost = sum(map(math.dist, corners, corners[1:]))
                cost += CORNER * _turns(corners)
                if cost < least:
                    best, least = (_arriving(corners, others), end), cost
        return best


def _way(points: Sequence[Point]) -> Point:
    return points[-1][0] - points[0][0], points[-1][1] - points[0][1]


def _towards(start: Point, aim: Point, away: float) -> Point:
    """Return the point so far from a start in a direction."""
    part = away / (math.dist(start, aim) or 1.0)
    return start[0] + (aim[0] - start[0]) * part, start[1] + (aim[1] - start[1]) * part


def _turns(corners: Sequence[Point]) -> int:
    """Return how often a way of level and upright pieces turns."""
    level = [abs(a[1] - b[1]) < 0.1 for a, b in itertools.pairwise(corners)]
    return sum(a != b for a, b in itertools.pairwise(level))


def _arriving(corners: Sequence[Point], walls: Sequence[Rect]) -> tuple[Point, ...]:
    """Return the curve along corners, up to where the arrowhead begins."""
    tip, before = corners[-1], corners[-2]
    part = ARROW / math.dist(tip, before)
    end = tip[0] + (before[0] - tip[0]) * part, tip[1] + (before[1] - tip[1]) * part
    return rounded([*corners[:-1], end], walls)


def _from(pin: Point, points: Sequence[Point]) -> list[Point]:
    """Return a curve bent so that it starts straight above a pin, or at it."""
    if points[0][1] > pin[1] + 1:
        above = pin[0], points[0][1]
        return [pin, *straight(pin, above)[:-1], *_bent(above, points)]
    return _bent(pin, points)


def _bent(pin: Point, points: Sequence[Point]) -> list[Point]:
    """Return a curve bent so that it starts at a pin."""
    dx, dy = pin[0] - points[0][0], pin[1] - points[0][1]
    return [pin, (points[1][0] + dx, points[1][1] + dy), *points[2:]]


def _joined(first: Sequence[Point], second: Sequence[Point]) -> list[Point]:
    """Return two curves as one, which is upright where they meet."""
    (x, y), before, after = first[-1], first[-2], second[1]
    low = min(math.dist(before, (x, y)), 0.6 * abs(y - first[-4][1]))
    high = min(math.dist((x, y), after), 0.6 * abs(second[3][1] - y))
    return [*first[:-2], (x, y - low), (x, y), (x, y + high), *second[2:]]
