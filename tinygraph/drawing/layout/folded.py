"""The folded picture: one step, each delay a loop round it with a black square."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from tinygraph.drawing.layout.blocks import units_of
from tinygraph.drawing.layout.dot_layout import (
    DotInput,
    DotLayout,
)
from tinygraph.drawing.layout.engines import Engine
from tinygraph.drawing.layout.labels import label_rect, with_free_labels
from tinygraph.drawing.layout.lanes import Ports, round_keys
from tinygraph.drawing.layout.long_chains import lay_out_chained
from tinygraph.drawing.layout.loop_lanes import SQUARE
from tinygraph.drawing.layout.loop_room import with_room_for_loops
from tinygraph.drawing.layout.loop_routes import LoopRoutes
from tinygraph.drawing.layout.open_scopes import with_open_scopes
from tinygraph.drawing.layout.opened import opened_layout
from tinygraph.drawing.layout.own_tracks import CORNER, SideEnd, with_own_tracks
from tinygraph.drawing.layout.page import (
    Frame,
    Line,
    Page,
    Rect,
    Shape,
    around,
)
from tinygraph.drawing.layout.row_order import (
    are_free,
    in_order_of_time,
    with_free_ends,
)
from tinygraph.drawing.layout.shared_tracks import any_shared
from tinygraph.drawing.model.picture import Box, DelayLoop, Picture, Wire
from tinygraph.drawing.model.texts import Label

PADDING = 16.0
NOTE = 16.0
"""Height of the line of text below a picture."""
TITLE = 24.0
"""Height of the line that a frame's title takes."""


def folded_page(picture: Picture, engine: Engine, sideways: bool = False) -> Page:
    """Place a folded picture.

    Args:
        sideways: values flow from left to right, loops run above and below. All of it
            is placed as ever, with across and up exchanged, and turned at the end.

    Raises:
        DrawingError: the engine fails, or time runs out.
    """
    boxes, texts = _boxes(picture)
    layout, routes, _ = _placed(picture, engine, sideways)
    shapes = [
        Shape(b.key, b.key, b.role, texts[b.key], layout.rects[b.key], None, b.hover)
        for b in boxes
    ]
    lines = [*_recolored(picture, layout.lines), *routes.lines]
    page = Page([], [*shapes, *routes.squares], lines)
    page = _turned(page) if sideways else page
    page = _framed(page, picture.title) if picture.title else page
    page = _noted(page, picture.note) if picture.note else page
    return with_open_scopes(with_free_labels(page), picture)


def _boxes(picture: Picture) -> tuple[list[Box], dict[str, str]]:
    """Return the boxes, squares of plain shifts among them, and their texts."""
    boxes = [*picture.boxes.values(), *_squares(picture)]
    return boxes, {box.key: box.label.at(picture.now(box)) for box in boxes}


def _placed(
    picture: Picture, engine: Engine, sideways: bool
) -> tuple[DotLayout, LoopRoutes, dict[str, bool]]:
    """Return boxes and wires, the loops, and which of them run on the right."""
    boxes, texts = _boxes(picture)
    loops = [loop for loop in picture.loops if loop.cyclic]
    wires = [*picture.wires, *_shifts(picture)]
    entered = [loop.head for loop in loops]
    dot_input = DotInput(boxes, wires, texts, entered, picture.look, sideways)
    rounds = round_keys(boxes)
    opened = _opened(picture, dot_input, loops, engine)
    if opened is None:
        layout, rights = _laid_out(dot_input, loops, rounds, engine)
    else:
        layout, known = opened
        chosen = _sides(loops, Ports(layout.rects, rounds))
        rights = [
            known.get(k.key, right) for k, right in zip(loops, chosen, strict=True)
        ]
    layout, routes = _routed(layout, loops, rights, rounds, opened is not None)
    keys = (loop.key for loop in loops)
    return layout, routes, dict(zip(keys, rights, strict=True))


