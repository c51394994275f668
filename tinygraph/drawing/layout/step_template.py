"""What all steps of a panel share: boxes, frame, ways out, and lanes beside it."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tinygraph.drawing.layout.curves import ROUND
from tinygraph.drawing.layout.dot_layout import DotLayout
from tinygraph.drawing.layout.lanes import (
    MARGIN,
    PITCH,
    Lane,
    Port,
    Ports,
    Riser,
    gap_width,
    ordered_lanes,
    round_keys,
    touch,
)
from tinygraph.drawing.layout.own_tracks import (
    SideEnd,
    shares_tracks,
    with_own_tracks,
)
from tinygraph.drawing.layout.page import Point, Rect
from tinygraph.drawing.model.picture import DelayLoop, Picture
from tinygraph.drawing.model.texts import LONGEST

PADDING = 12.0
"""Between a step's boxes and its frame."""
TITLE = 22.0
"""Height of the line that a step's title takes."""
NARROWEST, CHARACTER = 50.0, 7.2
"""The least width between the paddings; a character's of the title, rather more."""

TIGHT = 10.0
"""The radius of corners of delayed edges where lanes are near each other."""
STAGGER = 3.0
"""How far ways out of the sides of boxes move up and down where they would touch."""

PortKey = tuple[str, str]
"""Which way out of a step: (loop, "tail" or "head"), or (box, name of a riser)."""


@dataclass(frozen=True)
class StepTemplate:
    """The step that a panel repeats.

    Attributes:
        layout: of the boxes; the frame's left bottom corner is (0, 0).
        frame: width and height.
        lanes: (loop, in or out) or (box, riser) → distance from a gap's left edge.
        ports: (loop, tail or head) or (box, riser) → the way.
        gap: the width of a gap.
        risers: ways to static boxes that lead through the step, from the box outwards.
        radius: of the corners of delayed edges.
    """

    layout: DotLayout
    frame: Rect
    lanes: dict[PortKey, float]
    ports: dict[PortKey, Port]
    gap: float
    risers: Mapping[Riser, Sequence[Point]]
    radius: float = ROUND


def step_template(
    layout: DotLayout,
    loops: Sequence[DelayLoop],
    risers: Sequence[Riser],
    picture: Picture,
    steady: bool = False,
) -> StepTemplate:
    """Find the ways out of a step and give every delay its lanes.

    Where lines of the step would run one upon the other they take channels instead.

    Args:
        steady: boxes stay where they are, seen across.
    """
    rounds = round_keys(picture.boxes[key] for key in layout.rects)
    title = _title_width(layout, picture)
    blocked = [riser for riser in risers if not upright_free(layout.rects, riser)]
    found = _ports(Ports(layout.rects, rounds), loops, blocked)
    if not _shares_tracks(layout, loops, risers, blocked, found):
        return _template(layout, loops, blocked, found, {}, title)
    ends = _side_ends(layout, loops)
    own = with_own_tracks(layout, ends, risers, rounds, steady)
    found = _ports(Ports(own.layout.rects, rounds, own.ports), loops, ())
    made = _template(own.layout, loops, (), found, own.risers, title)
    return replace(made, radius=TIGHT) if steady else made


def _template(
    layout: DotLayout,
    loops: Sequence[DelayLoop],
    blocked: Sequence[Riser],
    ports: Mapping[PortKey, Port],
    risers: Mapping[Riser, Sequence[Point]],
    title: float,
) -> StepTemplate:
    """Return the step in its frame, with a lane for each delay and blocked riser."""
    inside = max(layout.extent.width, NARROWEST, title)
    dx, dy = PADDING + (inside - layout.extent.width) / 2, PADDING + TITLE
    shifted = DotLayout(
        {key: rect.moved(dx, dy) for key, rect in layout.rects.items()},
        [line.moved(dx, dy) for line in layout.lines],
        layout.extent,
    )
    found = {
        key: Port(tuple((x + dx, y + dy) for x, y in port.corners))
        for key, port in ports.items()
    }
    frame = Rect(0, 0, inside + 2 * PADDING, layout.extent.height + 2 * PADDING + TITLE)
    order = _ordered(loops, blocked, found, frame)
    if any(touch(a, b) for a, b in itertools.combinations(order, 2)):
        found = _staggered(found, loops)
        order = _ordered(loops, blocked, found, frame)
    rects = {lane.key: MARGIN + PITCH * i for i, lane in enumerate(order)}
    moved = {riser: [(x + dx, y + dy) for x, y in way] for riser, way in risers.items()}
    return StepTemplate(shifted, frame, rects, found, gap_width(len(order)), moved)


def _title_width(layout: DotLayout, picture: Picture) -> float:
    """Return what a title such as `source = 12` needs between the paddings."""
    axis = next((picture.boxes[key].time for key in layout.rects), None) or ""
    return CHARACTER * (min(len(axis), LONGEST) + len(" = 12")) - PADDING


def _ordered(
    loops: Sequence[DelayLoop],
    blocked: Sequence[Riser],
    ports: Mapping[PortKey, Port],
    frame: Rect,
) -> list[Lane]:
    """Return the lanes of a gap from left to right."""
    lanes = [lane for loop in loops for lane in _lanes(loop, ports, frame)]
    lanes += [_riser_lane(riser, ports, frame) for riser in blocked]
    return ordered_lanes(lanes)


