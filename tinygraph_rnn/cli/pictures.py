"""Pictures: of single cells, and of the model in a run folder."""

import os

import numpy as np

import tinygraph as tg
from tinygraph_rnn.cells import LSTMWeights, RNNWeights, lstm_cell, rnn_cell
from tinygraph_rnn.cli.gradient_runs import weight_runs
from tinygraph_rnn.layers.recurrent import LAYERS
from tinygraph_rnn.models.language_model import LanguageModel

__all__ = ["PICTURES", "picture_graph", "save_picture"]

PICTURES = (*LAYERS, "lm")


def picture_graph(cell: str) -> tg.Graph:
    """Return a small graph of one cell, or of the language model, to look at."""
    if cell == "lm":
        return LanguageModel(26, hidden_size=16, rng=_RNG).loss_graph()
    x = tg.sequence("x", ("batch", 8))
    if cell not in ("rnn", "lstm"):
        layer = LAYERS[cell](8, 16, rng=_RNG)
        (states,) = layer.states(x)
        return tg.Graph(dict(zip(layer.state_names, states, strict=True)))
    h_prev = tg.delay("h_prev", shape=("batch", 16))
    if cell == "rnn":
        rnn = RNNWeights(*_weights(1))
        with tg.scope("RNN cell"):
            h = rnn_cell(x, h_prev, rnn)
        h_prev.close(h)
        return tg.Graph({"h": h})
    c_prev = tg.delay("c_prev", shape=("batch", 16))
    lstm = LSTMWeights(*_weights(4))
    with tg.scope("LSTM cell"):
        h, c = lstm_cell(x, h_prev, c_prev, lstm)
    h_prev.close(h)
    c_prev.close(c)
    return tg.Graph({"h": h, "c": c})


_RNG = np.random.default_rng(0)


def _weights(blocks: int) -> list[tg.Node]:
    shapes = {"W": (8, 16 * blocks), "U": (16, 16 * blocks), "b": (16 * blocks,)}
    return [
        tg.parameter(name, np.zeros(shape, "float32")) for name, shape in shapes.items()
    ]


def save_picture(
    graph: tg.Graph, path: str | os.PathLike[str], steps: int | None = None
) -> None:
    """Draw a graph, unrolled over `steps` where given, in the format of the suffix.

    An interactive page (html) of one cell shows gradient norms too.

    Raises:
        tg.DrawingError: no engine is installed, the format is unknown, or the file
            cannot be written.
    """
    drawing = tg.draw(graph if steps is None else tg.unroll(graph, steps))
    if os.fspath(path).lower().endswith(".html"):
        drawing.html(path, runs=weight_runs(graph))
    else:
        drawing.save(path)
