"""`Drawing`: a picture as an object; `draw` makes it."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NoReturn

from tinygraph.core.errors import CopyError, DrawingError
from tinygraph.core.graph import Graph
from tinygraph.core.nodes import Node
from tinygraph.drawing.layout.dot_text import page_text, plain_text, with_dpi
from tinygraph.drawing.layout.engines import LIMIT, Engine, find_engine
from tinygraph.drawing.layout.folded import folded_page
from tinygraph.drawing.layout.page import Page
from tinygraph.drawing.layout.themes import style_sheet
from tinygraph.drawing.layout.unfolded import unfolded_page
from tinygraph.drawing.model.graph_to_picture import picture_of
from tinygraph.drawing.model.options import (
    DrawOptions,
    as_collapse,
    as_expand,
    as_labels,
    as_look,
)
from tinygraph.drawing.model.picture import Picture
from tinygraph.drawing.model.readings import Readings, read
from tinygraph.drawing.model.styles import FONT
from tinygraph.drawing.output.description import describe, title
from tinygraph.drawing.output.files import atomic_file
from tinygraph.drawing.output.norm_colors import with_norm_colors
from tinygraph.drawing.output.svg import finished_svg
from tinygraph.drawing.output.tikz import tikz
from tinygraph.drawing.web import document
from tinygraph.drawing.web.runs import Run
from tinygraph.semantics.unrolling import Unrolled

if TYPE_CHECKING:
    import graphviz

FORMATS = (
    *("svg", "pdf", "png", "html", "tex", "dot", "gv"),
    *("eps", "ps", "jpg", "jpeg", "gif", "webp"),
)
"""The suffixes `save` knows."""

MOST_STEPS, OWN_STEPS = 60, 24
"""How far the slider of a page may go; how far it goes for a drawing's own T."""


