"""Cells are written gate by gate, and cost what packed ones cost."""

import numpy as np
import pytest

import tinygraph as tg
import tinygraph_rnn as rnn
from tinygraph import testing
from tinygraph_rnn.layers.recurrent import gated, lstms


def packed_lstm(x, h_prev, c_prev, w):
    """All gates in one product, cut afterwards."""
    i, f, g, o = tg.split(x @ w.x + h_prev @ w.h + w.b, 4, axis=-1)
    c = tg.sigmoid(f) * c_prev + tg.sigmoid(i) * tg.tanh(g)
    return tg.sigmoid(o) * tg.tanh(c), c


def packed_gru(x, h_prev, w):
    """All gates in one product of each operand, cut afterwards."""
    r, z, n = tg.split(x @ w.x + w.b, 3, axis=-1)
    r_h, z_h, n_h = tg.split(h_prev @ w.h, 3, axis=-1)
    z = tg.sigmoid(z + z_h)
    n = tg.tanh(n + tg.sigmoid(r + r_h) * (n_h + w.c))
    return (1.0 - z) * n + z * h_prev


def packed_mgu(x, h_prev, w):
    """Both gates of the input in one product, cut afterwards."""
    f, n = tg.split(x @ w.x + w.b, 2, axis=-1)
    f = tg.sigmoid(f + h_prev @ w.h)
    return f * tg.tanh(n + (f * h_prev) @ w.n) + (1.0 - f) * h_prev


CELLS = {
    "lstm": (lstms, "lstm_cell", packed_lstm),
    "gru": (gated, "gru_cell", packed_gru),
    "mgu": (gated, "mgu_cell", packed_mgu),
}


def stacked(kind, layers, both):
    """A stack, the loss of its last output, and all gradients."""
    rng = np.random.default_rng(0)
    layer = rnn.LAYERS[kind](24, 32, layers, rng=rng, bidirectional=both)
    y = layer(tg.sequence("x", ("batch", 24)))
    loss = tg.mean_over_time(tg.mean(tg.square(y)))
    grads = tg.grad(loss, layer.parameters)
    names = [f"d{p.name}" for p in layer.parameters]
    return tg.Graph({"loss": loss, **dict(zip(names, grads, strict=True))})


@pytest.mark.parametrize("kind", CELLS)
def test_features_that_do_not_fit_name_the_parameter(kind):
    layer = rnn.LAYERS[kind](24, 32, rng=np.random.default_rng(0), name="own")
    wanted = r"x: .*5.*made at .* has 5 features, but own.0.weight_x: .* takes 24"
    with pytest.raises(tg.ShapeError, match=wanted):
        layer(tg.sequence("x", ("batch", 5)))


@pytest.mark.parametrize("kind", CELLS)
@pytest.mark.parametrize(("layers", "both"), [(1, False), (2, True)])
def test_as_much_work_as_packed_and_the_same_numbers(kind, layers, both, monkeypatch):
    ours = stacked(kind, layers, both)
    module, name, packed = CELLS[kind]
    monkeypatch.setattr(module, name, packed)
    testing.check_forms(stacked(kind, layers, both), ours)
