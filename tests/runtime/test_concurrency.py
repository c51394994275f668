"""Threads on one compiled function; results kept while it is called again."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import tinygraph as tg
from tests.golden.models import gradients, language_model
from tinygraph.backends import registry
from tinygraph.testing import assert_same_values, feeds_for

THREADS, CALLS = 4, 12
SIZES = [(1, 1), (2, 7), (5, 3), (3, 20), (8, 2), (4, 4)]
"""(batch, T): more than are kept for later calls."""


@pytest.fixture(scope="module", params=["numpy", "native"], autouse=True)
def backend(request):
    """Whoever runs the graphs of these tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry, "preferred", lambda memory=None: request.param)
        yield request.param


@pytest.fixture(scope="module")
def graph():
    return gradients(language_model())


def feeds(graph, batch, steps, seed):
    return feeds_for(graph, steps, seed=seed, sizes={"batch": batch})


def all_at_once(work, arguments):
    """Run `work` on each argument, in threads that start together."""
    gate = threading.Barrier(len(arguments))

    def started(argument):
        gate.wait(timeout=30)
        return work(argument)

    with ThreadPoolExecutor(len(arguments)) as pool:
        return list(pool.map(started, arguments))


def test_threads_with_other_sizes_and_feeds(graph):
    run = tg.compile(graph)
    plain = tg.compile(graph)
    wanted = {
        (thread, call): plain(feeds(graph, *SIZES[(thread + call) % 6], thread + call))
        for thread in range(THREADS)
        for call in range(CALLS)
    }

    def work(thread):
        return [
            run(feeds(graph, *SIZES[(thread + call) % 6], thread + call))
            for call in range(CALLS)
        ]

    found = all_at_once(work, range(THREADS))
    for (thread, call), values in wanted.items():
        law = f"thread {thread}, call {call}"
        assert_same_values(found[thread][call], values, law=law)


def test_threads_with_the_same_sizes(graph):
    """The case in which a shared workspace would show."""
    run = tg.compile(graph)
    given = [feeds(graph, 3, 9, seed) for seed in range(THREADS)]
    wanted = [tg.interpret(graph, each) for each in given]

    def work(thread):
        return [run(given[thread]) for _ in range(CALLS)]

    for thread, found in enumerate(all_at_once(work, range(THREADS))):
        for values in found:
            law = f"thread {thread} = the interpreter"
            assert_same_values(values, wanted[thread], kind="gradients", law=law)


def test_results_stay_while_calls_of_every_size_follow(graph):
    run = tg.compile(graph)
    first = run(feeds(graph, 3, 9, 0))
    kept = {name: value.copy() for name, value in first.items()}
    for seed, (batch, steps) in enumerate([(3, 9), *SIZES, (3, 9)]):
        run(feeds(graph, batch, steps, seed + 1))
    for name, value in kept.items():
        np.testing.assert_array_equal(first[name], value)


def test_parameters_updated_between_and_during_calls(graph):
    """A call sees one version of all parameters, never half of an update."""
    x = tg.sequence("x", (2,), "float64")
    a, b = (tg.parameter(name, np.zeros(2)) for name in "ab")
    state = tg.delay("state", shape=(2,), dtype="float64")
    state.close(tg.tanh(state) + x * (a - b))
    run = tg.compile({"state": state, "difference": a - b})
    stop = threading.Event()

    def update():
        value = 0.0
        while not stop.is_set():
            value += 1.0
            run.parameters.update({"a": np.full(2, value), "b": np.full(2, value)})

    writer = threading.Thread(target=update)
    writer.start()
    try:
        found = [run({"x": np.ones((20, 2))}) for _ in range(300)]
    finally:
        stop.set()
        writer.join(timeout=30)
    for values in found:
        assert not values["difference"].any()
        assert not values["state"].any()


def test_a_failing_thread_disturbs_no_other():
    d = tg.delay("d", shape=(2,), dtype="int64")
    i = tg.sequence("i", (2,), "int64")
    rows = tg.take(tg.parameter("E", np.arange(12.0).reshape(4, 3)), (d + i) % 6, 0)
    d.close(tg.argmax(rows, axis=-1))
    run = tg.compile({"rows": rows})
    good, bad = np.zeros((6, 2), int), np.full((6, 2), 5)
    wanted = tg.interpret(run.graph, {"i": good})

    def work(fails):
        for _ in range(20):
            if fails:
                with pytest.raises(IndexError):
                    run({"i": bad})
            else:
                assert_same_values(run({"i": good}), wanted)

    all_at_once(work, [False, True, False, True])


def test_an_overridden_parameter_is_this_call_s_alone():
    w = tg.parameter("w", np.array([1.0, 2.0]))
    x = tg.sequence("x", (2,), "float64")
    d = tg.delay("d", shape=(2,), dtype="float64")
    d.close(tg.tanh(d + x) * (w * 2.0))
    run = tg.compile({"d": d})
    xs = np.linspace(-1, 1, 10).reshape(5, 2)
    wanted = {
        value: tg.interpret(run.graph, {"x": xs, "w": np.full(2, float(value))})
        for value in range(4)
    }

    def work(value):
        for _ in range(CALLS):
            found = run({"x": xs, "w": np.full(2, float(value))})
            assert_same_values(found, wanted[value], law=f"w = {value}")

    all_at_once(work, list(range(4)))
    assert_same_values(run({"x": xs}), tg.interpret(run.graph, {"x": xs}))
