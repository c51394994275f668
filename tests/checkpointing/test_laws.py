"""Windows of any length give what all steps at once give, over random graphs."""

from hypothesis import given
from hypothesis import strategies as st

import tinygraph as tg
from tests.checkpointing.kit import same_by_windows
from tinygraph.testing import gradient_graph, recurrent_graphs

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
