"""A norm of exactly 0 as a hatching, for outputs that know no patterns."""

import math
from collections.abc import Iterator
from dataclasses import replace

from tinygraph.drawing.layout.curves import straight
from tinygraph.drawing.layout.lanes import ELLIPSES
from tinygraph.drawing.layout.page import Line, Page, Point, Rect, Shape
from tinygraph.drawing.output.norm_colors import ZERO

APART = 7.0
"""Between two strokes, measured to the right, in points."""
INSET = 1.5
"""From a stroke to the outline."""
PAPER = "#FEFEFE"
"""Under the strokes; in the dark too, unlike the white of other boxes."""


def hatched(page: Page) -> Page:
    """Return the page with strokes in the place of the grey of a norm of 0.

    Each such box lies on a white one without text, which lies under the strokes.
    """
    under, over, strokes = [], [], []
    for shape in page.shapes:
        if shape.fill == ZERO:
            key = f"hatch-{shape.key}"
            base = replace(shape, key=key, text="", fill=PAPER, hover="", frame="")
            under.append(base)
            strokes += _strokes(base)
            shape = replace(shape, fill="transparent")
        over.append(shape)
    return replace(page, shapes=[*under, *over], lines=[*page.lines, *strokes])


def _strokes(shape: Shape) -> list[Line]:
    """Return the strokes of a box, each a line from the box to itself."""
    rect = shape.rect.grown(-INSET)
    pieces = _in_ellipse(rect) if shape.role in ELLIPSES else _in_rect(rect)
    key = shape.key
    return [
        Line(f"{key}-{i}", key, key, (a, *straight(a, b)), None, "hatch")
        for i, (a, b) in enumerate(pieces)
    ]


def _in_rect(rect: Rect) -> Iterator[tuple[Point, Point]]:
    """Return strokes that rise to the right through a rectangle."""
    count = math.floor((rect.width + rect.height) / APART)
    for i in range(1, count + 1):
        start = rect.left - rect.height + i * APART - APART / 2
        left, right = max(start, rect.left), min(start + rect.height, rect.right)
        if right - left > 1:
            by = rect.bottom - start
            yield (left, left + by), (right, right + by)


def _in_ellipse(rect: Rect) -> Iterator[tuple[Point, Point]]:
    """Return strokes that rise to the right through the ellipse in a rectangle."""
    across, up = rect.width / 2, rect.height / 2
    reach = math.hypot(across, up)
    first = -math.floor(reach / APART)
    for i in range(first, -first + 1):
        by = i * APART
        # y = x - by meets (x / across)² + (y / up)² = 1 on both sides of `middle`.
        half = across * up * math.sqrt(max(0.0, reach**2 - by**2)) / reach**2
        middle = by * across**2 / reach**2
        if half > 0.5:
            low, high = middle - half, middle + half
            yield (
                (rect.x + low, rect.y + low - by),
                (rect.x + high, rect.y + high - by),
            )
