"""The reference interpreter against a second meaning that shares no code with it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygraph as tg
from tinygraph.core.op import value_of
from tinygraph.ops.time import LAST
from tinygraph.testing import (
    acyclic_graphs,
    check_definition,
    check_unrolling,
    evaluate_plainly,
    extreme_feeds,
    gradient_graph,
    recurrent_graphs,
)
from tinygraph.testing.definition import RANDOM_OPS, TIME_OPS
from tinygraph.testing.drawing_lots import philox
from tinygraph.testing.references import REFERENCES

by_axis = st.fixed_dictionaries({"t": st.integers(1, 6), "s": st.integers(1, 3)})
batches, numbers = st.sampled_from((1, 3)), st.sampled_from(("NaN", "ones", "zeros"))
starts, seeds = st.integers(0, 3), st.integers(0, 2)


@given(recurrent_graphs(random=True), by_axis, starts, seeds)
def test_recurrent_graphs_mean_what_the_definition_says(graph, steps, start, seed):
    check_definition(graph, steps=steps, start=start, seed=seed)
    check_definition(graph, "numpy", steps, start=start, seed=seed)


@settings(max_examples=50)
@given(recurrent_graphs(random=True, extremes=True), by_axis, batches, numbers)
def test_so_they_do_of_any_numbers_in_batches_of_one(graph, steps, batch, kind):
    """NaN stands in the same places, many numbers are equal, signs of zero are kept."""
    feeds = extreme_feeds(graph, steps, sizes={"batch": batch})[kind]
    check_definition(graph, steps=steps, feeds=feeds)
    check_definition(graph, "numpy", steps, feeds)


@given(acyclic_graphs(random=True), by_axis)
def test_acyclic_graphs_mean_what_the_definition_says(graph, steps):
    check_definition(graph, steps=steps)


@given(recurrent_graphs(), by_axis)
def test_gradients_mean_what_the_definition_says(graph, steps):
    check_definition(gradient_graph(graph), steps=steps)


def test_every_op_has_a_second_meaning():
    leaves = {name for name, op in tg.REGISTRY.items() if op.leaf}
    said = {*REFERENCES, *TIME_OPS, *RANDOM_OPS}
    assert not said & leaves
    assert said | leaves == {*tg.REGISTRY}


def test_numbers_are_those_of_the_paper():
    """Known answers of Random123's kat_vectors, philox4x64, 10 rounds."""
    ones = 2**64 - 1
    found = philox((ones,) * 4, (ones, ones))
    assert found[:2] == [0x87B092C3013FE90B, 0x438C3C67BE8D0224]
    assert found[2:] == [0x9CC7D7C69CD777B6, 0xA09CAEBF594F0BA0]
    pi = philox(
        (
            0x243F6A8885A308D3,
            0x13198A2E03707344,
            0xA4093822299F31D0,
            0x082EFA98EC4E6C89,
        ),
        (0x452821E638D01377, 0xBE5466CF34E90C6C),
    )
    assert pi[:2] == [0xA528F45403E61D95, 0x38C72DBD566E9788]
    assert pi[2:] == [0xA5A1610E72FD18B5, 0x57BD43B5E52B7FE6]


def test_the_mean_over_one_axis_knows_nothing_of_another():
    x, y = tg.sequence("x"), tg.sequence("y", time="s")
    graph = tg.Graph({"x": tg.mean_over_time(x), "y": tg.mean_over_time(y)})
    feeds = {"x": np.ones(3, "float32"), "y": np.ones(2, "float32")}
    assert evaluate_plainly(graph, feeds, {"t": 3, "s": 2}) == {"x": 1, "y": 1}


def test_a_fault_in_what_interpreter_and_unroller_share_is_seen(monkeypatch):
    """A time rule that is wrong everywhere at once."""
    x = tg.sequence("x", (2,), "float64")
    early = tg.Graph({"y": tg.last(x)})

    def wrong(y, t, steps):
        return value_of(y.inputs[0], 0)

    monkeypatch.setitem(LAST.__dict__, "at_step", wrong)
    with pytest.raises(tg.LawError, match="interpret = the definition: 'y' is"):
        check_definition(early)
    check_unrolling(early)  # sees nothing
