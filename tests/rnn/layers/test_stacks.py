"""Layers put together: reversed, residual, both ways, with learned first states."""

import numpy as np
import pytest

import tinygraph as tg
from tests.rnn.layers.test_cells import B, H, I, T, made
from tinygraph_rnn import LAYERS


def fed(seed=0):
    return np.random.default_rng(seed).normal(size=(T, B, I))


def run(layer, xs, **options):
    x = tg.sequence("x", xs.shape[1:], "float64")
    return tg.compile({"h": layer(x, **options)})({"x": xs})["h"]


@pytest.mark.parametrize("kind", LAYERS)
def test_reverse_reads_from_the_end(kind):
    forwards, backwards = made(kind), made(kind, reverse=True)
    want = run(forwards, fed()[::-1].copy())[::-1]
    np.testing.assert_allclose(run(backwards, fed()), want, rtol=0, atol=1e-13)


def test_both_ways_are_two_layers_side_by_side():
    both = made("gru", bidirectional=True)
    assert [p.name for p in both.parameters[3:5]] == [
        "gru.0.bias_n",
        "gru.0.reverse.weight_x",
    ]
    there, back = made("gru"), made("gru", reverse=True)
    values = [p.attrs["value"] for p in both.parameters]
    x = tg.sequence("x", ("batch", I), "float64")
    outs = []
    for layer, own in ((there, values[:4]), (back, values[4:])):
        compiled = tg.compile({"h": layer(x)})
        named = zip([p.name for p in layer.parameters], own, strict=True)
        compiled.parameters.update(dict(named))
        outs.append(compiled({"x": fed()})["h"])
    np.testing.assert_allclose(
        run(both, fed()), np.concatenate(outs, -1), rtol=0, atol=1e-13
    )


def test_residual_from_the_second_layer_up():
    layer = made("rnn", num_layers=3, residual=True)
    x = fed()
    for depth, (w, u, b) in enumerate(layer.layers):
        w, u, b = (node.attrs["value"] for node in (w, u, b))
        h, outs = np.zeros((B, H)), []
        for x_t in x:
            h = np.tanh(x_t @ w + h @ u + b)
            outs.append(h)
        x = np.array(outs) + (x if depth else 0.0)
    np.testing.assert_allclose(run(layer, fed()), x, rtol=0, atol=1e-13)


def test_learned_first_states_have_values_and_gradients():
    layer = made("lstm", learned_init=True)
    first = layer.parameters[-2:]
    assert [p.name for p in first] == ["lstm.0.h_0", "lstm.0.c_0"]
    assert not any(p.attrs["value"].any() for p in first)
    x = tg.sequence("x", ("batch", I), "float64")
    h = layer(x)
    loss = tg.sum_over_time(tg.sum(tg.square(h)))
    given = [tg.placeholder(f"{s}0", ("batch", H), "float64") for s in "hc"]
    other = layer(x, [given], name="other")
    other_loss = tg.sum_over_time(tg.sum(tg.square(other)))
    found = [*tg.grad(loss, first), *tg.grad(other_loss, given)]
    compiled = tg.compile({"h": h, "o": other, **dict(zip("abcd", found, strict=True))})
    values = np.random.default_rng(1).normal(size=(2, H))
    compiled.parameters.update({p.name: v for p, v in zip(first, values, strict=True)})
    rows = {f"{s}0": np.tile(v, (B, 1)) for s, v in zip("hc", values, strict=True)}
    out = compiled({"x": fed(), **rows})
    np.testing.assert_allclose(out["h"], out["o"], atol=1e-13)
    np.testing.assert_allclose(out["a"], out["c"].sum(0), atol=1e-12)
    np.testing.assert_allclose(out["b"], out["d"].sum(0), atol=1e-12)


def test_names_of_dtype_float32():
    layer = LAYERS["gru"](I, H, rng=np.random.default_rng(0), bidirectional=True)
    h = layer(tg.sequence("x", ("batch", I)))
    assert h.dtype == np.float32
    assert h.shape == ("batch", 2 * H) == ("batch", layer.output_size)


def test_folded_and_unrolled_are_one_with_everything_switched_on():
    """Law 1 and 2, for masks, flags, dropout of all kinds and learned states."""
    layer = made(
        "lstm",
        num_layers=2,
        bidirectional=True,
        residual=True,
        zoneout=0.2,
        dropout=0.3,
        variational=True,
        weight_drop=0.1,
        learned_init=True,
    )
    x = tg.sequence("x", ("batch", I), "float64")
    lengths = tg.placeholder("lengths", ("batch",), "int64")
    goes_on = tg.sequence("continues", ("batch",), "bool")
    h = layer(x, lengths=lengths, continues=goes_on)
    loss = tg.sum_over_time(tg.sum(tg.square(h)))
    found = tg.grad(loss, layer.parameters)
    graph = tg.Graph({"h": h, **{str(i): g for i, g in enumerate(found)}})
    feeds = {
        "x": fed(),
        "lengths": np.array([T, 2]),
        "continues": np.ones((T, B), bool),
    }
    feeds["continues"][2, 0] = False
    folded = tg.compile(graph)(feeds)
    for other in (tg.compile(tg.unroll(graph, T))(feeds), tg.interpret(graph, feeds)):
        for name, value in folded.items():
            np.testing.assert_allclose(other[name], value, rtol=0, atol=1e-13)


@pytest.mark.parametrize("kind", LAYERS)
def test_float32_layers_hold_no_float64(kind):
    layer = LAYERS[kind](
        *(I, H, 2),
        rng=np.random.default_rng(0),
        dropout=0.1,
        zoneout=0.1,
        weight_drop=0.1,
    )
    lengths = tg.placeholder("lengths", ("batch",), "int64")
    h = layer(tg.sequence("x", ("batch", I)), lengths=lengths)
    found = tg.grad(tg.sum_over_time(tg.sum(h)), layer.parameters)
    graph = tg.Graph({"h": h, **{str(i): g for i, g in enumerate(found)}})
    assert not [node.describe() for node in graph if node.dtype == np.float64]
