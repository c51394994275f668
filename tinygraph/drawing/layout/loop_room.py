"""Rows move apart where a round loop has no room beside its box."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from tinygraph.drawing.layout.curves import cuts, halfway, smooth
from tinygraph.drawing.layout.dot_layout import DotLayout, at_origin
from tinygraph.drawing.layout.page import Line, Point
from tinygraph.drawing.layout.self_loops import beside_their_boxes
from tinygraph.drawing.layout.stretching import stretched
from tinygraph.drawing.model.picture import DelayLoop

LIFT = 28.0
"""How far rows move apart, in points."""


def with_room_for_loops(
    layout: DotLayout,
    loops: Sequence[DelayLoop],
    rights: Sequence[bool],
    rounds: Collection[str],
) -> DotLayout:
    """Return the layout with more room above or below the boxes of loops that need it.

    It stays as it is where that would not help.

    Args:
        rights: whether each loop would rather be on the right.
        rounds: keys of round boxes.
    """

    def placed(tried: DotLayout) -> list[DelayLoop]:
        return [made.loop for made in beside_their_boxes(loops, rights, tried, rounds)]

    known = placed(layout)
    far = [k for k in loops if k.head == k.tail and k not in known]
    for key in dict.fromkeys(loop.head for loop in far):
        for above in (True, False):
            tried = _with_room(layout, key, above)
            found = [] if tried is None else placed(tried)
            if tried is not None and len(found) > len(known):
                layout, known = tried, found
                break
    return layout


def _with_room(layout: DotLayout, key: str, above: bool) -> DotLayout | None:
    """Return the layout with its rows further apart on one side of a box.

    None where no row is there, or a line would cut a box.
    """
    rects = layout.rects
    y = rects[key].y + (1 if above else -1)
    low = max((r.top for r in rects.values() if r.y < y), default=None)
    high = min((r.bottom for r in rects.values() if r.y > y), default=None)
    if low is None or high is None or low >= high:
        return None
    room = stretched(layout, {}, ())
    room.lift(low, high, LIFT)
    lines = []
    for line, points, tip in zip(layout.lines, room.curves, room.tips, strict=True):
        curve = smooth(points)
        own = (line.tail, line.head)
        if cuts(curve, [r.grown(1) for k, r in room.rects.items() if k not in own]):
            return None
        lines.append(_along(line, curve, tip))
    return at_origin(room.rects, lines)


def _along(line: Line, curve: tuple[Point, ...], tip: Point | None) -> Line:
    label_point = halfway(curve) if line.label else None
    return replace(line, points=curve, tip=tip, label_point=label_point)
