"""The LSTM cell and its variants."""

from typing import NamedTuple, final

import tinygraph as tg
from tinygraph import Node
from tinygraph_rnn.cells.linear import Linear

__all__ = [
    "LSTMWeights",
    "LayerNormLSTMWeights",
    "PeepholeLSTMWeights",
    "ProjectedLSTMWeights",
    "coupled_lstm_cell",
    "layer_norm_lstm_cell",
    "lstm_cell",
    "peephole_lstm_cell",
    "projected_lstm_cell",
]


@final
class LSTMWeights(NamedTuple):
    """x (input, 4·hidden), h (hidden, 4·hidden), b (4·hidden); gates i, f, g, o.

    With coupled gates three blocks instead of four: i, g, o.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> weights = rnn.LSTM(3, 4, rng=rng).layers[0]
        >>> [part.shape for part in weights]
        [(3, 16), (4, 16), (16,)]
    """

    x: Node
    h: Node
    b: Node


@final
class PeepholeLSTMWeights(NamedTuple):
    """As of the LSTM, and p (3, hidden): what the gates i, f and o see of c.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> weights = rnn.PeepholeLSTM(3, 4, rng=rng).layers[0]
        >>> [part.shape for part in weights]
        [(3, 16), (4, 16), (16,), (3, 4)]
    """

    x: Node
    h: Node
    b: Node
    p: Node


@final
class ProjectedLSTMWeights(NamedTuple):
    """As of the LSTM with h (projected, 4·hidden), and p (hidden, projected).

    Example:
        >>> rng = np.random.default_rng(0)
        >>> weights = rnn.ProjectedLSTM(3, 4, proj_size=2, rng=rng).layers[0]
        >>> [part.shape for part in weights]
        [(3, 16), (2, 16), (16,), (4, 2)]
    """

    x: Node
    h: Node
    b: Node
    p: Node


@final
class LayerNormLSTMWeights(NamedTuple):
    """As of the LSTM; gains of x W, h U (4·hidden) and c (hidden), and c's bias.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> weights = rnn.LayerNormLSTM(3, 4, rng=rng).layers[0]
        >>> [part.shape for part in weights]
        [(3, 16), (4, 16), (16,), (16,), (16,), (4,), (4,)]
    """

    x: Node
    h: Node
    b: Node
    gain_x: Node
    gain_h: Node
    gain_c: Node
    b_c: Node


def lstm_cell(x: Node, h_prev: Node, c_prev: Node, w: LSTMWeights) -> tuple[Node, Node]:
    """One LSTM step (Hochreiter & Schmidhuber, 1997; forget gate: Gers et al., 2000).

    Shapes: x (batch, input); h, c (batch, hidden). Gates along the last axis:
    i, f, g, o.

    Example:
        >>> w = rnn.LSTM(3, 4, rng=np.random.default_rng(0)).layers[0]
        >>> x = tg.sequence("x", ("batch", 3))
        >>> h, c = tg.sequence("h", ("batch", 4)), tg.sequence("c", ("batch", 4))
        >>> h, c = rnn.lstm_cell(x, h, c, w)
        >>> h.shape, c.shape
        (('batch', 4), ('batch', 4))
    """
    linear = Linear("ifgo", w.x, w.h, w.b)
    xh = linear.beside(x, h_prev)
    i = tg.sigmoid(linear.joined("i", xh)).named("input i")
    f = tg.sigmoid(linear.joined("f", xh)).named("forget f")
    g = tg.tanh(linear.joined("g", xh)).named("candidate g")
    o = tg.sigmoid(linear.joined("o", xh)).named("output o")
    c = (f * c_prev + i * g).named("c")
    return (tg.tanh(c) * o).named("h"), c


def peephole_lstm_cell(
    x: Node, h_prev: Node, c_prev: Node, w: PeepholeLSTMWeights
) -> tuple[Node, Node]:
    """One step of an LSTM whose gates see the cell (Gers et al., 2002).

    Shapes and gates as of `lstm_cell`; i and f see the old c, o the new one.

    Example:
        >>> w = rnn.PeepholeLSTM(3, 4, rng=np.random.default_rng(0)).layers[0]
        >>> x = tg.sequence("x", ("batch", 3))
        >>> h, c = tg.sequence("h", ("batch", 4)), tg.sequence("c", ("batch", 4))
        >>> h, c = rnn.peephole_lstm_cell(x, h, c, w)
        >>> h.shape, c.shape
        (('batch', 4), ('batch', 4))
    """
    linear = Linear("ifgo", w.x, w.h, w.b)
    xh = linear.beside(x, h_prev)
    i, f, g, o = (linear.joined(gate, xh) for gate in "ifgo")
    with tg.scope("+ pⁱ c"):
        i = i + w.p[0].named("pⁱ") * c_prev
    with tg.scope("+ pᶠ c"):
        f = f + w.p[1].named("pᶠ") * c_prev
    i, f = tg.sigmoid(i).named("input i"), tg.sigmoid(f).named("forget f")
    c = (f * c_prev + i * tg.tanh(g).named("candidate g")).named("c")
    with tg.scope("+ pᵒ c"):
        o = o + w.p[2].named("pᵒ") * c
    o = tg.sigmoid(o).named("output o")
    return (tg.tanh(c) * o).named("h"), c


