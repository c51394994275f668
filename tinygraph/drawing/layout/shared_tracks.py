"""Whether lines run one upon the other."""

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence

from tinygraph.drawing.layout.curves import along
from tinygraph.drawing.layout.page import Line, Point

NEAR = 2.0
"""Lines nearer than this are seen as one, in points."""
SLANT = math.sin(math.radians(15))
"""Lines that cross at a smaller angle run together."""
MOST = 4.0
"""So far two lines may run together."""

PIECE = 3.0
"""Lines are compared in pieces about so long."""

CELL = 40.0
"""The side of the squares that say which lines are near each other."""
MANY = 150_000
"""Lines in more pieces than these are not compared: a second of work."""

_Piece = tuple[float, float, float, float, float, int]
"""Middle, direction and length of a piece of a line, and the line's number."""


def any_shared(lines: Sequence[Line]) -> bool:
    """Return True where two lines with no end in common run together.

    So many long ones that they are no longer compared count as such.
    """
    parts = _near_parts(lines)
    pieces = sum(_length(part) for of_line in parts for part in of_line) / PIECE
    return pieces > MANY or next(_shared(lines, parts), None) is not None


def _length(part: Sequence[Point]) -> float:
    """Return how long a cubic is at most."""
    return sum(math.dist(a, b) for a, b in itertools.pairwise(part))


def _shared(
    lines: Sequence[Line], parts: Sequence[Sequence[Sequence[Point]]]
) -> Iterator[tuple[Line, Line]]:
    """Return pairs of lines with no end in common that run together."""
    pieces = [
        [piece for part in parts[i] for piece in _pieces(part, i)]
        for i in range(len(lines))
    ]
    cells: dict[tuple[int, int], list[_Piece]] = {}
    for own in pieces:
        for piece in own:
            cells.setdefault(_cell(piece[0], piece[1]), []).append(piece)
    for i, own in enumerate(pieces):
        ends = {lines[i].tail, lines[i].head}
        runs: dict[int, float] = {}
        seen: set[int] = set()
        for piece in own:
            met = _met(piece, cells)
            runs = {j: runs.get(j, 0.0) + piece[4] for j in met}
            for j, run in runs.items():
                if run > MOST and j < i and j not in seen:
                    if not ends & {lines[j].tail, lines[j].head}:
                        seen.add(j)
                        yield lines[j], lines[i]


def _near_parts(lines: Sequence[Line]) -> list[list[Sequence[Point]]]:
    """Return the cubics of each line that are near one of another line."""
    cells: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for i, line in enumerate(lines):
        for start in range(0, len(line.points) - 1, 3):
            for cell in _cells(line.points[start : start + 4]):
                cells.setdefault(cell, []).append((i, start))
    near: set[tuple[int, int]] = set()
    for held in cells.values():
        ends = [{lines[i].tail, lines[i].head} for i, _ in held]
        for k, part in enumerate(held):
            if part not in near and any(not ends[k] & other for other in ends):
                near.add(part)
    return [
        [
            line.points[start : start + 4]
            for start in range(0, len(line.points) - 1, 3)
            if (i, start) in near
        ]
        for i, line in enumerate(lines)
    ]


def _cells(part: Sequence[Point]) -> Iterator[tuple[int, int]]:
    """Return the squares that the hull of a cubic meets."""
    across, up = [x for x, _ in part], [y for _, y in part]
    for i in range(
        math.floor((min(across) - NEAR) / CELL),
        math.floor((max(across) + NEAR) / CELL) + 1,
    ):
        for j in _squares(min(up), max(up)):
            yield i, j


def _squares(low: float, high: float) -> range:
    return range(math.floor((low - NEAR) / CELL), math.floor((high + NEAR) / CELL) + 1)


def _cell(x: float, y: float) -> tuple[int, int]:
    return math.floor(x / PIECE), math.floor(y / PIECE)


def _pieces(points: Sequence[Point], number: int) -> Iterator[_Piece]:
    """Return pieces of a chain of cubics."""
    before: Point | None = None
    for x, y in along(points, PIECE):
        if before is not None:
            dx, dy = x - before[0], y - before[1]
            length = math.hypot(dx, dy)
            if length > 1e-6:
                middle = (x + before[0]) / 2, (y + before[1]) / 2
                yield (*middle, dx / length, dy / length, length, number)
        before = x, y


def _met(piece: _Piece, cells: dict[tuple[int, int], list[_Piece]]) -> Iterable[int]:
    """Return the lines that run along a piece of another."""
    x, y, u, v, _, number = piece
    i, j = _cell(x, y)
    found = set()
    for a in (i - 1, i, i + 1):
        for b in (j - 1, j, j + 1):
            for px, py, pu, pv, _, other in cells.get((a, b), ()):
                if other != number and other not in found:
                    dx, dy = px - x, py - y
                    beside, ahead = abs(dx * v - dy * u), abs(dx * u + dy * v)
                    near = beside < NEAR and ahead < PIECE
                    if near and abs(u * pv - v * pu) < SLANT:
                        found.add(other)
    return found
