"""Pictures: of single cells, and of the model in a run folder."""

import os
from typing import Any

import numpy as np

import tinygraph as tg
from tinygraph_rnn.cli.gradient_runs import weight_runs
from tinygraph_rnn.layers.recurrent import LAYERS
from tinygraph_rnn.models.language_model import LanguageModel

__all__ = ["PICTURES", "picture_graph", "save_picture"]

PICTURES = (*LAYERS, "lm")


def picture_graph(cell: str) -> tg.Graph:
    """Return a small graph of one cell, or of the language model, to look at."""
    if cell == "lm":
        return LanguageModel(26, hidden_size=16, rng=_RNG).loss_graph()
    layer = LAYERS[cell](8, 16, rng=_RNG)
    (states,) = layer.states(tg.sequence("x", ("batch", 8)))
    return tg.Graph(dict(zip(layer.state_names, states, strict=True)))


_RNG = np.random.default_rng(0)


def save_picture(
    graph: tg.Graph,
    path: str | os.PathLike[str],
    steps: int | None = None,
    *,
    dpi: float | None = None,
    **options: Any,
) -> None:
    """Draw a graph, unrolled over `steps` where given, in the format of the suffix.

    An interactive page (html) of one cell shows gradient norms too.

    Args:
        dpi: dots per inch of a bitmap, where they are not the usual ones.
        options: of `tg.draw`.

    Raises:
        tg.DrawingError: no engine is installed, the format is unknown, or the file
            cannot be written.
    """
    drawing = tg.draw(graph if steps is None else tg.unroll(graph, steps), **options)
    if os.fspath(path).lower().endswith(".html"):
        drawing.html(path, runs=weight_runs(graph))
    elif dpi is not None:
        drawing.save(path, dpi=dpi)
    else:
        drawing.save(path)
