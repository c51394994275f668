"""`draw`: the options that a user gives, checked; a graph; a `Drawing` of it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from tinygraph.core.errors import DrawingError
from tinygraph.core.graph import Graph
from tinygraph.core.nodes import Node
from tinygraph.drawing.drawings import Drawing
from tinygraph.drawing.layout.engines import LIMIT
from tinygraph.drawing.model.graph_to_picture import picture_of
from tinygraph.drawing.model.options import (
    DrawOptions,
    as_collapse,
    as_expand,
    as_labels,
    as_look,
)
from tinygraph.drawing.model.readings import Readings, read
from tinygraph.drawing.model.styles import FONT
from tinygraph.drawing.model.user_styles import as_highlight, as_styles
from tinygraph.drawing.output.strip import LONGEST_STRIP
from tinygraph.semantics.unrolling import Unrolled

NOTEBOOK_NODES, NOTEBOOK_SECONDS = 600, 5.0
"""Larger graphs, and those that take longer, are shown by words in a notebook."""


def draw(
    graph: Graph | Node | Mapping[str, Node],
    *,
    steps: int | Mapping[str, int] | None = None,
    direction: Literal["BT", "TB", "LR"] = "BT",
    collapse: int | str | Iterable[str] | None = "auto",
    parameters: Literal["tied", "label", "shared", "hide"] | None = None,
    shapes: Literal["hover", "edge", "box"] | None = "hover",
    counts: bool = False,
    labels: Mapping[Any, str | Sequence[str]] | None = None,
    values: Mapping[Any, Any] | None = None,
    gradients: Mapping[Any, Any] | None = None,
    start: int | Literal["t"] = 0,
    max_steps: int | Literal["auto"] | None = "auto",
    max_repeats: int | None = 2,
    expand: str | Iterable[str] = (),
    theme: Literal["light", "dark", "auto"] = "light",
    font: str = FONT,
    math: bool = False,
    title: str | None = None,
    squares: Literal["number", "z"] | None = "number",
    styles: Mapping[Any, str | Mapping[str, Any]] | None = None,
    highlight: Iterable[Sequence[Any]] = (),
    legend: bool = False,
    strip: bool = False,
    limit: float = LIMIT,
) -> Drawing:
    """Draw a graph: folded with a black square per delay, or unfolded in time.

    A graph made by `tg.unroll` is drawn unfolded; so is any graph when `steps` is
    given, without unrolling it first.

    Args:
        graph: a Graph, or the outputs of one.
        steps: T, as in `tg.unroll`.
        direction: "BT" has inputs below and results above, "TB" the reverse; "LR" has
            inputs on the left, and several sequences, as of an encoder and its
            decoder, in one row. Time runs to the right in all of them.
        collapse: which scopes are one box each: "auto" (the outermost that leave
            something to see), "layers" (the outermost), a depth, names, or None
            for none. "variables" draws states, inputs, outputs, losses and what else
            has a name, as textbooks do, and leaves out every op and bias.
        parameters: in unfolded pictures "tied" draws a dashed copy in each step and
            "shared" draws each once; "label" writes names beside edges or into ops,
            "hide" leaves them out. By default "label" for `collapse="variables"`,
            else "tied".
        shapes: "hover" shows types on hover, "edge" writes shapes on edges, "box" into
            the boxes, None leaves them out.
        counts: write how many numbers parameters have into their boxes and modules.
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
        max_steps: how many steps are shown at most: the first ones, … and the last.
            "auto" shows up to six, and of more 0, 1, …, T−1; None shows all.
        max_repeats: of more equal cells one upon the other one is drawn, with ×n;
            None draws each.
        expand: names of scopes that stay open, whatever `collapse` says.
        theme: "light", "dark", or "auto": an SVG that turns dark with its reader.
        font: a font family, or several separated by commas.
        math: write names as mathematics: in italics, alpha as α, y_hat as ŷ.
        title: text of the frame around a folded picture; by default the scope that
            everything stands in. "" leaves the frame out.
        squares: what a black square says: by how many steps it delays, "z" the same as
            z⁻¹, None only where it is not one step.
        styles: node or name → a colour, or attributes of its box: fillcolor, color,
            fontcolor, penwidth, style ("dashed", "dotted", "solid"). Colours are
            "#RRGGBB" or names such as "orange".
        highlight: paths to mark, by their ends: `[("x", "loss")]`. Each is the shortest
            one, through delays too; more names between the ends lead it through them.
        legend: say below the picture what its kinds of boxes and lines are.
        strip: draw only the norms of the states, a row of small cells each: a hundred
            steps fit a page. Needs `steps`, and `gradients` or `values`.
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
    if parameters is None:
        parameters = "label" if collapse == "variables" else "tied"
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
        counts=bool(counts),
        squares=squares,
        styles=as_styles(styles),
        highlight=as_highlight(highlight),
        legend=bool(legend),
        strip=bool(strip),
    )
    folded, totals = _steps(graph, steps)
    picture = picture_of(folded, options, unrolled=totals is not None)
    boxes = picture.boxes.values()
    readings = Readings(
        read(values, folded, "values", totals, boxes),
        read(gradients, folded, "gradients", totals, boxes),
    )
    if options.strip:
        _check_strip(totals, readings)
    return Drawing(folded, picture, totals, options, limit, readings)


def _check_strip(totals: Mapping[str, int] | None, readings: Readings) -> None:
    """Check that there is something to draw a strip of.

    Raises:
        DrawingError: there are no steps, too many, or no norms.
    """
    if not totals or not readings:
        raise DrawingError(
            "strip=True draws norms over time: it needs steps= (or an unrolled graph) "
            "and gradients= or values="
        )
    most = max(totals.values())
    if most > LONGEST_STRIP:
        raise DrawingError(
            f"strip=True draws at most {LONGEST_STRIP} steps, not {most}"
        )


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


def shown_in_notebook(graph: Graph) -> dict[str, str]:
    """Return what a notebook shows of a graph: its picture, or only words.

    Pictures of large graphs are made when `tg.draw` is called, not by looking at them.
    """
    words = {"text/plain": repr(graph)}
    folded = graph.folded if isinstance(graph, Unrolled) else graph
    if len(folded) > NOTEBOOK_NODES:
        return words
    try:
        drawing = draw(graph, limit=NOTEBOOK_SECONDS)
        return {**drawing._repr_mimebundle_(), **words}
    except Exception:
        return words
