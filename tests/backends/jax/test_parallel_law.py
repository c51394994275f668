"""Law of `parallel="time"`: values and gradients are those of the steps in order."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygraph as tg
from tests.backends.jax.affine_cells import affine_cells
from tests.backends.jax.slopes import check_slopes
from tinygraph.testing import (
    assert_same_values,
    feeds_for,
    gradient_graph,
    recurrent_graphs,
)
from tinygraph.testing.tolerances import GRADIENTS

pytest.importorskip("jax")

lengths = st.integers(1, 7)


def check_parallel(graph, steps):
    """Values and our gradients, all steps at once; return what stays in order."""
    f = tg.to_jax(graph, parallel="time")
    bound = dict.fromkeys(graph.times, steps)
    feeds = feeds_for(graph, bound, seed=steps)
    call = feeds, bound, 2, 3
    found = {}
    for name, value in f(feeds, steps=bound, start=2, seed=3).items():
        found[name] = np.asarray(value)
    law = "all steps at once = step by step"
    wanted = tg.interpret(graph, *call)
    assert_same_values(found, wanted, law=law, graph=graph, kind=GRADIENTS)
    return f.in_order


@settings(max_examples=5)
@given(graph=affine_cells(), steps=lengths)
def test_affine_cells_at_all_steps_at_once(graph, steps):
    assert not check_parallel(gradient_graph(graph), steps)


@settings(max_examples=2)
@given(graph=affine_cells(), steps=lengths)
def test_jax_differentiates_all_steps_at_once(graph, steps):
    check_slopes(graph, steps, parallel="time")


@settings(max_examples=50)
@given(graph=affine_cells(breaks=True))
def test_what_is_not_affine_says_why(graph):
    (why,) = tg.to_jax(graph, parallel="time").in_order.values()
    assert "made at affine_cells.py" in why


@settings(max_examples=3)
@given(graph=affine_cells(breaks=True), steps=lengths)
def test_some_in_order_and_some_at_once(graph, steps):
    assert check_parallel(gradient_graph(graph), steps)


@pytest.mark.nightly
@settings(max_examples=300)
@given(graph=affine_cells() | affine_cells(breaks=True), steps=lengths)
def test_hundreds_of_affine_cells(graph, steps):
    check_parallel(gradient_graph(graph), steps)
    check_slopes(graph, steps, parallel="time")


@pytest.mark.nightly
@settings(max_examples=300)
@given(graph=recurrent_graphs(random=True, steps=(1, -1, 2)), steps=lengths)
def test_hundreds_of_graphs_at_all_steps_at_once(graph, steps):
    check_parallel(gradient_graph(graph), steps)