def coupled_lstm_cell(
    x: Node, h_prev: Node, c_prev: Node, w: LSTMWeights
) -> tuple[Node, Node]:
    """One step of an LSTM that forgets what it overwrites: f = 1 − i.

    (CIFG in Greff et al., 2017.) Shapes as of `lstm_cell`; gates i, g, o.

    Example:
        >>> w = rnn.CoupledLSTM(3, 4, rng=np.random.default_rng(0)).layers[0]
        >>> x = tg.sequence("x", ("batch", 3))
        >>> h, c = tg.sequence("h", ("batch", 4)), tg.sequence("c", ("batch", 4))
        >>> h, c = rnn.coupled_lstm_cell(x, h, c, w)
        >>> h.shape, c.shape
        (('batch', 4), ('batch', 4))
    """
    linear = Linear("igo", w.x, w.h, w.b)
    xh = linear.beside(x, h_prev)
    i = tg.sigmoid(linear.joined("i", xh)).named("input i")
    g = tg.tanh(linear.joined("g", xh)).named("candidate g")
    o = tg.sigmoid(linear.joined("o", xh)).named("output o")
    c = ((1.0 - i) * c_prev + i * g).named("c")
    return (tg.tanh(c) * o).named("h"), c


def projected_lstm_cell(
    x: Node, h_prev: Node, c_prev: Node, w: ProjectedLSTMWeights
) -> tuple[Node, Node]:
    """One step of an LSTM with a smaller output (Sak et al., 2014, eq. 1 to 7).

    Shapes: x (batch, input); h (batch, projected); c (batch, hidden). Gates i, f, g, o.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> w = rnn.ProjectedLSTM(3, 4, proj_size=2, rng=rng).layers[0]
        >>> x = tg.sequence("x", ("batch", 3))
        >>> h, c = tg.sequence("h", ("batch", 2)), tg.sequence("c", ("batch", 4))
        >>> h, c = rnn.projected_lstm_cell(x, h, c, w)
        >>> h.shape, c.shape
        (('batch', 2), ('batch', 4))
    """
    m, c = lstm_cell(x, h_prev, c_prev, LSTMWeights(w.x, w.h, w.b))
    with tg.scope("P m"):
        return (m.named("m") @ w.p).named("projected"), c


def layer_norm_lstm_cell(
    x: Node, h_prev: Node, c_prev: Node, w: LayerNormLSTMWeights
) -> tuple[Node, Node]:
    """One step of a layer-normalised LSTM (Ba et al., 2016, eq. 20 to 22).

    Shapes and gates as of `lstm_cell`; LN is over all four gates, and over c.

    Example:
        >>> w = rnn.LayerNormLSTM(3, 4, rng=np.random.default_rng(0)).layers[0]
        >>> x = tg.sequence("x", ("batch", 3))
        >>> h, c = tg.sequence("h", ("batch", 4)), tg.sequence("c", ("batch", 4))
        >>> h, c = rnn.layer_norm_lstm_cell(x, h, c, w)
        >>> h.shape, c.shape
        (('batch', 4), ('batch', 4))
    """
    with tg.scope("LN(W x) + LN(U h) + b"):
        gates = normalized(x @ w.x) * w.gain_x + normalized(h_prev @ w.h) * w.gain_h
        i, f, g, o = tg.split(gates + w.b, 4, axis=-1)
    i, f = tg.sigmoid(i).named("input i"), tg.sigmoid(f).named("forget f")
    g, o = tg.tanh(g).named("candidate g"), tg.sigmoid(o).named("output o")
    c = (f * c_prev + i * g).named("c")
    with tg.scope("LN(c)"):
        shown = normalized(c) * w.gain_c + w.b_c
    return (tg.tanh(shown) * o).named("h"), c


def normalized(x: Node, epsilon: float = 1e-5) -> Node:
    """Return (x − mean) / √(variance + ε) along the last axis (Ba et al., 2016)."""
    with tg.scope("layer norm"):
        centred = x - tg.mean(x, axis=-1, keepdims=True)
        variance = tg.mean(tg.square(centred), axis=-1, keepdims=True)
        return centred / tg.sqrt(variance + epsilon)
