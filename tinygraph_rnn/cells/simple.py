"""Cells without gates: Elman's, Jordan's, and independent units."""

from collections.abc import Callable
from typing import NamedTuple, final

import tinygraph as tg
from tinygraph import Node

__all__ = [
    "NONLINEARITIES",
    "IndRNNWeights",
    "JordanWeights",
    "RNNWeights",
    "indrnn_cell",
    "jordan_cell",
    "rnn_cell",
]

Function = Callable[[Node], Node]

NONLINEARITIES: dict[str, Function] = {
    "identity": tg.identity,
    "relu": tg.relu,
    "sigmoid": tg.sigmoid,
    "tanh": tg.tanh,
}
"""What a simple cell may put around its sum, by the name that layers take."""


@final
class RNNWeights(NamedTuple):
    """x (input, hidden), h (hidden, hidden), b (hidden).

    Example:
        >>> rng = np.random.default_rng(0)
        >>> weights = rnn.RNN(3, 4, rng=rng).layers[0]
        >>> [part.shape for part in weights]
        [(3, 4), (4, 4), (4,)]
    """

    x: Node
    h: Node
    b: Node


@final
class JordanWeights(NamedTuple):
    """x (input, hidden), y (output, hidden), b (hidden); out (hidden, output), c.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> weights = rnn.JordanRNN(3, 4, rng=rng).layers[0]
        >>> [part.shape for part in weights]
        [(3, 4), (4, 4), (4,), (4, 4), (4,)]
    """

    x: Node
    y: Node
    b: Node
    out: Node
    c: Node


@final
class IndRNNWeights(NamedTuple):
    """x (input, hidden), u (hidden), b (hidden).

    Example:
        >>> rng = np.random.default_rng(0)
        >>> weights = rnn.IndRNN(3, 4, rng=rng).layers[0]
        >>> [part.shape for part in weights]
        [(3, 4), (4,), (4,)]
    """

    x: Node
    u: Node
    b: Node


def rnn_cell(
    x: Node, h_prev: Node, w: RNNWeights, nonlinearity: Function = tg.tanh
) -> Node:
    """One step of a simple recurrent network (Elman, 1990).

    Shapes: x (batch, input); h (batch, hidden).

    Args:
        nonlinearity: a function of a node.

    Example:
        >>> w = rnn.RNN(3, 4, rng=np.random.default_rng(0)).layers[0]
        >>> x, h = tg.sequence("x", ("batch", 3)), tg.sequence("h", ("batch", 4))
        >>> rnn.rnn_cell(x, h, w)
        <tanh 'h': float32[batch, 4] (per step of 't')>
    """
    return nonlinearity(x @ w.x + h_prev @ w.h + w.b).named("h")


def jordan_cell(
    x: Node,
    y_prev: Node,
    w: JordanWeights,
    nonlinearity: Function = tg.tanh,
    output: Function = tg.identity,
) -> Node:
    """One step of a network that reads its own last output (Jordan, 1986).

    Shapes: x (batch, input); y (batch, output); the units between have no memory.

    Args:
        nonlinearity, output: functions of a node, for the units and for the output.

    Example:
        >>> w = rnn.JordanRNN(3, 4, rng=np.random.default_rng(0)).layers[0]
        >>> x, y = tg.sequence("x", ("batch", 3)), tg.sequence("y", ("batch", 4))
        >>> rnn.jordan_cell(x, y, w).shape
        ('batch', 4)
    """
    h = nonlinearity(x @ w.x + y_prev @ w.y + w.b).named("h")
    return output(h @ w.out + w.c).named("y")


def indrnn_cell(
    x: Node, h_prev: Node, w: IndRNNWeights, nonlinearity: Function = tg.relu
) -> Node:
    """One step of independent units: of the past each reads only its own.

    (Li et al., 2018, eq. 3.) Shapes: x (batch, input); h (batch, hidden).

    Args:
        nonlinearity: a function of a node.

    Example:
        >>> w = rnn.IndRNN(3, 4, rng=np.random.default_rng(0)).layers[0]
        >>> x, h = tg.sequence("x", ("batch", 3)), tg.sequence("h", ("batch", 4))
        >>> rnn.indrnn_cell(x, h, w)
        <relu 'h': float32[batch, 4] (per step of 't')>
    """
    return nonlinearity(x @ w.x + h_prev * w.u + w.b).named("h")
