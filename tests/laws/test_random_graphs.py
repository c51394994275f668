"""Random graphs: legal, bounded, of every kind, and small once shrunk."""

import itertools

import numpy as np
import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st

import tinygraph as tg
from tests.laws.seeded import seeded_graphs
from tinygraph.core.verification import cycles_of
from tinygraph.rewriting.facts import scalar_of
from tinygraph.testing import acyclic_graphs, arrays, feeds_for, recurrent_graphs


@given(arrays((2, "n"), "float32", sizes={"n": 3}, low=-1, high=1), st.data())
def test_arrays(array, data):
    assert array.shape == (2, 3)
    assert array.dtype == "float32"
    assert np.abs(array).max() <= 1
    kind = tg.TensorType((2,), np.dtype("int8"))
    drawn = data.draw(arrays(kind))
    assert drawn.dtype == "int8"
    assert data.draw(arrays((1,), "bool")).dtype == bool


@given(recurrent_graphs(random=True))
def test_random_graphs_are_legal_and_bounded(graph):
    tg.Graph(graph.outputs)
    assert graph["loss"].shape == ()
    assert graph["loss"].time is None
    out = tg.interpret(graph, feeds_for(graph, 4), dict.fromkeys(graph.times, 4))
    for value in out.values():
        assert np.isfinite(value).all()
        assert np.abs(value.astype(float)).max() < 500


@given(acyclic_graphs())
def test_acyclic_graphs_have_no_cycles(graph):
    assert cycles_of(graph.nodes) == []


def has_loop(graph, wanted):
    """Return True if some loop's delays satisfy a condition."""
    return any(
        wanted([node for node in part if isinstance(node, tg.Delay)])
        for part in cycles_of(graph.nodes)
    )


KINDS = {
    "self-loop": lambda g: has_loop(g, lambda ds: any(d in d.inputs for d in ds)),
    "two coupled delays": lambda g: has_loop(g, lambda ds: len(ds) > 1),
    "past and future in one loop": lambda g: has_loop(
        g, lambda ds: len({d.steps > 0 for d in ds}) == 2
    ),
    "a future loop": lambda g: has_loop(g, lambda ds: ds[0].steps < 0),
    "replicate in a loop": lambda g: has_loop(
        g, lambda ds: any(d.outside == "replicate" for d in ds)
    ),
    "history in a loop": lambda g: has_loop(
        g, lambda ds: any(d.outside == "history" for d in ds)
    ),
    "k of 3": lambda g: any(abs(d.steps) == 3 for d in g.delays),
    "delays in a row": lambda g: any(isinstance(d.source, tg.Delay) for d in g.delays),
    "learned init": lambda g: any(
        d.slot is not None and d.slot.op.name == "parameter" for d in g.delays
    ),
    "integer state": lambda g: has_loop(
        g, lambda ds: any(d.dtype.kind == "i" for d in ds)
    ),
    "two time axes": lambda g: len(g.times) == 2,
    "a shared parameter": lambda g: any(
        sum(p in n.inputs for n in g.nodes) > 1 for p in g.parameters
    ),
    "an op that no other move makes": lambda g: any(
        n.op.name == "logical_xor" for n in g
    ),
    "a running sum before the last two axes": lambda g: any(
        n.op.name == "cumsum" and min(n.attrs["axis"]) < -2 for n in g
    ),
    "zeros that broadcast what they are added to": lambda g: any(
        n.op.name == "add" and scalar_of(x) == 0 and y.shape != n.shape
        for n in g
        for x, y in itertools.permutations(n.inputs, 2)
    ),
    "a product of stacks": lambda g: any(
        n.op.name == "matmul" and n.ndim > 2 and n.shape[0] != 1 for n in g
    ),
    "a product of a vector in a loop": lambda g: any(
        any(n.op.name == "matmul" and n.shape[-2] == 1 for n in part)
        for part in cycles_of(g.nodes)
    ),
    "a broadcast between axes": lambda g: any(
        1 in x.shape[1:] and x.ndim == n.ndim and x.shape != n.shape
        for n in g
        if n.op.name in ("add", "subtract", "multiply", "broadcast_to")
        for x in n.inputs
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_random_graphs_come_in_every_kind(kind):
    assert any(map(KINDS[kind], seeded_graphs(600)))


def test_loops_draw_random_numbers_by_their_own_state():
    drawn = [
        node.op.name
        for graph in seeded_graphs(400, random=True)
        for part in cycles_of(graph.nodes)
        for node in part
        if node.op.random
    ]
    assert set(drawn) == {"bernoulli", "categorical"}


def test_shrinking_ends_at_a_small_graph():
    quick = settings(max_examples=500, derandomize=True, database=None)
    graph = find(
        recurrent_graphs(),
        lambda g: has_loop(g, lambda ds: True),
        settings=quick,
    )
    assert len(graph) <= 12


@pytest.mark.parametrize("op", ["argmin", "isfinite", "normal"])
def test_few_graphs_are_drawn_until_one_with_a_rare_op_is_small(op):
    """One string of bytes took 600, and ended at graphs of up to 77 nodes."""
    drawn = []

    def holds_it(graph):
        drawn.append(graph)
        return any(node.op.name == op for node in graph)

    quick = settings(max_examples=500, derandomize=True, database=None)
    graph = find(recurrent_graphs(random=True), holds_it, settings=quick)
    assert len(drawn) <= 300
    assert len(graph) <= 24
