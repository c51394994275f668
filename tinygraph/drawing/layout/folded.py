"""The folded picture: one step, each delay a loop round it with a black square."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from tinygraph.drawing.layout.curves import ARROW, rounded
from tinygraph.drawing.layout.dot_layout import (
    DotInput,
    DotLayout,
    lay_out,
)
from tinygraph.drawing.layout.engines import Engine
from tinygraph.drawing.layout.labels import with_free_labels
from tinygraph.drawing.layout.lanes import Port, Ports, round_keys
from tinygraph.drawing.layout.loop_lanes import SQUARE, SWING, lanes_of, settled
from tinygraph.drawing.layout.open_scopes import with_open_scopes
from tinygraph.drawing.layout.page import (
    Frame,
    Line,
    Page,
    Point,
    Rect,
    Shape,
    around,
)
from tinygraph.drawing.layout.row_order import (
    are_free,
    in_order_of_time,
    with_free_ends,
)
from tinygraph.drawing.layout.self_loops import RoundLoop, beside_their_boxes
from tinygraph.drawing.model.picture import Box, DelayLoop, Picture, Wire
from tinygraph.drawing.model.texts import Label

OUTSIDE = 30.0
"""From the boxes to the first loop, and from one loop to the next."""
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
    boxes = [*picture.boxes.values(), *_squares(picture)]
    texts = {box.key: box.label.at(picture.now(box)) for box in boxes}
    loops = [loop for loop in picture.loops if loop.cyclic]
    wires = [*picture.wires, *_shifts(picture)]
    entered = [loop.head for loop in loops]
    dot_input = DotInput(boxes, wires, texts, entered, picture.look, sideways)
    (layout,) = lay_out([dot_input], engine)
    rounds = round_keys(boxes)
    ordered = in_order_of_time(dot_input, layout, loops, rounds, engine)
    rights = _sides(loops, Ports(ordered.rects, rounds))
    if are_free(ordered, _ends(loops, rights), rounds):
        layout = ordered
    else:
        rights = _sides(loops, Ports(layout.rects, rounds))
        ends = _ends(loops, rights)
        layout = with_free_ends(dot_input, layout, ends, rounds, engine)
    shapes = [
        Shape(b.key, b.key, b.role, texts[b.key], layout.rects[b.key], None, b.hover)
        for b in boxes
    ]
    router = _LoopRouter(loops, layout, rights, rounds)
    lines = [*_recolored(picture, layout.lines), *router.lines]
    page = Page([], [*shapes, *router.squares], lines)
    page = _turned(page) if sideways else page
    page = _framed(page, picture.title) if picture.title else page
    page = _noted(page, picture.note) if picture.note else page
    return with_open_scopes(with_free_labels(page), picture)


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
    """Return the page with a frame around everything."""
    inside = page.extent.grown(PADDING)
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


def _ends(loops: Sequence[DelayLoop], rights: Sequence[bool]) -> list[tuple[str, bool]]:
    """Return (box, right side?) for the tail and the head of each loop."""
    return [
        (key, right)
        for loop, right in zip(loops, rights, strict=True)
        for key in (loop.tail, loop.head)
    ]


class _LoopRouter:
    """Routes the loops of a folded picture, the shorter ones inside.

    Attributes:
        squares: one shape per delay.
        lines: two per delay, into its square and out of it.
    """

    def __init__(
        self,
        loops: Sequence[DelayLoop],
        layout: DotLayout,
        rights: Sequence[bool],
        rounds: Collection[str],
    ) -> None:
        self.squares: list[Shape] = []
        self.lines: list[Line] = []
        self._obstacles = [*layout.rects.values()]
        ports = Ports(layout.rects, rounds)
        beside = beside_their_boxes(loops, rights, layout, rounds)
        for made in beside:
            self._add_round(made)
        rooms = [made.room for made in beside]
        self._around = around([layout.extent, *rooms])
        near = [made.loop for made in beside]
        rights = [r for k, r in zip(loops, rights, strict=True) if k not in near]
        loops = [loop for loop in loops if loop not in near]
        order, pairs, heights = settled(loops, rights, ports)
        lanes = lanes_of(pairs, heights, rights, order)
        for i in order:
            self._route(loops[i], pairs[i], rights[i], lanes[i], heights[i])

    def _route(
        self,
        loop: DelayLoop,
        ports: tuple[Port, Port],
        right: bool,
        lane: int,
        height: float | None,
    ) -> None:
        away = OUTSIDE + (OUTSIDE + SQUARE / 2) * lane
        x = self._around.right + away if right else self._around.left - away
        leaving, entering = ports
        y = (leaving.y + entering.y) / 2 if height is None else height
        half = SQUARE / 2
        square = Rect(x - half, y - half, x + half, y + half)
        self.squares.append(
            Shape(loop.key, loop.key, "delay", loop.sign, square, None, loop.hover)
        )
        above = leaving.y >= entering.y
        into = self._curve(leaving, square, above, right)
        out = self._curve(entering, square, not above, right)[::-1]
        beside = y - 1.1 * SQUARE if above else y + 1.1 * SQUARE
        tip = out[-1]
        out = (*out[:-1], (tip[0] + (ARROW if right else -ARROW), tip[1]))
        self.lines += _lines(loop, into, out, tip, right, (x, beside))

    def _add_round(self, made: RoundLoop) -> None:
        loop, square = made.loop, made.square
        self.squares.append(
            Shape(loop.key, loop.key, "delay", loop.sign, square, None, loop.hover)
        )
        outer = square.right if made.right else square.left
        beside = (outer, square.y)
        self.lines += _lines(loop, made.into, made.out, made.tip, made.right, beside)

    def _curve(
        self, port: Port, square: Rect, above: bool, right: bool
    ) -> tuple[Point, ...]:
        """Return the way from a box to the upper or lower side of the square.

        Where the box is too near in height, it swings out before it comes back.
        """
        end = (square.x, square.top if above else square.bottom)
        y = max(port.y, end[1] + SWING) if above else min(port.y, end[1] - SWING)
        aside = 0.75 * SQUARE
        near = square.x - aside if right else square.x + aside
        turn = [(near, port.y), (near, y)] if y != port.y else []
        return rounded([*port.corners, *turn, (end[0], y), end], self._obstacles)


def _lines(
    loop: DelayLoop,
    into: tuple[Point, ...],
    out: tuple[Point, ...],
    tip: Point,
    right: bool,
    beside: Point,
) -> list[Line]:
    """Return the edges into a square and out of it, the label beside the second."""
    away = 8 + 3.2 * len(loop.label)
    label_point = (beside[0] + (away if right else -away), beside[1])
    first = Line(f"{loop.key}-in", loop.tail, loop.key, into, None, "delayed")
    last = Line(
        f"{loop.key}-out",
        loop.key,
        loop.head,
        out,
        tip,
        "delayed",
        label=loop.label,
        label_point=label_point if loop.label else None,
        weight=loop.weight,
    )
    return [replace(line, color=loop.color, hover=loop.hover) for line in (first, last)]
