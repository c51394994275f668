"""Lanes through a row of boxes: upright ways in the gaps between them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tinygraph.drawing.layout.page import Rect

BESIDE = 7.0
"""From a box to the nearest lane, in points."""
LANE = 7.0
"""Between two lanes."""
CLOSE = 3.5
"""The least distance of lanes from boxes and from each other."""
FULL = 80.0
"""The way round that a gap without room is worth."""


def spread(
    wanted: Sequence[float], apart: float, low: float, high: float
) -> list[float]:
    """Return places so far from each other, near those wanted, in their order.

    Places stay between `low` and `high`, nearer to each other where there is no room.
    """
    if len(wanted) > 1:
        apart = min(apart, max(0.0, high - low) / (len(wanted) - 1))
    groups: list[tuple[float, int]] = []
    for i, place in enumerate(wanted):
        total, count = place - i * apart, 1
        while groups and groups[-1][0] / groups[-1][1] > total / count:
            before = groups.pop()
            total, count = total + before[0], count + before[1]
        groups.append((total, count))
    most = high - apart * (len(wanted) - 1)
    starts = [
        min(max(total / count, low), most)
        for total, count in groups
        for _ in range(count)
    ]
    return [start + i * apart for i, start in enumerate(starts)]


@dataclass
class Row:
    """The boxes of one row, and what passes between them.

    Attributes:
        rects: key → rectangle, from left to right; moved apart by `settle`.
        steady: boxes stay where they are, and lanes come nearer to each other; those
            for which there is no room go round.
        lanes: (net, gap) → where its lane stands, after `settle`.
    """

    rects: dict[str, Rect]
    steady: bool = False
    lanes: dict[tuple[str, int], float] = field(default_factory=dict)
    _wanted: list[dict[str, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._keys = [*self.rects]
        self._wanted = [{} for _ in range(len(self._keys) + 1)]
        self._beside, self._apart = (CLOSE, CLOSE) if self.steady else (BESIDE, LANE)
        self._full = math.inf if self.steady else FULL

    def _bounds(self, gap: int) -> tuple[float, float]:
        low, high = -1e9, 1e9
        if gap:
            low = self.rects[self._keys[gap - 1]].right + self._beside
        if gap < len(self._keys):
            high = self.rects[self._keys[gap]].left - self._beside
        return low, high

    def passing(self, net: str, x: float, towards: float) -> int:
        """Take a lane for a net that comes from `x` and is bound for `towards`."""
        best, least = 0, float("inf")
        for gap, nets in enumerate(self._wanted):
            low, high = self._bounds(gap)
            room = net in nets or low + self._apart * len(nets) <= high
            place = min(max(x, low), high) if low <= high else (low + high) / 2
            cost = (
                abs(place - x)
                + 0.5 * abs(place - towards)
                + (0.0 if room else self._full)
            )
            if cost < least:
                best, least = gap, cost
        low, high = self._bounds(best)
        self._wanted[best].setdefault(net, min(max(x, low), max(low, high)))
        return best

    def beside(self, net: str, key: str, right: bool) -> int:
        """Take a lane for a net that comes out of the side of a box."""
        gap = self._keys.index(key) + right
        low, high = self._bounds(gap)
        self._wanted[gap][net] = low if right else max(low, high)
        return gap

    def is_last(self, key: str, right: bool) -> bool:
        """Return True where no box stands beyond one side of a box."""
        return key == (self._keys[-1] if right else self._keys[0])

    def settle(self) -> None:
        """Move boxes apart where lanes need room, and place every lane."""
        needs = [0.0] * len(self._wanted)
        for gap in range(1, len(self._keys)):
            low, high = self._bounds(gap)
            if self._wanted[gap] and not self.steady:
                most = LANE * (len(self._wanted[gap]) - 1)
                needs[gap] = max(0.0, most - (high - low))
        moved, shift = {}, -sum(needs) / 2
        for gap, key in enumerate(self._keys):
            shift += needs[gap]
            moved[key] = self.rects[key].moved(shift, 0)
        self.rects = moved
        for gap, nets in enumerate(self._wanted):
            order = sorted(nets, key=lambda net: nets[net])
            low, high = self._bounds(gap)
            places = spread([nets[net] for net in order], LANE, low, high)
            for net, x in zip(order, places, strict=True):
                self.lanes[net, gap] = x


def rows_of(rects: Mapping[str, Rect], steady: bool = False) -> list[Row]:
    """Return the rows of boxes, from below, each from left to right."""
    found: dict[int, list[str]] = {}
    for key in sorted(rects, key=lambda key: rects[key].x):
        found.setdefault(round(rects[key].y), []).append(key)
    return [Row({key: rects[key] for key in found[y]}, steady) for y in sorted(found)]
