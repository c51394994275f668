"""Labels of lines: beside their own line, on no line and no box."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from tinygraph.drawing.layout.curves import along
from tinygraph.drawing.layout.page import Line, Page, Point, Rect
from tinygraph.drawing.model import styles
from tinygraph.drawing.model.texts import width_of

CLEAR = 2.0
"""What stays free around a label, in points."""
CELL = 40.0
"""The side of a square of the map of points."""
_AWAY = (4.0, 9.0, 15.0, 24.0, 40.0, 60.0, 90.0, 120.0)
"""How far from its line a label is tried."""


def with_free_labels(page: Page) -> Page:
    """Return the page with each label that meets a line or a box moved along its line.

    A label without any free place goes to where it meets least.
    """
    if not any(line.label for line in page.lines):
        return page
    map_ = _Map(page)
    lines = []
    for line in page.lines:
        if line.label and line.label_point is not None:
            point = _place(line, line.label_point, map_)
            line = replace(line, label_point=point)
            map_.labels.append(label_rect(line, point))
        lines.append(line)
    return Page(page.frames, page.shapes, lines)


def label_rect(line: Line, middle: Point) -> Rect:
    """Return roughly the room that a line's label takes around a point."""
    style = styles.WEIGHT_LABEL if line.weight else styles.EDGE
    size = float(style["fontsize"])
    across, up = 0.32 * size * width_of(line.label), 0.45 * size
    x, y = middle
    return Rect(x - across, y - up, x + across, y + up)


class _Map:
    """What a label may meet: points along all lines, boxes, labels placed before."""

    def __init__(self, page: Page) -> None:
        self.boxes = [shape.rect for shape in page.shapes]
        self.labels: list[Rect] = []
        self._points: dict[tuple[int, int], list[Point]] = {}
        for line in page.lines:
            ends = () if line.tip is None else (line.tip,)
            for x, y in (*along(line.points, 4.0), *ends):
                cell = (math.floor(x / CELL), math.floor(y / CELL))
                self._points.setdefault(cell, []).append((x, y))

    def met(self, rect: Rect) -> int:
        """Return how much a label meets: points of lines, and boxes, counted more."""
        room = rect.grown(CLEAR)
        across = range(math.floor(room.left / CELL), math.floor(room.right / CELL) + 1)
        up = range(math.floor(room.bottom / CELL), math.floor(room.top / CELL) + 1)
        near = (p for i in across for j in up for p in self._points.get((i, j), ()))
        boxes = sum(room.meets(other) for other in (*self.boxes, *self.labels))
        return sum(map(room.holds, near)) + 10 * boxes


def _place(line: Line, point: Point, map_: _Map) -> Point:
    """Return the free place nearest to a label's own, else where it meets least."""
    best, least = point, map_.met(label_rect(line, point))
    for other in _tries(line) if least else ():
        met = map_.met(label_rect(line, other))
        if met < least:
            best, least = other, met
        if not least:
            break
    return best


def _tries(line: Line) -> Iterator[Point]:
    """Return places beside a line, near its middle and near the line first."""
    points = [*along(line.points, 6.0)]
    order = sorted(range(1, len(points)), key=lambda i: abs(i - len(points) / 2))
    for away in _AWAY:
        for i in order:
            yield from _beside(line, points, i, away)


def _beside(
    line: Line, points: Sequence[Point], i: int, away: float
) -> Iterator[Point]:
    (x, y), before = points[i], points[i - 1]
    dx, dy = x - before[0], y - before[1]
    length = math.hypot(dx, dy)
    if length == 0:
        return
    across, up = dy / length, -dx / length
    rect = label_rect(line, (0.0, 0.0))
    reach = abs(across) * rect.right + abs(up) * rect.top + away
    yield x + across * reach, y + up * reach
    yield x - across * reach, y - up * reach
