"""Ways round boxes: the shortest with few corners, where a plain curve would cut one.

The way runs along a grid of lines close beside the boxes (an orthogonal visibility
graph; Wybrow, Marriott & Stuckey, 2009) and is found by Dijkstra's algorithm.
"""

import heapq
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

from tinygraph.drawing.layout.page import Point, Rect

BESIDE = 7.0
"""How far from a box a way runs, in points."""
CLEAR = 4.0
"""The free space that a way needs on both sides."""
CORNER = 30.0
"""The length that a corner counts as."""

Crossing = tuple[int, int, bool]
"""A crossing of the grid, and whether the way came there sideways."""


def stubs(rect: Rect) -> list[tuple[Point, Point]]:
    """Return for each side of a box its middle and the point just outside."""
    x, y = rect.x, rect.y
    return [
        ((x, rect.top), (x, rect.top + BESIDE)),
        ((x, rect.bottom), (x, rect.bottom - BESIDE)),
        ((rect.left, y), (rect.left - BESIDE, y)),
        ((rect.right, y), (rect.right + BESIDE, y)),
    ]


def detour(
    starts: Sequence[Point], goals: Sequence[Point], boxes: Iterable[Rect]
) -> list[Point] | None:
    """Return the corners of the best way from a start to a goal round all boxes.

    None where there is no way. Work grows with the square of the number of boxes.
    """
    grid = _Grid(starts, goals, [box.grown(CLEAR) for box in boxes])
    targets = {grid.crossing(point): point for point in goals}
    queue: list[tuple[float, Crossing]] = []
    best: dict[Crossing, float] = {}
    before: dict[Crossing, Crossing] = {}
    for point in starts:
        for sideways in (False, True):
            crossing = (*grid.crossing(point), sideways)
            best[crossing] = 0.0
            heapq.heappush(queue, (0.0, crossing))
    while queue:
        cost, crossing = heapq.heappop(queue)
        if cost > best[crossing]:
            continue
        if crossing[:2] in targets:
            return grid.points(crossing, before)
        for onward, length in grid.neighbours(crossing):
            turn = CORNER if onward[2] != crossing[2] else 0.0
            if cost + length + turn < best.get(onward, float("inf")):
                best[onward] = cost + length + turn
                before[onward] = crossing
                heapq.heappush(queue, (best[onward], onward))
    return None


class _Grid:
    """The lines close beside boxes and through the ends of the way."""

    def __init__(
        self, starts: Sequence[Point], goals: Sequence[Point], boxes: Sequence[Rect]
    ) -> None:
        margin = BESIDE - CLEAR
        ends = [*starts, *goals]
        self.xs = sorted(
            {x for x, _ in ends}
            | {box.left - margin for box in boxes}
            | {box.right + margin for box in boxes}
        )
        self.ys = sorted(
            {y for _, y in ends}
            | {box.bottom - margin for box in boxes}
            | {box.top + margin for box in boxes}
        )
        self._shut = self._blocked(boxes)

    def _blocked(self, boxes: Sequence[Rect]) -> set[Crossing]:
        """Return the pieces that cut a box: each goes right or up from its crossing."""
        shut: set[Crossing] = set()
        for box in boxes:
            left, right = self._inside(self.xs, box.left, box.right)
            low, high = self._inside(self.ys, box.bottom, box.top)
            shut |= {
                (i, j, True)
                for i in range(max(0, left - 1), right)
                for j in range(low, high)
            }
            shut |= {
                (i, j, False)
                for i in range(left, right)
                for j in range(max(0, low - 1), high)
            }
        return shut

    @staticmethod
    def _inside(lines: Sequence[float], low: float, high: float) -> tuple[int, int]:
        return bisect_right(lines, low), bisect_left(lines, high)

    def crossing(self, point: Point) -> tuple[int, int]:
        """Return the crossing at a point that the grid was made for."""
        return bisect_left(self.xs, point[0]), bisect_left(self.ys, point[1])

    def neighbours(self, crossing: Crossing) -> Iterable[tuple[Crossing, float]]:
        """Return where a way may go on, and how far that is."""
        i, j, _ = crossing
        if i + 1 < len(self.xs) and (i, j, True) not in self._shut:
            yield (i + 1, j, True), self.xs[i + 1] - self.xs[i]
        if i and (i - 1, j, True) not in self._shut:
            yield (i - 1, j, True), self.xs[i] - self.xs[i - 1]
        if j + 1 < len(self.ys) and (i, j, False) not in self._shut:
            yield (i, j + 1, False), self.ys[j + 1] - self.ys[j]
        if j and (i, j - 1, False) not in self._shut:
            yield (i, j - 1, False), self.ys[j] - self.ys[j - 1]

    def points(self, end: Crossing, before: dict[Crossing, Crossing]) -> list[Point]:
        """Return the way to `end`, its start first."""
        crossings = [end]
        while crossings[-1] in before:
            crossings.append(before[crossings[-1]])
        return [(self.xs[i], self.ys[j]) for i, j, _ in reversed(crossings)]
