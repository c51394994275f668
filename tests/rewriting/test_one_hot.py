"""Products with one-hot rows: rows are taken, and gradients collected."""

import numpy as np

import tinygraph as tg
from tests.rewriting.kit import fires, ops, stays, weight

TAKE, COLLECT = "take one-hot rows", "collect one-hot rows"


def tokens(dtype="int32"):
    return tg.sequence("tokens", ("batch",), dtype)


FEEDS = {"tokens": np.array([[0, 4, 2], [-1, 5, 99], [1, 1, -7]], "int32")}
"""Also numbers out of range, whose rows are zeros."""


def test_rows_are_taken():
    rows = tg.one_hot(tokens(), 5, "float64") @ weight("E", 5, 3)
    done = fires(TAKE, {"y": rows}, times=1, feeds=FEEDS)
    assert ops(done)["matmul"] == 0
    assert ops(done)["take"] == 1


def test_not_where_the_row_is_cast():
    stays(TAKE, {"y": tg.one_hot(tokens(), 5) @ weight("E", 5, 3)}, feeds=FEEDS)


def test_not_of_narrow_numbers():
    """The number that stands for out of range may not fit into theirs."""
    y = tg.one_hot(tokens("int8"), 127, "float64") @ weight("E", 127, 2)
    feeds = {"tokens": np.array([[0, 126], [5, -1], [-7, 1]], "int8")}
    stays(TAKE, {"y": y}, feeds=feeds)


def test_gradients_are_collected():
    e = weight("E", 5, 3)
    y = tg.one_hot(tokens(), 5, "float64") @ e
    loss = tg.sum_over_time(tg.sum(tg.square(y)))
    graph = tg.Graph({"de": tg.grad(loss, e)})
    run = tg.compile(graph, "numpy")
    assert {TAKE, COLLECT} <= run.fired.keys()
    assert ops(run.optimised)["contract"] == 0
    np.testing.assert_allclose(run(FEEDS)["de"], tg.interpret(graph, FEEDS)["de"])
