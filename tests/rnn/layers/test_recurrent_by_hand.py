"""RNN and LSTM equal plain NumPy: outputs, and every gradient there is."""

import numpy as np
import pytest

import tinygraph as tg
from tests.rnn.layers import plain
from tinygraph_rnn import LSTM, RNN, ConfigError

T, B, I, H = 5, 3, 4, 6


def randoms(*shapes, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=shape) for shape in shapes]


def run_with_gradients(layer, states):
    """Compile Σ ct·h and its gradients; return them, and what was fed."""
    x = tg.sequence("x", ("batch", I), "float64")
    ct = tg.sequence("ct", ("batch", H), "float64")
    init = [tg.placeholder(f"{s}0", ("batch", H), "float64") for s in states]
    h = layer(x, init=[init])
    loss = tg.sum_over_time(tg.sum(h * ct))
    wrt = [x, *init, *layer.parameters]
    gradients = zip(wrt, tg.grad(loss, wrt), strict=True)
    outputs = {node.name: gradient for node, gradient in gradients}
    xs, cts, *inits = randoms((T, B, I), (T, B, H), *[(B, H)] * len(init))
    feeds = {"x": xs, "ct": cts}
    feeds |= {node.name: value for node, value in zip(init, inits, strict=True)}
    return tg.compile({"h": h, **outputs})(feeds), feeds


def weights_of(layer):
    return [node.attrs["value"] for node in layer.parameters]


def test_lstm_by_hand():
    layer = LSTM(I, H, rng=np.random.default_rng(1), dtype="float64")
    got, fed = run_with_gradients(layer, ("h", "c"))
    w = weights_of(layer)
    hs, _, _ = plain.lstm(fed["x"], fed["h0"], fed["c0"], *w)
    np.testing.assert_allclose(got["h"], hs[1:], rtol=0, atol=1e-12)
    want = plain.lstm_gradients(fed["x"], fed["h0"], fed["c0"], *w, fed["ct"])
    names = ["x", "h0", "c0", "lstm.0.weight_x", "lstm.0.weight_h", "lstm.0.bias"]
    for name, gradient in zip(names, want, strict=True):
        np.testing.assert_allclose(got[name], gradient, rtol=0, atol=1e-11)


@pytest.mark.parametrize("nonlinearity", ["tanh", "relu"])
def test_rnn_by_hand(nonlinearity):
    layer = RNN(
        I,
        H,
        nonlinearity=nonlinearity,
        rng=np.random.default_rng(1),
        dtype="float64",
    )
    got, fed = run_with_gradients(layer, ("h",))
    w, relu = weights_of(layer), nonlinearity == "relu"
    hs = plain.rnn(fed["x"], fed["h0"], *w, relu)
    np.testing.assert_allclose(got["h"], hs[1:], rtol=0, atol=1e-12)
    want = plain.rnn_gradients(fed["x"], fed["h0"], *w, fed["ct"], relu)
    names = ["x", "h0", "rnn.0.weight_x", "rnn.0.weight_h", "rnn.0.bias"]
    for name, gradient in zip(names, want, strict=True):
        np.testing.assert_allclose(got[name], gradient, rtol=0, atol=1e-11)


def test_the_forget_gate_starts_open():
    bias = LSTM(I, H, rng=np.random.default_rng(0)).layers[0].b.attrs["value"]
    np.testing.assert_array_equal(bias, [0.0] * H + [1.0] * H + [0.0] * 2 * H)
    layer = LSTM(I, H, rng=np.random.default_rng(0), forget_bias=3.5)
    bias = layer.layers[0].b.attrs["value"]
    np.testing.assert_array_equal(bias, [0.0] * H + [3.5] * H + [0.0] * 2 * H)


def test_one_layer_called_twice_shares_its_weights():
    layer = LSTM(I, H, rng=np.random.default_rng(0), dtype="float64")
    x = tg.sequence("x", ("batch", I), "float64")
    graph = tg.Graph({"a": layer(x), "b": layer(2.0 * x, name="again")})
    assert len(graph.parameters) == 3
    assert [delay.name for delay in graph.delays] == [
        "lstm.0.h",
        "lstm.0.c",
        "again.0.h",
        "again.0.c",
    ]
    (xs,) = randoms((T, B, I))
    out, doubled = tg.compile(graph)({"x": xs}), tg.compile(graph)({"x": 2 * xs})
    np.testing.assert_array_equal(out["b"], doubled["a"])


def test_all_states_of_all_layers():
    layer = LSTM(I, H, 2, rng=np.random.default_rng(0), dtype="float64")
    x = tg.sequence("x", ("batch", I), "float64")
    states = layer.states(x)
    outputs = {
        f"{name}{depth}": state
        for depth, pair in enumerate(states)
        for name, state in zip("hc", pair, strict=True)
    }
    (xs,) = randoms((T, B, I))
    got = tg.compile(outputs)({"x": xs})
    zeros = np.zeros((B, H))
    below = xs
    for depth in range(2):
        w = [node.attrs["value"] for node in layer.layers[depth]]
        hs, cs, _ = plain.lstm(below, zeros, zeros, *w)
        below = np.array(hs[1:])
        np.testing.assert_allclose(got[f"h{depth}"], below, rtol=0, atol=1e-12)
        np.testing.assert_allclose(got[f"c{depth}"], cs[1:], rtol=0, atol=1e-12)


def test_unknown_nonlinearity():
    with pytest.raises(ConfigError, match="must be one of .*tanh, not 'gelu'"):
        RNN(I, H, nonlinearity="gelu", rng=np.random.default_rng(0))


def test_static_input():
    layer = RNN(I, H, rng=np.random.default_rng(0))
    with pytest.raises(tg.TimeAxisError, match="rnn: x0.*wants one per step"):
        layer(tg.placeholder("x0", ("batch", I)))


def test_errors_name_the_users_line():
    layer = LSTM(I, H, rng=np.random.default_rng(0))
    with pytest.raises(tg.ShapeError, match=r"test_recurrent_by_hand\.py"):
        layer(tg.sequence("x", ("batch", I + 1)))
