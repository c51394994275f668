"""Feeds of a loss are feeds of its derivatives, which may need less."""

import pickle

import numpy as np
import pytest

import tinygraph as tg

X, B = tg.placeholder("x", (2,)), tg.placeholder("b")
C = tg.sequence("c", ("batch",))
W = tg.parameter("w", 2.0)
LOSS = tg.sum(X * W) + B + tg.sum_over_time(tg.sum(C))
FEEDS = {
    "x": np.ones(2, "float32"),
    "b": np.float32(1),
    "c": np.ones((3, 2), "float32"),
    "w": np.float32(5),
}
SLOPES = {
    "a gradient": lambda: tg.grad(LOSS, W),
    "a vector-Jacobian product": lambda: tg.vjp(LOSS, W, 1.0),
    "a tangent": lambda: tg.jvp(LOSS, [W], [1.0]),
    "of an unrolled graph": lambda: tg.grad(tg.unroll(tg.Graph(LOSS), 3)["output"], W),
    "a second one": lambda: tg.grad(tg.grad(LOSS * LOSS, B) * W * X[0], W) / 17 / 2,
}


@pytest.mark.parametrize("backend", ["interpret", "numpy", "native"])
def test_what_a_gradient_does_not_need_may_be_fed(backend):
    run = tg.compile({"slope": tg.grad(LOSS, W)}, backend)
    assert {"b", "c"} <= run.graph.unneeded.keys()
    by_leaf = {X: FEEDS["x"], B: FEEDS["b"], C: FEEDS["c"]}
    for feeds in (FEEDS, by_leaf, {"x": FEEDS["x"]}, FEEDS, by_leaf, FEEDS):
        assert run(feeds)["slope"] == 2


@pytest.mark.parametrize("kind", SLOPES)
def test_of_any_kind(kind):
    assert tg.evaluate(tg.sum(SLOPES[kind]()), FEEDS) > 0


def test_after_pickling():
    graph = pickle.loads(pickle.dumps(tg.Graph({"slope": tg.grad(LOSS, W)})))
    assert tg.interpret(graph, FEEDS)["slope"] == 2


def test_they_are_looked_at():
    run = tg.compile(tg.grad(LOSS, W))
    with pytest.raises(tg.FeedDTypeError, match="'c' is float32, got float64"):
        run(FEEDS | {"c": np.ones((3, 2))})
    with pytest.raises(tg.FeedShapeError, match="'c': wanted 2 axes"):
        run(FEEDS | {"c": np.ones(3, "float32")})


def test_what_the_loss_does_not_have_is_refused():
    other = tg.placeholder("b")
    for feeds in ({"z": 1}, {other: 1}):
        with pytest.raises(tg.UnknownFeedError, match="names no leaf"):
            tg.evaluate(tg.grad(LOSS, W), FEEDS | feeds)
    with pytest.raises(tg.UnknownFeedError, match="'b' names no leaf"):
        tg.evaluate(tg.sum(X * W), FEEDS)
