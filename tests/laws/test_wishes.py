"""What a user wishes of random graphs is there, and what is impossible is said."""

import numpy as np
import pytest
from hypothesis import Phase, find, given, settings

import tinygraph as tg
from tinygraph.core.verification import cycles_of
from tinygraph.testing import (
    acyclic_graphs,
    check_definition,
    feeds_for,
    recurrent_graphs,
    samples,
)
from tinygraph.testing.op_samples import SAMPLES
from tinygraph.testing.wishes import INITS, is_random

few = settings(
    max_examples=30, derandomize=True, database=None, phases=[Phase.generate]
)
PLUMBING = {
    *("sequence", "placeholder", "parameter", "constant", "delay", "every_step"),
    *("cast", "broadcast_to", "mean", "max", "sum", "add", "multiply", "round"),
    *("divide", "remainder", "step_index", "equal", "stop_gradient", "subtract"),
    *("sum_over_time", "last", "first", "tanh", "logical_not", "extent"),
}
"""Brings operands into shape, kind and bounds, and adds up a loss."""


def every(strategy, law, settings=few):
    """Check something of each of a few graphs."""

    @settings
    @given(strategy)
    def run(graph):
        law(graph)

    run()


def collected(strategy, of, settings=few):
    """Return what is met in a few graphs."""
    met = set()
    every(strategy, lambda graph: met.update(of(graph)), settings)
    return met


@pytest.mark.parametrize("op", sorted(SAMPLES))
def test_an_op_that_is_wished_is_found_at_once(op):
    graph = find(
        recurrent_graphs(ops=op, random=True, least_steps=3),
        lambda graph: any(node.op.name == op for node in graph),
        settings=settings(few, max_examples=50),
    )
    feeds = feeds_for(graph, 3)
    tg.interpret(graph, feeds, dict.fromkeys(graph.times, 3))


@pytest.mark.parametrize("wish", ["cumsum", tg.cumsum, tg.REGISTRY["cumsum"]])
def test_graphs_grow_by_the_ops_that_are_wished(wish):
    found = collected(
        recurrent_graphs(ops=(wish, "sin")), lambda g: {n.op.name for n in g}
    )
    assert {"cumsum", "sin"} <= found <= PLUMBING | {"cumsum", "sin"}


def test_loops_are_closed_by_what_is_wished():
    def tanh_alone(graph):
        for delay in graph.delays:
            on_a_loop = any(delay in part for part in cycles_of(graph.nodes))
            assert not on_a_loop or delay.source.op.name == "tanh" or _shift(delay)

    every(recurrent_graphs(loops=tg.tanh, steps=1), tanh_alone)
    assert "maximum" in collected(recurrent_graphs(loops="maximum"), _sources)


def _shift(delay):
    """A delay in a row with others: what closes the loop stands elsewhere."""
    return delay.name.startswith("shift")


def _sources(graph):
    return {delay.source.op.name for delay in graph.delays}


def test_loops_are_closed_by_a_function_of_the_user():
    met = collected(recurrent_graphs(loops=lambda h: tg.sin(h / 2)), _sources)
    assert "sin" in met


def test_given_leaves_are_in_every_graph():
    x = tg.sequence("x", ("n", 3), "float32")
    i = tg.placeholder("i", (), "int64")

    def has_both(graph):
        assert {x, i} <= set(graph.nodes)
        others = {leaf.op.name for leaf in graph.leaves} - {"constant"}
        assert others <= {"sequence", "placeholder"}
        check_definition(graph, steps={"t": 3, "s": 2})

    every(recurrent_graphs(leaves=[x, i], inits="scalar"), has_both)
    every(acyclic_graphs(leaves=i), lambda graph: graph.leaves[graph.leaves.index(i)])


def test_kinds_of_leaves():
    kinds = collected(
        acyclic_graphs(leaves=("parameter", "placeholder"), sizes={"batch": 2}),
        lambda graph: {leaf.op.name for leaf in graph.leaves},
    )
    assert kinds == {"parameter", "placeholder"}


def test_steps_shapes_dtypes_and_sizes():
    steps = collected(
        recurrent_graphs(steps=(1, 5)), lambda graph: {d.steps for d in graph.delays}
    )
    assert steps == {1, 5}
    wished = recurrent_graphs(
        shapes=[(5,), ("n", 4)],
        dtypes=("float32", "int8"),
        sizes={"n": 2, "batch": 3},
        most_moves=0,
        axes=1,
    )
    types = collected(
        wished,
        lambda g: {(d.shape, str(d.dtype)) for d in g.delays},
        settings(few, max_examples=100),
    )
    assert types == {(s, d) for s in ((5,), (2, 4)) for d in ("float32", "int8")}
    assert not collected(recurrent_graphs(sizes={"batch": 3}), lambda graph: graph.dims)


