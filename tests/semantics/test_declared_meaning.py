"""What an op means at one step and in reversed time is read off its declaration."""

import numpy as np
import pytest

import tinygraph as tg
from tests.checkpointing.kit import windowed
from tests.kit import refused
from tinygraph.core.op import value_of
from tinygraph.ops.contracting import TOTAL
from tinygraph.ops.picking import AT, at
from tinygraph.ops.time import leave_time
from tinygraph.semantics.binding import bind

SECOND = tg.Op(
    "second",
    infer=leave_time,
    impl=lambda x: x,
    over_time=lambda y, arrays, steps: arrays[0][1 if len(arrays[0]) > 1 else 0],
    view=True,
    least_steps=lambda y: 2,
    at_step=lambda y, t, steps: value_of(y.inputs[0], 1),
    reversed=lambda y, inputs: at(inputs[0], -2),
    in_windows=lambda y, inputs, start: AT.in_windows(
        at(y.inputs[0], 1), inputs, start
    ),
)
"""A time op that the package does not know."""
FEEDS = {"x": np.arange(12.0).reshape(6, 2)}


@pytest.fixture
def graph():
    x, total = tg.sequence("x", (2,), "float64"), tg.delay("total", shape=(2,))
    running = total + tg.cast(x, "float32")
    total.close(running)
    return tg.Graph({"second": tg.apply(SECOND, x), "sum": tg.apply(SECOND, running)})


WANTED = {"second": FEEDS["x"][1], "sum": FEEDS["x"][:2].sum(0)}


def same(found, wanted=WANTED):
    assert {name: value.tolist() for name, value in found.items()} == {
        name: value.tolist() for name, value in wanted.items()
    }


def test_an_op_of_ones_own_has_a_meaning_at_one_step(graph):
    same(tg.interpret(graph, FEEDS))
    same(tg.interpret(tg.unroll(graph, 6), FEEDS))
    same(tg.compile(graph, "numpy")(FEEDS))


def test_and_in_reversed_time(graph):
    backwards = {"x": FEEDS["x"][::-1].copy()}
    same(tg.interpret(tg.reverse_time(graph), backwards))


def test_and_by_windows(graph):
    for length in (1, 2, 4):
        same(windowed(graph, length).run(bind(graph, FEEDS, start=3), 1))


def test_a_run_of_too_few_steps_is_refused(graph):
    short = {"x": FEEDS["x"][:1]}
    pattern = r"is second\(x\), but there are 1 steps of 't': it takes 2 at least"
    refused(tg.StepsError, pattern, tg.interpret, graph["second"], short)


def test_a_total_has_a_meaning_too():
    """An op of optimised graphs alone; the interpreter took it for static."""
    x = tg.sequence("x", (2,), "float64")
    total = tg.Graph(tg.apply(TOTAL, x, axis=(-1,), keepdims=False))
    for graph in (total, tg.unroll(total, 6)):
        assert tg.interpret(graph, FEEDS)["output"] == FEEDS["x"].sum()
