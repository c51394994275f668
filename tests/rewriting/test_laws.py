"""Laws 4 and 5: optimised = unoptimised = the interpreter, outputs and gradients.

`pytest -m nightly` draws thousands of other graphs (laws/test_at_length.py).
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygraph as tg
from tests.rewriting.cells import cell_graphs
from tests.rewriting.junk import by_chance, masked_cell
from tinygraph.rewriting import REWRITES, optimise
from tinygraph.testing import (
    assert_same_values,
    feeds_for,
    gradient_graph,
    recurrent_graphs,
    restated,
)
from tinygraph.testing.feeding import restricted, steps_by_axis

steps = st.integers(1, 6)
"""From shorter than the longest delay (3) to longer than every one in a row."""

half = settings(max_examples=settings.default.max_examples // 2)

GRADIENTS = "gradients"


def check(graph, steps, *, kind="values", seeds=(0, 1, 0)):
    """Compiled with every rewrite = with none = the interpreter, call after call."""
    known = steps_by_axis(graph, steps)
    optimised, plain = tg.compile(graph), tg.compile(graph, without=tuple(REWRITES))
    found, wanted = [], {}
    for seed in seeds:
        feeds = restricted(feeds_for(graph, steps, seed=seed), graph)
        if seed not in wanted:
            wanted[seed] = tg.interpret(graph, feeds, known)
        found.append((wanted[seed], plain(feeds, known), optimised(feeds, known)))
    for call, (right, unoptimised, result) in enumerate(found, 1):
        law = f"law 5, call {call} of the backend without rewrites = the interpreter"
        assert_same_values(unoptimised, right, kind=kind, law=law, graph=graph)
        law = f"law 4, call {call} of the optimised graph = the interpreter"
        assert_same_values(result, right, kind=kind, law=law, graph=graph)


@given(recurrent_graphs(random=True), steps)
def test_random_graphs(graph, steps):
    check(graph, steps)


@given(recurrent_graphs(random=True), steps)
def test_gradients_of_random_graphs(graph, steps):
    check(gradient_graph(graph), steps, kind=GRADIENTS)


@given(recurrent_graphs(random=True, most_moves=6), st.integers(1, 4))
def test_unrolled(graph, steps):
    check(tg.unroll(graph, steps), steps, seeds=(0,))


@half
@given(recurrent_graphs(most_moves=6), st.integers(1, 4))
def test_gradients_unrolled(graph, steps):
    whole = gradient_graph(graph)
    check(tg.unroll(whole, steps), steps, kind=GRADIENTS, seeds=(0,))


@given(cell_graphs(), steps)
def test_cells(graph, steps):
    check(graph, steps)


@given(cell_graphs(), steps)
def test_gradients_of_cells(graph, steps):
    check(gradient_graph(graph), steps, kind=GRADIENTS)


@half
@given(cell_graphs("float32"), steps)
def test_gradients_of_cells_in_float32(graph, steps):
    check(gradient_graph(graph), steps, kind=GRADIENTS)


@half
@given(cell_graphs(), steps)
def test_second_order_of_cells(graph, steps):
    once = gradient_graph(graph)
    squares = [tg.sum(tg.square(g)) for n, g in once.outputs.items() if n != "loss"]
    norm = sum(s if s.time is None else tg.sum_over_time(s) for s in squares)
    assert isinstance(norm, tg.Node)
    check(gradient_graph(tg.Graph({"loss": norm})), steps, kind=GRADIENTS, seeds=(0,))


@half
@given(st.data(), steps)
def test_every_rewrite_can_be_left_out(data, steps):
    graph = gradient_graph(data.draw(cell_graphs()))
    without = data.draw(st.lists(st.sampled_from(list(REWRITES)), max_size=4))
    feeds = feeds_for(graph, steps)
    wanted = tg.interpret(graph, feeds, steps)
    function = tg.compile(graph, without=without)
    assert not set(function.fired) & set(without)
    law = f"without {', '.join(without)}"
    assert_same_values(function(feeds, steps), wanted, kind=GRADIENTS, law=law)


@half
@given(st.one_of(cell_graphs(), recurrent_graphs(random=True)))
def test_every_rewrite_leaves_a_legal_graph_and_in_the_end_nothing_to_do(graph):
    whole = gradient_graph(graph)
    once = optimise(whole, verify_each=True)
    assert optimise(once.graph).fired == {}
    for name, node in whole.outputs.items():
        assert once.graph.outputs[name].type == node.type


@pytest.mark.parametrize("seed", range(12))
def test_cells_written_in_other_ways_come_to_an_end(seed):
    """Folded and unrolled: one node in two is restated, many of them in columns."""
    graph = masked_cell(by_chance(np.random.default_rng(seed)))
    other = restated(graph, seed)
    for each in (other, tg.unroll(other, 2)):
        optimise(each, verify_each=True)
