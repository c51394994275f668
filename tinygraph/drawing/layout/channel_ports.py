"""Where ways meet the boxes: places along their upper and lower sides."""

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from tinygraph.drawing.layout.channel_tracks import APART
from tinygraph.drawing.layout.page import Point, Rect
from tinygraph.drawing.layout.row_lanes import spread

PORT = 8.0
"""Between two ways at one side of a box, where it is wide enough, in points."""
LEVEL = 10.0
"""Between two ways at the left or right side of a box."""
_ASIDE = (3.0, -3.0, 5.0, -5.0, 7.0, -7.0, 9.0, -9.0)
"""How far a way moves aside where another would run on below it."""


@dataclass(frozen=True)
class End:
    """Where a way begins or ends.

    Attributes:
        box: the key of a box, or "" for the border around all rows.
        side: top, bottom, left or right.
        at: how far from the left edge of the box, where that is given.
    """

    box: str
    side: str
    at: float | None = None


class PortPlaces:
    """The places at which nets meet the upper and lower sides of boxes.

    Args:
        rect_of: key → the rectangle of a box, now.
        rounds: keys of boxes that are ellipses.
    """

    def __init__(self, rect_of: Callable[[str], Rect], rounds: Collection[str]) -> None:
        self._rect_of, self._rounds = rect_of, rounds
        self._wanted: dict[tuple[str, str], dict[str, float]] = {}
        self._places: dict[tuple[str, str, str], float] = {}

    def want(self, end: End, net: str, x: float) -> None:
        """Ask for a place at a side of a box, best at `x`."""
        if end.at is None:
            self._wanted.setdefault((end.box, end.side), {}).setdefault(net, x)

    def settle(self, taken: Mapping[str, Sequence[tuple[float, str]]]) -> None:
        """Give all that asked their places.

        Args:
            taken: box → (place, net) of what would run on below a way to its side.
        """
        for (box, side), wanted in self._wanted.items():
            order = sorted(wanted, key=lambda net: wanted[net])
            low, high = self._room(box)
            places = spread([wanted[net] for net in order], PORT, low, high)
            met = taken.get(box, ())
            for i, net in enumerate(order):
                others = [*places[:i], *places[i + 1 :]]
                foreign = [x for x, other in met if other != net]
                places[i] = _aside(places[i], low, high, others, foreign)
                self._places[box, side, net] = places[i]
        self._wanted.clear()

    def place(self, end: End, net: str) -> float:
        """Return where a net meets a side of a box."""
        if end.at is not None:
            return self._rect_of(end.box).left + end.at
        return self._places[end.box, end.side, net]

    def point(self, end: End, net: str) -> Point:
        """Return the point of the outline where a net meets a side of a box."""
        rect, x = self._rect_of(end.box), self.place(end, net)
        up = rect.height / 2
        if end.box in self._rounds and end.at is None:
            part = min(1.0, abs(x - rect.x) / (rect.width / 2))
            up *= math.sqrt(1 - part * part)
        return x, rect.y + up if end.side == "top" else rect.y - up

    def _room(self, box: str) -> tuple[float, float]:
        rect = self._rect_of(box)
        part = 0.35 if box in self._rounds else 0.5
        half = max(rect.width * part - 6.0, rect.width * 0.3)
        return rect.x - half, rect.x + half


def _aside(
    x: float, low: float, high: float, own: Iterable[float], foreign: Iterable[float]
) -> float:
    """Return a place near `x` that no other is near to, or `x` where there is none."""
    own, foreign = [*own], [*foreign]
    if not any(abs(x - other) < APART for other in foreign):
        return x
    for by in _ASIDE:
        place = x + by
        near = any(abs(place - other) < APART for other in (*own, *foreign))
        if low <= place <= high and not near:
            return place
    return x


def side_levels(
    ends: Sequence[End], heights: Sequence[float], tallest: Callable[[str], Rect]
) -> list[float]:
    """Return how far above the middle of its box each way leaves a left or right side.

    Args:
        heights: where each is bound for: the highest leaves above the others.
    """
    groups: dict[End, list[int]] = {}
    for i, end in enumerate(ends):
        groups.setdefault(end, []).append(i)
    found = [0.0] * len(ends)
    for end, group in groups.items():
        pitch = min(LEVEL, tallest(end.box).height / (len(group) + 1))
        group.sort(key=lambda i: -heights[i])
        for k, i in enumerate(group):
            found[i] = -(k - (len(group) - 1) / 2) * pitch
    return found
