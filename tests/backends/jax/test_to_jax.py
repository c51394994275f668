"""`tg.to_jax`: a graph within one's own JAX code."""

import importlib.util

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygraph as tg
from tests.backends.jax.slopes import check_slopes
from tests.golden.models import gradients, language_model
from tests.kit import recurrence
from tinygraph.testing import (
    assert_same_values,
    feeds_for,
    recurrent_graphs,
)
from tinygraph.testing.tolerances import GRADIENTS

jax = pytest.importorskip("jax")


@pytest.fixture(scope="module")
def model():
    graph = gradients(language_model())
    feeds = feeds_for(graph, 7, sizes={"batch": 3})
    return graph, feeds, tg.compile(graph, "numpy")(feeds)


def weights(graph):
    return {leaf.label: leaf.attrs["value"] for leaf in graph.parameters}


@pytest.mark.parametrize("memory", [None, "checkpoint"])
def test_the_gradient_of_jax_is_ours(model, memory):
    graph, feeds, wanted = model
    f = tg.to_jax({"loss": graph.outputs["loss"]}, memory=memory)

    def loss(parameters, fed):
        return f(fed, parameters)["loss"]

    step = jax.jit(jax.value_and_grad(loss))
    value, slopes = step(weights(graph), feeds)
    found = {f"grad of {name}": np.asarray(slope) for name, slope in slopes.items()}
    found["loss"] = np.asarray(value)
    assert_same_values({name: found[name] for name in wanted}, wanted, kind=GRADIENTS)
    text = str(jax.make_jaxpr(jax.grad(loss))(weights(graph), feeds))
    assert ("remat" in text or "checkpoint" in text) == (memory is not None)


@pytest.mark.parametrize("total", [1, 7, 4])
@pytest.mark.parametrize("steps", [2, -1])
def test_segments_in_either_direction(steps, total):
    _, _, h = recurrence(steps=steps, shape=(2,), dtype="float32")
    loss = tg.sum_over_time(tg.sum(tg.square(h)))
    graph = tg.Graph({"loss": loss, "slope": tg.grad(loss, tg.Graph(h).leaves[0])})
    f = tg.to_jax({"loss": loss}, memory="checkpoint")
    feeds = feeds_for(graph, total)
    slope = jax.grad(lambda x: f({"x": x})["loss"])(feeds["x"])
    wanted = tg.interpret(graph, feeds)["slope"]
    np.testing.assert_allclose(slope, wanted, rtol=1e-4, atol=1e-6)


@settings(max_examples=4)
@given(graph=recurrent_graphs(), steps=st.integers(1, 4))
def test_the_gradient_of_jax_is_ours_for_any_graph(graph, steps):
    check_slopes(graph, steps)


def test_gradients_stop_where_the_graph_says_so():
    w = tg.parameter("w", 3.0)
    f = tg.to_jax({"y": w * tg.stop_gradient(w)})
    assert jax.grad(lambda p: f({}, p)["y"])({"w": 3.0}) == {"w": 3.0}


def test_it_is_mapped_and_jitted():
    _, _, h = recurrence(shape=(2,), dtype="float32")
    f = tg.to_jax({"h": h})
    xs = np.linspace(-1, 1, 24, dtype="float32").reshape(4, 3, 2)
    found = jax.jit(jax.vmap(lambda x: f({"x": x})["h"]))(xs)
    wanted = [tg.interpret({"h": h}, {"x": x})["h"] for x in xs]
    np.testing.assert_allclose(found, wanted, rtol=1e-5)


def test_start_and_seed_may_be_traced():
    noise = tg.bernoulli(0.3, (1000,), name="noise")
    normal = tg.normal((1000,), name="normal")
    graph = tg.Graph({"noise": noise, "n": normal, "i": tg.step_index()})
    f = tg.to_jax(graph)
    run = jax.jit(lambda start, seed: f(steps=2, start=start, seed=seed))
    found, wanted = run(3, 7), tg.interpret(graph, steps=2, start=3, seed=7)
    np.testing.assert_array_equal(found["noise"], wanted["noise"])
    np.testing.assert_allclose(found["n"], wanted["n"], rtol=1e-3, atol=1e-5)
    assert list(found["i"]) == [3, 4]


def test_an_unrolled_graph_takes_whole_sequences():
    _, _, h = recurrence(shape=(2,), dtype="float32")
    graph = tg.unroll({"h": h}, 3)
    xs = np.linspace(-1, 1, 6, dtype="float32").reshape(3, 2)
    found = jax.jit(lambda x: tg.to_jax(graph)({"x": x})["h"])(xs)
    np.testing.assert_allclose(found, tg.interpret(graph, {"x": xs})["h"], rtol=1e-5)


def test_float64_is_computed_where_it_can_be():
    x, _, h = recurrence(shape=())
    f = tg.to_jax({"h": h})
    xs = np.linspace(-1, 1, 3)
    assert f({"x": xs})["h"].dtype == np.float64
    with pytest.raises(
        tg.BackendError,
        match=r"is float64, but JAX is tracing with 32 bits: trace within `with jax.en",
    ):
        jax.jit(lambda x: f({"x": x}))(xs)
    with jax.enable_x64(True):
        assert jax.jit(lambda x: f({"x": x})["h"])(xs).dtype == np.float64
    assert x.dtype == np.float64


def test_feeds_are_checked_while_tracing():
    x = tg.sequence("x", ("batch", 2))
    f = tg.to_jax({"y": x * tg.parameter("w", np.ones(2, "float32"))})
    wrong = jax.numpy.ones((3, 4, 5))
    with pytest.raises(tg.FeedShapeError, match="dimension 2 of .* wanted 2, got 5"):
        jax.jit(lambda x: f({"x": x}))(wrong)
    with pytest.raises(tg.FeedShapeError, match="parameter 'w': wanted 1 axes"):
        f({"x": wrong[..., :2]}, {"w": jax.numpy.ones((2, 2))})
    with pytest.raises(tg.UnknownFeedError, match="'v' names no leaf of the graph"):
        f({"x": wrong[..., :2]}, {"v": 1.0})
    with pytest.raises(tg.BackendError, match="is no parameter: give it among the fee"):
        f({}, {"x": wrong[..., :2]})
    with pytest.raises(tg.FeedDTypeError, match="int32"):
        tg.to_jax({"y": tg.placeholder("i", (2,), "int32")})({"i": jax.numpy.ones(2)})


def test_an_index_out_of_range_is_nan():
    table = tg.parameter("E", np.arange(3, dtype="float32"))
    f = tg.to_jax({"y": tg.take(table, tg.placeholder("i", (3,), "int32"), axis=0)})
    np.testing.assert_array_equal(f({"i": [1, -1, 3]})["y"], [1, 2, np.nan])


def test_what_is_no_memory():
    with pytest.raises(tg.BackendError, match="must be None or 'checkpoint', not 3"):
        tg.to_jax({"y": tg.placeholder("x")}, memory=3)


@pytest.mark.parametrize("make", [tg.to_jax, lambda g: tg.compile(g, "jax")])
def test_jax_is_asked_for_and_missing(monkeypatch, make):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(tg.BackendError, match=r"needs jax, .*pip install \"jax\[cpu\]"):
        make({"y": tg.placeholder("x")})
