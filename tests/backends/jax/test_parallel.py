"""`parallel="time"`: affine cycles at all steps at once, and why others are not."""

import pickle

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.testing import assert_same_values, feeds_for
from tinygraph.testing.laws import gradient_graph

pytest.importorskip("jax")

SHAPE = ("batch", 4)
NUMBERS = np.array([0.5, -0.5, 0.9, 0.1])


def state(name, steps=1, **options):
    return tg.delay(name, shape=SHAPE, dtype="float64", steps=steps, **options)


def min_gru(steps=1, **options):
    """One state (Feng et al., 2024)."""
    x = tg.sequence("x", ("batch", 3), "float64")
    w = tg.parameter("w", np.linspace(-1, 1, 12).reshape(3, 4))
    before = state("before", steps, **options)
    z = tg.sigmoid(x @ w)
    h = (1 - z) * before + z * (x @ -w)
    before.close(h)
    return h


def spring(steps=1):
    """Two states, each of which moves the other."""
    x = tg.sequence("x", SHAPE, "float64")
    k = tg.parameter("k", NUMBERS)
    place, speed = state("place", steps, init=1.0), state("speed", steps)
    faster = 0.9 * speed - k * place + x
    further = place + 0.1 * faster
    place.close(further)
    speed.close(faster)
    return further


def elementwise(steps=1):
    """tanh is not affine, but the adjoint of its loop is."""
    x = tg.sequence("x", SHAPE, "float64")
    before = state("before", steps)
    h = tg.tanh(x + tg.parameter("a", NUMBERS) * before)
    before.close(h)
    return h


CELLS = {
    "minGRU": (min_gru, 0),
    "spring": (spring, 0),
    "elementwise": (elementwise, 1),
}


def graph_of(h):
    loss = tg.mean_over_time(tg.mean(tg.square(h)))
    return gradient_graph(tg.Graph({"h": h, "loss": loss}))


@pytest.mark.parametrize("total", [1, 2, 9])
@pytest.mark.parametrize("steps", [1, -1])
@pytest.mark.parametrize("cell", CELLS)
def test_all_steps_at_once_are_step_by_step(cell, steps, total):
    make, left = CELLS[cell]
    graph = graph_of(make(steps))
    f = tg.to_jax(graph, parallel="time")
    assert len(f.in_order) == left
    feeds = feeds_for(graph, total)
    found = {name: np.asarray(value) for name, value in f(feeds).items()}
    assert_same_values(found, tg.interpret(graph, feeds), kind="gradients")


@pytest.mark.parametrize("slots", ["scalar", "parameter", "history"])
def test_states_before_the_first_step(slots):
    leaf = tg.parameter("h0", NUMBERS)
    given = {
        "scalar": {"init": 0.5},
        "parameter": {"init": leaf},
        "history": {"history": tg.placeholder("past", (1, *SHAPE), "float64")},
    }
    graph = graph_of(min_gru(**given[slots]))
    f = tg.to_jax(graph, parallel="time")
    assert not f.in_order
    feeds = feeds_for(graph, 5)
    found = {name: np.asarray(value) for name, value in f(feeds).items()}
    assert_same_values(found, tg.interpret(graph, feeds), kind="gradients")


def refused(h):
    (why,) = tg.to_jax({"h": h}, parallel="time").in_order.values()
    return why


def test_it_says_why_not():
    x, w = tg.sequence("x", SHAPE, "float64"), tg.parameter("w", np.eye(4))
    assert refused(elementwise()).endswith("is not linear in the state (tanh)")
    assert "made at test_parallel.py" in refused(elementwise())

    past = state("past")
    past.close(x + past @ w)
    assert refused(past).endswith("is no elementwise op, but matmul")

    past = state("past", 2)
    past.close(x + past)
    assert "looks 2 steps back, not one" in refused(past)

    past = state("past")
    past.close(x * tg.stop_gradient(past))
    assert "hides the state from its slope (stop_gradient)" in refused(past)

    past = state("past")
    past.close(past * past * 0.5 + x)
    assert "is not linear in the state (multiply)" in refused(past)

    past = state("past")
    past.close(x + tg.mean(past, axis=-1, keepdims=True))
    assert "is not of its state's type" in refused(past)

    past, more = state("past"), [state(f"s{i}") for i in range(4)]
    for early, late in zip([past, *more], [*more, past], strict=True):
        late.close(0.5 * early + x)
    assert "it has 5 states, more than 4" in refused(past)


@pytest.mark.parametrize("memory", [None, "checkpoint"])
def test_a_compiled_function_at_all_steps_at_once(memory):
    """A copy too; `explain` says which loops are, and why the others are not."""
    h, k = min_gru(), state("k")
    k.close(tg.tanh(k + h))
    graph = tg.Graph({"h": h, "tanh": k.source})
    run = tg.compile(graph, "jax", memory=memory, parallel="time")
    feeds = feeds_for(graph, 5)
    wanted = tg.interpret(graph, feeds)
    for each in (run, pickle.loads(pickle.dumps(run))):
        assert each.parallel == "time"
        assert_same_values(each(feeds), wanted, kind="gradients")
    told = tg.explain(run)
    assert "Cycle over 't', affine in its states, by an associative scan of all" in told
    assert "step by step: tanh: float64[batch, 4], made at test_parallel.py" in told
    assert "associative" not in tg.explain(tg.compile(graph, "jax"))


def test_what_is_not_parallel():
    with pytest.raises(tg.BackendError, match="must be None or 'time', not 'batch'"):
        tg.compile({"y": tg.placeholder("x")}, "jax", parallel="batch")
    with pytest.raises(tg.BackendError, match="must be None or 'time', not 'batch'"):
        tg.to_jax({"y": tg.placeholder("x")}, parallel="batch")
