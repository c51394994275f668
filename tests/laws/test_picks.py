"""The laws over random graphs that pick single steps by `at`: runs are long enough."""

from hypothesis import given
from hypothesis import strategies as st

import tinygraph as tg
from tests.checkpointing.kit import same_by_windows
from tests.laws.seeded import seeded_graphs
from tinygraph.testing import (
    check_backend,
    check_chunking,
    check_gradient_unrolling,
    check_gradients,
    check_reverse_time,
    check_unrolling,
    gradient_graph,
    recurrent_graphs,
)

graphs = recurrent_graphs(random=True, least_steps=3, axes=1)
smooth = recurrent_graphs(smooth=True, least_steps=3, axes=1)
steps = st.integers(3, 6)
starts = st.integers(0, 3)


@given(graphs, steps, starts)
def test_unrolling_keeps_the_meaning(graph, steps, start):
    check_unrolling(graph, steps, start=start)


@given(smooth, steps, starts)
def test_gradients(graph, steps, start):
    check_gradients(graph, steps, start=start)
    check_gradient_unrolling(graph, steps)


@given(graphs, steps, starts)
def test_backend_is_the_interpreter(graph, steps, start):
    check_backend(graph, "numpy", steps, start=start)
    check_backend(gradient_graph(graph), "numpy", steps, start=start)


@given(recurrent_graphs(least_steps=3, axes=1), steps)
def test_reversed_time(graph, steps):
    check_reverse_time(graph, steps)
    check_reverse_time(gradient_graph(graph), steps)


@given(graphs, steps, st.integers(1, 4), starts)
def test_windows(graph, steps, length, start):
    same_by_windows(gradient_graph(graph), steps, length, start=start)


@given(recurrent_graphs(causal=True, random=True, least_steps=3, axes=1), steps)
def test_chunks_continue(graph, steps):
    check_chunking(graph, 2 * steps, chunks=[steps, steps])


def test_picks_are_drawn():
    drawn = seeded_graphs(300, random=True, least_steps=3, axes=1)
    at = tg.REGISTRY["at"]
    met = {node.attrs["t"] for graph in drawn for node in graph if node.op is at}
    assert met == {-3, -2, 1, 2}