def _staggered(
    ports: Mapping[PortKey, Port], loops: Sequence[DelayLoop]
) -> dict[PortKey, Port]:
    """Return ports of which straight ones on the right are higher, on the left lower.

    So what leaves a step and what enters the next are not on one level.
    """
    past = {loop.key: loop.steps > 0 for loop in loops}
    found = dict(ports)
    for (key, end), port in ports.items():
        if key in past and len(port.corners) == 1:
            right = past[key] == (end == "tail")
            ((x, y),) = port.corners
            found[key, end] = Port(((x, y + STAGGER if right else y - STAGGER),))
    return found


def _shares_tracks(
    layout: DotLayout,
    loops: Sequence[DelayLoop],
    risers: Sequence[Riser],
    blocked: Sequence[Riser],
    ports: Mapping[PortKey, Port],
) -> bool:
    """Return True where wires, ways to the sides, or risers share a track."""
    sides = []
    for loop in loops:
        past = loop.steps > 0
        for box, end, right in (
            (loop.tail, "tail", past),
            (loop.head, "head", not past),
        ):
            sides.append((box, f"{loop.key} {end}", right, ports[loop.key, end]))
    for key, up, into in blocked:
        name = riser_name(up, into)
        sides.append((key, f"{key} {name}", not into, ports[key, name]))
    straight: dict[Riser, list[Point]] = {}
    for riser in risers:
        if riser not in blocked:
            rect = layout.rects[riser[0]]
            start = rect.top if riser[1] else rect.bottom
            border = layout.extent.top + 9 if riser[1] else layout.extent.bottom - 9
            straight[riser] = [(rect.x, start), (rect.x, border)]
    return shares_tracks(layout, sides, straight)


def _side_ends(layout: DotLayout, loops: Sequence[DelayLoop]) -> list[SideEnd]:
    """Return the ways of delays out of a step and into it."""
    ends: list[SideEnd] = []
    for loop in loops:
        past = loop.steps > 0
        tail, head = layout.rects[loop.tail].y, layout.rects[loop.head].y
        ends += [(loop.tail, past, head), (loop.head, not past, tail)]
    return ends


def _ports(
    ports: Ports, loops: Sequence[DelayLoop], blocked: Sequence[Riser]
) -> dict[PortKey, Port]:
    """Return the ways of loops and risers.

    Where several share a side of a box they lie in the order of their other ends,
    so that they need not cross.
    """
    wanted: dict[PortKey, tuple[str, bool]] = {}
    for loop in loops:
        past = loop.steps > 0
        wanted[loop.key, "tail"] = (loop.tail, past)
        wanted[loop.key, "head"] = (loop.head, not past)
    for key, up, into in blocked:
        wanted[key, riser_name(up, into)] = (key, not into)
    first = dict(zip(wanted, ports.all([*wanted.values()]), strict=True))
    other = {"tail": "head", "head": "tail"}

    def height(way: PortKey) -> float:
        key, end = way
        return first[key, other.get(end, end)].y

    order = sorted(wanted, key=height, reverse=True)
    return dict(zip(order, ports.all([wanted[way] for way in order]), strict=True))


def upright_free(rects: Mapping[str, Rect], riser: Riser) -> bool:
    """Return True where no box of the step stands in the upright way of a riser."""
    key, up, _ = riser
    rect = rects[key]
    for other, obstacle in rects.items():
        beyond = obstacle.bottom > rect.y if up else obstacle.top < rect.y
        across = obstacle.left - 3 < rect.x < obstacle.right + 3
        if other != key and beyond and across:
            return False
    return True


def riser_name(up: bool, into: bool) -> str:
    """Return the name under which the lane and port of a riser are found."""
    return f"{'up' if up else 'down'}-{'in' if into else 'out'}"


def _lanes(loop: DelayLoop, ports: Mapping[PortKey, Port], frame: Rect) -> list[Lane]:
    tail, head = ports[loop.key, "tail"].y, ports[loop.key, "head"].y
    past = loop.steps > 0
    if abs(loop.steps) == 1:
        left, right = (tail, head) if past else (head, tail)
        span = (min(tail, head), max(tail, head))
        return [Lane((loop.key, "out"), left, right, span)]
    roof = frame.top if over(loop, ports, frame) else frame.bottom
    out = (min(tail, roof), max(tail, roof))
    into = (min(head, roof), max(head, roof))
    sides = [(tail, None), (None, head)] if past else [(None, tail), (head, None)]
    return [
        Lane((loop.key, "in"), *sides[1], into),
        Lane((loop.key, "out"), *sides[0], out, short=head),
    ]


def over(loop: DelayLoop, ports: Mapping[PortKey, Port], frame: Rect) -> bool:
    """Return True where the long way of a loop runs above the steps."""
    middle = (ports[loop.key, "tail"].y + ports[loop.key, "head"].y) / 2
    return middle >= frame.y


def _riser_lane(riser: Riser, ports: Mapping[PortKey, Port], frame: Rect) -> Lane:
    key, up, into = riser
    name = riser_name(up, into)
    y = ports[key, name].y
    span = (y, frame.top) if up else (frame.bottom, y)
    return Lane((key, name), None if into else y, y if into else None, span)
