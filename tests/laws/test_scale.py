"""Size costs no recursion and no more than its share: every stage is linear.

The time of each stage at a million nodes stands in docs/decisions/testing.md.
"""

import pickle

import numpy as np
import pytest

import tinygraph as tg

W = 1 - 1e-6


def chain(depth):
    """Multiply by w `depth` times, one after the other."""
    x, w = tg.placeholder("x", (), "float64"), tg.parameter("w", np.array(W))
    y = x
    for _ in range(depth):
        y = y * w
    return x, w, y


def check_chain(depth):
    """Build, verify, differentiate, unroll and run a chain of this depth."""
    x, w, y = chain(depth)
    outputs = {"y": y, "dw": tg.grad(y, w), "x": x}
    graph = tg.Graph(outputs)
    assert depth < len(graph) <= 3 * depth + 10
    assert tg.unroll(graph, {}).outputs["y"] is y
    feeds = {"x": np.array(2.0)}
    for out in (tg.interpret(graph, feeds), tg.compile(graph)(feeds)):
        np.testing.assert_allclose(out["y"], 2 * W**depth)
        np.testing.assert_allclose(out["dw"], 2 * depth * W ** (depth - 1))


def check_pickled(length):
    """Pickle and load a chain and a cycle of so many nodes, folded and unrolled."""
    _, w, y = chain(length)
    before = tg.delay("before", shape=(), dtype="float64")
    z = before
    for _ in range(length):
        z = z * w
    before.close(z)
    graph = tg.Graph({"y": y, "z": tg.last(z)})
    kept = (graph, tg.unroll(graph, 2))
    for old, new in zip(kept, pickle.loads(pickle.dumps(kept)), strict=True):
        assert [str(node) for node in new] == [str(node) for node in old]


def check_unrolled(steps):
    """Unroll a small loop over so many steps; differentiate and run both forms."""
    x, w = tg.sequence("x", (), "float64"), tg.parameter("w", np.array(0.5))
    before = tg.delay("before", shape=(), dtype="float64")
    h = tg.tanh(x * w + before * w)
    before.close(h)
    loss = tg.mean_over_time(h * h)
    folded = tg.Graph({"loss": loss, "dw": tg.grad(loss, w)})
    unrolled = tg.unroll(tg.Graph({"loss": loss}), steps)
    assert 5 * steps < len(unrolled) < 8 * steps
    gradient = tg.grad(unrolled.outputs["loss"], w)
    whole = tg.Graph({**unrolled.outputs, "dw": gradient})
    assert len(whole) < 24 * steps
    feeds = {"x": np.linspace(-1, 1, steps)}
    wanted = tg.compile(folded)(feeds)
    for out in (tg.interpret(whole, feeds), tg.interpret(folded, feeds)):
        np.testing.assert_allclose(out["loss"], wanted["loss"])
        np.testing.assert_allclose(out["dw"], wanted["dw"])


def check_long_cycle(length):
    """One cycle of so many nodes: build, verify, differentiate, reverse, run."""
    x, w = tg.sequence("x", (), "float64"), tg.parameter("w", np.array(W))
    before = tg.delay("before", shape=(), dtype="float64")
    y = x + before
    for _ in range(length):
        y = y * w
    before.close(y)
    loss = tg.last(y)
    graph = tg.Graph({"loss": loss, "dw": tg.grad(loss, w)})
    assert length < len(graph) <= 3 * length + 20
    feeds = {"x": np.array([1.0, 0.0])}
    out = tg.interpret(graph, feeds)
    np.testing.assert_allclose(out["loss"], W ** (2 * length))
    np.testing.assert_allclose(out["dw"], 2 * length * W ** (2 * length - 1))
    assert len(tg.reverse_time(graph)) == len(graph)


def test_a_chain_ten_thousand_deep():
    check_chain(10_000)


def test_twenty_thousand_nodes_unrolled():
    check_unrolled(1_000)


def test_a_cycle_of_ten_thousand_nodes():
    check_long_cycle(10_000)


def test_twenty_thousand_nodes_pickled():
    check_pickled(5_000)


@pytest.mark.nightly
def test_a_million_nodes_pickled():
    check_pickled(250_000)


@pytest.mark.nightly
def test_a_million_nodes():
    check_chain(350_000)


@pytest.mark.nightly
def test_a_million_nodes_unrolled():
    check_unrolled(60_000)


@pytest.mark.nightly
def test_a_cycle_of_a_million_nodes():
    check_long_cycle(1_000_000)
