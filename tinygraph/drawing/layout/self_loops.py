"""Round loops: a delay from a box to itself, drawn beside it as textbooks do."""

import itertools
import math
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from tinygraph.drawing.layout.curves import ARROW, along, cuts, side_point
from tinygraph.drawing.layout.dot_layout import DotLayout
from tinygraph.drawing.layout.lanes import Ports
from tinygraph.drawing.layout.loop_lanes import SQUARE, settled
from tinygraph.drawing.layout.page import Point, Rect
from tinygraph.drawing.model.picture import DelayLoop
from tinygraph.drawing.model.texts import width_of

REACH = 40.0
"""From the box to the middle of the square, in points."""
RISE = 28.0
"""How far the loop swings above and below the middle of its box."""
OPENING = 9.0
"""How far from the middle of the box the loop leaves and enters."""

LIFTS = (0.0, 14.0, -14.0, 24.0, -24.0, 32.0, -32.0)
"""How far above the middle of its box the square of a loop may stand."""
SIZES = (1.0, 0.7)
"""How large a loop may be: a small one where a larger has no room at any height."""
CLEAR = 5.0
"""How near to a loop no line may come, in points."""


@dataclass(frozen=True)
class RoundLoop:
    """A loop beside its own box.

    Attributes:
        loop: the delay.
        right: on which side of the box it stands.
        square: where its square stands.
        into: control points from the box to the square.
        out: control points from the square to where the arrowhead begins.
        tip: where the arrowhead ends.
        room: what nothing else may enter.
    """

    loop: DelayLoop
    right: bool
    square: Rect
    into: tuple[Point, ...]
    out: tuple[Point, ...]
    tip: Point
    room: Rect


def beside_their_boxes(
    loops: Sequence[DelayLoop],
    rights: Sequence[bool],
    layout: DotLayout,
    rounds: Collection[str],
) -> list[RoundLoop]:
    """Return the loops that stand beside their boxes, out of the way of all others.

    Args:
        rights: whether each would rather be on the right.
        rounds: keys of round boxes.
    """
    ports = Ports(layout.rects, rounds)
    found = _with_room(loops, rights, layout, rounds)
    while True:
        others = [i for i in range(len(loops)) if i not in found]
        own = [rights[i] for i in others]
        order, pairs, _ = settled([loops[i] for i in others], own, ports)
        passing = [(own[i], port.y) for i in order for port in pairs[i]]
        met = [
            i
            for i, made in found.items()
            if any(
                right == made.right and made.room.bottom < y < made.room.top
                for right, y in passing
            )
        ]
        if not met:
            return [*found.values()]
        found = {i: made for i, made in found.items() if i not in met}


def _with_room(
    loops: Sequence[DelayLoop],
    rights: Sequence[bool],
    layout: DotLayout,
    rounds: Collection[str],
) -> dict[int, RoundLoop]:
    """Return the loops that have room beside their own box, by their number."""
    found: dict[int, RoundLoop] = {}
    for i, loop in enumerate(loops):
        if loop.tail != loop.head:
            continue
        box, ellipse = layout.rects[loop.head], loop.head in rounds
        sides = (rights[i], not rights[i])
        for size, lift, right in itertools.product(SIZES, LIFTS, sides):
            made = _beside(loop, box, right, ellipse, lift, size)
            if _is_free(made, layout, found.values()):
                found[i] = made
                break
    return found


def _is_free(made: RoundLoop, layout: DotLayout, others: Iterable[RoundLoop]) -> bool:
    own = made.loop.head
    boxes = [rect for key, rect in layout.rects.items() if key != own]
    boxes += [other.room for other in others]
    if any(made.room.meets(rect) for rect in boxes):
        return False
    near = [*_along(made)]
    return not any(cuts(line.points, near) for line in layout.lines)


def _along(made: RoundLoop) -> Iterator[Rect]:
    """Yield small boxes along a loop, its square and its label: no line meets them.

    Smaller ones by its own box, where others end too.
    """
    start, end = made.square.x, made.room.right if made.right else made.room.left
    half = SQUARE / 2 + CLEAR
    yield Rect(
        min(start, end), made.square.y - half, max(start, end), made.square.y + half
    )
    yield made.square
    edge = made.room.left if made.right else made.room.right
    for curve in (made.into, made.out):
        for x, y in along(curve):
            clear = min(CLEAR, 1 + abs(x - edge) / 4)
            yield Rect(x - clear, y - clear, x + clear, y + clear)


def _beside(
    loop: DelayLoop, box: Rect, right: bool, ellipse: bool, lift: float, size: float
) -> RoundLoop:
    """Return the loop on one side of a box: out above, in below.

    Args:
        size: 1 for one of the usual size.
        lift: how far the square stands above the middle of the box; out and in go
            half as far up.
    """
    sign = 1.0 if right else -1.0
    edge = box.right if right else box.left
    reach, rise = size * REACH, size * RISE
    x, y, half = edge + sign * reach, box.y + lift, SQUARE / 2
    opening = min(OPENING, box.height / 4 - abs(lift) / 8)
    middle = box.y + math.copysign(min(abs(lift) / 2, box.height / 4), lift)
    start = side_point(box, right, middle + opening, ellipse)
    tip = side_point(box, right, middle - opening, ellipse)
    swing = tip[0] + sign * reach / 3
    into = (start, (swing, y + rise), (x, y + rise), (x, y + half))
    end = _back(tip, (swing, y - rise))
    out = ((x, y - half), (x, y - rise), (swing, y - rise), end)
    text = half + 8 + (8 + 7 * width_of(loop.label) if loop.label else 0)
    far = x + sign * text
    room = Rect(min(edge, far), y - rise, max(edge, far), y + rise)
    square = Rect(x - half, y - half, x + half, y + half)
    return RoundLoop(loop, right, square, into, out, tip, room)


def _back(tip: Point, towards: Point) -> Point:
    """Return the point before a tip where its arrowhead begins."""
    dx, dy = towards[0] - tip[0], towards[1] - tip[1]
    part = ARROW / math.hypot(dx, dy)
    return tip[0] + dx * part, tip[1] + dy * part
