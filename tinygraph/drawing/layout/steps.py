"""One step ready to be repeated: its frame, its ways out, the lanes beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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
from tinygraph.drawing.layout.one_step import Block
from tinygraph.drawing.layout.page import Rect
from tinygraph.drawing.model.picture import Loop, Picture

PADDING = 12.0
"""Between a step's boxes and its frame."""
TITLE = 22.0
"""Height of the line that a step's title takes."""

Way = tuple[str, str]
"""(loop, "tail" or "head"), or (box, name of a riser)."""

Riser = tuple[str, bool, bool]
"""A way between a box and what lies outside its panel: (box, up?, into the box?)."""


@dataclass(frozen=True)
class Step:
    """What all steps of a panel share: boxes, their ways out, and the frame.

    Attributes:
        block: places of the boxes; the frame's left bottom corner is (0, 0).
        frame: width and height.
        lanes: (loop, in or out) or (box, riser) → distance from a gap's left edge.
        ports: (loop, tail or head) or (box, riser) → the way.
        gap: the width of a gap.
    """

    block: Block
    frame: Rect
    lanes: dict[Way, float]
    ports: dict[Way, Port]
    gap: float


def prepare_step(
    block: Block, loops: Sequence[Loop], risers: Sequence[Riser], picture: Picture
) -> Step:
    """Find the ways out of a step and give every delay its lanes."""
    shifted = Block(
        {k: r.moved(PADDING, PADDING + TITLE) for k, r in block.places.items()},
        [line.moved(PADDING, PADDING + TITLE) for line in block.lines],
        block.extent,
    )
    width = max(block.extent.width, 50.0) + 2 * PADDING
    frame = Rect(0, 0, width, block.extent.height + 2 * PADDING + TITLE)
    blocked = [riser for riser in risers if not upright_free(shifted.places, riser)]
    rounds = round_keys(picture.boxes[key] for key in block.places)
    found = _ports(Ports(shifted.places, rounds), loops, blocked)
    lanes = [lane for loop in loops for lane in _lanes(loop, found, frame)]
    lanes += [_riser_lane(riser, found, frame) for riser in blocked]
    order = ordered_lanes(lanes)
    places = {lane.key: MARGIN + PITCH * i for i, lane in enumerate(order)}
    return Step(shifted, frame, places, found, gap_width(len(order)))


def _ports(
    ports: Ports, loops: Sequence[Loop], blocked: Sequence[Riser]
) -> dict[Way, Port]:
    """Return the ways of loops and risers.

    Where several share a side of a box they lie in the order of their other ends,
    so that they need not cross.
    """
    wanted: dict[Way, tuple[str, bool]] = {}
    for loop in loops:
        past = loop.steps > 0
        wanted[loop.key, "tail"] = (loop.tail, past)
        wanted[loop.key, "head"] = (loop.head, not past)
    for key, up, into in blocked:
        wanted[key, riser_name(up, into)] = (key, not into)
    first = dict(zip(wanted, ports.all([*wanted.values()]), strict=True))
    other = {"tail": "head", "head": "tail"}

    def height(way: Way) -> float:
        key, end = way
        return first[key, other.get(end, end)].y

    order = sorted(wanted, key=height, reverse=True)
    return dict(zip(order, ports.all([wanted[way] for way in order]), strict=True))


def upright_free(places: Mapping[str, Rect], riser: Riser) -> bool:
    """Return True where nothing stands above (below) a box in its step."""
    key, up, _ = riser
    place = places[key]
    for other, rect in places.items():
        beyond = rect.bottom > place.y if up else rect.top < place.y
        if other != key and beyond and rect.left - 3 < place.x < rect.right + 3:
            return False
    return True


def riser_name(up: bool, into: bool) -> str:
    """Return the name under which the lane and port of a riser are found."""
    return f"{'up' if up else 'down'}-{'in' if into else 'out'}"


def _lanes(loop: Loop, ports: Mapping[Way, Port], frame: Rect) -> list[Lane]:
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


def over(loop: Loop, ports: Mapping[Way, Port], frame: Rect) -> bool:
    """Return True where the long way of a loop runs above the steps."""
    middle = (ports[loop.key, "tail"].y + ports[loop.key, "head"].y) / 2
    return middle >= frame.y


def _riser_lane(riser: Riser, ports: Mapping[Way, Port], frame: Rect) -> Lane:
    key, up, into = riser
    name = riser_name(up, into)
    y = ports[key, name].y
    span = (y, frame.top) if up else (frame.bottom, y)
    return Lane((key, name), None if into else y, y if into else None, span)
