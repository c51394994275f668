"""What programs tell of themselves: every node that is computed, once, and why."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygraph as tg
from tests.golden.models import MODELS
from tests.rewriting.cells import cell_graphs
from tests.rewriting.kit import weight
from tinygraph.backends.native.program import NativeProgram
from tinygraph.backends.numpy.program import NumpyProgram
from tinygraph.ops.costs import category
from tinygraph.rewriting import optimise
from tinygraph.runtime.program import Stepwise, Straight
from tinygraph.testing import gradient_graph, recurrent_graphs

PROGRAMS = {
    "numpy": NumpyProgram,
    "native": NativeProgram,
}


def members(part):
    """The nodes that a part runs."""
    if isinstance(part, Straight):
        return part.nodes
    return part.plan.loop.members if isinstance(part, Stepwise) else list(part.lags)


@pytest.mark.parametrize("name", PROGRAMS)
@given(st.one_of(cell_graphs(), recurrent_graphs(random=True)))
@settings(max_examples=40)
def test_every_node_is_told_once(name, graph):
    report = PROGRAMS[name](optimise(gradient_graph(graph)).graph).report()
    count = Counter(node for part in report.parts for node in members(part))
    count.update(report.prologue)
    assert {*count} <= {*report.graph}
    computed = [n for n in report.graph if category(n) not in ("leaf", "view")]
    told = [n for n in computed if count[n]]
    assert all(count[node] == 1 for node in told)
    unread = {*computed} - {*told}  # early, and nothing but functions look through it
    assert name == "native" or not unread
    assert all(node.type.time is None or _is_early(node) for node in unread)


def _is_early(node):
    """Whether a node depends on parameters and constants alone."""
    return tg.Graph(node).fed.keys() == {x.label for x in tg.Graph(node).parameters}


@pytest.mark.parametrize("name", PROGRAMS)
@given(cell_graphs())
@settings(max_examples=20)
def test_parts_stand_in_the_order_in_which_they_run(name, graph):
    """What a part reads is made by it or by those before."""
    report = PROGRAMS[name](optimise(gradient_graph(graph)).graph).report()
    place = dict.fromkeys(report.prologue, -1)
    for i, part in enumerate(report.parts):
        place.update(dict.fromkeys(members(part), i))
    for node, i in place.items():
        if category(node) not in ("leaf", "view"):
            inputs = node.inputs[1:] if isinstance(node, tg.Delay) else node.inputs
            assert all(place.get(_seen(x), -1) <= i for x in inputs), node


def _seen(node):
    """What a view shows."""
    while category(node) == "view":
        node = node.inputs[0]
    return node


CUBE = tg.Op("cube", infer=lambda x: x, impl=lambda x: x**3)


def x():
    return tg.sequence("x", (2,), "float64")


def native(outputs, **options):
    return tg.explain(outputs, backend="native", **options)


class TestNative:
    def test_functions_and_what_is_left_to_numpy(self):
        told = native(MODELS["lstm"](), sizes={"batch": 4, "t": 10})
        assert "Function 1 of 1, forwards over 't'" in told
        assert "threads may share out the rows of 'batch'" in told
        assert "one product for all steps: matmul" in told
        assert "one value in all: extent, cast, divide, loss" in told
        assert "buffers: 5.12 kB long, 1.02 kB scratch" in told
        assert "Loop" not in told

    def test_a_loop_without_a_batch_runs_on_one_thread(self):
        h = tg.delay("h", shape=(2,), dtype="float64")
        h.close(tg.tanh(x() + h @ weight("w", 2, 2)))
        assert "scratch; one thread" in native({"h": h})

    def test_a_loop_that_numpy_runs(self):
        h = tg.delay("h", shape=(2,), dtype="float64")
        h.close(tg.apply(CUBE, h + x()))
        told = native({"h": h})
        assert "Loop 1 of 1, forwards over 't'" in told
        assert "on NumPy: no generated code for cube" in told
        assert "Function" not in told

    def test_nodes_that_no_function_can_hold(self):
        seen = x()
        told = native({"y": tg.delay(source=seen), "z": tg.apply(CUBE, seen)})
        assert "a delay outside every cycle: y" in told
        assert "no generated code: z" in told

    def test_a_compiled_function_tells_of_itself(self):
        graph = MODELS["rnn"]()
        run = tg.compile(graph, backend="native")
        assert tg.explain(run) == native(graph) != tg.explain(graph)

    def test_windows_tell_how_all_steps_run_and_what_is_kept(self):
        graph = MODELS["rnn with gradients"]()
        told = native(graph, memory="checkpoint")
        assert native(graph)[:2000] in told
        assert "Memory: windows" in told
