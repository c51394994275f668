"""Loops in which every value holds the batch: alone and shared out among threads."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygraph as tg
from tests.backends.native.drawn_loops import batched_loops
from tests.backends.native.test_law import functions_of, share_among
from tinygraph.testing import (
    assert_same_values,
    check_backend,
    feeds_for,
    gradient_graph,
)

steps = st.integers(1, 5)


@settings(max_examples=100)
@given(graph=batched_loops(), steps=steps, start=st.integers(0, 3))
def test_rows_of_loops_shared_out(graph, steps, start):
    with pytest.MonkeyPatch.context() as patch:
        share_among(patch, 3)
        check_backend(graph, "native", steps, start=start)


@settings(max_examples=20)
@given(graph=batched_loops(), steps=steps)
def test_rows_of_gradients_shared_out(graph, steps):
    with pytest.MonkeyPatch.context() as patch:
        share_among(patch, 3)
        check_backend(gradient_graph(graph), "native", steps)


@settings(max_examples=30)
@given(graph=batched_loops(), steps=steps)
def test_rows_of_loops_in_which_what_is_fixed_stays(graph, steps):
    """As it is where the rewrite that takes it out of time is left out."""
    run = tg.compile(graph, "native", without=["lift late"])
    feeds = feeds_for(graph, steps)
    assert_same_values(run(feeds), tg.interpret(graph, feeds), graph=graph)


def test_most_of_these_loops_are_cut_unless_rows_are_mixed():
    cut = {False: [], True: []}

    @settings(max_examples=20, database=None, derandomize=True)
    @given(batched_loops(mixed=False), batched_loops(mixed=True))
    def gather(alone, together):
        for mixed, graph in ((False, alone), (True, together)):
            cut[mixed] += [f.shard is not None for f in functions_of(graph.outputs)]

    gather()
    assert sum(cut[False]) > 0.7 * len(cut[False])
    assert 0 < sum(cut[True]) < len(cut[True])
