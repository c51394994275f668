"""The page: everything that is drawn, with its rectangle or curve.

Lengths are in points (1/72 inch), y upwards.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

Point = tuple[float, float]


@dataclass(frozen=True)
class Rect:
    """A rectangle by its edges."""

    left: float
    bottom: float
    right: float
    top: float

    @property
    def x(self) -> float:
        """The middle from left to right."""
        return (self.left + self.right) / 2

    @property
    def y(self) -> float:
        """The middle from bottom to top."""
        return (self.bottom + self.top) / 2

    @property
    def width(self) -> float:
        """From left to right."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """From bottom to top."""
        return self.top - self.bottom

    def moved(self, dx: float, dy: float) -> "Rect":
        """Return the rectangle somewhere else."""
        return Rect(self.left + dx, self.bottom + dy, self.right + dx, self.top + dy)

    def grown(self, by: float) -> "Rect":
        """Return the rectangle with a margin on every side."""
        return Rect(self.left - by, self.bottom - by, self.right + by, self.top + by)

    @property
    def transposed(self) -> "Rect":
        """The rectangle with across and up exchanged."""
        return Rect(self.bottom, self.left, self.top, self.right)

    def meets(self, other: "Rect") -> bool:
        """Return True where the insides overlap."""
        across = self.left < other.right and other.left < self.right
        return across and self.bottom < other.top and other.bottom < self.top

    def holds(self, point: Point) -> bool:
        """Return True for a point inside."""
        x, y = point
        return self.left < x < self.right and self.bottom < y < self.top


NOWHERE = Rect(0, 0, 0, 0)


def around(rects: Iterable[Rect]) -> Rect:
    """Return the smallest rectangle around all of `rects`; a point for none."""
    found = list(rects)
    if not found:
        return NOWHERE
    return Rect(
        min(rect.left for rect in found),
        min(rect.bottom for rect in found),
        max(rect.right for rect in found),
        max(rect.top for rect in found),
    )


@dataclass(frozen=True)
class Shape:
    """A box with its rectangle.

    Attributes:
        key: unique on the page; `box` is its key in the picture, shared by copies.
        role: a key of `styles.BOX_STYLES`.
        step: of which step it is the copy, or None.
        frame: the key of the frame it stands in, or "".
        hover: its hover text.
        fill: its colour where it is not that of its role, else "".
        style: attributes that the user gave it.
    """

    key: str
    box: str
    role: str
    text: str
    rect: Rect
    step: int | None = None
    hover: str = ""
    frame: str = ""
    fill: str = ""
    style: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Line:
    """An edge: a chain of cubic curves from `tail` to `head`.

    Attributes:
        points: 1 + 3n control points.
        tip: where the arrowhead ends; None for an edge without one.
        role: wire, initial, delayed, leaving (an end is not shown), highlight (a
            broad stroke under another line) or hatch (a stroke across a box).
        color: of a delay, an index into `styles.DELAYS`; else None.
        label, label_point: a text and where its middle stands.
        weight: True where the label names a parameter.
        hover: its hover text.
    """

    key: str
    tail: str
    head: str
    points: tuple[Point, ...]
    tip: Point | None
    role: str = "wire"
    color: int | None = None
    label: str = ""
    label_point: Point | None = None
    weight: bool = False
    hover: str = ""

    def moved(self, dx: float, dy: float) -> "Line":
        """Return the line somewhere else, ends and label with it."""

        def move(point: Point | None) -> Point | None:
            return None if point is None else (point[0] + dx, point[1] + dy)

        points = tuple((x + dx, y + dy) for x, y in self.points)
        return replace(
            self, points=points, tip=move(self.tip), label_point=move(self.label_point)
        )

    @property
    def transposed(self) -> "Line":
        """The line with across and up exchanged."""

        def turn(point: Point | None) -> Point | None:
            return None if point is None else point[::-1]

        points = tuple((y, x) for x, y in self.points)
        tip, label_point = turn(self.tip), turn(self.label_point)
        return replace(self, points=points, tip=tip, label_point=label_point)


@dataclass(frozen=True)
class Frame:
    """A rounded background around one step, or around the cell.

    Attributes:
        title: stands inside along the lower edge; along the upper edge where
            `title_above`.
        step: of which step it is the frame, or None.
        title_point: where the middle of the title is, if not there.
    """

    key: str
    rect: Rect
    title: str
    step: int | None = None
    title_above: bool = False
    title_point: Point | None = None


@dataclass
class Page:
    """All frames, shapes and lines of a drawing, in the order they are drawn.

    Attributes:
        scopes: outlines around the boxes of open scopes, upon the frames.
    """

    frames: list[Frame]
    shapes: list[Shape]
    lines: list[Line]
    scopes: list[Frame] = field(default_factory=list)

    @property
    def extent(self) -> Rect:
        """The rectangle around everything."""
        ends = [Rect(x, y, x, y) for line in self.lines for x, y in line.points]
        rects = [frame.rect for frame in (*self.frames, *self.scopes)]
        rects += [shape.rect for shape in self.shapes]
        return around([*rects, *ends])

    @property
    def under_strokes(self) -> frozenset[str]:
        """The keys of shapes that lie under the strokes of a hatching."""
        return frozenset(line.tail for line in self.lines if line.role == "hatch")

    def flipped(self) -> "Page":
        """Return the page upside down, texts upright: BT becomes TB."""
        return Page(
            [replace(f, rect=_flip(f.rect), title_above=True) for f in self.frames],
            [replace(shape, rect=_flip(shape.rect)) for shape in self.shapes],
            [_flip_line(line) for line in self.lines],
            [_flip_scope(scope) for scope in self.scopes],
        )


def _flip(rect: Rect) -> Rect:
    return Rect(rect.left, -rect.top, rect.right, -rect.bottom)


def _flip_scope(scope: Frame) -> Frame:
    x, y = scope.title_point or (0.0, 0.0)
    return replace(scope, rect=_flip(scope.rect), title_point=(x, -y))


def _flip_line(line: Line) -> Line:
    def flip(point: Point | None) -> Point | None:
        return None if point is None else (point[0], -point[1])

    points = tuple((x, -y) for x, y in line.points)
    return replace(
        line, points=points, tip=flip(line.tip), label_point=flip(line.label_point)
    )
