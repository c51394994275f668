"""The laws of the design over random recurrent graphs: the product, not only a test.

`pytest -m nightly` draws thousands of other graphs (test_at_length.py).
"""

from hypothesis import assume, given
from hypothesis import strategies as st

import tinygraph as tg
from tinygraph.testing import (
    acyclic_graphs,
    assert_same_values,
    check_backend,
    check_batch_permutation,
    check_chunking,
    check_gradient_unrolling,
    check_gradients,
    check_grads,
    check_pickling,
    check_reverse_time,
    check_truncation,
    check_unrolling,
    feeds_for,
    gradient_graph,
    recurrent_graphs,
)
from tinygraph.testing.chunks import adds_up
from tinygraph.testing.laws import run
from tinygraph.testing.probing import inner
from tinygraph.testing.rewiring import leaf_like
from tinygraph.testing.rows import not_row_wise

steps = st.integers(1, 6)
by_axis = st.fixed_dictionaries({"t": st.integers(1, 6), "s": st.integers(1, 3)})
starts = st.integers(0, 3)


def float_nodes(graph, *, delays=True):
    return [
        node
        for node in graph
        if node.type.is_float
        and node.op.name != "constant"
        and (delays or not isinstance(node, tg.Delay))
    ]


def wrt(data, graph, most, *, delays=True):
    """Draw nodes besides the float leaves: inner nodes, members of cycles."""
    nodes = float_nodes(graph, delays=delays)
    drawn = data.draw(st.lists(st.sampled_from(nodes), max_size=most)) if nodes else []
    leaves = [leaf for leaf in graph.leaves if leaf.type.is_float]
    return list(dict.fromkeys([*leaves, *drawn]))


@given(recurrent_graphs(random=True), by_axis, starts)
def test_unrolled_pickled_and_compiled_it_means_the_same(graph, steps, start):
    check_unrolling(graph, steps, start=start)
    check_pickling(graph, steps, start=start)
    check_backend(graph, "numpy", steps, start=start)


@given(acyclic_graphs(random=True), steps)
def test_unrolling_keeps_the_meaning_of_acyclic_graphs(graph, steps):
    check_unrolling(graph, steps)


@given(recurrent_graphs(random=True), by_axis, st.data())
def test_gradient_of_unrolled_is_unrolled_gradient(graph, steps, data):
    check_gradient_unrolling(graph, steps, wrt=wrt(data, graph, 4, delays=False))


@given(recurrent_graphs(random=True), steps)
def test_pickled_and_compiled_gradients_are_the_same(graph, steps):
    whole = gradient_graph(graph)
    check_pickling(whole, steps)
    check_backend(whole, "numpy", steps)


@given(recurrent_graphs(smooth=True, random=True), steps, starts, st.data())
def test_grad_is_differences_is_jvp(graph, steps, start, data):
    check_gradients(graph, steps, wrt=wrt(data, graph, 3), start=start)


@given(recurrent_graphs(smooth=True, most_moves=5), st.integers(1, 4))
def test_second_order(graph, steps):
    check_grads(graph, steps=steps, order=2, directions=1)


@given(acyclic_graphs(smooth=True, most_moves=6), st.integers(1, 3))
def test_second_order_of_acyclic_graphs(graph, steps):
    check_grads(graph, steps=steps, order=2, directions=1)


@given(recurrent_graphs(random=True), steps)
def test_vjp_is_the_gradient_of_the_inner_product(graph, steps):
    """Several outputs at once, per step and static, each with a cotangent."""
    tops = [node for node in graph.outputs.values() if node.type.is_float]
    leaves = [leaf for leaf in graph.leaves if leaf.type.is_float]
    cts = [leaf_like(top.type, f"ct{i}") for i, top in enumerate(tops)]
    total = tg.add_n(*[inner(top, ct) for top, ct in zip(tops, cts, strict=True)])
    pulled = tg.vjp(tops, leaves, cts, unconnected="zeros")
    wanted = tg.grad(total, leaves, unconnected="zeros")
    both = [
        tg.Graph({**graph.outputs, "total": total, **named})
        for named in (
            {f"{i}": node for i, node in enumerate(found)} for found in (pulled, wanted)
        )
    ]
    feeds = feeds_for(both[0], steps)
    got, right = (run(each, feeds, steps) for each in both)
    assert_same_values(got, right, kind="gradients", graph=graph)


@given(recurrent_graphs(random=True, dtype="float32"), steps)
def test_backend_is_the_interpreter_in_float32(graph, steps):
    check_backend(graph, "numpy", steps)


@given(
    recurrent_graphs(causal=True, random=True, axes=1),
    st.lists(st.integers(1, 4), min_size=1, max_size=3),
    starts,
)
def test_chunks_continue(graph, chunks, start):
    check_chunking(graph, sum(chunks), chunks=chunks, start=start)


@given(recurrent_graphs(), st.integers(1, 4))
def test_permuted_batch(graph, steps):
    assume("batch" in graph.dims and not_row_wise(graph, "batch") is None)
    check_batch_permutation(graph, "batch", steps)


@given(recurrent_graphs(), st.integers(1, 4))
def test_permuted_batch_of_gradients(graph, steps):
    whole = gradient_graph(graph)
    assume("batch" in graph.dims and not_row_wise(whole, "batch") is None)
    check_batch_permutation(whole, "batch", steps)


@given(recurrent_graphs(), steps)
def test_reversed_time(graph, steps):
    """Of values and gradients; reversed twice it is the graph."""
    check_reverse_time(graph, steps)
    check_reverse_time(gradient_graph(graph), steps)
    feeds = feeds_for(graph, steps)
    twice = run(tg.reverse_time(tg.reverse_time(graph)), feeds, steps)
    assert_same_values(twice, run(graph, feeds, steps), graph=graph)


@given(recurrent_graphs(causal=True, random=True, axes=1), steps, st.integers(1, 4))
def test_truncated_backpropagation(graph, steps, chunk):
    each = [n for n in float_nodes(graph) if n.time and adds_up(graph, n)]
    assume(each)
    means = [tg.cast(tg.mean(node), graph["loss"].dtype) for node in each[-6:]]
    loss = tg.sum_over_time(tg.add_n(*means))
    whole = tg.Graph({**graph.outputs, "old": graph["loss"], "loss": loss})
    check_truncation(whole, steps, chunk=chunk)


@given(recurrent_graphs(random=True), st.data())
def test_replacing_a_leaf_by_itself_changes_nothing(graph, data):
    """`replace` rebuilds cycles; the copy means the same."""
    assume(graph.leaves)
    leaf = data.draw(st.sampled_from(graph.leaves))
    copy = graph.replace({leaf: tg.identity(leaf)})
    feeds = feeds_for(graph, 3)
    assert_same_values(run(copy, feeds, 3), run(graph, feeds, 3), graph=graph)


@given(recurrent_graphs(), st.data())
def test_teacher_forcing_by_what_the_loop_made_itself_changes_nothing(graph, data):
    assume(graph.delays)
    delay = data.draw(st.sampled_from(graph.delays))
    leaf = tg.sequence("teacher", delay.shape, delay.dtype, delay.time)
    opened = tg.open_loop(graph, delay, source=leaf)
    forced = tg.Graph({**opened.outputs, "source": leaf})
    whole = tg.Graph({**graph.outputs, "source": delay.source})
    feeds = feeds_for(graph, 3)
    wanted = run(whole, feeds, 3)
    got = run(forced, {**feeds, "teacher": wanted["source"]}, 3)
    assert_same_values(got, wanted, graph=graph)
