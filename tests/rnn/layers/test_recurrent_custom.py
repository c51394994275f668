"""Bring your own cell."""

import numpy as np
import pytest

import tinygraph as tg
from tests.rnn.layers.test_cells import B, H, I, T, made
from tinygraph_rnn import ConfigError, Recurrent, lstm_cell


def test_a_cell_of_ones_own_equals_the_layer():
    """The LSTM again, as a function of (inputs, state), with zoneout and lengths."""
    layer = made("lstm", zoneout=0.3, name="own")
    (w,) = layer.layers

    def cell(x, state):
        h, c = lstm_cell(x, state["h"], state["c"], w)
        return h, {"h": h, "c": c}

    own = Recurrent(cell, {"h": H, "c": H}, name="own.0", dtype="float64", zoneout=0.3)
    x = tg.sequence("x", ("batch", I), "float64")
    lengths = tg.placeholder("lengths", ("batch",), "int64")
    feeds = {
        "x": np.random.default_rng(0).normal(size=(T, B, I)),
        "lengths": np.array([T, 2]),
    }
    init = {"c": tg.constant(np.ones(H))}
    got = tg.compile(own(x, init, lengths=lengths))(feeds)["output"]
    want = tg.compile(layer(x, [[0.0, init["c"]]], lengths=lengths))(feeds)["output"]
    np.testing.assert_array_equal(got, want)


def test_states_of_any_shape():
    """A matrix as state, a token as input, read from the end."""

    def fast_weights(x, state):
        row = tg.one_hot(x, 3, "float32")
        memory = 0.5 * state["memory"] + row[..., None] * row[..., None, :]
        return tg.sum(memory, axis=-1), {"memory": memory}

    layer = Recurrent(fast_weights, {"memory": (3, 3)}, feature_axes=0, reverse=True)
    tokens = tg.sequence("tokens", ("batch",), "int32")
    fed = np.array([[0], [2]], "int32")
    got = tg.compile(layer(tokens))({"tokens": fed})["output"]
    np.testing.assert_array_equal(got[:, 0], [[1.0, 0.0, 0.5], [0.0, 0.0, 1.0]])


@pytest.mark.parametrize("option", ["lengths", "mask", "continues"])
@pytest.mark.parametrize("dtype", ["int32", "uint8", "bool", "float32"])
def test_padding_and_flags_keep_every_dtype(dtype, option):
    """Of inputs, states and outputs: a running maximum, started anew or stopped."""
    seen = []

    def highest(x, state):
        seen.append(x.dtype)
        high = tg.maximum(x, state["high"])
        return high, {"high": high}

    layer = Recurrent(highest, {"high": 2}, dtype=dtype)
    flags = tg.sequence("flags", ("batch",), "bool")
    if option == "lengths":
        flags = tg.placeholder("flags", ("batch",), "int64")
    out, states = layer.forward(
        tg.sequence("x", ("batch", 2), dtype), **{option: flags}
    )
    assert [*seen, out.dtype, states["high"].dtype] == [np.dtype(dtype)] * 3
    fed = np.array([[[1, 0]], [[0, 0]], [[0, 1]]], dtype)
    goes_on = np.array([[True], [option == "mask"], [option == "continues"]])
    feeds = {"x": fed, "flags": [2] if option == "lengths" else goes_on}
    got = tg.compile({"out": out})(feeds)["out"][:, 0]
    ends = [[0, 0], [0, 1]] if option == "continues" else [[1, 0], [0, 0]]
    np.testing.assert_array_equal(got, np.array([[1, 0], *ends], dtype), strict=True)


def test_tokens_of_different_lengths():
    table = tg.parameter("table", np.ones((5, 3), "float32"))

    def cell(x, state):
        h = state["h"] + tg.take(table, x, axis=0)
        return h, {"h": h}

    layer = Recurrent(cell, {"h": 3}, feature_axes=0)
    lengths = tg.placeholder("lengths", ("batch",), "int64")
    out = layer(tg.sequence("ids", ("batch",), "int32"), lengths=lengths)
    got = tg.compile({"out": out})({"ids": np.ones((3, 2), "int32"), "lengths": [3, 1]})
    np.testing.assert_array_equal(got["out"][..., 0], [[1, 1], [2, 0], [3, 0]])


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (lambda x, s: s["h"], r"returned h0\.h: float32\[batch, 3\], made at"),
        (lambda x, s: (x, s["h"]), "returned the state h0.h: float32"),
        (lambda x, s: (x, {}), "returned the state a dict of nothing; it must return"),
        (lambda x, s: (x, {**s, "c": x}), "returned the state a dict of 'h', 'c'"),
        (lambda x, s: (x, s, s), "returned a tuple of 3"),
        (lambda x, s: (1.0, s), "returned the output 1.0"),
        (lambda x, s: (x, {"h": x[..., :2]}), r"returned for state 'h' .*\[batch, 2\]"),
        (lambda x, s: (x, {"h": 0.0}), "returned for state 'h' 0.0, not float32"),
        (lambda x, s: None, r"returned None; it must return \(output, state\)"),
    ],
)
def test_a_cell_that_returns_something_else(cell, message):
    layer = Recurrent(cell, {"h": 3}, name="h0")
    with pytest.raises(ConfigError, match=f"h0: the cell {message}"):
        layer(tg.sequence("x", ("batch", 3)))


@pytest.mark.parametrize("size", [0, (3, -1), 2.5])
def test_sizes_of_states(size):
    with pytest.raises(ConfigError, match="state 'h' must be an int >= 1"):
        Recurrent(lambda x, s: (x, s), {"h": size})


def test_what_is_no_cell_and_no_state():
    with pytest.raises(ConfigError, match="cell must be a function .*, not None"):
        Recurrent(None, {"h": 3})
    with pytest.raises(ConfigError, match="state must be a dict .*, not 3"):
        Recurrent(lambda x, s: (x, s), 3)


def test_init_of_an_unknown_state():
    layer = Recurrent(lambda x, s: (x, s), {"h": 3})
    with pytest.raises(ConfigError, match="init names c, but the states of recurrent"):
        layer(tg.sequence("x", ("batch", 3)), {"c": 0.0})
