"""Windows of any length give what all steps at once give, over random graphs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygraph as tg
from tests.checkpointing.kit import same_by_windows
from tinygraph.testing import extreme_feeds, gradient_graph, recurrent_graphs

by_axis = st.fixed_dictionaries({"t": st.integers(1, 9), "s": st.integers(1, 4)})
lengths = st.integers(1, 5)
starts = st.integers(0, 3)


@given(recurrent_graphs(random=True), by_axis, lengths, starts)
def test_windows_change_nothing(graph, steps, length, start):
    same_by_windows(graph, steps, length, start=start, seed=start)


@given(recurrent_graphs(random=True), by_axis, lengths, st.data())
def test_windows_change_no_gradient(graph, steps, length, data):
    nodes = [n for n in graph if n.type.is_float and n.op.name != "constant"]
    if nodes:
        wrt = data.draw(st.lists(st.sampled_from(nodes), min_size=1, max_size=4))
        same_by_windows(gradient_graph(graph, list(dict.fromkeys(wrt))), steps, length)


@given(
    recurrent_graphs(), by_axis, lengths, st.sampled_from(("ones", "infinite", "NaN"))
)
def test_windows_change_nothing_at_extreme_values(graph, steps, length, kind):
    feeds = extreme_feeds(graph, steps)[kind]
    same_by_windows(graph, steps, length, feeds)


REDUCED = {
    "max": tg.max_over_time,
    "sum": tg.sum_over_time,
    "mean": tg.mean_over_time,
    "first": tg.first,
    "last": tg.last,
    "first steps": lambda x: tg.first_steps(x, 3),
    "last steps": lambda x: tg.last_steps(x, 3),
    "at": lambda x: tg.at(x, -2),
    "stack": tg.stack,
}


@pytest.mark.parametrize("kind", ["zeros", "ones", "infinite", "NaN"])
@pytest.mark.parametrize("how", REDUCED)
@pytest.mark.parametrize("dtype", ["float32", "int32", "bool"])
def test_what_leaves_time_is_merged_as_it_is(how, kind, dtype):
    """Of every step alone something extreme, in windows of all lengths."""
    if dtype == "bool" and how in ("max", "mean"):
        return
    x = tg.sequence("x", (2,), dtype)
    past = tg.delay("past", source=x, init=tg.cast(1, dtype))
    graph = tg.Graph({"y": REDUCED[how](x), "z": REDUCED[how](past)})
    for seed in range(2):
        for length in (1, 2, 3, 5):
            feeds = extreme_feeds(graph, 6, seed=seed)[kind]
            assert same_by_windows(graph, 6, length, feeds)


@given(recurrent_graphs(smooth=True, most_moves=4, axes=1), by_axis, lengths)
def test_windows_change_no_second_derivative(graph, steps, length):
    once = gradient_graph(graph)
    if "grad/0" in once.outputs:
        total = tg.sum(tg.square(once["grad/0"]))
        total = total if total.time is None else tg.sum_over_time(total)
        twice = gradient_graph(
            tg.Graph({**graph.outputs, "total": total}), None, "total"
        )
        same_by_windows(twice, steps, length)
