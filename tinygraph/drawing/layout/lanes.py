"""Ways out of a step, and the order of lanes in the gap between two steps.

A lane is a vertical line in a gap. A delayed edge leaves its box sideways, takes
its lane, and enters its target sideways. Where another box stands in the way, it
leaves through the free space between two rows.
"""

import itertools
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tinygraph.drawing.layout.curves import side_point
from tinygraph.drawing.layout.detours import BESIDE, detour
from tinygraph.drawing.layout.page import Point, Rect
from tinygraph.drawing.model.picture import Box

PITCH = 12.0
"""Between two lanes of one gap, in points."""
MARGIN = 14.0
"""Between a step and the first lane of the gap beside it."""
STUB = 12.0
"""How far a way goes sideways before it turns to a space between rows."""
TOUCHING = 1000
"""How many crossings two ways on one track are worth."""
APART = 5.0
"""Levels nearer than this are one track."""
CLEAR = 2.0
"""What must be free on both sides of a way."""

Riser = tuple[str, bool, bool]
"""A way between a box and a static box: (box, up rather than down, into the box)."""

ELLIPSES = frozenset({"input", "state", "held", "initial", "output", "loss", "circle"})
"""Roles of boxes that are ellipses."""


def round_keys(boxes: Iterable[Box]) -> frozenset[str]:
    """Return the keys of the boxes that are ellipses."""
    return frozenset(box.key for box in boxes if box.role in ELLIPSES)


@dataclass(frozen=True)
class Port:
    """A way from the side of a box to the edge of its step.

    Attributes:
        corners: from the box outwards; the last is on the level `y`.
        y: the height on which it leaves the step.
    """

    corners: tuple[Point, ...]

    @property
    def y(self) -> float:
        """The height on which the way leaves the step."""
        return self.corners[-1][1]


@dataclass
class Ports:
    """Finds ways into and out of the boxes of one step.

    Several ways on one side of a box get heights of their own.

    Attributes:
        rects: key → rectangle.
        round_keys: the boxes that are ellipses.
        known: (box, right side?) → its ways, the highest first, where they are known.
    """

    rects: Mapping[str, Rect]
    round_keys: Collection[str]
    known: Mapping[tuple[str, bool], Sequence[Port]] = field(default_factory=dict)

    def all(self, wanted: Sequence[tuple[str, bool]]) -> list[Port]:
        """Return a way for each wanted (box, right side?)."""
        if self.known:
            left = {side: iter(ports) for side, ports in self.known.items()}
            return [next(left[side]) for side in wanted]
        found = []
        taken: list[float] = []
        for i, (key, right) in enumerate(wanted):
            same = [j for j, other in enumerate(wanted) if other == (key, right)]
            rect = self.rects[key]
            pitch = min(10.0, rect.height / (len(same) + 1))
            y = rect.y - (same.index(i) - (len(same) - 1) / 2) * pitch
            found.append(self._port(key, right, y, taken))
        return found

    def is_free(self, key: str, right: bool) -> bool:
        """Return True where the straight way out of a box meets no other."""
        rect = self.rects[key]
        start = side_point(rect, right, rect.y, key in self.round_keys)
        return self._level_free(start, right, key)

    def _port(self, key: str, right: bool, y: float, taken: list[float]) -> Port:
        rect = self.rects[key]
        start = side_point(rect, right, y, key in self.round_keys)
        if self._level_free(start, right, key):
            return Port((start,))
        turn = (rect.right + STUB if right else rect.left - STUB), y
        for level in sorted(self._levels(), key=lambda level: abs(level - y)):
            height = level + PITCH / 2 * taken.count(level)
            if self._upright_free(turn, height) and self._level_free(
                (turn[0], height), right, key
            ):
                taken.append(level)
                return Port((start, turn, (turn[0], height)))
        return self._round_about(start, right)

    def _round_about(self, start: Point, right: bool) -> Port:
        """Return the shortest way round the boxes to the edge of the step."""
        rects = self.rects.values()
        edge = max(rect.right for rect in rects) + BESIDE
        out = (start[0] + BESIDE, start[1])
        if not right:
            edge = min(rect.left for rect in rects) - BESIDE
            out = (start[0] - BESIDE, start[1])
        ends = [(edge, level) for level in self._levels()]
        way = detour([out], ends, rects)
        return Port((start, *way)) if way else Port((start,))

    def _levels(self) -> list[float]:
        """Return heights between rows, and just above and below all of them."""
        rects = sorted(self.rects.values(), key=lambda rect: rect.bottom)
        levels = [rects[0].bottom - 8]
        top = rects[0].top
        for rect in rects[1:]:
            if rect.bottom - top > 2 * CLEAR:
                levels.append((rect.bottom + top) / 2)
            top = max(top, rect.top)
        return [*levels, top + 8]

    def _level_free(self, start: Point, right: bool, key: str) -> bool:
        x, y = start
        for other, rect in self.rects.items():
            beside = rect.right > x if right else rect.left < x
            if other != key and beside and _within(y, rect):
                return False
        return True

    def _upright_free(self, start: Point, level: float) -> bool:
        x, y = start
        way = Rect(x - CLEAR, min(y, level), x + CLEAR, max(y, level))
        return not any(way.meets(rect) for rect in self.rects.values())


def _within(y: float, rect: Rect) -> bool:
    return rect.bottom - CLEAR < y < rect.top + CLEAR


@dataclass(frozen=True)
class Lane:
    """A vertical line in a gap.

    Attributes:
        key: whose it is.
        left, right: the heights at which it meets the step on either side; None
            where it goes on above or below instead.
        span: its lowest and highest point.
        short: the height at which it meets the step beyond, where a long delay comes
            from a column beside the step or goes to one.
    """

    key: tuple[str, str]
    left: float | None
    right: float | None
    span: tuple[float, float]
    short: float | None = None


def ordered_lanes(lanes: Sequence[Lane]) -> list[Lane]:
    """Return lanes from left to right so that few ways cross.

    All orders are tried for up to five lanes; more are put in one by one. Of
    equally good orders the first by span is taken.
    """
    short = sorted(lanes, key=lambda lane: lane.span[1] - lane.span[0])
    if len(short) <= 5:
        return list(min(itertools.permutations(short), key=_crossings))
    found: list[Lane] = []
    for lane in short:
        tries = [[*found[:i], lane, *found[i:]] for i in range(len(found) + 1)]
        found = min(tries, key=_crossings)
    return found


def _crossings(order: Iterable[Lane]) -> int:
    order = [*order]
    count = 0
    for i, a in enumerate(order):
        for b in order[i + 1 :]:
            count += a.right is not None and b.span[0] < a.right < b.span[1]
            count += b.left is not None and a.span[0] < b.left < a.span[1]
            count += TOUCHING * touch(a, b)
    return count


def touch(a: Lane, b: Lane) -> bool:
    """Return True where the ways of a lane and of one right of it share a track."""
    if a.key[0] == b.key[0]:
        return False
    rights = (a.right, a.short if a.right is None else None)
    lefts = (b.left, b.short if b.left is None else None)
    return any(
        right is not None and left is not None and abs(right - left) < APART
        for right in rights
        for left in lefts
    )


def gap_width(lanes: int) -> float:
    """Return the width of a gap that holds so many lanes."""
    return 2 * MARGIN + PITCH * max(0, lanes - 1)
