"""The unfolded picture: panels of steps, and bands of static boxes between them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from tinygraph.drawing.layout.dot_layout import (
    DotInput,
    DotLayout,
)
from tinygraph.drawing.layout.engines import Engine
from tinygraph.drawing.layout.initial_values import (
    InitialValue,
    ellipses_to_measure,
    initial_values_of,
)
from tinygraph.drawing.layout.labels import with_free_labels
from tinygraph.drawing.layout.lanes import Riser, round_keys
from tinygraph.drawing.layout.long_chains import lay_out_chained
from tinygraph.drawing.layout.open_scopes import with_open_scopes
from tinygraph.drawing.layout.opened import opened_layout
from tinygraph.drawing.layout.page import Page
from tinygraph.drawing.layout.panel import Panel
from tinygraph.drawing.layout.row import Row
from tinygraph.drawing.layout.row_order import in_order_of_time
from tinygraph.drawing.layout.shown_steps import (
    WINDOW,
    DelayedEdge,
    ShownSteps,
    delayed_edges_of,
    shown_steps,
    window_of,
)
from tinygraph.drawing.layout.stack import Stack
from tinygraph.drawing.layout.static_bands import Stacking, stacking_of
from tinygraph.drawing.layout.step_template import StepTemplate, step_template
from tinygraph.drawing.model.options import DrawOptions
from tinygraph.drawing.model.picture import Box, DelayLoop, Picture
from tinygraph.drawing.model.texts import Moment, width_of


@dataclass(frozen=True)
class _Row:
    """The row of one time axis on one page: shown steps, delayed edges, their ends."""

    shown: ShownSteps
    loops: list[DelayLoop]
    edges: list[DelayedEdge]
    initial_values: list[InitialValue]


class UnfoldedLayout:
    """An unfolded picture, laid out once for several numbers of steps.

    Args:
        counts: T of each time axis, for each page that will be asked for. Boxes are
            as wide as their widest text on any of them.
        windows: of the last of them windows will be asked for.

    Raises:
        DrawingError: the engine fails, or time runs out.
    """

    def __init__(
        self,
        picture: Picture,
        counts: Sequence[Mapping[str, int]],
        options: DrawOptions,
        engine: Engine,
        windows: bool = False,
    ) -> None:
        self._picture, self._options = picture, options
        self._stacking = stacking_of(picture, options.direction == "LR")
        axes = self._stacking.axes
        rows = [[self._row(axis, count[axis]) for count in counts] for axis in axes]
        for axis, own in zip(axes, rows, strict=True) if windows else ():
            steps = counts[-1][axis]
            own += [self._row(axis, steps, first) for first in range(1, steps - WINDOW)]
        inputs = [
            _step_input(picture, axis, own)
            for axis, own in zip(axes, rows, strict=True)
        ]
        initial_values = [
            value for own in rows for row in own for value in row.initial_values
        ]
        texts = [*dict.fromkeys(value.text for value in initial_values)]
        bands = [_band_input(picture, self._stacking, i) for i in range(len(axes) + 1)]
        *layouts, sizes = lay_out_chained(
            [*inputs, *bands, ellipses_to_measure(texts, picture.look)], engine
        )
        self._sizes = {text: sizes.rects[f"value{i}"] for i, text in enumerate(texts)}
        before = self._before(counts, windows, engine)
        self._bands = [
            self._opened(i, dot_input, before, engine) or layout
            for i, (dot_input, layout) in enumerate(
                zip(bands, layouts[len(axes) :], strict=True)
            )
        ]
        opened = [
            self._opened(axis, dot_input, before, engine)
            for axis, dot_input in zip(axes, inputs, strict=True)
        ]
        self._steps = [
            _step(picture, dot_input, own[-1].loops, risers, layout, engine, steady)
            for dot_input, own, layout, steady, risers in zip(
                inputs,
                rows,
                layouts,
                opened,
                [_risers(picture, self._stacking, axis) for axis in axes],
                strict=False,
            )
        ]

    def _before(
        self, counts: Sequence[Mapping[str, int]], windows: bool, engine: Engine
    ) -> "UnfoldedLayout | None":
        """Return the layout in which the scopes are closed that this picture opens."""
        opening = self._picture.opening
        if opening is None:
            return None
        return UnfoldedLayout(opening.closed, counts, self._options, engine, windows)

    def _opened(
        self,
        part: str | int,
        dot_input: DotInput,
        before: "UnfoldedLayout | None",
        engine: Engine,
    ) -> DotLayout | None:
        """Return the step of an axis, or a band, from that with closed scopes.

        None where no scope is opened, or where boxes have no place in it.
        """
        opening = self._picture.opening
        if before is None or opening is None or not dot_input.boxes:
            return None
        parts: dict[str | int, DotLayout] = dict(enumerate(before._bands))
        for axis, step in zip(before._stacking.axes, before._steps, strict=True):
            parts[axis] = step.layout
        loops = [loop for loop in self._picture.loops if loop.tail in dot_input.texts]
        if part not in parts:
            return None
        return opened_layout(dot_input, parts[part], opening, loops, engine)

    def page(self, count: Mapping[str, int], first: int | None = None) -> Page:
        """Return the page with T of each axis as `count` says.

        Args:
            first: where the window begins that is shown; see `window_of`.
        """
        panels = []
        for axis, step in zip(self._stacking.axes, self._steps, strict=True):
            row = self._row(axis, count[axis], first)
            sized = [replace(s, size=self._sizes[s.text]) for s in row.initial_values]
            panels.append(Panel(self._picture, row.shown, step, row.edges, sized))
        kind = Row if self._stacking.beside else Stack
        stack = kind(self._picture, self._stacking, panels, self._bands)
        return with_open_scopes(with_free_labels(stack.page()), self._picture)

    def _row(self, axis: str, steps: int, first: int | None = None) -> _Row:
        options, letter = self._options, self._picture.letters[axis]
        shown = shown_steps(axis, steps, options.max_steps, options.start, letter)
        if first is not None:
            shown = replace(shown, numbers=window_of(steps, first))
        boxes = self._picture.boxes
        loops = [k for k in self._picture.loops if boxes[k.tail].time == axis]
        edges = [edge for loop in loops for edge in delayed_edges_of(loop, shown)]
        return _Row(shown, loops, edges, initial_values_of(self._picture, shown, edges))


def unfolded_page(
    picture: Picture, steps: Mapping[str, int], options: DrawOptions, engine: Engine
) -> Page:
    """Place an unfolded picture; the work does not grow with steps left out.

    Raises:
        DrawingError: the engine fails, or time runs out.
    """
    return UnfoldedLayout(picture, [steps], options, engine).page(steps)


def _step_input(picture: Picture, axis: str, rows: Sequence[_Row]) -> DotInput:
    """Return the boxes of one step, each with the widest text it will hold."""
    boxes = [box for box in picture.boxes.values() if box.time == axis]
    keys = {box.key for box in boxes}
    moments = dict.fromkeys(
        (row.shown.moment(t), t) for row in rows for t in row.shown.numbers
    )
    return DotInput(
        boxes,
        [wire for wire in picture.wires if wire.tail in keys and wire.head in keys],
        {box.key: _widest(box, moments) for box in boxes},
        [loop.head for loop in rows[-1].loops],
        picture.look,
    )


def _widest(box: Box, moments: Iterable[tuple[Moment, int]]) -> str:
    texts = dict.fromkeys(box.label.at(moment, t) for moment, t in moments)
    return max(texts, key=width_of)


def _risers(picture: Picture, stacking: Stacking, axis: str) -> list[Riser]:
    """Return the ways that wires to and from static boxes take out of a step."""
    found: dict[Riser, None] = {}
    for wire in picture.wires:
        tail, head = picture.boxes[wire.tail], picture.boxes[wire.head]
        if tail.time == axis and head.time is None:
            found[wire.tail, True, False] = None
        elif head.time == axis and tail.time is None:
            found[wire.head, stacking.is_above(wire.tail, axis), True] = None
    return [*found]


def _band_input(picture: Picture, stacking: Stacking, band: int) -> DotInput:
    boxes = [picture.boxes[key] for key, i in stacking.bands.items() if i == band]
    keys = {box.key for box in boxes}
    wires = [w for w in picture.wires if w.tail in keys and w.head in keys]
    texts = {box.key: box.label.still for box in boxes}
    return DotInput(boxes, wires, texts, look=picture.look)


def _step(
    picture: Picture,
    dot_input: DotInput,
    loops: Sequence[DelayLoop],
    risers: Sequence[Riser],
    layout: DotLayout,
    engine: Engine,
    opened: DotLayout | None,
) -> StepTemplate:
    """Return the step of an axis; its rows are reordered where lanes are not free.

    Args:
        opened: the layout in which nothing moves that stands outside opened scopes.
    """
    if opened is not None:
        return step_template(opened, loops, risers, picture, steady=True)
    rounds = round_keys(dot_input.boxes)
    layout = in_order_of_time(dot_input, layout, loops, rounds, engine)
    return step_template(layout, loops, risers, picture)
