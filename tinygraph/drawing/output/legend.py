"""The legend under a page: one sample of each kind of box and line that is on it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from tinygraph.drawing.layout.curves import ARROW, straight
from tinygraph.drawing.layout.page import Line, Page, Point, Rect, Shape

KINDS = {
    "input": "input",
    "state": "state",
    "held": "a state, some steps ago",
    "initial": "value outside the sequence",
    "output": "output",
    "loss": "loss",
    "parameter": "parameter",
    "tied": "the same parameter at each step",
    "constant": "constant",
    "module": "module: a layer or cell",
    "function": "operation",
    "op": "operation",
    "gate": "operation",
    "circle": "operation",
    "delay": "delay: the value some steps ago",
}
"""Role of a box → what it is, in the order of the legend."""

LINES = {
    "delayed": "to a later or earlier step",
    "initial": "first value of a state",
    "highlight": "highlighted path",
}
"""Role of a line → what it is."""

SAMPLE, LOW = 26.0, 14.0
"""Width and height of a sample, in points."""
ROW, SPACE = 24.0, 18.0
"""From one row to the next; from one entry to the next."""
BELOW = 22.0
"""From the picture down to the legend."""
NARROWEST = 320.0
"""The legend of a narrow picture is as wide as this."""
NARROW, WIDE = 3.7, 7.5
"""Widths of a narrow and of a wide character, rather more than less."""


@dataclass(frozen=True)
class _Entry:
    key: str
    words: str
    shape: Shape | None = None
    line: Line | None = None

    @property
    def width(self) -> float:
        narrow = sum(char in "iljtfr:,. " for char in self.words)
        wide = len(self.words) - narrow
        return SAMPLE + 8 + NARROW * narrow + WIDE * wide


def with_legend(page: Page) -> Page:
    """Return the page with a legend below everything."""
    extent = page.extent
    right = extent.left + max(extent.width, NARROWEST)
    x, y = extent.left, extent.bottom - BELOW - LOW / 2
    shapes: list[Shape] = []
    lines: list[Line] = []
    for entry in _entries(page):
        if x > extent.left and x + entry.width > right:
            x, y = extent.left, y - ROW
        shapes += _drawn(entry, x, y)
        if entry.line is not None:
            lines.append(_sample_line(entry, x, y))
        x += entry.width + SPACE
    return replace(page, shapes=[*page.shapes, *shapes], lines=[*page.lines, *lines])


def _entries(page: Page) -> Iterator[_Entry]:
    """Return what a reader meets on the page; several signs of one kind once."""
    boxes = {shape.role: shape for shape in page.shapes}
    words = dict.fromkeys(w for role, w in KINDS.items() if role in boxes)
    for text in words:
        roles = [role for role in KINDS if KINDS[role] == text and role in boxes]
        yield _Entry(f"legend-{roles[0]}", text, shape=boxes[roles[0]])
    found = {line.role: line for line in reversed(page.lines)}
    for role, text in LINES.items():
        if role in found and not (role == "delayed" and "delay" in boxes):
            yield _Entry(f"legend-line-{role}", text, line=found[role])


def _drawn(entry: _Entry, x: float, y: float) -> Iterator[Shape]:
    """Return the words of an entry, and its sample or the ends of its line."""
    key = entry.key
    if entry.shape is not None:
        across = LOW if entry.shape.role in ("delay", "circle") else SAMPLE
        middle = x + SAMPLE / 2
        rect = Rect(middle - across / 2, y - LOW / 2, middle + across / 2, y + LOW / 2)
        yield Shape(key, key, entry.shape.role, "", rect, None, entry.words)
    else:
        for end, at in (("tail", x), ("head", x + SAMPLE)):
            rect = Rect(at, y - 0.5, at, y + 0.5)
            yield Shape(f"{key}-{end}", key, "note", "", rect)
    left = x + SAMPLE + 8
    words = Rect(left, y - LOW / 2, x + entry.width, y + LOW / 2)
    yield Shape(f"{key}-words", key, "note", entry.words, words)


def _sample_line(entry: _Entry, x: float, y: float) -> Line:
    assert entry.line is not None
    tip: Point | None = None if entry.line.tip is None else (x + SAMPLE, y)
    end = (x + SAMPLE - (0 if tip is None else ARROW), y)
    points = ((x, y), *straight((x, y), end))
    return Line(
        entry.key,
        f"{entry.key}-tail",
        f"{entry.key}-head",
        points,
        tip,
        entry.line.role,
        entry.line.color,
    )
