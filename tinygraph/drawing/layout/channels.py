"""Ways along channels: upright through rows of boxes, level in the room between rows.

Every net (all ways out of a box, or into one) has lanes and tracks of its own, and
rows move apart where a channel needs more room than there is. So lines cross at right
angles and never run one upon the other. Channel number i is the room below row i.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tinygraph.drawing.layout.channel_ports import End, PortPlaces, side_levels
from tinygraph.drawing.layout.channel_tracks import Span, tracks
from tinygraph.drawing.layout.curves import side_point
from tinygraph.drawing.layout.page import Point, Rect
from tinygraph.drawing.layout.row_lanes import Row, rows_of

TRACK = 7.0
"""Between two tracks of a channel, in points."""
BELOW = 9.0
"""From a row to the first track above it."""
ABOVE = 17.0
"""From the last track to the row above it: an arrowhead and a corner."""
BORDER = 1e6
"""Beyond everything: where sideways ways end."""


@dataclass(frozen=True)
class Way:
    """What is to be joined; ways of one net may share a track.

    A way to the left or right border begins at the left or right side of a box.

    Attributes:
        net: its name.
        start, end: where it begins and ends.
        bound: of a way to a side: for which height.
    """

    net: str
    start: End
    end: End
    bound: float = 0.0

    @property
    def is_sideways(self) -> bool:
        """True where it leaves a box on the left or right."""
        return self.start.side in ("left", "right")


@dataclass(frozen=True)
class Routed:
    """Boxes where they are now, and the corners of every way, from start to end."""

    rects: dict[str, Rect]
    corners: list[list[Point]]


@dataclass
class _Leg:
    """A way from below to above, or out of a side.

    Attributes:
        low, high: its ends; the same where it leaves sideways.
        first, last: the lowest and the highest channel it is in.
        gaps: row → the gap in which it passes.
        x: where it is, on the way up.
    """

    way: Way
    low: End
    high: End
    first: int
    last: int
    gaps: dict[int, int] = field(default_factory=dict)
    x: float = 0.0


def routed(
    rects: Mapping[str, Rect],
    ways: Sequence[Way],
    rounds: Collection[str],
    steady: bool = False,
) -> Routed:
    """Return boxes and ways so that no two nets share a track.

    Args:
        rounds: keys of boxes that are ellipses.
        steady: boxes may move up, not across.
    """
    router = _Router(rows_of(rects, steady), rounds)
    return router.run(ways)


class _Router:
    """The steps in their order: legs, lanes, ports, tracks, corners."""

    def __init__(self, rows: list[Row], rounds: Collection[str]) -> None:
        self._rows, self._rounds = rows, rounds
        self._row = {key: i for i, row in enumerate(rows) for key in row.rects}
        self._ports = PortPlaces(self._rect, rounds)
        self._tracks: dict[tuple[int, str], float] = {}

    def run(self, ways: Sequence[Way]) -> Routed:
        """Place lanes row by row, then ports, then tracks; then draw."""
        legs = [self._leg(way) for way in ways]
        self._take_lanes(legs)
        self._set_ports(legs)
        self._set_tracks(legs)
        sides = [leg for leg in legs if leg.way.is_sideways]
        levels = side_levels(
            [leg.low for leg in sides], [leg.way.bound for leg in sides], self._rect
        )
        rises = {id(leg): rise for leg, rise in zip(sides, levels, strict=True)}
        corners = [
            self._side_corners(leg, rises[id(leg)])
            if leg.way.is_sideways
            else self._corners(leg)
            for leg in legs
        ]
        rects = {key: rect for row in self._rows for key, rect in row.rects.items()}
        return Routed(rects, corners)

    def _rect(self, key: str) -> Rect:
        return self._rows[self._row[key]].rects[key]

    def _leg(self, way: Way) -> _Leg:
        if way.is_sideways:
            up = way.bound >= self._rect(way.start.box).y
            channel = self._row[way.start.box] + up
            return _Leg(way, way.start, way.start, channel, channel)
        low, high = sorted((way.start, way.end), key=self._height)
        return _Leg(way, low, high, self._channel(low), self._channel(high))

    def _channel(self, end: End) -> int:
        """Return the channel at an end of a way."""
        if not end.box:
            return 0 if end.side == "bottom" else len(self._rows)
        return self._row[end.box] + (end.side == "top")

    def _height(self, end: End) -> float:
        """Return the channel at an end; a border is beyond what meets it."""
        if end.box:
            return self._channel(end)
        return -1 if end.side == "bottom" else len(self._rows) + 1

    def _middle(self, end: End) -> float:
        rect = self._rect(end.box)
        return rect.x if end.at is None else rect.left + end.at

    def _take_lanes(self, legs: Sequence[_Leg]) -> None:
        """Choose where ways pass through rows, from below; boxes make room for them."""
        passing: list[list[_Leg]] = [[] for _ in self._rows]
        begins: list[list[_Leg]] = [[] for _ in self._rows]
        for leg in legs:
            if leg.way.is_sideways:
                passing[self._row[leg.low.box]].append(leg)
                continue
            if leg.low.box:
                begins[self._row[leg.low.box]].append(leg)
            else:
                leg.x = self._middle(leg.high)
            for number in range(leg.first, leg.last):
                passing[number].append(leg)
        for number, row in enumerate(self._rows):
            for leg in passing[number]:
                self._take_lane(row, number, leg)
            row.settle()
            for leg in begins[number]:
                leg.x = self._middle(leg.low)
            for leg in passing[number]:
                if number in leg.gaps:
                    leg.x = self._lane(leg, number)

    def _take_lane(self, row: Row, number: int, leg: _Leg) -> None:
        if not leg.way.is_sideways:
            towards = self._middle(leg.high) if leg.high.box else leg.x
            leg.gaps[number] = row.passing(leg.way.net, leg.x, towards)
            return
        right = leg.low.side == "right"
        if not row.is_last(leg.low.box, right):
            leg.gaps[number] = row.beside(leg.way.net, leg.low.box, right)

    def _lane(self, leg: _Leg, number: int) -> float:
        return self._rows[number].lanes[leg.way.net, leg.gaps[number]]

    def _set_ports(self, legs: Sequence[_Leg]) -> None:
        """Choose where ways meet their boxes, at upper sides first."""
        uprights = [leg for leg in legs if not leg.way.is_sideways]
        ends = [(leg, end) for leg in uprights for end in (leg.low, leg.high)]
        for leg, end in ends:
            if end.box and end.side == "top":
                self._ports.want(end, leg.way.net, self._middle(end))
        self._ports.settle({})
        feet: dict[int, list[tuple[float, str]]] = {}
        for leg in legs:
            for channel, x in self._feet(leg):
                feet.setdefault(channel, []).append((x, leg.way.net))
        taken: dict[str, list[tuple[float, str]]] = {}
        for leg, end in ends:
            if end.box and end.side == "bottom":
                channel = self._channel(end)
                taken[end.box] = feet.get(channel, [])
                self._ports.want(end, leg.way.net, self._coming(leg, channel))
        self._ports.settle(taken)

    def _coming(self, leg: _Leg, channel: int) -> float:
        """Return where a way comes into a channel from below."""
        if channel - 1 in leg.gaps:
            return self._lane(leg, channel - 1)
        if leg.low.box and leg.low.side == "top":
            return self._ports.place(leg.low, leg.way.net)
        return self._middle(leg.high)

    def _feet(self, leg: _Leg) -> Iterator[tuple[int, float]]:
        """Return (channel, place) of what comes into channels from below."""
        sideways = leg.way.is_sideways
        for number in leg.gaps:
            if not sideways or leg.first > number:
                yield number + 1, self._lane(leg, number)
        for end in () if sideways else (leg.low, leg.high):
            if end.box and end.side == "top":
                yield self._channel(end), self._ports.place(end, leg.way.net)

    def _tops(self, leg: _Leg) -> Iterator[tuple[int, float]]:
        """Return (channel, place) of what goes on above channels."""
        sideways = leg.way.is_sideways
        for number in leg.gaps:
            if not sideways or leg.first == number:
                yield number, self._lane(leg, number)
        for end in () if sideways else (leg.low, leg.high):
            if end.box and end.side == "bottom":
                yield self._channel(end), self._ports.place(end, leg.way.net)

    def _spans(self, legs: Sequence[_Leg]) -> list[dict[str, Span]]:
        """Return the nets in each channel."""
        spans: list[dict[str, Span]] = [{} for _ in range(len(self._rows) + 1)]

        def span(channel: int, leg: _Leg) -> Span:
            return spans[channel].setdefault(leg.way.net, Span(leg.way.net))

        for leg in legs:
            for channel, x in self._feet(leg):
                span(channel, leg).feet.add(x)
            for channel, x in self._tops(leg):
                span(channel, leg).tops.add(x)
            if leg.way.is_sideways and leg.gaps:
                far = BORDER if leg.low.side == "right" else -BORDER
                span(leg.first, leg).ends.add(far)
        return spans

    def _set_tracks(self, legs: Sequence[_Leg]) -> None:
        """Give every level piece its height, and raise rows to make room."""
        lift = 0.0
        top: float | None = None
        for number, nets in enumerate(self._spans(legs)):
            found = tracks([*nets.values()])
            count = 1 + max(found.values(), default=-1)
            need = BELOW + (count - 1) * TRACK + ABOVE if count else 0.0
            if number == len(self._rows):
                start = (top or 0.0) + lift + BELOW
            else:
                rects = self._rows[number].rects
                bottom = min(rect.bottom for rect in rects.values())
                free = need if top is None else bottom - top
                lift += max(0.0, need - free)
                start = bottom + lift - max(need, free) + BELOW
                start += max(0.0, free - need) / 2
                top = max(rect.top for rect in rects.values())
                self._rows[number].rects = {
                    key: rect.moved(0, lift) for key, rect in rects.items()
                }
            for net, track in found.items():
                self._tracks[number, net] = start + track * TRACK

    def _corners(self, leg: _Leg) -> list[Point]:
        """Return the corners of an upright way from its start to its end."""
        net = leg.way.net
        found = [self._ports.point(leg.low, net)] if leg.low.box else []
        x = found[0][0] if found else None
        for channel in range(leg.first, leg.last + 1):
            onward = x
            if channel in leg.gaps:
                onward = self._lane(leg, channel)
            elif leg.high.box and channel == leg.last:
                onward = self._ports.place(leg.high, net)
            assert onward is not None
            if x is None:
                found.append((onward, self._border(-1)))
            elif abs(onward - x) >= 0.5:
                y = self._tracks[channel, net]
                found += [(x, y), (onward, y)]
            x = onward
        if leg.high.box:
            found.append(self._ports.point(leg.high, net))
        else:
            assert x is not None
            found.append((x, self._border(1)))
        return found if leg.low == leg.way.start else found[::-1]

    def _border(self, sign: int) -> float:
        """Return the height of the lowest or the highest edge of all boxes."""
        rects = (self._rows[0] if sign < 0 else self._rows[-1]).rects.values()
        if sign < 0:
            return min(rect.bottom for rect in rects)
        return max(rect.top for rect in rects)

    def _side_corners(self, leg: _Leg, rise: float) -> list[Point]:
        """Return the corners of a way out of a side, from the box outwards."""
        key, right = leg.low.box, leg.low.side == "right"
        rect = self._rect(key)
        start = side_point(rect, right, rect.y + rise, key in self._rounds)
        if not leg.gaps:
            return [start]
        x = self._lane(leg, self._row[key])
        y = self._tracks[leg.first, leg.way.net]
        return [start, (x, start[1]), (x, y)]