def _opened(
    picture: Picture, dot_input: DotInput, loops: Sequence[DelayLoop], engine: Engine
) -> tuple[DotLayout, dict[str, bool]] | None:
    """Return the layout with open scopes in place of closed ones, if it has some."""
    opening = picture.opening
    if opening is None:
        return None
    closed, _, rights = _placed(opening.closed, engine, dot_input.sideways)
    squares = {key: key for key in closed.rects if key not in opening.closed.boxes}
    kept = opening.kept | squares
    units = units_of(opening)
    inside = {
        unit: (*members, *_shifts_within(picture, unit, units, squares))
        for unit, members in opening.inside.items()
    }
    opening = replace(opening, kept=kept, inside=inside)
    layout = opened_layout(dot_input, closed, opening, loops, engine)
    return None if layout is None else (layout, rights)


def _shifts_within(
    picture: Picture, unit: str, units: Mapping[str, str], known: Collection[str]
) -> list[str]:
    """Return the squares of plain shifts that only opening a closed box shows."""
    return [
        loop.key
        for loop in picture.loops
        if not loop.cyclic
        and loop.key not in known
        and units.get(loop.tail) == units.get(loop.head) == unit
    ]


def _laid_out(
    dot_input: DotInput,
    loops: Sequence[DelayLoop],
    rounds: Collection[str],
    engine: Engine,
) -> tuple[DotLayout, list[bool]]:
    """Return the layout of a step, and which loops run on its right."""
    (layout,) = lay_out_chained([dot_input], engine)
    ordered = in_order_of_time(dot_input, layout, loops, rounds, engine)
    rights = _sides(loops, Ports(ordered.rects, rounds))
    if _some_run_straight(ordered, loops, rights, rounds):
        return ordered, rights
    rights = _sides(loops, Ports(layout.rects, rounds))
    ends = _ends(loops, rights)
    return with_free_ends(dot_input, layout, ends, rounds, engine), rights


def _turned(page: Page) -> Page:
    """Return a page with across and up exchanged, labels of loops beside squares."""
    shapes = [replace(shape, rect=shape.rect.transposed) for shape in page.shapes]
    squares = {shape.key: shape.rect for shape in shapes if shape.role == "delay"}
    middle = around(shape.rect for shape in shapes).y
    lines = []
    for line in page.lines:
        line = line.transposed
        if line.label and line.tail in squares:
            square = squares[line.tail]
            away = SQUARE if square.y > middle else -SQUARE
            line = replace(line, label_point=(square.x, square.y + away))
        lines.append(line)
    return Page([], shapes, lines)


def _routed(
    layout: DotLayout,
    loops: Sequence[DelayLoop],
    rights: Sequence[bool],
    rounds: Collection[str],
    steady: bool,
) -> tuple[DotLayout, LoopRoutes]:
    """Return the boxes with their wires and loops, along channels where they must."""
    layout = with_room_for_loops(layout, loops, rights, rounds)
    routes = LoopRoutes(loops, layout, rights, rounds)
    if not any_shared([*layout.lines, *routes.lines]):
        return layout, routes
    ends = _side_ends(layout, loops, rights)
    own = with_own_tracks(layout, ends, (), rounds, steady)
    routes = LoopRoutes(loops, own.layout, rights, rounds, own.ports)
    if steady and any_shared([*own.layout.lines, *routes.lines]):
        routes = LoopRoutes(loops, own.layout, rights, rounds, own.ports, CORNER)
    return own.layout, routes


def _side_ends(
    layout: DotLayout, loops: Sequence[DelayLoop], rights: Sequence[bool]
) -> list[SideEnd]:
    found: list[SideEnd] = []
    for loop, right in zip(loops, rights, strict=True):
        tail, head = layout.rects[loop.tail].y, layout.rects[loop.head].y
        found += [(loop.tail, right, head), (loop.head, right, tail)]
    return found


