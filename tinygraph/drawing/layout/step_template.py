"""What all steps of a panel share: boxes, frame, ways out, and lanes beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tinygraph.drawing.layout.dot_layout import DotLayout
from tinygraph.drawing.layout.lanes import (
    MARGIN,
    PITCH,
    Lane,
    Port,
    Ports,
    gap_width,
    ordered_lanes,
    round_keys,
)
from tinygraph.drawing.layout.page import Rect
from tinygraph.drawing.model.picture import DelayLoop, Picture

PADDING = 12.0
"""Between a step's boxes and its frame."""
TITLE = 22.0
"""Height of the line that a step's title takes."""

PortKey = tuple[str, str]
"""Which way out of a step: (loop, "tail" or "head"), or (box, name of a riser)."""

Riser = tuple[str, bool, bool]
"""A way between a box and a static box: (box, up rather than down, into the box)."""


@dataclass(frozen=True)
class StepTemplate:
    """The step that a panel repeats.

    Attributes:
        layout: of the boxes; the frame's left bottom corner is (0, 0).
        frame: width and height.
        lanes: (loop, in or out) or (box, riser) → distance from a gap's left edge.
        ports: (loop, tail or head) or (box, riser) → the way.
        gap: the width of a gap.
    """

    layout: DotLayout
    frame: Rect
    lanes: dict[PortKey, float]
    ports: dict[PortKey, Port]
    gap: float


def step_template(
    layout: DotLayout,
    loops: Sequence[DelayLoop],
    risers: Sequence[Riser],
    picture: Picture,
) -> StepTemplate:
    """Find the ways out of a step and give every delay its lanes."""
    shifted = DotLayout(
        {k: r.moved(PADDING, PADDING + TITLE) for k, r in layout.rects.items()},
        [line.moved(PADDING, PADDING + TITLE) for line in layout.lines],
        layout.extent,
    )
    width = max(layout.extent.width, 50.0) + 2 * PADDING
    frame = Rect(0, 0, width, layout.extent.height + 2 * PADDING + TITLE)
    blocked = [riser for riser in risers if not upright_free(shifted.rects, riser)]
    rounds = round_keys(picture.boxes[key] for key in layout.rects)
    found = _ports(Ports(shifted.rects, rounds), loops, blocked)
    lanes = [lane for loop in loops for lane in _lanes(loop, found, frame)]
    lanes += [_riser_lane(riser, found, frame) for riser in blocked]
    order = ordered_lanes(lanes)
    rects = {lane.key: MARGIN + PITCH * i for i, lane in enumerate(order)}
    return StepTemplate(shifted, frame, rects, found, gap_width(len(order)))


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
        Lane((loop.key, "out"), *sides[0], out),
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
