"""A strip: one row per state, one small coloured cell per step, for long sequences."""

from collections.abc import Iterator, Mapping

from tinygraph.core.errors import DrawingError
from tinygraph.drawing.layout.page import Page, Rect, Shape
from tinygraph.drawing.layout.shown_steps import shown_steps
from tinygraph.drawing.model.options import Start
from tinygraph.drawing.model.picture import Box, Picture
from tinygraph.drawing.model.readings import Readings, short
from tinygraph.drawing.model.texts import printable, slug, width_of
from tinygraph.drawing.output.norm_colors import color_of, norm_legend

LONGEST_STRIP = 1000
"""So many steps at most."""
WIDE, NARROWEST, WIDEST = 520.0, 2.0, 22.0
"""The width of a row, and what a cell may have, in points."""
ROW, SPACE = 16.0, 5.0
"""The height of a cell, and between two rows."""
CHARACTER = 8.5
"""Width of a character of a row's name, rather more than less."""
MARK = 34.0
"""What a number below the cells needs."""


def strip_page(
    picture: Picture, steps: Mapping[str, int], readings: Readings, start: Start
) -> Page:
    """Return the page of the norms of all states, else of outputs, over time.

    Raises:
        DrawingError: nothing that has a value per step has a norm.
    """
    what = "gradient" if readings.gradients else "value"
    rows = [box for box in picture.boxes.values() if _has_norms(box, steps, readings)]
    states = [box for box in rows if box.role == "state"] or rows
    if not states:
        raise DrawingError(
            f"strip=True draws norms of states over time, but {what}s= has none of a "
            "state, output or loss that this picture shows"
        )
    left = max(CHARACTER * width_of(box.label.at(picture.now(box))) for box in states)
    shapes: list[Shape] = []
    y = 0.0
    for axis in dict.fromkeys(box.time for box in states):
        for box in (box for box in states if box.time == axis):
            shapes += _row(box, picture, steps, readings, start, left, y)
            y -= ROW + SPACE
        shapes += _marks(axis or "", steps[axis or ""], start, left, y + SPACE)
        y -= ROW + 2 * SPACE
    page = Page([], shapes, [])
    return Page([], [*shapes, *norm_legend(page.extent, what)], [])


def _has_norms(box: Box, steps: Mapping[str, int], readings: Readings) -> bool:
    if box.time is None or box.role not in ("state", "output", "loss"):
        return False
    norms = (_norm(box, step, readings) for step in range(steps[box.time]))
    return any(norm is not None for norm in norms)


def _norm(box: Box, step: int, readings: Readings) -> float | None:
    value, gradient = readings.of(box.shows, step)
    return gradient if readings.gradients else value


def _cell(steps: int) -> float:
    return min(WIDEST, max(NARROWEST, WIDE / steps))


def _row(
    box: Box,
    picture: Picture,
    steps: Mapping[str, int],
    readings: Readings,
    start: Start,
    left: float,
    y: float,
) -> Iterator[Shape]:
    """Return the name of a row and its cells; what has no norm stays blank."""
    axis = box.time or ""
    name = box.label.at(picture.now(box))
    text = Rect(left - CHARACTER * width_of(name) - 6, y, left - 6, y + ROW)
    yield Shape(f"{box.key}-name", box.key, "note", name, text, None, box.hover)
    wide = _cell(steps[axis])
    shown = shown_steps(axis, steps[axis], None, start, picture.letters[axis])
    for step in range(steps[axis]):
        norm = _norm(box, step, readings)
        if norm is None:
            continue
        rect = Rect(left + step * wide, y, left + (step + 1) * wide, y + ROW)
        moment = box.label.at(shown.moment(step), step).partition("\n")[0]
        hover = f"{moment}: norm {short(norm)}"
        key, fill = f"{box.key}-{step}", color_of(norm)
        yield Shape(key, box.key, "swatch", "", rect, step, hover, fill=fill)


def _marks(
    axis: str, steps: int, start: Start, left: float, y: float
) -> Iterator[Shape]:
    """Return the numbers of some steps below their cells."""
    wide = _cell(steps)
    rounds = (1, 2, 5, 10, 20, 50, 100, 200, 500)
    right = left - MARK / 2
    name = Rect(right - CHARACTER * len(axis), y - ROW, right, y - 2)
    yield Shape(f"axis_{slug(axis)}", "axis", "note", printable(axis), name)
    apart = next((n for n in rounds if n * wide >= MARK), LONGEST_STRIP)
    first = 0 if start == "t" else int(start)
    for step in range(steps):
        number = first + step
        if number % apart == 0:
            x = left + (step + 0.5) * wide
            rect = Rect(x - MARK / 2, y - ROW, x + MARK / 2, y - 2)
            key, text = f"mark_{slug(axis)}-{step}", str(number).replace("-", "−")
            yield Shape(key, key, "note", text, rect)
