"""Curves: polylines with rounded corners, and the point where a box ends."""

import math
from collections.abc import Iterable, Iterator, Sequence

from tinygraph.drawing.layout.page import Point, Rect

ROUND = 30.0
"""The radius that corners have where there is room for it, in points."""

ARROW = 8.0
"""How far before its tip an edge with an arrowhead ends."""

_KAPPA = 0.5523
"""How far along the tangents a cubic's control points make a quarter circle."""


def straight(start: Point, end: Point) -> tuple[Point, ...]:
    """Return the cubic that is the straight line, without its first point."""
    thirds = [_between(start, end, 1 / 3), _between(start, end, 2 / 3)]
    return (*thirds, end)


def rounded(
    corners: Sequence[Point], obstacles: Sequence[Rect] = (), radius: float = ROUND
) -> tuple[Point, ...]:
    """Return the control points of a polyline with round corners.

    A corner is as round as its segments and the `obstacles` near it allow; both
    ends stay straight for the length of an arrowhead.
    """
    path = _without_repeats(corners)
    points = [path[0]]
    for i in range(1, len(path) - 1):
        before, corner, after = path[i - 1 : i + 2]
        room = min(
            _room(before, corner, at_end=i == 1),
            _room(corner, after, at_end=i == len(path) - 2),
        )
        r = _radius(before, corner, after, min(radius, room), obstacles)
        start = _towards(corner, before, r)
        end = _towards(corner, after, r)
        points += straight(points[-1], start)
        points += [
            _towards(corner, before, r * (1 - _KAPPA)),
            _towards(corner, after, r * (1 - _KAPPA)),
            end,
        ]
    points += straight(points[-1], path[-1])
    return tuple(points)


def _room(a: Point, b: Point, at_end: bool) -> float:
    """Return how much of a segment a corner may take."""
    length = _length(a, b)
    return max(length - ARROW - 1, length / 4) if at_end else length / 2


def _radius(
    before: Point, corner: Point, after: Point, most: float, obstacles: Sequence[Rect]
) -> float:
    """Return the greatest of a few radii whose corner cuts through no box."""
    for r in (most, most * 0.7, most * 0.45, most * 0.25):
        a, b = _towards(corner, before, r), _towards(corner, after, r)
        cut = Rect(min(a[0], b[0]), min(a[1], b[1]), max(a[0], b[0]), max(a[1], b[1]))
        if not any(cut.meets(rect) for rect in obstacles):
            return r
    return min(most, 4.0)


def _without_repeats(corners: Sequence[Point]) -> list[Point]:
    """Drop points that repeat, and those on the straight way between neighbours."""
    path: list[Point] = []
    for point in corners:
        if path and _length(path[-1], point) < 0.5:
            continue
        while len(path) > 1 and _in_line(path[-2], path[-1], point):
            path.pop()
        path.append(point)
    return path if len(path) > 1 else [corners[0], corners[-1]]


def _in_line(a: Point, b: Point, c: Point) -> bool:
    cross = (b[0] - a[0]) * (c[1] - b[1]) - (b[1] - a[1]) * (c[0] - b[0])
    along = (b[0] - a[0]) * (c[0] - b[0]) + (b[1] - a[1]) * (c[1] - b[1])
    return abs(cross) < 1e-6 and along > 0


def smooth(points: Sequence[Point]) -> tuple[Point, ...]:
    """Return a chain of cubics without kinks: each goes on as the last one ends."""
    found = [*points]
    for i in range(3, len(found) - 3, 3):
        before, joint, after = found[i - 1 : i + 2]
        back, ahead = _length(before, joint), _length(joint, after)
        if not back or not ahead:
            continue
        dx = (joint[0] - before[0]) / back + (after[0] - joint[0]) / ahead
        dy = (joint[1] - before[1]) / back + (after[1] - joint[1]) / ahead
        size = math.hypot(dx, dy)
        if size > 0.1:
            dx, dy = dx / size, dy / size
            found[i - 1] = joint[0] - dx * back, joint[1] - dy * back
            found[i + 1] = joint[0] + dx * ahead, joint[1] + dy * ahead
    return tuple(found)


def upright_curve(start: Point, end: Point) -> tuple[Point, ...]:
    """Return the cubic that leaves and arrives upright, without its first point."""
    half = (end[1] - start[1]) / 2
    return (start[0], start[1] + half), (end[0], end[1] - half), end


def side_point(rect: Rect, right: bool, y: float, ellipse: bool) -> Point:
    """Return where a horizontal line at height y leaves a box."""
    reach = rect.width / 2
    if ellipse and rect.height > 0:
        part = min(1.0, abs(y - rect.y) / (rect.height / 2))
        reach *= math.sqrt(1 - part * part)
    return (rect.x + reach if right else rect.x - reach), y


def edge_point(rect: Rect, towards: Point, ellipse: bool) -> Point:
    """Return where the line from the middle of a box to a point leaves the box."""
    dx, dy = towards[0] - rect.x, towards[1] - rect.y
    if not dx and not dy:
        return rect.x, rect.top
    a, b = rect.width / 2, rect.height / 2
    if ellipse:
        scale = 1 / math.hypot(dx / a, dy / b)
    else:
        scale = 1 / max(abs(dx) / a, abs(dy) / b)
    return rect.x + dx * scale, rect.y + dy * scale


def halfway(points: Sequence[Point]) -> Point:
    """Return a point near the middle of a chain of cubics."""
    middle = (len(points) - 1) // 6 * 3
    a, b, c, d = points[middle : middle + 4]
    x = (a[0] + 3 * b[0] + 3 * c[0] + d[0]) / 8
    return x, (a[1] + 3 * b[1] + 3 * c[1] + d[1]) / 8


def along(points: Sequence[Point], apart: float = 5.0) -> Iterator[Point]:
    """Return points along a chain of cubics, about so far from each other."""
    for i in range(0, len(points) - 1, 3):
        a, b, c, d = points[i : i + 4]
        pieces = 2 + int((_length(a, b) + _length(b, c) + _length(c, d)) / apart)
        for k in range(pieces + 1):
            t = k / pieces
            u = 1 - t
            w = u * u * u, 3 * t * u * u, 3 * t * t * u, t * t * t
            yield (
                w[0] * a[0] + w[1] * b[0] + w[2] * c[0] + w[3] * d[0],
                w[0] * a[1] + w[1] * b[1] + w[2] * c[1] + w[3] * d[1],
            )


def hull(points: Iterable[Point]) -> Rect:
    """Return a rectangle around a chain of cubics, and a point more on each side."""
    across, up = zip(*points, strict=True)
    return Rect(min(across) - 1, min(up) - 1, max(across) + 1, max(up) + 1)


def cuts(points: Sequence[Point], boxes: Iterable[Rect]) -> bool:
    """Return True where a chain of cubics passes through a box."""
    room = hull(points)
    near = [box for box in boxes if box.meets(room)]
    return bool(near) and any(box.holds(p) for p in along(points) for box in near)


def _length(a: Point, b: Point) -> float:
    return math.hypot(b[0] - a[0], b[1] - a[1])


def _between(a: Point, b: Point, part: float) -> Point:
    return a[0] + (b[0] - a[0]) * part, a[1] + (b[1] - a[1]) * part


def _towards(start: Point, end: Point, distance: float) -> Point:
    whole = _length(start, end)
    return start if whole == 0 else _between(start, end, distance / whole)