@dataclass(frozen=True)
class Drawing:
    """A picture of a graph. Nothing is placed, run or written before it is asked for.

    Attributes:
        graph: what it shows, folded.
        picture: the boxes, wires and loops.
        steps: T of each time axis of an unfolded picture; None for a folded one.
        options: how it is drawn.
        limit: seconds that the engine may take.
        readings: norms that colour it.

    Example:
        >>> drawing = tg.draw(tg.tanh(tg.placeholder("x")))
        >>> drawing.title
        'Computation graph: 3 boxes and 0 delays'
    """

    graph: Graph
    picture: Picture
    steps: Mapping[str, int] | None
    options: DrawOptions
    limit: float = LIMIT
    readings: Readings = field(default_factory=Readings)

    def __copy__(self) -> "Drawing":
        return self

    def __deepcopy__(self, memo: Any) -> "Drawing":
        return self

    def __reduce__(self) -> NoReturn:
        raise CopyError(
            "a drawing is not pickled: save it, drawing.save('graph.svg'), or pickle "
            "drawing.graph and draw that"
        )

    @cached_property
    def _engine(self) -> Engine:
        return find_engine(self.limit)

    @cached_property
    def page(self) -> Page:
        """Everything that is drawn, with its place.

        Raises:
            DrawingError: there is no engine, it fails, or time runs out.
        """
        if self.steps is None:
            page = folded_page(self.picture, self._engine)
        else:
            page = unfolded_page(self.picture, self.steps, self.options, self._engine)
        page = page.flipped() if self.options.direction == "TB" else page
        if not self.readings:
            return page
        return with_norm_colors(page, self.picture.boxes, self.readings)

    @cached_property
    def dot(self) -> str:
        """The picture in Graphviz' language.

        With an engine it holds every place (`neato -n2`, or `dot`, only draws it).
        Without one it is the folded picture for `dot` to lay out.
        """
        try:
            return self._placed
        except DrawingError:
            return plain_text(self.picture, self.title, self.options.direction)

    @cached_property
    def _placed(self) -> str:
        return page_text(self.page, self.title, self.options.look)

    @property
    def title(self) -> str:
        """What it shows, in one line."""
        return title(self.picture, self.steps)

    def themed(self, theme: Literal["light", "dark", "auto"]) -> "Drawing":
        """Return the same drawing in another theme; see `draw`.

        Raises:
            DrawingError: there is no such theme.
        """
        look = self.options.look
        look = as_look(theme, look.font, look.math)
        return replace(
            self,
            options=replace(self.options, look=look),
            picture=replace(self.picture, look=look),
        )

    def describe(self) -> str:
        """Return the picture in plain words."""
        colors = self.readings.in_words(self.picture.boxes.values())
        return "\n".join(filter(None, (describe(self.picture, self.steps), colors)))

    def svg(self) -> str:
        """Return the picture as an SVG that can stand alone or inside HTML.

        Raises:
            DrawingError: there is no engine, it fails, or time runs out.
        """
        return self._svg

    @cached_property
    def _svg(self) -> str:
        raw = self._engine.render(self._placed, "svg").decode()
        hover = {shape.key: shape.hover for shape in self.page.shapes}
        hover |= {line.key: line.hover for line in self.page.lines}
        hover |= {frame.key: frame.title for frame in self.page.frames}
        style = style_sheet() if self.options.look.theme == "auto" else ""
        return finished_svg(raw, self.title, self.describe(), hover, style)

    def tikz(self) -> str:
        """Return the picture as a LaTeX file, drawn by TikZ in the paper's fonts.

        Raises:
            DrawingError: there is no engine, it fails, or time runs out.
        """
        return tikz(self.page, self.options.look)

    def save(self, path: str | os.PathLike[str], *, dpi: float | None = None) -> None:
        """Write the picture; the suffix says how: svg, pdf, png, html, tex, dot ….

        A symbolic link is replaced, not followed; see `tg.atomic_file`.

        Args:
            dpi: dots per inch of png, jpg, gif and webp; default 96.

        Raises:
            DrawingError: the suffix or `dpi` has no meaning, the file cannot be
                written, there is no engine, it fails, or time runs out.
        """
        target = Path(path)
        form = target.suffix.lower().removeprefix(".")
        if form not in FORMATS:
            raise DrawingError(
                f"cannot save to {str(target)!r}: the suffix must be one of "
                f"{', '.join(FORMATS)}"
            )
        if form == "html":
            self.html(target)
            return
        number = dpi is None or hasattr(dpi, "__float__")
        if not number or (dpi is not None and not 1 <= dpi <= 2400):
            raise DrawingError(f"dpi must be between 1 and 2400, not {dpi!r}")
        if form in ("dot", "gv"):
            content = self.dot.encode()
        elif form == "tex":
            content = self.tikz().encode()
        elif form == "svg":
            content = self.svg().encode()
        else:
            content = self._engine.render(with_dpi(self._placed, dpi), form)
        _write(target, content)

    def html(
        self,
        path: str | os.PathLike[str],
        *,
        runs: Mapping[str, Run] | None = None,
        most: int = 10,
    ) -> None:
        """Write an interactive page: one file that needs nothing else.

        A slider goes from the folded picture to T steps; hover, keyboard focus and
        arrow keys tell name, step, type and norms; a click or Enter opens a module;
        light and dark; "copy SVG" takes the picture along.

        Args:
            runs: name → a function from T to norms (`tg.gradient_flow` gives them):
                the colours that the page offers at each T. Without it the colours
                are this drawing's own, at its own T.
            most: the greatest T of the slider, which also reaches this drawing's own
                T up to 24.

        Raises:
            DrawingError: as `save`, or a run does not fit the graph.
        """
        if not hasattr(most, "__index__") or not 1 <= most <= MOST_STEPS:
            raise DrawingError(
                f"most must be a number of steps from 1 to {MOST_STEPS}, not {most!r}: "
                "the page holds the picture at each of them"
            )
        steps = max((self.steps or {}).values(), default=0)
        text = document(
            self.graph,
            self.options,
            self._engine,
            self.steps,
            max(int(most), min(steps, OWN_STEPS)),
            self.readings,
            runs or {},
        )
        _write(Path(path), text.encode())

    def to_graphviz(self) -> "graphviz.Source":
        """Return a `graphviz.Source` of `.dot`, to restyle or render elsewhere."""
        import graphviz

        return graphviz.Source(self.dot, engine="dot")

    def __repr__(self) -> str:
        return f"<Drawing: {self.title}>"

    def _repr_mimebundle_(
        self, include: Any = None, exclude: Any = None
    ) -> dict[str, str]:
        """Return the picture for notebooks; only words where it cannot be drawn."""
        words = self.describe()
        try:
            svg = self.svg()
        except Exception as problem:
            return {"text/plain": f"{words}\n(No picture: {problem})"}
        return {"text/html": svg, "image/svg+xml": svg, "text/plain": words}

    def _mime_(self) -> tuple[str, str]:
        """Return the picture for marimo; only words where it cannot be drawn."""
        bundle = self._repr_mimebundle_()
        best = "text/html" if "text/html" in bundle else "text/plain"
        return best, bundle[best]


def _write(target: Path, content: bytes) -> None:
    try:
        with atomic_file(target) as file:
            file.write(content)
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or problem
        raise DrawingError(f"cannot write {str(target)!r}: {reason}") from problem


