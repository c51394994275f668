"""`dot` places the boxes of one step, or static boxes, without delayed edges."""

import itertools
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tinygraph.drawing.layout.dot_text import (
    INCH,
    box_attributes,
    digraph,
    edge,
    label_style,
    node,
    quoted,
)
from tinygraph.drawing.layout.engines import Engine
from tinygraph.drawing.layout.page import NOWHERE, Line, Point, Rect, around
from tinygraph.drawing.layout.spine import spine
from tinygraph.drawing.model import styles
from tinygraph.drawing.model.picture import Box, Wire
from tinygraph.drawing.model.styles import Look


@dataclass(frozen=True)
class DotInput:
    """What `dot` places in one layout: one step, or static boxes side by side.

    Attributes:
        boxes, wires: wires join these boxes only.
        texts: key → the widest text the box will hold.
        entered: boxes that delays enter.
        look: what fonts the texts are in.
        sideways: `dot` goes from left to right, and the layout is that with across and
            up exchanged: rows stand above each other, as ever.
        sizes: key → width and height in points, of boxes that are not as large as
            their text.
        lowest, highest: boxes alone in the first and last row, from left to right.
    """

    boxes: Sequence[Box]
    wires: Sequence[Wire]
    texts: Mapping[str, str]
    entered: Sequence[str] = ()
    look: Look = field(default_factory=Look)
    sideways: bool = False
    sizes: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    lowest: Sequence[str] = ()
    highest: Sequence[str] = ()


@dataclass(frozen=True)
class DotLayout:
    """The result of `dot`: boxes and wires placed; the left bottom corner is (0, 0).

    Attributes:
        rects: key → rectangle.
        lines: one per wire.
        extent: the rectangle around everything.
    """

    rects: dict[str, Rect]
    lines: list[Line]
    extent: Rect


def lay_out(inputs: Sequence[DotInput], engine: Engine) -> list[DotLayout]:
    """Return the layouts of several inputs, made in one run of the engine.

    Raises:
        DrawingError: the engine fails, or time runs out.
    """
    filled = [dot_input for dot_input in inputs if dot_input.boxes]
    found = iter(
        engine.layouts([_text(dot_input, ()) for dot_input in filled]) if filled else ()
    )
    return [
        _layout(dot_input, next(found)) if dot_input.boxes else _EMPTY
        for dot_input in inputs
    ]


def with_rows_reordered(
    dot_input: DotInput, layout: DotLayout, sides: Mapping[str, int], engine: Engine
) -> DotLayout:
    """Return the layout with some boxes at the ends of their rows.

    Args:
        layout: the layout so far, which says what the rows are.
        sides: key → -1 for first in its row, 1 for last.
    """
    orders = [_ordered(row, sides) for row in _rows(layout.rects)]
    return _layout(
        dot_input, *engine.layouts([_text(dot_input, [o for o in orders if o])])
    )


_EMPTY = DotLayout({}, [], NOWHERE)


def _text(dot_input: DotInput, orders: Sequence[str]) -> str:
    """Return the DOT text: a straight spine, ops close above a lone operand."""
    straight = spine(
        dot_input.boxes, dot_input.wires, dot_input.entered, dot_input.sideways
    )
    operands = Counter(wire.head for wire in dot_input.wires)
    look = dot_input.look
    body = [
        node(
            box.key,
            box_attributes(box.role, dot_input.texts[box.key], look)
            | _sized(dot_input.sizes.get(box.key)),
        )
        for box in dot_input.boxes
    ]
    for i, wire in enumerate(dot_input.wires):
        weight = 2 if operands[wire.head] == 1 else 1
        if (wire.tail, wire.head) in straight:
            weight = 8
        if wire.tail in dot_input.lowest or wire.head in dot_input.highest:
            weight = max(weight, 4)
        values = {"id": str(i), "weight": str(weight)}
        if wire.label:
            values |= {"label": f" {wire.label} ", **label_style(wire.weight, look)}
        body.append(edge(wire.tail, wire.head, values))
    for rank, keys in (("source", dot_input.lowest), ("sink", dot_input.highest)):
        if keys:
            order = _invisible(itertools.pairwise(keys))
            body.append(f"{{rank={rank}; {' '.join(map(quoted, keys))}; {order}}}")
    spacing = styles.SPACING | ({"rankdir": "LR"} if dot_input.sideways else {})
    return digraph("part", spacing, [*body, *orders], look)


