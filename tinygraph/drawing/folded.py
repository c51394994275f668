"""The folded picture: one step, each delay a loop round it with a black square."""

from collections.abc import Sequence

from tinygraph.drawing.curves import rounded
from tinygraph.drawing.engines import Engine
from tinygraph.drawing.lanes import ELLIPSES, Port, Ports
from tinygraph.drawing.layout import ARROW, Block, Part, lay_out, reordered
from tinygraph.drawing.page import Frame, Line, Page, Point, Rect, Shape, around
from tinygraph.drawing.picture import Loop, Picture
from tinygraph.drawing.texts import Moment

SQUARE = 18.72
"""The side of a delay's square, in points."""
OUTSIDE = 24.0
"""From the boxes to the first loop, and from one loop to the next."""
SHORT = 2.6 * SQUARE
"""Loops of less height bulge, so that the square has room."""
PADDING = 16.0
TITLE = 24.0
"""Height of the line that a frame's title takes."""


def folded_page(picture: Picture, engine: Engine) -> Page:
    """Place a folded picture.

    Raises:
        DrawingError: the engine fails, or time runs out.
    """
    boxes = [*picture.boxes.values()]
    texts = {box.key: box.label.at(Moment(axis=box.time or "t")) for box in boxes}
    part = Part(boxes, picture.wires, texts, [loop.head for loop in picture.loops])
    (block,) = lay_out([part], engine)
    rights = _sides(picture, block)
    sides = _row_ends(picture.loops, rights)
    if not _all_free(picture, block, rights):
        block = reordered(part, block, sides, engine)
    shapes = [
        Shape(b.key, b.key, b.kind, texts[b.key], block.places[b.key], None, b.about)
        for b in boxes
    ]
    loops = _Loops(picture, block, rights)
    page = Page([], [*shapes, *loops.squares], [*block.lines, *loops.lines])
    if picture.title:
        page.frames.append(_frame(page, picture.title))
    return page


def _frame(page: Page, title: str) -> Frame:
    inside = page.extent.grown(PADDING)
    place = Rect(inside.left, inside.bottom - TITLE, inside.right, inside.top)
    return Frame("scope", place, title)


def round_keys(picture: Picture) -> frozenset[str]:
    """Return the keys of the boxes that are ellipses."""
    return frozenset(k for k, box in picture.boxes.items() if box.kind in ELLIPSES)


def _sides(picture: Picture, block: Block) -> list[bool]:
    """Choose for each loop whether it runs on the right.

    The side on which more of its ends are free; else the right for the tallest
    and then in turn.
    """
    ports = Ports(block.places, round_keys(picture))
    places = block.places
    tallest = sorted(
        range(len(picture.loops)),
        key=lambda i: -_height(picture.loops[i], places),
    )
    chosen: dict[int, bool] = {}
    for i in tallest:
        ends = (picture.loops[i].tail, picture.loops[i].head)
        free = [sum(ports.is_free(key, side) for key in ends) for side in (False, True)]
        balance = sum(1 if right else -1 for right in chosen.values())
        chosen[i] = free[1] > free[0] or (free[1] == free[0] and balance <= 0)
    return [chosen[i] for i in range(len(picture.loops))]


def _height(loop: Loop, places: dict[str, Rect]) -> float:
    return abs(places[loop.tail].y - places[loop.head].y)


def _row_ends(loops: Sequence[Loop], rights: Sequence[bool]) -> dict[str, int]:
    sides: dict[str, int] = {}
    for loop, right in zip(loops, rights, strict=True):
        for key in (loop.tail, loop.head):
            sides.setdefault(key, 1 if right else -1)
    return sides


def _all_free(picture: Picture, block: Block, rights: Sequence[bool]) -> bool:
    ports = Ports(block.places, round_keys(picture))
    return all(
        ports.is_free(key, right)
        for loop, right in zip(picture.loops, rights, strict=True)
        for key in (loop.tail, loop.head)
    )


class _Loops:
    """Routes the loops of a folded picture, the shorter ones inside.

    Attributes:
        squares: one shape per delay.
        lines: two per delay, into its square and out of it.
    """

    def __init__(self, picture: Picture, block: Block, rights: Sequence[bool]) -> None:
        self.squares: list[Shape] = []
        self.lines: list[Line] = []
        ends = [
            (key, right)
            for loop, right in zip(picture.loops, rights, strict=True)
            for key in (loop.tail, loop.head)
        ]
        ports = Ports(block.places, round_keys(picture)).all(ends)
        self._around = around(block.places.values())
        self._obstacles = [*block.places.values()]
        pairs = [(ports[2 * i], ports[2 * i + 1]) for i in range(len(picture.loops))]
        order = sorted(range(len(pairs)), key=lambda i: _span(pairs[i]))
        used = {False: 0, True: 0}
        for i in order:
            self._route(i, picture.loops[i], pairs[i], rights[i], used[rights[i]])
            used[rights[i]] += 1

    def _route(
        self, index: int, loop: Loop, ports: tuple[Port, Port], right: bool, lane: int
    ) -> None:
        away = OUTSIDE + (OUTSIDE + SQUARE / 2) * lane
        x = self._around.right + away if right else self._around.left - away
        leaving, entering = ports
        y = (leaving.y + entering.y) / 2
        half = SQUARE / 2
        square = Rect(x - half, y - half, x + half, y + half)
        text = str(loop.steps).replace("-", "−")
        self.squares.append(
            Shape(loop.key, loop.key, "delay", text, square, None, loop.about)
        )
        up = half if leaving.y >= entering.y else -half
        tall = abs(leaving.y - entering.y) >= SHORT
        into = self._curve(leaving, (x, y + up), tall)
        out = self._curve(entering, (x, y - up), tall)[::-1]
        tip = out[-1]
        back = -ARROW if tip[0] < out[-2][0] else ARROW
        out = (*out[:-1], (tip[0] - back, tip[1]))
        spot = _beside(loop.label, x, y - 2.2 * up, right)
        self.lines += [
            Line(f"{loop.key}-in", loop.tail, loop.key, into, None, "delayed", index),
            Line(
                f"{loop.key}-out",
                loop.key,
                loop.head,
                out,
                tip,
                "delayed",
                index,
                loop.label,
                spot,
                loop.weight,
                loop.about,
            ),
        ]

    def _curve(self, port: Port, end: Point, tall: bool) -> tuple[Point, ...]:
        """Return the way from a box to the square: round, or bulging if short."""
        if tall:
            corners = [*port.corners, (end[0], port.y), end]
            return rounded(corners, self._obstacles)
        *before, (x, y) = port.corners
        reach = end[0] - x
        bulge = SHORT if end[1] >= y else -SHORT
        first = rounded([*before, (x, y)]) if before else ((x, y),)
        return (
            *first,
            (x + reach * 0.45, y),
            (end[0], y + bulge / 1.4),
            end,
        )


def _span(ports: tuple[Port, Port]) -> float:
    return abs(ports[0].y - ports[1].y)


def _beside(label: str, x: float, y: float, right: bool) -> Point | None:
    if not label:
        return None
    away = 8 + 3.2 * len(label)
    return (x + away if right else x - away), y
