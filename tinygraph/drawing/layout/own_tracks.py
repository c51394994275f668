"""A step whose lines run along channels, where curves would share a track."""

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from tinygraph.drawing.layout.channel_ports import End
from tinygraph.drawing.layout.channels import Way, routed
from tinygraph.drawing.layout.curves import ARROW, ROUND, halfway, rounded
from tinygraph.drawing.layout.dot_layout import DotLayout
from tinygraph.drawing.layout.lanes import Port, Riser
from tinygraph.drawing.layout.page import Line, Point, Rect, around
from tinygraph.drawing.layout.shared_tracks import any_shared

CORNER = 6.0
"""The radius of corners: tracks are near each other."""
SideEnd = tuple[str, bool, float]
"""A way out of a side: (box, right?, for which height it is bound)."""


@dataclass(frozen=True)
class OwnTracks:
    """Boxes and lines of a step, no two of which share a track.

    Attributes:
        layout: boxes and wires; the left bottom corner is (0, 0).
        ports: (box, right?) → the ways out of that side, the highest first.
        risers: ways to what stands above or below, from the box outwards.
    """

    layout: DotLayout
    ports: dict[tuple[str, bool], list[Port]]
    risers: dict[Riser, list[Point]]


def shares_tracks(
    layout: DotLayout,
    ports: Sequence[tuple[str, str, bool, Port]],
    risers: Mapping[Riser, Sequence[Point]],
) -> bool:
    """Return True where lines of a step run one upon the other.

    Args:
        ports: ways out of a side: (box, its own name, right?, way).
        risers: ways up and down, from the box outwards.
    """
    extent = layout.extent
    ways = []
    for box, name, right, port in ports:
        far = extent.right + ARROW if right else extent.left - ARROW
        ways.append((box, name, [*port.corners, (far, port.y)]))
    for riser, way in risers.items():
        ways.append((riser[0], f"riser {riser}", [*way]))
    return any(
        any_shared([*layout.lines, *(_plain(*way, radius) for way in ways)])
        for radius in (ROUND, CORNER)
    )


def _plain(tail: str, head: str, corners: Sequence[Point], radius: float) -> Line:
    """Return a line whose corners are round: less so where boxes or lanes are near."""
    return Line("", tail, head, rounded(corners, radius=radius), None)


def with_own_tracks(
    layout: DotLayout,
    ends: Sequence[SideEnd],
    risers: Sequence[Riser],
    rounds: Collection[str],
    steady: bool = False,
) -> OwnTracks:
    """Return the step with its lines along channels.

    Args:
        rounds: keys of boxes that are ellipses.
        steady: boxes may move up, not across.
    """
    ways = wire_ways(layout.lines)
    ways += [_side_way(end, i) for i, end in enumerate(ends)]
    ways += [_riser_way(riser) for riser in risers]
    found = routed(layout.rects, ways, rounds, steady)
    lines = [
        along_corners(line, corners)
        for line, corners in zip(layout.lines, found.corners, strict=False)
    ]
    ports: dict[tuple[str, bool], list[Port]] = {}
    for (key, right, _), corners in zip(
        ends, found.corners[len(lines) :], strict=False
    ):
        ports.setdefault((key, right), []).append(Port(tuple(corners)))
    for of_side in ports.values():
        of_side.sort(key=lambda port: -port.corners[0][1])
    last = found.corners[len(lines) + len(ends) :]
    beyond = dict(zip(risers, last, strict=True))
    return _at_origin(found.rects, lines, ports, beyond)


def wire_ways(lines: Sequence[Line]) -> list[Way]:
    """Return what joins two boxes: all of one tail but parallel ones are one net."""
    found, seen = [], Counter[tuple[str, str]]()
    for line in lines:
        before = seen[line.tail, line.head]
        seen[line.tail, line.head] += 1
        net = f"{line.tail} {before}" if before else line.tail
        found.append(Way(net, End(line.tail, "top"), End(line.head, "bottom")))
    return found


def _side_way(end: SideEnd, number: int) -> Way:
    key, right, bound = end
    side = "right" if right else "left"
    return Way(f"{key} {side} {number}", End(key, side), End("", side), bound)


def _riser_way(riser: Riser) -> Way:
    key, up, into = riser
    side = "top" if up else "bottom"
    return Way(f"{key} in {side}" if into else key, End(key, side), End("", side))


def along_corners(line: Line, corners: Sequence[Point]) -> Line:
    """Return a line along the corners of its way, with an arrowhead."""
    (x, y), before = corners[-1], corners[-2]
    part = ARROW / (math.dist(before, (x, y)) or ARROW)
    end = (x + (before[0] - x) * part, y + (before[1] - y) * part)
    points = rounded([*corners[:-1], end], radius=CORNER)
    middle = halfway(points) if line.label else None
    return replace(line, points=points, tip=(x, y), label_point=middle)


def _at_origin(
    rects: Mapping[str, Rect],
    lines: Sequence[Line],
    ports: Mapping[tuple[str, bool], Sequence[Port]],
    risers: Mapping[Riser, Sequence[Point]],
) -> OwnTracks:
    """Return everything moved so that the left bottom corner is (0, 0)."""
    corners = [
        *(port.corners for of_side in ports.values() for port in of_side),
        *risers.values(),
    ]
    points = [p for line in lines for p in line.points]
    points += [p for way in corners for p in way]
    extent = around([*rects.values(), *(Rect(x, y, x, y) for x, y in points)])
    dx, dy = -extent.left, -extent.bottom

    def moved(way: Sequence[Point]) -> list[Point]:
        return [(x + dx, y + dy) for x, y in way]

    return OwnTracks(
        DotLayout(
            {key: rect.moved(dx, dy) for key, rect in rects.items()},
            [line.moved(dx, dy) for line in lines],
            extent.moved(dx, dy),
        ),
        {
            side: [Port(tuple(moved(port.corners))) for port in of_side]
            for side, of_side in ports.items()
        },
        {riser: moved(way) for riser, way in risers.items()},
    )
