"""What takes a graph also takes what one is made of: named outputs, or a node."""

import numpy as np
import pytest

import tinygraph as tg


def running_sum():
    x = tg.sequence("x", ())
    before = tg.delay("before", shape=())
    total = x + before
    before.close(total)
    return total


@pytest.mark.parametrize("make", [tg.Graph, dict, lambda outputs: outputs["total"]])
def test_a_graph_or_what_makes_one(make):
    like = make({"total": running_sum()})
    feeds = {"x": [1.0, 2.0, 3.0]}
    for found in (
        tg.interpret(like, feeds),
        tg.compile(like)(feeds),
        tg.interpret(tg.unroll(like, 3), feeds),
    ):
        (values,) = found.values()
        np.testing.assert_array_equal(values, [1, 3, 6])
    assert tg.stateful(like).initial_state()["state/before"] == [0]


def test_initial_state_takes_parameters():
    start = tg.parameter("start", np.zeros(2, "float32"))
    before = tg.delay("before", init=start)
    before.close(before * 0.5)
    run = tg.compile({"y": before})
    run.parameters.update({"start": np.ones(2, "float32")})
    state = run.graph.initial_state(parameters=run.parameters)
    np.testing.assert_array_equal(state["state/before"], [[1, 1]])
