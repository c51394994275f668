"""Tracks in the channel between two rows of boxes: who runs on which level.

A net is what may share a track: all ways out of one box, or all into one. In a
channel it has feet (where it comes from below), tops (where it goes on above), and
between them one level piece. Level pieces that overlap get tracks of their own
(interval colouring, in an order in which few cross; where a foot of one stands below
a top of another the first runs below the second: Hashimoto & Stevens, 1971).
"""

import heapq
import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

APART = 4.0
"""Upright pieces of two nets nearer than this touch."""
SPACE = 9.0
"""What is free at least between two level pieces of one track."""
MANY = 150
"""Above so many nets the order is by place, not by counting crossings of pairs."""


@dataclass
class Span:
    """A net in a channel.

    Attributes:
        net: its name.
        feet, tops: where it comes from below and goes on above.
        ends: places beside the rows where it goes on sideways.
    """

    net: str
    feet: set[float] = field(default_factory=set)
    tops: set[float] = field(default_factory=set)
    ends: set[float] = field(default_factory=set)

    @cached_property
    def reach(self) -> tuple[float, float]:
        """From where to where its level piece goes."""
        places = self.feet | self.tops | self.ends
        return min(places), max(places)

    @cached_property
    def inner(self) -> tuple[list[float], list[float]]:
        """Its feet and its tops, from left to right."""
        return sorted(self.feet), sorted(self.tops)

    @property
    def claim(self) -> tuple[float, float]:
        """What no other on its track may meet: all where it goes on sideways.

        What leaves on the left and what leaves on the right are not on one level.
        """
        return (-math.inf, math.inf) if self.ends else self.reach

    @property
    def is_upright(self) -> bool:
        """True where it has no level piece."""
        low, high = self.reach
        return high - low < 0.5


def tracks(spans: Sequence[Span]) -> dict[str, int]:
    """Return the track of each net with a level piece, 0 the lowest."""
    level = [span for span in spans if not span.is_upright]
    found: dict[str, int] = {}
    tops: list[list[tuple[float, float]]] = []
    for span in _in_order(_by_crossings(level)):
        low, high = span.claim
        number = len(tops)
        while number and _fits(low, high, tops[number - 1]):
            number -= 1
        if number == len(tops):
            tops.append([])
        tops[number].append((low, high))
        found[span.net] = number
    return found


def _fits(low: float, high: float, taken: Sequence[tuple[float, float]]) -> bool:
    return not any(low < end + SPACE and start < high + SPACE for start, end in taken)


def _by_crossings(spans: Sequence[Span]) -> list[Span]:
    """Return nets from the lowest to the highest so that few cross."""
    if len(spans) > MANY:
        return sorted(spans, key=_by_place)
    score = dict.fromkeys((span.net for span in spans), 0)
    for i, a in enumerate(spans):
        for b in spans[i + 1 :]:
            more = _crossings(a, b) - _crossings(b, a)
            score[a.net] += more
            score[b.net] -= more
    return sorted(spans, key=lambda span: score[span.net])


def _by_place(span: Span) -> tuple[bool, float]:
    """Of nets that go to the right the rightmost is lowest, and the other way round."""
    feet, tops = span.inner
    start = feet[0] if feet else span.reach[0]
    rightwards = not tops or tops[-1] >= start
    return rightwards, -start if rightwards else start


def _crossings(low: Span, high: Span) -> int:
    """Return how often two nets cross where one runs below the other."""
    return _between(high.inner[0], low.reach) + _between(low.inner[1], high.reach)


def _between(places: Sequence[float], reach: tuple[float, float]) -> int:
    return bisect_left(places, reach[1]) - bisect_right(places, reach[0])


def _in_order(spans: Sequence[Span]) -> list[Span]:
    """Return nets so that one with a foot below a top of another comes before it.

    Otherwise in the order given; a circle of such pairs is cut at its first net.
    """
    tops = sorted((x, i) for i, span in enumerate(spans) for x in span.tops)
    above: list[set[int]] = [set() for _ in spans]
    for i, span in enumerate(spans):
        for x in span.feet:
            start = bisect_left(tops, (x - APART, -1))
            for place, j in tops[start:]:
                if place > x + APART:
                    break
                if j != i:
                    above[i].add(j)
    waits = [0] * len(spans)
    for higher in above:
        for j in higher:
            waits[j] += 1
    ready = [i for i, count in enumerate(waits) if not count]
    left = dict.fromkeys(range(len(spans)))
    found = []
    while left:
        i = heapq.heappop(ready) if ready else next(iter(left))
        if i not in left:
            continue
        del left[i]
        found.append(spans[i])
        for j in above[i]:
            waits[j] -= 1
            if not waits[j]:
                heapq.heappush(ready, j)
    return found
