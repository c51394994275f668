"""Law 5 for JAX: what it gives is what the interpreter gives."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygraph as tg
from tests.golden.models import gradients, language_model
from tinygraph.testing import (
    acyclic_graphs,
    assert_same_values,
    check_backend,
    check_chunking,
    feeds_for,
    gradient_graph,
    recurrent_graphs,
)

pytest.importorskip("jax")

by_axis = st.fixed_dictionaries({"t": st.integers(1, 5), "s": st.integers(1, 3)})
starts = st.integers(0, 3)


@settings(max_examples=10)
@given(graph=recurrent_graphs(random=True), steps=by_axis, start=starts)
def test_jax_gives_what_the_interpreter_gives(graph, steps, start):
    check_backend(graph, "jax", steps, start=start)


@settings(max_examples=5)
@given(graph=recurrent_graphs(random=True), steps=by_axis)
def test_gradients_by_jax(graph, steps):
    check_backend(gradient_graph(graph), "jax", steps)


@settings(max_examples=5)
@given(graph=recurrent_graphs(dtype="float32", random=True), steps=st.integers(1, 4))
def test_float32_by_jax(graph, steps):
    check_backend(graph, "jax", steps)


@settings(max_examples=5)
@given(graph=acyclic_graphs(random=True), steps=st.integers(1, 4))
def test_jax_beside_cycles(graph, steps):
    check_backend(graph, "jax", steps)


@pytest.mark.nightly
@settings(max_examples=500)
@given(graph=recurrent_graphs(random=True), steps=by_axis, start=starts)
def test_hundreds_of_graphs_by_jax(graph, steps, start):
    check_backend(gradient_graph(graph), "jax", steps, start=start)


@pytest.mark.parametrize(("batch", "steps"), [(3, 4), (0, 1)])
def test_language_model_and_its_gradients(batch, steps):
    graph = gradients(language_model())
    feeds = feeds_for(graph, steps, sizes={"batch": batch})
    found, wanted = tg.compile(graph, "jax")(feeds), tg.compile(graph, "numpy")(feeds)
    assert_same_values(found, wanted, kind="gradients")
    assert np.isnan(found["loss"]) == (batch == 0)


def loop_of(steps, **options):
    """h[t] = tanh(x[t] + h[t - steps - 1] / 2) in float64 (+ 1 for steps < 0)."""
    x = tg.sequence("x", (2,), "float64")
    sign = 1 if steps > 0 else -1
    once = tg.delay("once", steps=sign, shape=(2,), dtype="float64")
    before = tg.delay("before", source=once, steps=steps, **options)
    h = tg.tanh(x + before * 0.5)
    once.close(h)
    return h


@pytest.mark.parametrize("k", [3, -3])
@pytest.mark.parametrize("outside", ["init", "history", "replicate"])
def test_delays_of_several_steps(k, outside):
    """Values of k steps are carried, and their slots before them."""
    history = tg.constant(np.arange(6.0).reshape(3, 2))
    slots = {
        "init": {"init": tg.constant(np.array([1.0, 2.0]))},
        "history": {"history": history},
        "replicate": {"init": tg.REPLICATE},
    }
    h = loop_of(k, **slots[outside])
    graph = tg.Graph({"h": h, "loss": tg.sum_over_time(tg.sum(h * h))})
    check_backend(gradient_graph(graph), "jax", 5)


@pytest.mark.parametrize("outside", [0.5, tg.REPLICATE])
def test_past_and_future_in_one_loop(outside):
    """Members stand at different steps of an iteration."""
    x = tg.sequence("x", (2,), "float64")
    past = tg.delay("past", steps=3, shape=(2,), dtype="float64")
    ahead = tg.delay("ahead", source=tg.tanh(past), steps=-1, init=outside)
    y = tg.tanh(x + ahead)
    past.close(y)
    graph = tg.Graph({"y": y, "loss": tg.sum_over_time(tg.sum(y * y))})
    check_backend(gradient_graph(graph), "jax", 6)


def test_chunks_continue():
    h = loop_of(2)
    noise = tg.bernoulli(0.5, (2,), "float64", name="noise")
    check_chunking(tg.Graph({"y": h * noise}), 5, backend="jax")
