"""Opening a scope moves nothing across that stood outside; outlines hold their own."""

import itertools
from dataclasses import replace

from tinygraph.drawing.layout.page import around
from tinygraph.drawing.model.graph_to_picture import picture_of
from tinygraph.drawing.model.opening import open_scopes_of

APART = 0.02
"""Places are compared to so many points."""


def scopes_to_open(drawing, within=()):
    """The closed scopes, those inside of one alone, each once."""
    scopes = dict.fromkeys(b.scope for b in drawing.picture.boxes.values() if b.scope)
    return [scope for scope in scopes if scope[: len(within)] == within]


def with_open(drawing, scope):
    """The drawing with one more scope open, as where it is clicked on."""
    options = replace(drawing.options, expand=drawing.options.expand | {scope})
    unrolled = drawing.steps is not None
    picture = picture_of(drawing.graph, options, unrolled)
    return replace(drawing, options=options, picture=picture)


def assert_steady(closed, opened):
    """What stood left of all opened boxes, right of them or between is moved as one.

    Nothing changes its order.

    Args:
        opened: the drawing `closed` with one more scope open.
    """
    before, after = _by_identity(closed), _by_identity(opened)
    gone = [box for which, box in before.items() if which not in after and box.scope]
    gone_scopes = [box.scope for box in gone]
    outside = {
        before[which].key: after[which].key
        for which in before.keys() & after.keys()
        if not any(_is_in(before[which].within, scope) for scope in gone_scopes)
    }
    for at in {(shape.step, shape.frame) for shape in closed.page.shapes}:
        if opened.steps is None or at[0] is not None:
            _assert_moved_as_one(
                _places(closed, *at), _places(opened, *at), outside, gone
            )


def _assert_moved_as_one(old, new, outside, gone):
    """Same shift for all with the same opened boxes on the left and on the right."""
    walls = [old[box.key] for box in gone if box.key in old]
    shifts = {}
    order = []
    for key, now in outside.items():
        if key in old and now in new:
            (low, high), (left, right) = old[key], new[now]
            middle, moved = (low + high) / 2, (left + right) / 2
            if any(abs(middle - edge) < APART for wall in walls for edge in wall):
                continue
            side = tuple((middle > b) - (middle < a) for a, b in walls)
            shifts.setdefault(side, []).append(moved - middle)
            order.append((middle, moved))
    for side, found in shifts.items():
        assert max(found) - min(found) < APART, (side, sorted(found))
    order.sort()
    for (a, a_now), (b, b_now) in itertools.pairwise(order):
        assert b_now - a_now > b - a - APART


def _by_identity(drawing):
    boxes = drawing.picture.boxes.values()
    return {(box.shows, box.scope, box.role, box.time): box for box in boxes}


def _is_in(scope, outer):
    return scope[: len(outer)] == outer


def _places(drawing, step, frame):
    """Box → from where to where it reaches across."""
    sideways = drawing.options.direction == "LR" and drawing.steps is None
    return {
        shape.box: (shape.rect.bottom, shape.rect.top)
        if sideways
        else (shape.rect.left, shape.rect.right)
        for shape in drawing.page.shapes
        if shape.step == step and shape.frame == frame
    }


def assert_framed(drawing):
    """Every open scope has an outline around its boxes alone; outlines nest."""
    page = drawing.page
    for i, one in enumerate(page.scopes):
        for other in page.scopes[i + 1 :]:
            if one.step == other.step and one.rect.meets(other.rect):
                assert around([one.rect, other.rect]) in (one.rect, other.rect)
    outlines = {frame.key: frame.rect for frame in page.scopes}
    steps = {shape.step for shape in page.shapes if shape.frame or not drawing.steps}
    for number, scope in enumerate(open_scopes_of(drawing.picture)):
        for step in steps:
            mine = [s for s in page.shapes if s.step == step and s.box in scope.boxes]
            if len(mine) > 1:
                end = f"_{number}" + ("" if step is None else f"-{step}")
                (key,) = (key for key in outlines if key.endswith(end))
                _assert_holds(page, outlines[key], mine, scope.beside)


def _assert_holds(page, outline, mine, beside):
    for shape in page.shapes:
        if shape in mine or (shape.box in beside and outline.meets(shape.rect)):
            assert around([outline, shape.rect]) == outline, shape.key
        else:
            assert not outline.meets(shape.rect), shape.key