def _sized(size: tuple[float, float] | None) -> dict[str, str]:
    """Return the attributes of a box with a size of its own."""
    if size is None:
        return {}
    width, height = (f"{points / INCH:.5f}" for points in size)
    return {"width": width, "height": height, "fixedsize": "true"}


def _rows(rects: Mapping[str, Rect]) -> list[list[str]]:
    """Return the boxes row by row, each row from left to right."""
    rows: dict[int, list[str]] = {}
    for key in sorted(rects, key=lambda key: rects[key].x):
        rows.setdefault(round(rects[key].y), []).append(key)
    return [*rows.values()]


def _ordered(row: Sequence[str], sides: Mapping[str, int]) -> str:
    """Return invisible flat edges that put boxes at the ends of their row.

    Their weight is 1: `dot` ignores flat edges of weight 0.
    """
    pairs = [(a, b) for a in row for b in row if sides.get(a, 0) < sides.get(b, 0)]
    flat = _invisible(pairs)
    return f"{{rank=same; {flat}}}" if flat else ""


def _invisible(pairs: Iterable[tuple[str, str]]) -> str:
    return " ".join(edge(a, b, {"style": "invis", "weight": "1"}) for a, b in pairs)


def _layout(dot_input: DotInput, laid: Mapping[str, Any]) -> DotLayout:
    rects = {
        found["name"]: _rect(found)
        for found in laid.get("objects", ())
        if "pos" in found
    }
    wires = {found.get("id"): found for found in laid.get("edges", ())}
    lines = [_wire_line(w, wires[str(i)]) for i, w in enumerate(dot_input.wires)]
    if dot_input.sideways:
        rects = {key: rect.transposed for key, rect in rects.items()}
        lines = [line.transposed for line in lines]
    return at_origin(rects, lines)


def at_origin(rects: Mapping[str, Rect], lines: Sequence[Line]) -> DotLayout:
    """Return a layout, moved so that its left bottom corner is (0, 0)."""
    ends = [Rect(x, y, x, y) for line in lines for x, y in line.points]
    extent = around([*rects.values(), *ends])
    dx, dy = -extent.left, -extent.bottom
    return DotLayout(
        {key: rect.moved(dx, dy) for key, rect in rects.items()},
        [line.moved(dx, dy) for line in lines],
        extent.moved(dx, dy),
    )


def _rect(found: Mapping[str, str]) -> Rect:
    x, y = map(float, found["pos"].split(","))
    across = float(found["width"]) * INCH / 2
    up = float(found["height"]) * INCH / 2
    return Rect(x - across, y - up, x + across, y + up)


def _wire_line(wire: Wire, found: Mapping[str, str]) -> Line:
    tip: Point | None = None
    points = []
    for word in found["pos"].split():
        if word.startswith("e,"):
            tip = _pair(word[2:])
        else:
            points.append(_pair(word))
    label_point = _pair(found["lp"]) if "lp" in found else None
    return line_of(wire, points, tip, label_point)


def line_of(
    wire: Wire, points: Sequence[Point], tip: Point | None, label_point: Point | None
) -> Line:
    """Return the line of a wire, whose way is known."""
    return Line(
        wire.key,
        wire.tail,
        wire.head,
        tuple(points),
        tip,
        "initial" if wire.initial else "wire",
        label=wire.label,
        weight=wire.weight,
        label_point=label_point,
        hover=wire.hover,
    )


def _pair(word: str) -> Point:
    x, y = word.split(",")
    return float(x), float(y)
