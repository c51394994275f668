"""JAX as a backend like the others: errors, memory, parameters, dtypes."""

import pickle

import numpy as np
import pytest

import tinygraph as tg
from tests.kit import recurrence
from tinygraph.testing import assert_same_values, feeds_for

jax = pytest.importorskip("jax")


def test_dtypes_are_the_graphs_and_the_process_stays_as_it_is():
    _, _, h = recurrence(shape=(2,))
    run = tg.compile({"h": h, "last": tg.argmax(tg.last(h))}, "jax")
    found = run(feeds_for(run.graph, 3))
    assert found["h"].dtype == np.float64
    assert found["last"].dtype == np.int64
    assert jax.numpy.ones(2).dtype == np.float32


def test_results_are_the_callers_own():
    _, _, h = recurrence(shape=(2,))
    run = tg.compile({"h": h}, "jax")
    feeds = feeds_for(run.graph, 3)
    first = run(feeds)["h"]
    kept = first.copy()
    first += 1
    np.testing.assert_array_equal(run(feeds)["h"], kept)


def test_a_wrong_index_is_found_outside_and_within_loops():
    table = tg.constant(np.arange(4.0))
    i = tg.sequence("i", (), "int64")
    before = tg.delay("before", shape=(), dtype="int64")
    total = before + i
    before.close(total)
    for node in (tg.take(table, i, axis=0), tg.take(table, total, axis=0) + before):
        run = tg.compile({"y": node}, "jax")
        assert run({"i": [0, 1, -2]})["y"].shape == (3,)
        with pytest.raises(
            tg.IndexRangeError, match=r"index 9 is out of bounds[^§]*made at test_p"
        ):
            run({"i": [0, 9, 0]})


def test_parameters_are_read_anew_when_they_change():
    w = tg.parameter("w", 2.0)
    run = tg.compile({"y": w * w}, "jax")
    assert run()["y"] == 4
    run.parameters.update({"w": 3.0})
    assert run()["y"] == 9
    assert run({"w": 5.0})["y"] == 25
    assert run()["y"] == 9


def test_windows_of_steps():
    _, _, h = recurrence(shape=(2,))
    loss = tg.sum_over_time(tg.sum(h * h))
    graph = tg.Graph({"loss": loss, "slope": tg.grad(loss, graph_leaf(h))})
    windows = tg.compile(graph, "jax", memory="checkpoint")
    feeds = feeds_for(graph, 300)
    assert_same_values(windows(feeds), tg.interpret(graph, feeds), kind="gradients")


def graph_leaf(node):
    return next(leaf for leaf in tg.Graph(node).leaves)


def test_it_explains_itself():
    _, _, h = recurrence(shape=(2,))
    told = tg.explain(tg.compile({"h": h}, "jax"))
    assert "Loop 1 of 1, forwards over 't'" in told


def test_copies_compile_anew():
    _, _, h = recurrence(shape=(2,))
    run = tg.compile({"h": h}, "jax")
    feeds = feeds_for(run.graph, 3)
    again = pickle.loads(pickle.dumps(run))
    assert_same_values(again(feeds), run(feeds))


def test_a_failure_while_tracing_names_its_node():
    x = tg.placeholder("x", ("batch",))
    run = tg.compile({"y": tg.max(x)}, "jax")
    with pytest.raises(ValueError, match="zero-size") as caught:
        run({"x": np.zeros(0, "float32")})
    assert "in max" in "".join(caught.value.__notes__)