@pytest.mark.parametrize("init", INITS)
def test_inits(init):
    kinds = collected(recurrent_graphs(inits=init, most_moves=1, axes=1), _slots)
    assert kinds <= {
        "history": {"placeholder"},
        "history constant": {"constant", "placeholder"},
        "history parameter": {"parameter", "placeholder"},
        "replicate": {"replicate"},
        "computed": {"tanh", "parameter"},
        "node": kinds,
    }.get(init, {init, "constant", "placeholder"})


def _slots(graph):
    return {"replicate" if d.slot is None else d.slot.op.name for d in graph.delays}


def test_an_init_comes_from_another_time_axis():
    find(
        recurrent_graphs(inits="node"),
        lambda graph: any(
            delay.slot is not None and "s" in tg.Graph({"y": delay.slot}).times
            for delay in graph.delays
            if delay.time == "t"
        ),
        settings=settings(few, max_examples=500),
    )


def test_nothing_is_drawn_where_nothing_is_wished():
    every(recurrent_graphs(most_moves=0, most_delays=0, axes=1), lambda g: g["loss"])
    cycles = collected(recurrent_graphs(most_delays=0, axes=1), lambda g: cycles_of(g))
    assert not cycles


def test_a_delay_rarely_reads_itself_and_all_shrink_away():
    alone = []
    every(
        recurrent_graphs(),
        lambda graph: alone.append(any(d.source is d for d in graph.delays)),
        settings(few, max_examples=300),
    )
    assert sum(alone) < 0.1 * len(alone)
    shrunk = settings(max_examples=20, derandomize=True, database=None)
    least = find(recurrent_graphs(), lambda graph: True, settings=shrunk)
    assert not least.delays


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        ({"axes": 3}, r"axes=3 .*give 1 for the time axis .t. alone, or 2"),
        ({"axes": True}, "axes=True"),
        ({"most_moves": -1}, "most_moves=-1 .*an int from 0 on"),
        ({"most_delays": 1.5}, "most_delays=1.5 .*an int from 0 on"),
        ({"least_steps": 0}, "least_steps=0 .*an int from 1 on"),
        ({"dtype": "int64"}, "dtype='int64' .*floats are float64 or float32"),
        ({"dtype": "nothing"}, "dtype='nothing' .*floats are"),
        ({"dtypes": ("float64", "int128")}, "dtypes='int128' .*int16, int8, uint8"),
        ({"dtypes": "int8"}, "dtypes='int8' .*a loss is a float"),
        ({"dtypes": "float32", "dtype": "float64"}, "float64 must be among them"),
        ({"ops": "tahn"}, "ops='tahn' .*one or more of .*tanh"),
        ({"ops": ()}, "ops=.* one or more of"),
        ({"ops": "sequence"}, "ops='sequence' .*which `leaves` is for"),
        ({"ops": "normal"}, "ops='normal' .*which random=True is for"),
        ({"ops": tg.floor, "smooth": True}, "ops='floor' .*it is not smooth"),
        ({"ops": "at"}, "ops='at' .*give least_steps=2"),
        ({"loops": "matmul"}, "loops='matmul' .*tanh.*or a function of a node"),
        ({"loops": "relu", "smooth": True}, "loops='relu' .*tanh"),
        ({"loops": ()}, "loops=.*or a function of a node"),
        ({"leaves": "W"}, "leaves='W' .*parameter, sequence, placeholder"),
        ({"leaves": ()}, "leaves=.*parameter, sequence, placeholder"),
        ({"leaves": tg.constant(1.0) + 1}, "leaves=.*give the leaves it reads"),
        ({"leaves": tg.sequence("x", time="s")}, "a sequence must be over"),
        ({"shapes": 3}, r"shapes=3 .*give shapes such as"),
        ({"shapes": ()}, r"shapes=.*give shapes such as"),
        ({"shapes": [(-1,)]}, "shapes=.*is no dimension"),
        ({"shapes": [(0, 2)]}, "shapes=.*no axis is empty, or named t or s"),
        ({"steps": 0}, "steps=0 .*k > 0 for the past"),
        ({"steps": ()}, "steps=.*at least one k"),
        ({"steps": (1, -2), "causal": True}, "steps=-2 .*causal=True is asked"),
        ({"inits": "zeros"}, "inits='zeros' .*scalar, constant, .*history"),
        ({"sizes": {"n": 3}}, "sizes=.*names are batch"),
        ({"sizes": {"batch": 0}}, "batch.*an int from 1 on"),
        ({"sizes": 3}, r"sizes=3 .*give lengths by name"),
        ({"smooth": "yes"}, "smooth='yes' .*give True or False"),
        ({"leaves": [tg.sequence("x", (n,)) for n in (2, 3)]}, "another one has its"),
    ],
)
def test_an_impossible_wish_says_what_is_possible(wish, message):
    with pytest.raises(tg.TinygraphError, match=message):
        recurrent_graphs(**wish)


def test_samples_of_an_unknown_op():
    with pytest.raises(tg.UnknownNameError, match="no samples of an op 'tahn'"):
        samples("tahn")
    assert all(is_random(op) for op in ("normal", "categorical"))
    assert np.isnan(samples("tanh")[6].operands[0].array("x")).any()
