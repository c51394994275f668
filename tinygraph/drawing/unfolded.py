"""The unfolded picture: panels of steps, and floors of static boxes between them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from tinygraph.drawing.bridges import Stack
from tinygraph.drawing.engines import Engine
from tinygraph.drawing.lanes import Ports, round_keys
from tinygraph.drawing.layout import Block, Part, lay_out, reordered
from tinygraph.drawing.options import Options
from tinygraph.drawing.page import Page
from tinygraph.drawing.panel import Panel
from tinygraph.drawing.picture import Box, Loop, Picture
from tinygraph.drawing.placing import Placing, place
from tinygraph.drawing.slots import measuring, slots_of
from tinygraph.drawing.steps import Riser, Step, prepare_step
from tinygraph.drawing.texts import width_of
from tinygraph.drawing.windows import Hop, Window, hops_of, window


@dataclass(frozen=True)
class _Axis:
    """What is known of one time axis before anything has a place."""

    view: Window
    loops: list[Loop]
    hops: list[Hop]
    part: Part
    risers: list[Riser]


def unfolded_page(
    picture: Picture, steps: Mapping[str, int], options: Options, engine: Engine
) -> Page:
    """Place an unfolded picture; the work does not grow with steps left out.

    Raises:
        DrawingError: the engine fails, or time runs out.
    """
    placing = place(picture)
    axes = [_axis(picture, placing, name, steps, options) for name in placing.axes]
    floors = [_floor(picture, placing, i) for i in range(len(axes) + 1)]
    slots = [slots_of(picture, axis.view, axis.hops) for axis in axes]
    parts = [axis.part for axis in axes]
    blocks = lay_out([*parts, *map(measuring, slots), *floors], engine)
    n = len(axes)
    panels = []
    for axis, own, block, sizes in zip(axes, slots, blocks, blocks[n:], strict=False):
        sized = [replace(slot, size=sizes.places[slot.key]) for slot in own]
        step = _step(picture, axis, block, engine)
        panels.append(Panel(picture, axis.view, step, axis.hops, sized))
    return Stack(picture, placing, panels, blocks[2 * n :]).page()


def _axis(
    picture: Picture,
    placing: Placing,
    name: str,
    steps: Mapping[str, int],
    options: Options,
) -> _Axis:
    view = window(name, steps[name], options.max_steps, options.start)
    boxes = [box for box in picture.boxes.values() if box.time == name]
    keys = {box.key for box in boxes}
    loops = [loop for loop in picture.loops if loop.tail in keys]
    part = Part(
        boxes,
        [wire for wire in picture.wires if wire.tail in keys and wire.head in keys],
        {box.key: _widest(box, view) for box in boxes},
        [loop.head for loop in loops],
    )
    hops = [hop for loop in loops for hop in hops_of(loop, view)]
    return _Axis(view, loops, hops, part, _risers(picture, placing, name))


def _widest(box: Box, view: Window) -> str:
    texts = [box.label.at(view.moment(step), step) for step in view.shown]
    return max(texts, key=width_of)


def _risers(picture: Picture, placing: Placing, axis: str) -> list[Riser]:
    """Return the ways that wires to and from static boxes take out of a step."""
    level = placing.axes.index(axis)
    found: dict[Riser, None] = {}
    for wire in picture.wires:
        tail, head = picture.boxes[wire.tail], picture.boxes[wire.head]
        if tail.time == axis and head.time is None:
            found[wire.tail, True, False] = None
        elif head.time == axis and tail.time is None:
            found[wire.head, placing.floors[wire.tail] > level, True] = None
    return [*found]


def _floor(picture: Picture, placing: Placing, floor: int) -> Part:
    boxes = [picture.boxes[key] for key, i in placing.floors.items() if i == floor]
    keys = {box.key for box in boxes}
    wires = [w for w in picture.wires if w.tail in keys and w.head in keys]
    return Part(boxes, wires, {box.key: box.label.still for box in boxes})


def _step(picture: Picture, axis: _Axis, block: Block, engine: Engine) -> Step:
    """Prepare the step of an axis, its rows ordered so that lanes are free."""
    ends: list[tuple[str, bool]] = []
    for loop in axis.loops:
        past = loop.steps > 0
        ends += [(loop.head, not past), (loop.tail, past)]
    ports = Ports(block.places, round_keys(axis.part.boxes))
    if not all(ports.is_free(key, right) for key, right in ends):
        sides: dict[str, int] = {}
        for key, right in ends:
            sides.setdefault(key, 1 if right else -1)
        block = reordered(axis.part, block, sides, engine)
    return prepare_step(block, axis.loops, axis.risers, picture)
