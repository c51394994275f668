"""Long chains of boxes, which `dot` places as one tall box: its work grows faster.

A chain is boxes one after the other, each read by the next alone. Where nothing else
stands beside one, it is placed box by box only afterwards, along its middle.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tinygraph.drawing.layout.curves import ARROW, straight
from tinygraph.drawing.layout.dot_layout import DotInput, DotLayout, lay_out
from tinygraph.drawing.layout.dot_text import INCH
from tinygraph.drawing.layout.engines import Engine
from tinygraph.drawing.layout.page import Line, Rect
from tinygraph.drawing.model import styles
from tinygraph.drawing.model.picture import Box, Wire
from tinygraph.drawing.model.texts import Label

MANY = 500
"""From so many boxes on chains are looked for."""
LONG = 30
"""The boxes of a chain that is worth it."""
GAP = float(styles.SPACING["ranksep"]) * INCH
"""Between two boxes of a chain, in points."""

Size = tuple[str, str]
"""What says how large a box is: its role and its text."""


@dataclass(frozen=True)
class _Chain:
    """Boxes from below, the wires between them, and the tall box for all."""

    boxes: tuple[Box, ...]
    wires: tuple[Wire, ...]
    tall: Box


def lay_out_chained(inputs: Sequence[DotInput], engine: Engine) -> list[DotLayout]:
    """Return layouts as `lay_out` does, long chains of large inputs apart.

    Raises:
        DrawingError: the engine fails, or time runs out.
    """
    chains = [_chains(dot_input) for dot_input in inputs]
    if not any(chains):
        return lay_out(inputs, engine)
    sizes = _sizes(inputs, chains, engine)
    short = [
        _shortened(dot_input, own, sizes)
        for dot_input, own in zip(inputs, chains, strict=True)
    ]
    found = []
    layouts = lay_out(short, engine)
    for dot_input, own, layout in zip(inputs, chains, layouts, strict=True):
        if own and not _stand_alone(own, layout):
            layout, own = lay_out([dot_input], engine)[0], []
        found.append(_lengthened(dot_input, own, layout, sizes))
    return found


def _chains(dot_input: DotInput) -> list[_Chain]:
    """Return the long chains of a large input."""
    if len(dot_input.boxes) < MANY or dot_input.sideways:
        return []
    ahead: dict[str, list[Wire]] = {box.key: [] for box in dot_input.boxes}
    behind: dict[str, list[Wire]] = {box.key: [] for box in dot_input.boxes}
    for wire in dot_input.wires:
        ahead[wire.tail].append(wire)
        behind[wire.head].append(wire)

    def onward(key: str) -> Wire | None:
        """Return the wire to the next box of a chain."""
        if len(ahead[key]) != 1:
            return None
        (wire,) = ahead[key]
        alone = len(behind[wire.head]) == 1 and not wire.label and not wire.initial
        return wire if alone else None

    links = {key: found for key in ahead if (found := onward(key)) is not None}
    inner = {wire.head for wire in links.values()}
    boxes = {box.key: box for box in dot_input.boxes}
    chains = []
    for start in links:
        if start in inner:
            continue
        wires = [links[start]]
        while wires[-1].head in links:
            wires.append(links[wires[-1].head])
        if len(wires) + 1 >= LONG:
            keys = [start, *(wire.head for wire in wires)]
            tall = Box(f"{start} and so on", "op", Label(""))
            members = tuple(boxes[key] for key in keys)
            chains.append(_Chain(members, tuple(wires), tall))
    return chains


def _sizes(
    inputs: Sequence[DotInput], chains: Sequence[Sequence[_Chain]], engine: Engine
) -> dict[Size, Rect]:
    """Return how large the boxes of chains are: `dot` measures each kind once."""
    kinds: dict[Size, None] = {}
    for dot_input, own in zip(inputs, chains, strict=True):
        for chain in own:
            kinds |= {(b.role, dot_input.texts[b.key]): None for b in chain.boxes}
    named = {f"size{i}": kind for i, kind in enumerate(kinds)}
    boxes = [Box(key, role, Label(text)) for key, (role, text) in named.items()]
    texts = {key: text for key, (_, text) in named.items()}
    (layout,) = lay_out([DotInput(boxes, [], texts, look=inputs[0].look)], engine)
    return {kind: layout.rects[key] for key, kind in named.items()}


def _size(dot_input: DotInput, box: Box, sizes: Mapping[Size, Rect]) -> Rect:
    return sizes[box.role, dot_input.texts[box.key]]


def _shortened(
    dot_input: DotInput, chains: Sequence[_Chain], sizes: Mapping[Size, Rect]
) -> DotInput:
    """Return the input with a tall box for each chain."""
    tall = {box.key: chain.tall for chain in chains for box in chain.boxes}
    inside = {wire.key for chain in chains for wire in chain.wires}
    known = {}
    for chain in chains:
        rects = [_size(dot_input, box, sizes) for box in chain.boxes]
        height = sum(rect.height for rect in rects) + GAP * len(chain.wires)
        known[chain.tall.key] = max(rect.width for rect in rects), height
    boxes = [box for box in dot_input.boxes if box.key not in tall]

    def moved(key: str) -> str:
        return tall[key].key if key in tall else key

    wires = [
        replace(wire, tail=moved(wire.tail), head=moved(wire.head))
        for wire in dot_input.wires
        if wire.key not in inside
    ]
    return replace(
        dot_input,
        boxes=[*boxes, *(chain.tall for chain in chains)],
        wires=wires,
        texts={**dot_input.texts, **{chain.tall.key: "" for chain in chains}},
        entered=[moved(key) for key in dot_input.entered],
        sizes=known,
    )


def _stand_alone(chains: Sequence[_Chain], layout: DotLayout) -> bool:
    """Return True where no box stands beside a chain."""
    rects = layout.rects
    return not any(
        key != chain.tall.key
        and rect.bottom < rects[chain.tall.key].top
        and rects[chain.tall.key].bottom < rect.top
        for chain in chains
        for key, rect in rects.items()
    )


def _lengthened(
    dot_input: DotInput,
    chains: Sequence[_Chain],
    layout: DotLayout,
    sizes: Mapping[Size, Rect],
) -> DotLayout:
    """Return the layout with every box of its chains."""
    if not chains:
        return layout
    rects = dict(layout.rects)
    lines: dict[str, Line] = {}
    for chain in chains:
        tall = rects.pop(chain.tall.key)
        bottom = tall.bottom
        for box in chain.boxes:
            size = _size(dot_input, box, sizes)
            rect = size.moved(tall.x - size.x, bottom - size.bottom)
            rects[box.key], bottom = rect, rect.top + GAP
        for wire in chain.wires:
            lines[wire.key] = _upright(wire, rects[wire.tail], rects[wire.head])
    outside = [wire for wire in dot_input.wires if wire.key not in lines]
    for wire, line in zip(outside, layout.lines, strict=True):
        lines[wire.key] = replace(line, key=wire.key, tail=wire.tail, head=wire.head)
    ordered = [lines[wire.key] for wire in dot_input.wires]
    return DotLayout(
        {box.key: rects[box.key] for box in dot_input.boxes}, ordered, layout.extent
    )


def _upright(wire: Wire, tail: Rect, head: Rect) -> Line:
    """Return the straight line from a box to the one above it."""
    start, end = (tail.x, tail.top), (head.x, head.bottom - ARROW)
    points = (start, *straight(start, end))
    tip = (head.x, head.bottom)
    return Line(wire.key, wire.tail, wire.head, points, tip, hover=wire.hover)
