"""The unfolded picture: panels of steps, and floors of static boxes between them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tinygraph.drawing.layout.bridges import Stack
from tinygraph.drawing.layout.engines import Engine
from tinygraph.drawing.layout.initial_values import Slot, measuring, slots_of
from tinygraph.drawing.layout.lanes import Ports, round_keys
from tinygraph.drawing.layout.one_step import Block, Part, lay_out, reordered
from tinygraph.drawing.layout.page import Page
from tinygraph.drawing.layout.panel import Panel
from tinygraph.drawing.layout.shown_steps import Hop, Window, hops_of, window
from tinygraph.drawing.layout.static_boxes import Placing, place
from tinygraph.drawing.layout.steps import Riser, Step, prepare_step
from tinygraph.drawing.model.options import Options
from tinygraph.drawing.model.picture import Box, Loop, Picture
from tinygraph.drawing.model.texts import width_of


@dataclass(frozen=True)
class _View:
    """The steps of one axis that one page shows, and the delayed edges on it."""

    window: Window
    loops: list[Loop]
    hops: list[Hop]
    slots: list[Slot]


class Unfolding:
    """An unfolded picture, laid out once for several numbers of steps.

    Args:
        counts: T of each time axis, for each page that will be asked for. Boxes are
            as wide as their widest text on any of them.

    Raises:
        DrawingError: the engine fails, or time runs out.
    """

    def __init__(
        self,
        picture: Picture,
        counts: Sequence[Mapping[str, int]],
        options: Options,
        engine: Engine,
    ) -> None:
        self._picture, self._options = picture, options
        self._placing = place(picture)
        axes = self._placing.axes
        views = [[self._view(axis, count[axis]) for count in counts] for axis in axes]
        parts = [
            _part(picture, axis, own) for axis, own in zip(axes, views, strict=True)
        ]
        slots = [slot for own in views for view in own for slot in view.slots]
        texts = [*dict.fromkeys(slot.text for slot in slots)]
        floors = [_floor(picture, self._placing, i) for i in range(len(axes) + 1)]
        *blocks, sizes = lay_out(
            [*parts, *floors, measuring(texts, picture.look)], engine
        )
        self._sizes = {text: sizes.places[f"slot{i}"] for i, text in enumerate(texts)}
        self._floors = blocks[len(axes) :]
        self._steps = [
            _step(picture, part, own[-1].loops, risers, block, engine)
            for part, own, block, risers in zip(
                parts,
                views,
                blocks,
                [_risers(picture, self._placing, axis) for axis in axes],
                strict=False,
            )
        ]

    def page(self, count: Mapping[str, int]) -> Page:
        """Return the page with so many steps of each axis."""
        panels = []
        for axis, step in zip(self._placing.axes, self._steps, strict=True):
            view = self._view(axis, count[axis])
            sized = [replace(s, size=self._sizes[s.text]) for s in view.slots]
            panels.append(Panel(self._picture, view.window, step, view.hops, sized))
        return Stack(self._picture, self._placing, panels, self._floors).page()

    def _view(self, axis: str, steps: int) -> _View:
        shown = window(axis, steps, self._options.max_steps, self._options.start)
        boxes = self._picture.boxes
        loops = [k for k in self._picture.loops if boxes[k.tail].time == axis]
        hops = [hop for loop in loops for hop in hops_of(loop, shown)]
        return _View(shown, loops, hops, slots_of(self._picture, shown, hops))


def unfolded_page(
    picture: Picture, steps: Mapping[str, int], options: Options, engine: Engine
) -> Page:
    """Place an unfolded picture; the work does not grow with steps left out.

    Raises:
        DrawingError: the engine fails, or time runs out.
    """
    return Unfolding(picture, [steps], options, engine).page(steps)


def _part(picture: Picture, axis: str, views: Sequence[_View]) -> Part:
    """Return the boxes of one step, each with the widest text it will hold."""
    boxes = [box for box in picture.boxes.values() if box.time == axis]
    keys = {box.key for box in boxes}
    return Part(
        boxes,
        [wire for wire in picture.wires if wire.tail in keys and wire.head in keys],
        {box.key: _widest(box, views) for box in boxes},
        [loop.head for loop in views[-1].loops],
        picture.look,
    )


def _widest(box: Box, views: Sequence[_View]) -> str:
    windows = [view.window for view in views]
    texts = [box.label.at(w.moment(t), t) for w in windows for t in w.shown]
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
    texts = {box.key: box.label.still for box in boxes}
    return Part(boxes, wires, texts, look=picture.look)


def _step(
    picture: Picture,
    part: Part,
    loops: Sequence[Loop],
    risers: Sequence[Riser],
    block: Block,
    engine: Engine,
) -> Step:
    """Prepare the step of an axis, its rows ordered so that lanes are free."""
    ends: list[tuple[str, bool]] = []
    for loop in loops:
        past = loop.steps > 0
        ends += [(loop.head, not past), (loop.tail, past)]
    ports = Ports(block.places, round_keys(part.boxes))
    if not all(ports.is_free(key, right) for key, right in ends):
        sides: dict[str, int] = {}
        for key, right in ends:
            sides.setdefault(key, 1 if right else -1)
        block = reordered(part, block, sides, engine)
    return prepare_step(block, loops, risers, picture)