def _squares(picture: Picture) -> list[Box]:
    """Return the squares of plain shifts, which stand among the boxes."""
    return [
        Box(loop.key, "delay", Label(loop.sign), hover=loop.hover)
        for loop in picture.loops
        if not loop.cyclic
    ]


def _shifts(picture: Picture) -> list[Wire]:
    """Return the wires into and out of the squares of plain shifts."""
    found = []
    for loop in picture.loops:
        if not loop.cyclic:
            out = Wire(loop.key, loop.head, loop.label, loop.hover, weight=loop.weight)
            found += [Wire(loop.tail, loop.key), out]
    return found


def _recolored(picture: Picture, lines: Sequence[Line]) -> list[Line]:
    """Give the edges of plain shifts the look and the keys of delayed edges."""
    shifts = {loop.key: loop for loop in picture.loops if not loop.cyclic}
    found = []
    for line in lines:
        end = "in" if line.head in shifts else "out"
        loop = shifts.get(line.head, shifts.get(line.tail))
        if loop is not None:
            line = replace(
                line, key=f"{loop.key}-{end}", role="delayed", color=loop.color
            )
        if line.head in shifts and line.tip is not None:
            line = replace(line, points=(*line.points[:-1], line.tip), tip=None)
        found.append(line)
    return found


def _framed(page: Page, title: str) -> Page:
    """Return the page with a frame around everything, labels too."""
    labels = [label_rect(k, k.label_point) for k in page.lines if k.label_point]
    inside = around([page.extent, *labels]).grown(PADDING)
    rect = Rect(inside.left, inside.bottom - TITLE, inside.right, inside.top)
    frame = Frame("scope", rect, title)
    shapes = [replace(shape, frame=frame.key) for shape in page.shapes]
    return Page([frame], shapes, page.lines)


def _noted(page: Page, note: str) -> Page:
    """Return the page with a line of text below it."""
    extent = page.extent
    top, half = extent.bottom - NOTE / 2, 4 * len(note)
    rect = Rect(extent.x - half, top - NOTE, extent.x + half, top)
    shape = Shape("delay-note", "delay-note", "note", note, rect)
    return Page(page.frames, [*page.shapes, shape], page.lines)


def _sides(loops: Sequence[DelayLoop], ports: Ports) -> list[bool]:
    """Choose for each loop whether it runs on the right.

    The side on which more of its ends are free; else the right for the tallest and
    then in turn, among loops at the same heights.
    """
    chosen: dict[int, bool] = {}
    ends = [(ports.rects[k.tail].y, ports.rects[k.head].y) for k in loops]
    heights = [abs(a - b) for a, b in ends]
    for i in sorted(range(len(loops)), key=lambda i: -heights[i]):
        free = [
            sum(ports.is_free(key, side) for key in (loops[i].tail, loops[i].head))
            for side in (False, True)
        ]
        balance = sum(
            1 if right else -1
            for j, right in chosen.items()
            if max(min(ends[i]), min(ends[j])) <= min(max(ends[i]), max(ends[j]))
        )
        chosen[i] = free[1] > free[0] or (free[1] == free[0] and balance <= 0)
    return [chosen[i] for i in range(len(loops))]


def _some_run_straight(
    layout: DotLayout,
    loops: Sequence[DelayLoop],
    rights: Sequence[bool],
    rounds: Collection[str],
) -> bool:
    """Return True where not all loops have to go round boxes: the order may stay.

    Boxes then stand as in an unfolded picture.
    """
    return not loops or any(
        are_free(layout, _ends([loop], [right]), rounds)
        for loop, right in zip(loops, rights, strict=True)
    )


def _ends(loops: Sequence[DelayLoop], rights: Sequence[bool]) -> list[tuple[str, bool]]:
    """Return (box, right side?) for the tail and the head of each loop."""
    return [
        (key, right)
        for loop, right in zip(loops, rights, strict=True)
        for key in (loop.tail, loop.head)
    ]
