"""All that an op and a delay can be occurs in the graphs of the suite; -s prints it."""

import sys
from collections import Counter

import pytest

import tinygraph as tg
from tests.laws.seeded import seeded_graphs
from tinygraph.core.traversal import reach
from tinygraph.core.verification import cycles_of
from tinygraph.testing.wishes import DTYPES

GRAPHS = 2000
LEAST = 1
ALONG = ("sum", "max", "softmax", "cumsum", "flip", "stack", "take", "argmin")


def axes_of(node):
    axes = node.attrs["axis"]
    return axes if isinstance(axes, tuple) else (axes,)


def met_in(graph):
    """Yield (what it is about, which of it)."""
    for node in graph:
        yield "op", node.op.name
        yield "dtype", node.dtype.name
        if node.op.name in ALONG:
            yield from ((f"axis of {node.op.name}", axis) for axis in axes_of(node))
        if node.op.name == "matmul":
            yield "axes of matmul", node.ndim
        floats = {x.dtype.name for x in node.inputs if x.type.is_float}
        if len(floats) > 1:
            yield "floats meet", "two widths"
    for delay in graph.delays:
        slot = delay.slot
        yield "steps", delay.steps
        yield "init", "replicate" if slot is None else slot.op.name
        if slot is not None and "s" in tg.Graph({"y": slot}).times:
            yield "init", "of another time axis"
    parts = cycles_of(graph.nodes)
    for leaf in graph.parameters:
        if sum(leaf in static_inputs(part) for part in parts) > 1:
            yield "parameter", "in two loops"


def static_inputs(part):
    """What a loop reads that is the same at all steps, and what that is made from."""
    read = [x for node in part for x in node.inputs if x not in part]
    lifted = [x.inputs[0] for x in read if x.op.name == "every_step"]
    static = [x for x in (*read, *lifted) if x.time is None]
    return set(reach(static, lambda node: [x for x in node.inputs if x.time is None]))


@pytest.fixture(scope="module")
def met():
    """What occurs, and how often, one graph counting once."""
    found: dict[str, Counter] = {}
    for graph in seeded_graphs(GRAPHS, random=True, least_steps=3):
        for about, which in set(met_in(graph)):
            found.setdefault(about, Counter())[which] += 1
    for about, counts in found.items():
        sys.stdout.write(f"{about}: {dict(counts.most_common())}\n")
    return found


def test_every_op(met):
    assert {*tg.REGISTRY} - {*met["op"]} == set()


def test_every_dtype_and_two_widths_together(met):
    assert {*DTYPES} <= {*met["dtype"]}
    assert met["floats meet"]["two widths"] >= LEAST


def test_every_sign_and_size_of_k(met):
    assert {*met["steps"]} == {*range(-8, 9)} - {0}


def test_every_kind_of_init(met):
    wanted = {"replicate", "constant", "placeholder", "parameter", "tanh"}
    assert wanted | {"of another time axis"} <= {*met["init"]}


def test_a_parameter_in_two_loops(met):
    assert met["parameter"]["in two loops"] >= LEAST


@pytest.mark.parametrize("op", ALONG)
def test_every_axis(met, op):
    assert {-1, -2, -3} <= {*met[f"axis of {op}"]}


def test_products_of_more_than_two_axes(met):
    assert {2, 3, 4} <= {*met["axes of matmul"]}


def test_both_reductions_over_time(met):
    assert {"sum_over_time", "max_over_time"} <= {*met["op"]}
