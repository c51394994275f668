"""Gated cells with one state: two kinds of GRU, and the minimal gated unit."""

from typing import NamedTuple, final

import tinygraph as tg
from tinygraph import Node
from tinygraph_rnn.cells.linear import Linear

__all__ = [
    "GRUResetBeforeWeights",
    "GRUWeights",
    "MGUWeights",
    "gru_cell",
    "gru_reset_before_cell",
    "mgu_cell",
]


@final
class GRUWeights(NamedTuple):
    """x (input, 3·hidden), h (hidden, 3·hidden), b (3·hidden), c (hidden).

    Gates r, z, n; c is the bias inside the product with r.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> weights = rnn.GRU(3, 4, rng=rng).layers[0]
        >>> [part.shape for part in weights]
        [(3, 12), (4, 12), (12,), (4,)]
    """

    x: Node
    h: Node
    b: Node
    c: Node


@final
class GRUResetBeforeWeights(NamedTuple):
    """x (input, 3·hidden), h (hidden, 2·hidden), n (hidden, hidden), b (3·hidden).

    Example:
        >>> rng = np.random.default_rng(0)
        >>> weights = rnn.GRUResetBefore(3, 4, rng=rng).layers[0]
        >>> [part.shape for part in weights]
        [(3, 12), (4, 8), (4, 4), (12,)]
    """

    x: Node
    h: Node
    n: Node
    b: Node


@final
class MGUWeights(NamedTuple):
    """x (input, 2·hidden), h and n (hidden, hidden), b (2·hidden).

    Example:
        >>> rng = np.random.default_rng(0)
        >>> weights = rnn.MGU(3, 4, rng=rng).layers[0]
        >>> [part.shape for part in weights]
        [(3, 8), (4, 4), (4, 4), (8,)]
    """

    x: Node
    h: Node
    n: Node
    b: Node


def gru_cell(x: Node, h_prev: Node, w: GRUWeights) -> Node:
    """One GRU step that resets after the product, as PyTorch and cuDNN do.

    (Cho et al., 2014; this form: section 3 of its version 1.) Shapes: x (batch,
    input); h (batch, hidden). Gates along the last axis: r, z, n.

    Example:
        >>> w = rnn.GRU(3, 4, rng=np.random.default_rng(0)).layers[0]
        >>> x, h = tg.sequence("x", ("batch", 3)), tg.sequence("h", ("batch", 4))
        >>> rnn.gru_cell(x, h, w)
        <add 'h': float32[batch, 4] (per step of 't')>
    """
    linear = Linear("rzn", w.x, w.h, w.b)
    r = tg.sigmoid(linear("r", x, h_prev)).named("reset r")
    z = tg.sigmoid(linear("z", x, h_prev)).named("update z")
    with tg.scope("Uⁿ h + cⁿ"):
        past = h_prev @ linear.u("n") + w.c
    past = r * past
    with tg.scope("Wⁿ x + bⁿ"):
        n = x @ linear.w("n") + linear.bias("n")
    n = tg.tanh(n + past).named("candidate ñ")
    return ((1.0 - z) * n + z * h_prev).named("h")


def gru_reset_before_cell(x: Node, h_prev: Node, w: GRUResetBeforeWeights) -> Node:
    """One GRU step that resets before the product (Cho et al., 2014, eq. 5 to 8).

    Shapes: x (batch, input); h (batch, hidden). Gates r, z, n.

    Example:
        >>> w = rnn.GRUResetBefore(3, 4, rng=np.random.default_rng(0)).layers[0]
        >>> x, h = tg.sequence("x", ("batch", 3)), tg.sequence("h", ("batch", 4))
        >>> rnn.gru_reset_before_cell(x, h, w)
        <add 'h': float32[batch, 4] (per step of 't')>
    """
    linear = Linear("rzn", w.x, w.h, w.b, w.n)
    r = tg.sigmoid(linear("r", x, h_prev)).named("reset r")
    z = tg.sigmoid(linear("z", x, h_prev)).named("update z")
    n = tg.tanh(linear("n", x, r * h_prev)).named("candidate ñ")
    return ((1.0 - z) * n + z * h_prev).named("h")


def mgu_cell(x: Node, h_prev: Node, w: MGUWeights) -> Node:
    """One step of the minimal gated unit (Zhou et al., 2016, eq. 6).

    Shapes: x (batch, input); h (batch, hidden). Gates f, n.

    Example:
        >>> w = rnn.MGU(3, 4, rng=np.random.default_rng(0)).layers[0]
        >>> x, h = tg.sequence("x", ("batch", 3)), tg.sequence("h", ("batch", 4))
        >>> rnn.mgu_cell(x, h, w)
        <add 'h': float32[batch, 4] (per step of 't')>
    """
    linear = Linear("fn", w.x, w.h, w.b, w.n)
    f = tg.sigmoid(linear("f", x, h_prev)).named("forget f")
    n = tg.tanh(linear("n", x, f * h_prev)).named("candidate ñ")
    return (f * n + (1.0 - f) * h_prev).named("h")
