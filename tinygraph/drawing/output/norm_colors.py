"""Colours by norm: boxes on a fixed scale of powers of ten, and its legend."""

import math
from collections.abc import Mapping
from dataclasses import replace

from tinygraph.drawing.layout.page import Page, Rect, Shape
from tinygraph.drawing.model.picture import Box
from tinygraph.drawing.model.readings import Readings, short
from tinygraph.drawing.model.texts import SUPERSCRIPTS

LOWEST, HIGHEST = -4.0, 4.0
"""The powers of ten at the ends of the scale; beyond them the colour stays."""

STOPS = ("#5B8FD6", "#A9C8EC", "#F5F4F2", "#F4B79B", "#E2695A")
"""Colours from the lowest to the highest power, evenly apart: blue, pale, red."""

NOT_A_NUMBER = "#C9A0DC"
"""The colour of NaN, which is on no scale."""

ZERO = "#C3C8CC"
"""The colour of a norm that is exactly 0, which is on no scale of powers either."""

HATCHING = """<defs>
<pattern id="norm-zero" width="5" height="5" patternUnits="userSpaceOnUse" \
patternTransform="rotate(45)">
<path d="M0 0H5V5H0Z" fill="#ffffff"/>
<path d="M0 0H2V5H0Z" fill="#b4bbc0"/>
</pattern>
</defs>"""
"""The hatching of a norm of exactly 0, which is no colour of the scale, in an SVG."""

UNKNOWN = "#FDFDFD"
"""The colour of a box without a norm."""

SWATCH = 14.0
"""Width of a piece of the legend, in points; two make a power of ten."""
BELOW = 26.0
"""From the picture down to the legend."""


def color_of(norm: float) -> str:
    """Return the colour of a norm: blue below 1, pale at 1, red above; grey for 0."""
    if math.isnan(norm):
        return NOT_A_NUMBER
    if norm == 0:
        return ZERO
    power = math.log10(norm)
    part = (min(max(power, LOWEST), HIGHEST) - LOWEST) / (HIGHEST - LOWEST)
    at = part * (len(STOPS) - 1)
    first = min(int(at), len(STOPS) - 2)
    return _mixed(STOPS[first], STOPS[first + 1], at - first)


def _mixed(one: str, other: str, part: float) -> str:
    pairs = [(int(one[i : i + 2], 16), int(other[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(a + (b - a) * part):02X}" for a, b in pairs)


def with_norm_colors(page: Page, boxes: Mapping[str, Box], readings: Readings) -> Page:
    """Return the page with its boxes coloured by gradient, else value norm.

    Norms are added to the hover texts. Boxes without a norm lose their colour, so
    that a colour says one thing only; their shape and outline tell what they are.
    """
    shapes = [_colored(shape, boxes, readings) for shape in page.shapes]
    what = "gradient" if readings.gradients else "value"
    return replace(page, shapes=[*shapes, *norm_legend(page.extent, what)])


def _colored(shape: Shape, boxes: Mapping[str, Box], readings: Readings) -> Shape:
    if shape.role in ("delay", "ellipsis"):
        return shape
    box = boxes.get(shape.box)
    value, gradient = readings.of(box.shows if box else (), shape.step)
    norm = gradient if readings.gradients else value
    hover = shape.hover
    for name, number in (("value", value), ("gradient", gradient)):
        if number is not None:
            hover += f", {name} norm {short(number)}"
    fill = UNKNOWN if norm is None else color_of(norm)
    return replace(shape, hover=hover, fill=fill)


def norm_legend(extent: Rect, what: str) -> list[Shape]:
    """Return a bar of colours under the picture, with its powers of ten below it."""
    count = 2 * int(HIGHEST - LOWEST) + 1
    top = extent.bottom - BELOW
    bottom = top - SWATCH
    left = extent.left
    title = Shape(
        "legend", "legend", "note", f"‖{what}‖", Rect(left, bottom, left + 72, top)
    )
    found = [title]
    for i in range(count):
        power = LOWEST + i / 2
        x = title.rect.right + i * SWATCH
        rect = Rect(x, bottom, x + SWATCH, top)
        key, hover = f"legend-{i}", f"norm {short(10**power)}"
        fill = color_of(10**power)
        found.append(Shape(key, key, "swatch", "", rect, None, hover, fill=fill))
        if power % 2 == 0:
            text = "1" if power == 0 else f"10{f'{power:.0f}'.translate(SUPERSCRIPTS)}"
            mark = Rect(x, bottom - 17, x + SWATCH, bottom - 3)
            found.append(Shape(f"{key}-text", key, "note", text, mark))
    x = found[0].rect.right + (count + 1) * SWATCH
    rect = Rect(x, bottom, x + SWATCH, top)
    mark = Rect(x, bottom - 17, x + SWATCH, bottom - 3)
    zero = Shape("legend-zero", "legend", "swatch", "", rect, None, "norm 0", fill=ZERO)
    return [*found, zero, Shape("legend-zero-text", "legend", "note", "0", mark)]
