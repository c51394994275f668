"""All that an op and a delay can be occurs in random graphs; -s prints how often."""

import itertools
import sys
from collections import Counter

import numpy as np
import pytest

import tinygraph as tg
from tests.fuzz.classes import Occurred, attributes
from tests.laws.seeded import seeded_graphs
from tinygraph.core.traversal import reach
from tinygraph.core.verification import cycles_of
from tinygraph.testing.op_samples import SAMPLES
from tinygraph.testing.wishes import DTYPES

GRAPHS = 1000
OF_A_KIND = 16
"""How many graphs are drawn with each op alone, beside those with all."""
WIDE = {"random": True, "least_steps": 3}
SECONDS = 5
RATE = 100
"""Graphs that Hypothesis draws in a second, at least."""
NOT_DRAWN = {"at t=0", "at t=-1"}
"""`at` makes `first` and `last` of these."""


def met_in(graph):
    """Yield what else a graph holds."""
    for node in graph:
        floats = {x.dtype.name for x in node.inputs if x.type.is_float}
        if node.op.name == "matmul":
            yield f"matmul of {node.ndim} axes"
        if len(floats) > 1:
            yield "floats of two widths"
        if node.op.name in ("take", "take_along_axis", "scatter_add"):
            at = node.op.index_at
            rows = node.inputs[2 if at == 0 else 0].shape[node.attrs["axis"]]
            kind = node.inputs[at].dtype
            if isinstance(rows, int) and rows > np.iinfo(kind).max:
                yield f"a table longer than {kind} counts"
    for delay in graph.delays:
        if delay.slot is not None and "s" in tg.Graph({"y": delay.slot}).times:
            yield "an init of another time axis"
    parts = cycles_of(graph.nodes)
    for leaf in graph.parameters:
        if sum(leaf in static_inputs(part) for part in parts) > 1:
            yield "a parameter in two loops"


def static_inputs(part):
    """What a loop reads that is the same at all steps, and what that is made from."""
    read = [x for node in part for x in node.inputs if x not in part]
    lifted = [x.inputs[0] for x in read if x.op.name == "every_step"]
    static = [x for x in (*read, *lifted) if x.time is None]
    return set(reach(static, lambda node: [x for x in node.inputs if x.time is None]))


class Drawn:
    """What occurs, in how many graphs, and how many in a row lack an op."""

    def __init__(self):
        self.occurred, self.others, self.longest = Occurred(), Counter(), Counter()
        last = dict.fromkeys(tg.REGISTRY, 0)
        for i, graph in enumerate(seeded_graphs(GRAPHS, **WIDE)):
            self.occurred.add_graph(graph)
            self.others.update(set(met_in(graph)))
            for op in {node.op.name for node in graph}:
                self.longest[op] = max(self.longest[op], i - last[op])
                last[op] = i
        for op, at in last.items():
            self.longest[op] = max(self.longest[op], GRAPHS - at)
        narrow = seeded_graphs(OF_A_KIND * 10, dtype="float32", **WIDE)
        alone = [seeded_graphs(OF_A_KIND, ops=op, **WIDE) for op in SAMPLES]
        for graph in itertools.chain(narrow, *alone):
            self.occurred.add_graph(graph)

    def __getitem__(self, kind):
        return self.occurred.found[kind]


@pytest.fixture(scope="module")
def drawn():
    made = Drawn()
    sys.stdout.write(made.occurred.report())
    sys.stdout.write(f"\nothers: {dict(made.others)}\n")
    sys.stdout.write(f"longest without: {dict(made.longest.most_common())}\n")
    return made


def test_every_op_soon(drawn):
    """So `find` of one op takes seconds."""
    rare = {op: n for op, n in drawn.longest.items() if n > SECONDS * RATE}
    assert rare == {}


def test_every_class_of_attribute_that_samples_have(drawn):
    wanted = {
        found
        for op, rows in SAMPLES.items()
        for sample in rows
        if sample.has_elements and not sample.has_extremes
        for found in attributes(sample.apply(*sample.leaves()))
    }
    assert wanted - {*drawn["attributes"]} - NOT_DRAWN == set()


def test_every_dtype(drawn):
    assert {*DTYPES} <= {*drawn["dtypes"]}


def test_every_sign_and_size_of_k(drawn):
    assert {f"k = {k:+}" for k in range(-8, 9) if k} <= {*drawn["delays"]}


def test_every_kind_of_init(drawn):
    leaves = ("constant", "placeholder", "parameter")
    wanted = {f"{kind} of a {leaf}" for kind in ("init", "history") for leaf in leaves}
    wanted |= {"init of a computed node", "replicate", "init out of a time axis"}
    assert wanted <= {*drawn["delays"]}


def test_both_reductions_over_time(drawn):
    assert {"sum_over_time", "max_over_time"} <= {*drawn["ops"]}


@pytest.mark.parametrize(
    "what",
    [
        *("matmul of 2 axes", "matmul of 3 axes", "matmul of 4 axes"),
        *("floats of two widths", "an init of another time axis"),
        "a parameter in two loops",
        *(f"a table longer than {kind} counts" for kind in ("int8", "uint8", "int16")),
    ],
)
def test_what_else(drawn, what):
    assert drawn.others[what] > 0
