"""What stands in place of a closed scope: its boxes, laid out on their own.

Wires to and from the outside end at pins below and above the boxes, which the way
outside goes on from. One of them is where the middle of the closed box is.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from tinygraph.drawing.layout.dot_layout import DotInput, DotLayout
from tinygraph.drawing.layout.engines import Engine
from tinygraph.drawing.layout.lanes import round_keys
from tinygraph.drawing.layout.long_chains import lay_out_chained
from tinygraph.drawing.layout.page import Line, Rect, around
from tinygraph.drawing.layout.row_order import in_order_of_time
from tinygraph.drawing.model.picture import Box, DelayLoop, Opening, Wire
from tinygraph.drawing.model.texts import Label, one_line, width_of

MARGIN = 6.0
"""From the boxes of a scope to its outline; half of it from outlines inside."""
TITLE = 14.0
"""Height of the line that the title takes."""
STRAIGHT = 1.0
"""Boxes whose middles are nearer than this stand straight above each other."""
PIN = 0.02
"""Width and height of a pin, in points."""


@dataclass(frozen=True)
class Block:
    """The boxes of an opened scope; (0, 0) comes to the lower middle of the closed box.

    Attributes:
        rects: key → rectangle.
        lines: by the key of the wire; those to and from the outside are only the parts
            from and to a pin.
        extent: what nothing else may enter; its lower and upper edges are where the
            pins are.
    """

    rects: Mapping[str, Rect]
    lines: Mapping[str, Line]
    extent: Rect


def width_of_title(title: str) -> float:
    """Return about how wide the title of a scope is drawn, in points."""
    return 6.4 * width_of(one_line(title))


def blocks(
    whole: DotInput,
    opening: Opening,
    closed: DotLayout,
    loops: Sequence[DelayLoop],
    engine: Engine,
) -> dict[str, Block]:
    """Return the block of each closed box, laid out in one run of the engine.

    Args:
        whole: all boxes and wires.
        closed: the layout with the boxes closed.

    Raises:
        DrawingError: the engine fails, or time runs out.
    """
    here = {box.key for box in whole.boxes}
    inside = {
        key: [member for member in members if member in here]
        for key, members in opening.inside.items()
    }
    units = units_of(opening)
    places = {key: closed.rects[unit].x for key, unit in units.items() if key in here}
    filled = {
        key: _input(whole, members, closed.rects[key].x, places)
        for key, members in inside.items()
        if members
    }
    layouts = lay_out_chained([dot_input for dot_input, _ in filled.values()], engine)
    found = {key: Block({}, {}, Rect(0, 0, 0, 0)) for key in inside}
    rounds = round_keys(whole.boxes)
    for (key, (dot_input, middle)), layout in zip(filled.items(), layouts, strict=True):
        layout = in_order_of_time(dot_input, layout, loops, rounds, engine)
        title = opening.closed.boxes[key].scope[-1]
        found[key] = _block(dot_input, layout, title, middle)
    return found


def units_of(opening: Opening) -> dict[str, str]:
    """Return the closed box in whose place each box stands, or which it is."""
    inside = {key: m for m, members in opening.inside.items() for key in members}
    return {**opening.kept, **inside}


def _input(
    whole: DotInput, members: Sequence[str], x: float, places: Mapping[str, float]
) -> tuple[DotInput, list[str]]:
    """Return the boxes of one block with a pin for each box that is joined.

    Pins stand in the order of what they lead to. Those whose ways go straight on come
    apart too, the upper ones first.

    Args:
        x: the middle of the closed box.
        places: where the middles of all boxes are where this one is closed.
    """
    own = {*members}
    lowest: dict[str, float] = {}
    highest: dict[str, float] = {}
    wires: dict[str, Wire] = {}
    middle: dict[str, int] = {}
    for wire in whole.wires:
        if wire.head in own and wire.tail not in own:
            pin, there = f"from {wire.tail}", places[wire.tail]
            lowest[pin] = there
            middle[pin] = 1 if abs(there - x) < STRAIGHT else 3
            wire = replace(wire, tail=pin)
        elif wire.tail in own and wire.head not in own:
            pin, there = f"out of {wire.tail}", places[wire.head]
            highest.setdefault(pin, there)
            ahead = 0 if abs(there - x) < STRAIGHT else 2
            middle[pin] = min(middle.get(pin, 2), ahead)
            wire = Wire(wire.tail, pin)
        elif wire.tail not in own:
            continue
        wires[wire.key] = wire
    pins = [*(_pin(pin, "input") for pin in lowest), *(_pin(k, "op") for k in highest)]
    dot_input = replace(
        whole,
        boxes=[*(box for box in whole.boxes if box.key in own), *pins],
        wires=[*wires.values()],
        texts={**whole.texts, **{pin.key: "" for pin in pins}},
        entered=[key for key in whole.entered if key in own],
        sizes={**whole.sizes, **{pin.key: (PIN, PIN) for pin in pins}},
        lowest=sorted(lowest, key=lambda pin: lowest[pin]),
        highest=sorted(highest, key=lambda pin: highest[pin]),
    )
    return dot_input, sorted(middle, key=lambda pin: middle[pin])


def _pin(key: str, role: str) -> Box:
    return Box(key, role, Label(""), time="t")


def _block(
    dot_input: DotInput, layout: DotLayout, title: str, middle: Sequence[str]
) -> Block:
    pins = {*dot_input.lowest, *dot_input.highest}
    lines = {line.key: _without_tip(line, pins) for line in layout.lines}
    own = {key: rect for key, rect in layout.rects.items() if key not in pins}
    points = [p for line in layout.lines for p in line.points]
    rects = [*own.values(), *(Rect(x, y, x, y) for x, y in points)]
    boxes = around(own.values())
    room = around(rects)
    framed = len(own) > 1 or any(box.scope for box in dot_input.boxes)
    frame = _with_title(
        Rect(room.left, boxes.bottom, room.right, boxes.top), title, dot_input.sideways
    )
    frame = frame if framed else boxes
    low = min([frame.bottom, *(layout.rects[key].y for key in dot_input.lowest)])
    high = max([frame.top, *(layout.rects[key].y for key in dot_input.highest)])
    x = layout.rects[middle[0]].x if middle else boxes.x
    extent = Rect(frame.left, low, frame.right, high)
    return Block(
        {key: rect.moved(-x, -low) for key, rect in own.items()},
        {key: line.moved(-x, -low) for key, line in lines.items()},
        extent.moved(-x, -low),
    )


def _with_title(rect: Rect, title: str, sideways: bool) -> Rect:
    """Return the outline around boxes, with room for its title."""
    rect = rect.grown(MARGIN)
    more = width_of_title(title) + 2 * MARGIN
    if sideways:
        more = max(0.0, more - rect.height) / 2
        return Rect(rect.left, rect.bottom - more, rect.right + TITLE, rect.top + more)
    more = max(0.0, more - rect.width) / 2
    return Rect(rect.left - more, rect.bottom, rect.right + more, rect.top + TITLE)


def _without_tip(line: Line, pins: Collection[str]) -> Line:
    """Return a line that goes on beyond the pin at its end."""
    if line.head not in pins or line.tip is None:
        return line
    return replace(line, points=(*line.points[:-1], line.tip), tip=None)


def entering_key(wire: Wire) -> str:
    """Return the key of the part of a wire that is inside the block it leads into."""
    return replace(wire, tail=f"from {wire.tail}").key


def leaving_key(wire: Wire) -> str:
    """Return the key of the part of a wire that is inside the block it comes from."""
    return Wire(wire.tail, f"out of {wire.tail}").key
