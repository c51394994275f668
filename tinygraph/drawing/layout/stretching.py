"""A layout that makes room for the blocks in place of its closed boxes.

Everything right of a closed box moves right by as much as its block needs there,
everything left of it left, everything above it up. So what stood above, below or beside
another does so still, and whatever is between the two edges of the box stays.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tinygraph.drawing.layout.blocks import MARGIN, TITLE, Block
from tinygraph.drawing.layout.curves import along, straight
from tinygraph.drawing.layout.dot_layout import DotLayout
from tinygraph.drawing.layout.page import Line, Point, Rect, around

GAP = 18.0
"""From a block to what stands beside it, in points."""
BESIDE = 10.0
"""From a block to a line that passes beside it."""

Move = Callable[[Point], Point]


@dataclass
class Stretched:
    """Boxes and lines that move apart.

    Attributes:
        blocks: closed box → its block.
        scopes: the boxes of each scope that is open already.
        rects: closed box → its rectangle; of one that is opened the place for it.
        room: closed box → what it takes: the block, where it is opened.
        curves: number of a line → its control points.
        tips: number of a line → where its arrowhead ends.
    """

    rects: dict[str, Rect]
    lines: list[Line]
    blocks: Mapping[str, Block]
    scopes: Sequence[frozenset[str]]
    room: dict[str, Rect] = field(default_factory=dict)
    curves: list[list[Point]] = field(default_factory=list)
    tips: list[Point | None] = field(default_factory=list)

    def open(self, row: Mapping[str, Block]) -> None:
        """Put blocks in place of closed boxes of one row, from the left."""
        for key in sorted(row, key=lambda key: (self.rects[key].x, key)):
            self._put(key, row[key])
        band = around(self.rects[key] for key in row)
        lift = max(0.0, *(self.room[key].top - band.top for key in row))
        self._shift(lambda point: (0.0, _up(point[1], band, lift)), band)

    def lift(self, low: float, high: float, by: float) -> None:
        """Move what is above two heights up; lines between them grow longer."""
        band = Rect(0, low, 0, high)
        self._shift(lambda point: (0.0, _up(point[1], band, by)))

    def _put(self, key: str, block: Block) -> None:
        """Put a block in place of a closed box; move what is beside it out of its way.

        They stand on one line.
        """
        box = self.rects[key]
        low = box.bottom + max(0.0, box.height - block.extent.height) / 2
        self.room[key] = block.extent.moved(box.x, low)
        left, right = self._needs(key)

        def across(point: Point) -> Point:
            x, _ = point
            return (-left if x < box.left else right if x > box.right else 0.0), 0.0

        self._shift(across)

    def _shift(self, shift: Move, row: Rect | None = None) -> None:
        """Move everything: boxes by their middles, lines by their control points.

        The ends of lines move with their boxes. Where a row is stretched its boxes stay
        below, and what leaves them goes straight up first.
        """
        for number, line in enumerate(self.lines):
            self._shift_line(number, line, shift, row)
        for key, rect in self.rects.items():
            dx, dy = self._moved(rect, shift, row)
            self.rects[key] = rect.moved(dx, dy)
            self.room[key] = self.room[key].moved(dx, dy)

    @staticmethod
    def _moved(rect: Rect, shift: Move, row: Rect | None) -> Point:
        """Return how a box moves: not at all where it stands in the row."""
        if row is not None and row.bottom <= rect.y <= row.top:
            return 0.0, 0.0
        return shift((rect.x, rect.y))

    def _shift_line(
        self, number: int, line: Line, shift: Move, row: Rect | None
    ) -> None:
        points, tip = self.curves[number], self.tips[number]
        tail, head = self.rects[line.tail], self.rects[line.head]
        moves = [shift(point) for point in points]
        moves[-1] = moves[-2] = self._moved(head, shift, row)
        start = self._moved(tail, shift, row)
        stub: list[Point] = []
        if row is not None and row.bottom <= tail.y <= row.top < head.y:
            first = points[0]
            lift = shift((first[0], row.top))[1]
            above = first[0], first[1] + lift
            if lift and line.tail not in self.blocks:
                stub = [first, *straight(first, above)[:-1]]
            start = 0.0, lift
        moves[0] = moves[1] = start
        dx, dy = moves[-1]
        self.tips[number] = tip and (tip[0] + dx, tip[1] + dy)
        self.curves[number] = stub + [
            (x + dx, y + dy) for (x, y), (dx, dy) in zip(points, moves, strict=True)
        ]

    def corner(self, key: str, block: Block) -> Point:
        """Return where the corner (0, 0) of a block is."""
        room, extent = self.room[key], block.extent
        return room.left - extent.left, room.bottom - extent.bottom

    def _needs(self, key: str) -> tuple[float, float]:
        """Return how far what stands left and right of a block must move.

        It makes way for the block, and for the open scopes in which that is.
        """
        left, right = self._beside_lines(key)
        apart = [held for held in self.scopes if key not in held]
        for held in (frozenset({key}), *(own for own in self.scopes if key in own)):
            before = self._outline(held, self.rects[key], key)
            after = self._outline(held, self.room[key], key)
            others = [self.room[k] for k in self.rects if k not in held]
            others += [
                self._outline(other, before) for other in apart if not other & held
            ]
            for rect in others:
                if rect.bottom < before.top and before.bottom < rect.top:
                    if rect.x > before.x:
                        right = max(right, after.right + GAP - rect.left)
                    else:
                        left = max(left, rect.right + GAP - after.left)
        return left, right

    def _outline(
        self, held: frozenset[str], rect: Rect, key: str | None = None
    ) -> Rect:
        """Return the outline around an open scope in which a box takes `rect`."""
        if held == {key}:
            return rect
        rects = [rect if k == key else self.room[k] for k in held if k in self.room]
        outline = around(rects).grown(MARGIN)
        return replace(outline, top=outline.top + TITLE)

    def _beside_lines(self, key: str) -> tuple[float, float]:
        """Return how far lines that pass beside a block must move."""
        box, room = self.rects[key], self.room[key]
        left = right = 0.0
        for line, points in zip(self.lines, self.curves, strict=True):
            if key in (line.tail, line.head):
                continue
            for x, y in along(points):
                if box.bottom <= y <= box.top:
                    if x > box.right:
                        right = max(right, room.right + BESIDE - x)
                    elif x < box.left:
                        left = max(left, x + BESIDE - room.left)
        return left, right


def _up(y: float, row: Rect, lift: float) -> float:
    """Return how far up what stands at a height moves where a row is stretched."""
    part = (y - row.bottom) / row.height
    return lift * min(1.0, max(0.0, part))


def stretched(
    layout: DotLayout, blocks: Mapping[str, Block], scopes: Sequence[frozenset[str]]
) -> Stretched:
    """Return a layout with room for blocks, row by row.

    Args:
        scopes: the boxes of each scope that is open already.
    """
    found = Stretched(
        dict(layout.rects),
        layout.lines,
        blocks,
        scopes,
        dict(layout.rects),
        [[*line.points] for line in layout.lines],
        [line.tip for line in layout.lines],
    )
    rows: dict[int, dict[str, Block]] = {}
    for key, block in blocks.items():
        rows.setdefault(round(layout.rects[key].y), {})[key] = block
    for _, row in sorted(rows.items()):
        found.open(row)
    return found
