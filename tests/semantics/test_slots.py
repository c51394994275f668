"""The slots of a delay are one node, however many steps it takes."""

import time

import numpy as np
import pytest

import tinygraph as tg
from tests.kit import refused
from tinygraph.testing import (
    check_backend,
    check_chunking,
    check_gradient_unrolling,
    check_gradients,
    check_reverse_time,
    gradient_graph,
)

LENGTHS = (1, 2, 5, 12)
STEPS = (1, 2, 8, -1, -3, -8)


def looped(k, **slots):
    """Return a graph with a delay of k steps in a loop, and the leaves it learns."""
    x = tg.sequence("x", (2,), "float64")
    before = tg.delay("before", steps=k, shape=(2,), dtype="float64", **slots)
    h = tg.tanh(x + before / 2)
    before.close(h)
    return tg.Graph({"loss": tg.sum_over_time(tg.sum(h * h)), "h": h})


def with_init(k):
    return looped(k, init=tg.placeholder("outside", (2,), "float64"))


def with_scalar_init(k):
    return looped(k, init=tg.placeholder("outside", (), "float64"))


def with_history(k):
    return looped(k, history=tg.placeholder("outside", (abs(k), 2), "float64"))


def repeating(k):
    """A shift that is on no cycle."""
    x = tg.sequence("x", (2,), "float64")
    y = tg.tanh(tg.delay("before", source=x, steps=k, init=tg.REPLICATE) + x)
    return tg.Graph({"loss": tg.sum_over_time(tg.sum(y * y)), "h": y})


def repeating_in_a_loop(k, other=None):
    """The loop passes through another delay, in the same direction by default."""
    x = tg.sequence("x", (2,), "float64")
    other = (1 if k > 0 else -1) if other is None else other
    one = tg.delay("one", steps=other, shape=(2,), dtype="float64")
    before = tg.delay("before", source=one, steps=k, init=tg.REPLICATE)
    h = tg.tanh(x + before / 2)
    one.close(h)
    return tg.Graph({"loss": tg.sum_over_time(tg.sum(h * h)), "h": h})


MODELS = {
    "init": with_init,
    "scalar init": with_scalar_init,
    "history": with_history,
    "replicate": repeating,
    "replicate in a loop": repeating_in_a_loop,
}
every_model = pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)


@every_model
@pytest.mark.parametrize("sign", [1, -1])
def test_the_nodes_of_a_gradient_do_not_grow_with_the_steps(model, sign):
    counts = {k: len(gradient_graph(model(sign * k)).nodes) for k in (2, 3, 320, 10**5)}
    assert len(set(counts.values())) == 1, counts


def test_nor_do_those_of_the_state():
    counts = {k: len(tg.stateful(with_init(k)).nodes) for k in (2, 3, 320, 10**5)}
    assert len(set(counts.values())) == 1, counts


@every_model
def test_nor_does_the_second_derivative(model):
    def twice(k):
        graph = gradient_graph(model(k))
        total = tg.constant(0.0)
        for g in graph.outputs.values():
            square = tg.sum(g * g)
            total += square if g.time is None else tg.sum_over_time(square)
        return len(tg.Graph({"g": tg.grad(total, graph["x"])}).nodes)

    assert twice(2) == twice(3) == twice(320)


@every_model
@pytest.mark.parametrize("k", STEPS)
def test_gradients_are_right(model, k):
    graph = model(k)
    for steps in LENGTHS:
        check_gradients(graph, steps)
        check_gradient_unrolling(graph, steps)


@pytest.mark.parametrize(
    ("k", "other"), [(-2, 3), (-3, 4), (-5, 9), (3, -4), (5, -9), (2, -3)]
)
def test_a_loop_against_the_repeating_delay(k, other):
    """Its cycles look the other way: the running sum of the slots must agree."""
    graph = repeating_in_a_loop(k, other)
    again = gradient_graph(graph)
    for steps in LENGTHS:
        check_gradients(graph, steps)
        check_gradient_unrolling(graph, steps)
        check_backend(again, "numpy", steps)


@every_model
@pytest.mark.parametrize("k", [1, 3])
@pytest.mark.parametrize("backend", ["numpy", "native"])
@pytest.mark.parametrize("memory", [None, "checkpoint"])
def test_backends_and_windows(model, k, backend, memory):
    graph = gradient_graph(model(k))
    run = tg.compile(graph, backend, memory=memory)
    for steps in (1, 2, 5, 30):
        fed = tg.testing.feeds_for(graph, steps)
        for name, wanted in tg.interpret(graph, fed).items():
            np.testing.assert_allclose(run(fed)[name], wanted, rtol=1e-9, atol=1e-12)


@every_model
@pytest.mark.parametrize("k", [1, 2, 3, 8])
def test_chunks_continue(model, k):
    """The state after T < k steps holds what is left of the history."""
    for steps, chunks in ((5, [2, 3]), (6, [1, 1, 4]), (12, [10, 2]), (2, [1, 1])):
        check_chunking(model(k), steps, chunks=chunks)


def ends(k):
    x = tg.sequence("x", (2,), "float64")
    y = tg.tanh(x)
    return tg.Graph(
        {
            "loss": tg.sum(tg.first_steps(y, k) * tg.last_steps(y, k)),
            "first": tg.first_steps(y, k),
            "last": tg.last_steps(y, k),
        }
    )


@pytest.mark.parametrize("k", [1, 2, 4, 8])
def test_the_ends_of_a_sequence(k):
    graph = ends(k)
    for steps in LENGTHS:
        check_reverse_time(graph, steps)
        check_gradients(graph, steps)
        check_gradient_unrolling(graph, steps)
        for backend in ("numpy", "native"):
            check_backend(gradient_graph(graph), backend, steps)


@pytest.mark.parametrize("k", [1, 4, 7, 40])
def test_windows_hand_on_the_ends(k):
    graph = ends(k)
    run = tg.compile(graph, "numpy", memory="checkpoint")
    for steps in (7, 30, 101):
        fed = tg.testing.feeds_for(graph, steps)
        for name, wanted in tg.interpret(graph, fed).items():
            np.testing.assert_allclose(run(fed)[name], wanted, rtol=1e-12)


def test_the_gradient_of_a_long_delay_is_made_at_once():
    began = time.perf_counter()
    gradient_graph(with_init(100_000))
    tg.stateful(with_init(100_000))
    assert time.perf_counter() - began < 2


@pytest.mark.parametrize("steps", [0, -1, 1.5, True, "2"])
@pytest.mark.parametrize("op", [tg.first_steps, tg.last_steps])
def test_how_many_steps_is_a_positive_int(op, steps):
    refused(
        tg.ShapeError, "steps must be an int of 1 or more", op, tg.sequence("x"), steps
    )


@pytest.mark.parametrize("op", [tg.first_steps, tg.last_steps])
def test_a_static_node_has_no_steps(op):
    pattern = "needs a value per step, but the operand is static"
    refused(tg.TimeAxisError, pattern, op, tg.placeholder("x"), 2)


@pytest.mark.parametrize(
    ("op", "k", "tails"),
    [
        (tg.first_steps, 2, ["h-0", "h-1"]),
        (tg.last_steps, 2, ["h-2", "h-3"]),
        (tg.last_steps, 9, ["h-0", "h-1", "h-2", "h-3"]),
    ],
)
def test_pictures_join_the_steps_that_are_read(op, k, tails):
    h = tg.tanh(tg.sequence("x", (3,)), name="h")
    page = tg.draw({"y": tg.tanh(op(h, k))}, steps=4).page
    assert [line.tail for line in page.lines if line.head == op.__name__] == tails
