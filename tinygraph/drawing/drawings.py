"""`Drawing`: a picture as an object, which is placed and written when asked for."""

import hashlib
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NoReturn

from tinygraph.core.errors import CopyError, DrawingError
from tinygraph.core.graph import Graph
from tinygraph.drawing.layout.dot_text import page_text, plain_text, with_dpi
from tinygraph.drawing.layout.engines import LIMIT, Engine, find_engine
from tinygraph.drawing.layout.finishing import finished_page
from tinygraph.drawing.layout.folded import folded_page
from tinygraph.drawing.layout.page import Page
from tinygraph.drawing.layout.themes import style_sheet
from tinygraph.drawing.layout.unfolded import unfolded_page
from tinygraph.drawing.model.options import DrawOptions, as_look
from tinygraph.drawing.model.picture import Picture
from tinygraph.drawing.model.readings import Readings
from tinygraph.drawing.output.description import describe, title
from tinygraph.drawing.output.hatching import hatched
from tinygraph.drawing.output.legend import with_legend
from tinygraph.drawing.output.norm_colors import with_norm_colors
from tinygraph.drawing.output.saving import (
    DOTS_PER_INCH,
    check_dpi,
    format_of,
    is_bitmap,
    write_file,
)
from tinygraph.drawing.output.strip import strip_page
from tinygraph.drawing.output.svg import finished_svg, svg_in_page
from tinygraph.drawing.output.tikz import tikz
from tinygraph.drawing.web.document import document, slider_end
from tinygraph.drawing.web.runs import Run

if TYPE_CHECKING:
    import graphviz

_SHOWN: Counter[str] = Counter()
"""How often each picture was shown in a notebook, by the beginning of its ids."""


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
        if self.options.strip and self.steps is not None:
            start = self.options.start
            return strip_page(self.picture, self.steps, self.readings, start)
        if self.steps is None:
            sideways = self.options.direction == "LR"
            page = folded_page(self.picture, self._engine, sideways)
        else:
            page = unfolded_page(self.picture, self.steps, self.options, self._engine)
        page = finished_page(page, self.picture, self.options)
        if self.readings:
            page = with_norm_colors(page, self.picture.boxes, self.readings)
        return with_legend(page) if self.options.legend else page

    @cached_property
    def dot(self) -> str:
        """The picture in Graphviz' language.

        With an engine it holds every place (`neato -n2`, or `dot`, only draws it);
        a norm of 0 is hatched by strokes, which are edges of the text. Without one it
        is the folded picture for `dot` to lay out.
        """
        try:
            return self._strokes
        except DrawingError:
            return plain_text(self.picture, self.title, self.options.direction)

    @cached_property
    def _strokes(self) -> str:
        """The text for what knows no patterns."""
        return page_text(hatched(self.page), self.title, self.options.look)

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
        return tikz(hatched(self.page), self.options.look)

    def save(self, path: str | os.PathLike[str], *, dpi: float = DOTS_PER_INCH) -> None:
        """Write the picture; the suffix says how: svg, pdf, png, html, tex, dot ….

        A symbolic link is replaced, not followed; see `tg.atomic_file`.

        Args:
            dpi: dots per inch of png, jpg, gif and webp.

        Raises:
            DrawingError: the suffix or `dpi` has no meaning, the file cannot be
                written, there is no engine, it fails, or time runs out.
        """
        target = Path(path)
        form = format_of(target)
        if form == "html":
            self.html(target)
            return
        check_dpi(dpi)
        write_file(target, self._content(form, dpi))

    def _content(self, form: str, dpi: float) -> bytes:
        if form in ("dot", "gv"):
            return self.dot.encode()
        if form == "tex":
            return self.tikz().encode()
        if form == "svg":
            return self.svg().encode()
        placed = with_dpi(self._strokes, dpi) if is_bitmap(form) else self._strokes
        return self._engine.render(placed, form)

    def html(
        self,
        path: str | os.PathLike[str],
        *,
        runs: Mapping[str, Run] | None = None,
        most: int = 10,
    ) -> None:
        """Write an interactive page: one file that needs nothing else.

        A slider goes from the folded picture to T steps, above eight by a window that
        moves; hover, keyboard focus and arrow keys tell name, step, type and norms; a
        click or Enter opens a module; the wheel zooms, with Ctrl; light and dark; "copy
        SVG" takes the picture along. The address keeps what is seen.

        Args:
            runs: name → a function from T to norms (`tg.gradient_flow` gives them):
                the colours that the page offers at each T. Without it the colours
                are this drawing's own, at its own T.
            most: the greatest T of the slider, which also reaches this drawing's own
                T up to 24.

        Raises:
            DrawingError: as `save`, or a run does not fit the graph.
        """
        text = document(
            self.graph,
            self.options,
            self._engine,
            self.steps,
            slider_end(most, self.steps),
            self.readings,
            runs or {},
        )
        write_file(Path(path), text.encode())

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
        html = svg_in_page(svg, self._own_name(svg))
        return {"text/html": html, "image/svg+xml": svg, "text/plain": words}

    @staticmethod
    def _own_name(svg: str) -> str:
        """Return what ids begin with, another each time that a picture is shown."""
        name = f"g{hashlib.sha256(svg.encode()).hexdigest()[:8]}"
        _SHOWN[name] += 1
        return name if _SHOWN[name] == 1 else f"{name}-{_SHOWN[name]}"

    def _mime_(self) -> tuple[str, str]:
        """Return the picture for marimo; only words where it cannot be drawn."""
        bundle = self._repr_mimebundle_()
        best = "text/html" if "text/html" in bundle else "text/plain"
        return best, bundle[best]