def draw(
    graph: Graph | Node | Mapping[str, Node],
    *,
    steps: int | Mapping[str, int] | None = None,
    direction: Literal["BT", "TB"] = "BT",
    collapse: int | str | Iterable[str] | None = "auto",
    parameters: Literal["tied", "label", "shared", "hide"] = "tied",
    shapes: Literal["hover", "edge"] | None = "hover",
    labels: Mapping[Any, str | Sequence[str]] | None = None,
    values: Mapping[Any, Any] | None = None,
    gradients: Mapping[Any, Any] | None = None,
    start: int | Literal["t"] = 0,
    max_steps: int | None = 6,
    max_repeats: int | None = 2,
    expand: str | Iterable[str] = (),
    theme: Literal["light", "dark", "auto"] = "light",
    font: str = FONT,
    math: bool = False,
    title: str | None = None,
    limit: float = LIMIT,
) -> Drawing:
    """Draw a graph: folded with a black square per delay, or unfolded in time.

    A graph made by `tg.unroll` is drawn unfolded; so is any graph when `steps` is
    given, without unrolling it first.

    Args:
        graph: a Graph, or the outputs of one.
        steps: T, as in `tg.unroll`.
        direction: "BT" has inputs below and results above, "TB" the reverse. Time
            runs to the right.
        collapse: which scopes are one box each: "auto" (the outermost that leave
            something to see), "layers" (the outermost), a depth, names, or None
            for none. "variables" leaves out every op.
        parameters: in unfolded pictures "tied" draws a dashed copy in each step and
            "shared" draws each once; "label" writes names beside edges or into ops,
            "hide" leaves them out.
        shapes: "hover" shows types on hover, "edge" writes shapes on edges, None
            leaves them out.
        labels: node or name (of a node, output, op or scope) → text, or one text
            per step. Texts of per-step variables take the subscript of the step; ₜ,
            ₜ₊₁ … in them move along.
        gradients: node or name → its gradient, as `tg.grad` gives it (of a per-step
            node with a leading time axis), or its norm. Boxes are coloured by the
            power of ten of the Euclidean norm, from 1e-4 (blue) to 1e4 (red), with a
            legend; see `tg.gradient_flow`.
        values: likewise, for the colours where `gradients` is not given.
        start: the number of the first step. "t" draws a piece of a longer sequence:
            t−1, t, t+1.
        max_steps: with more steps the picture shows 0, 1, …, T−1; None shows all.
        max_repeats: of more equal cells one upon the other one is drawn, with ×n;
            None draws each.
        expand: names of scopes that stay open, whatever `collapse` says.
        theme: "light", "dark", or "auto": an SVG that turns dark with its reader.
        font: a font family, or several separated by commas.
        math: write names as mathematics: in italics, alpha as α, y_hat as ŷ.
        title: text of the frame around a folded picture; by default the scope that
            everything stands in. "" leaves the frame out.
        limit: seconds that the engine may take.

    Raises:
        DrawingError: an option has no meaning, or names what the graph has not.

    Example:
        >>> drawing = tg.draw(tg.tanh(tg.placeholder("x")))
        >>> print(drawing.describe())
        Computation graph: 3 boxes and 0 delays.
        Inputs: x.
        Results: output.
        tanh goes to output.
        x goes to tanh.
    """
    if not isinstance(graph, Graph):
        graph = Graph(graph)
    options = DrawOptions(
        direction=direction,
        collapse=as_collapse(collapse),
        parameters=parameters,
        shapes=shapes,
        labels=as_labels(labels),
        start=start,
        max_steps=max_steps,
        max_repeats=max_repeats,
        title=title,
        expand=as_expand(expand),
        look=as_look(theme, font, math),
    )
    folded, counts = _steps(graph, steps)
    picture = picture_of(folded, options, unrolled=counts is not None)
    boxes = picture.boxes.values()
    readings = Readings(
        read(values, folded, "values", counts, boxes),
        read(gradients, folded, "gradients", counts, boxes),
    )
    return Drawing(folded, picture, counts, options, limit, readings)


def _steps(
    graph: Graph, steps: int | Mapping[str, int] | None
) -> tuple[Graph, dict[str, int] | None]:
    """Return the folded graph, and T by axis where it is drawn unfolded."""
    if isinstance(graph, Unrolled):
        return graph.folded, dict(graph.steps)
    if steps is None or not graph.times:
        return graph, None
    counts = steps if isinstance(steps, Mapping) else dict.fromkeys(graph.times, steps)
    found = {}
    for axis in graph.times:
        count = counts.get(axis, 0)
        if not hasattr(count, "__index__") or count < 1:
            raise DrawingError(
                f"steps must say how many steps of {axis!r} to draw, at least 1: "
                f"got {steps!r}"
            )
        found[axis] = int(count)
    return graph, found
