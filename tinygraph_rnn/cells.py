"""Cells: one step of a recurrence as a pure function of nodes."""

from collections.abc import Callable
from typing import NamedTuple

import tinygraph as tg
from tinygraph import Node

__all__ = ["NONLINEARITIES", "LSTMWeights", "RNNWeights", "lstm_cell", "rnn_cell"]

NONLINEARITIES: dict[str, Callable[[Node], Node]] = {"relu": tg.relu, "tanh": tg.tanh}


class RNNWeights(NamedTuple):
    """x (input, hidden), h (hidden, hidden), b (hidden)."""

    x: Node
    h: Node
    b: Node


class LSTMWeights(NamedTuple):
    """x (input, 4·hidden), h (hidden, 4·hidden), b (4·hidden); gates i, f, g, o."""

    x: Node
    h: Node
    b: Node


def rnn_cell(
    x: Node, h_prev: Node, w: RNNWeights, nonlinearity: Callable[[Node], Node] = tg.tanh
) -> Node:
    """One step of a simple recurrent network (Elman, 1990).

    Shapes: x (batch, input); h (batch, hidden).
    """
    return nonlinearity(x @ w.x + h_prev @ w.h + w.b).named("h")


def lstm_cell(x: Node, h_prev: Node, c_prev: Node, w: LSTMWeights) -> tuple[Node, Node]:
    """One LSTM step (Hochreiter & Schmidhuber, 1997; forget gate: Gers et al., 2000).

    Shapes: x (batch, input); h, c (batch, hidden). Gates along the last axis:
    i, f, g, o.
    """
    i, f, g, o = tg.split(x @ w.x + h_prev @ w.h + w.b, 4, axis=-1)
    c = (tg.sigmoid(f) * c_prev + tg.sigmoid(i) * tg.tanh(g)).named("c")
    return (tg.sigmoid(o) * tg.tanh(c)).named("h"), c
