"""Running: feeds in, arrays of one's own out; parameters, versions, threads."""

import threading

import numpy as np
import pytest

import tinygraph as tg
from tests.kit import F32, F64, close, recurrence, refused, value, values

XS = np.random.default_rng(1).normal(size=(6, 2, 3)).astype(F32)
BACKENDS = ["numpy", "interpret"]


@pytest.fixture(params=BACKENDS)
def backend(request):
    return request.param


def model():
    x, w = tg.sequence("x", ("batch", 3)), tg.parameter("W", np.eye(3, dtype=F32))
    before = tg.delay("before", shape=("batch", 3))
    h = tg.tanh(x @ w + before * 0.5, name="h")
    before.close(h)
    loss = tg.sum_over_time(tg.sum(h))
    gradients = {"dW": tg.grad(loss, w), "dx": tg.grad(loss, x)}
    plain = {"x": x, "W": w, "before": before, "twice": h, "fixed": tg.constant(XS)}
    return tg.Graph({"h": h, "loss": loss, **gradients, **plain})


@pytest.fixture
def count():
    """An op that counts how often its kernel is called, once per array or step."""
    calls = []

    def kernel(x):
        calls.append(np.shape(x))
        return np.array(x)

    op = tg.Op("counted", infer=lambda x: x, impl=kernel, vjp=lambda y, ct: (ct,))
    tg.register(op)
    yield calls, lambda x: tg.apply(op, x)
    del tg.REGISTRY["counted"]


def test_feeds_by_name_and_by_leaf(backend):
    graph = model()
    run = tg.compile(graph, backend=backend)
    wanted = run({"x": XS})["loss"]
    assert run({graph["x"]: XS})["loss"] == wanted
    assert run({"x": XS, graph["W"]: np.eye(3, dtype=F32)})["loss"] == wanted


def test_the_default_backend_is_the_fast_one():
    run = tg.compile({"y": tg.constant(1.0)})
    assert run.backend == "numpy"
    assert "backend 'numpy'" in repr(run)


CASTS = [
    ("float64", F32, [1.5, 2.5]),
    ("float64", "int32", [1.0, 2.0]),
    ("int64", "int8", [1.0, 2.0]),
    ("float32", "float16", [1.0, 2.0]),
    ("int16", "bool", [1.0, 1.0]),
]


@pytest.mark.parametrize(("leaf", "fed", "numbers"), CASTS)
def test_safe_casts_of_arrays(leaf, fed, numbers):
    found = value(tg.placeholder("p", (2,), leaf), {"p": np.array(numbers, fed)})
    assert found.dtype == leaf
    close(found, numbers)


UNSAFE = [("float32", "float64"), ("float32", "int32"), ("int32", "float64")]


@pytest.mark.parametrize(("leaf", "fed"), UNSAFE)
def test_unsafe_casts_are_refused(leaf, fed):
    pattern = rf"'p' is {leaf}, got {fed}: .*Feed p.astype\('{leaf}'\)"
    wrong = {"p": np.ones(2, fed)}
    refused(
        tg.FeedDTypeError, pattern, tg.evaluate, tg.placeholder("p", (2,), leaf), wrong
    )


def test_lists_and_numbers_take_the_leafs_dtype():
    p, n = tg.placeholder("p", (2,)), tg.placeholder("n", (), "int8")
    found = values({"p": p, "n": n}, {"p": [1, 2.5], "n": 3})
    assert (found["p"].dtype, found["n"].dtype) == (F32, np.int8)
    close(found["p"], [1.0, 2.5])
    close(value(tg.placeholder("p", (), F64), {"p": True}), 1.0)


def test_any_layout_of_memory(backend):
    graph = model()
    run = tg.compile(graph, backend=backend)
    wanted = run({"x": XS})
    strange = [
        np.asfortranarray(XS),
        np.repeat(XS, 2, axis=0)[::2],
        XS[::-1].copy()[::-1],
        XS.astype(">f4"),
        np.broadcast_to(XS, (2, *XS.shape))[1],
    ]
    for feed in strange:
        found = run({"x": feed})
        for name in wanted:
            close(found[name], wanted[name], rtol=1e-5, atol=1e-6)
            assert found[name].dtype == wanted[name].dtype


def test_outputs_are_the_callers_own(backend):
    """Writing into one changes no feed, parameter, constant or later run."""
    run = tg.compile(model(), backend=backend)
    feed = XS.copy()
    first = run({"x": feed})
    kept = {name: array.copy() for name, array in first.items()}
    arrays = list(first.values())
    for i, array in enumerate(arrays):
        assert array.flags.writeable
        assert not np.shares_memory(array, feed)
        assert not np.shares_memory(array, run.parameters["W"])
        assert not any(np.shares_memory(array, other) for other in arrays[:i])
    for array in arrays:
        array[...] = 7.0
    second = run({"x": feed})
    for name in kept:
        close(second[name], kept[name])
    close(feed, XS)


def test_outputs_that_look_at_other_outputs():
    x, z = tg.sequence("x", (), F64), tg.sequence("z", (2, 3), F64)
    y, q, total = tg.exp(x), tg.exp(z), tg.sum_over_time(z)
    looks = {"first": tg.first(y), "flat": tg.reshape(tg.transpose(q), (6,))}
    values(
        {"y": y, "q": q, "total": total, "entry": total[0, 0], **looks},
        {"x": np.arange(4.0), "z": np.arange(24.0).reshape(4, 2, 3) / 10},
    )


def test_outputs_never_change_later(backend):
    run = tg.compile(model(), backend=backend)
    first = run({"x": XS})
    kept = {name: array.copy() for name, array in first.items()}
    run({"x": -XS})
    run.parameters.update({"W": np.full((3, 3), 2.0)})
    run({"x": XS[:2]})
    run({"x": XS})
    for name in kept:
        np.testing.assert_array_equal(first[name], kept[name])


def test_read_only_feeds_are_untouched(backend):
    feed = XS.copy()
    feed.flags.writeable = False
    found = tg.compile(model(), backend=backend)({"x": feed})
    close(feed, XS)
    close(found["x"], XS)


def test_steps_start_and_seed():
    graph = {
        "i": tg.step_index() * 1,
        "noise": tg.uniform((2,), name="noise"),
        "mask": tg.bernoulli(0.5, (50,), time=None, name="mask"),
    }
    found = values(graph, steps=4, start=10, seed=1)
    close(found["i"], [10, 11, 12, 13])
    later = values(graph, steps=2, start=12, seed=1)
    np.testing.assert_array_equal(later["noise"], found["noise"][2:])
    np.testing.assert_array_equal(later["mask"], found["mask"])
    other = values(graph, steps={"t": 4}, start=10, seed=2)
    assert not np.array_equal(other["noise"], found["noise"])
    assert not np.array_equal(other["mask"], found["mask"])
    assert len(np.unique(found["noise"])) == 8


def test_two_time_axes_have_their_own_steps():
    a, b = tg.step_index("a") * 1, tg.step_index("b") * 1
    found = values({"a": a, "b": b}, steps={"a": 2, "b": 3})
    assert (found["a"].tolist(), found["b"].tolist()) == ([0, 1], [0, 1, 2])


def test_sizes_may_change_from_call_to_call(backend):
    run = tg.compile(model(), backend=backend)
    for steps, batch in [(6, 2), (1, 2), (3, 1), (6, 2), (2, 5), (4, 0)]:
        feed = np.resize(XS, (steps, batch, 3))
        state = np.zeros((batch, 3), F32)
        hs = []
        for row in feed:
            state = np.tanh(row + state * np.float32(0.5))
            hs.append(state)
        found = run({"x": feed})
        close(found["h"], np.reshape(hs, (steps, batch, 3)), rtol=1e-5, atol=1e-6)
        assert found["dx"].shape == feed.shape


def test_a_parameter_is_overridden_for_one_call(backend):
    run = tg.compile(model(), backend=backend)
    wanted = run({"x": XS})
    other = run({"x": XS, "W": np.zeros((3, 3), F32)})
    close(other["h"], np.zeros((6, 2, 3)))
    np.testing.assert_array_equal(other["W"], np.zeros((3, 3)))
    np.testing.assert_array_equal(run.parameters["W"], np.eye(3))
    np.testing.assert_array_equal(run({"x": XS})["h"], wanted["h"])


def test_updates_are_seen_and_versioned(backend):
    run = tg.compile(model(), backend=backend)
    before = run.parameters.version
    new = np.full((3, 3), 0.25)
    run.parameters.update({"W": new})
    new[:] = 9.0
    assert run.parameters.version == before + 1
    assert run.parameters["W"].dtype == F32
    close(run({"x": XS})["W"], np.full((3, 3), 0.25))
    with pytest.raises(ValueError, match="read-only"):
        run.parameters["W"][0] = 1.0
    refused(tg.ParameterError, "shape", run.parameters.update, {"W": np.ones(2)})
    assert run.parameters.version == before + 1


def test_an_update_writes_all_or_none():
    shared = tg.Parameters({"a": np.zeros(2), "b": np.zeros(3)})
    bad = {"a": np.ones(2), "b": np.ones(2)}
    refused(
        tg.ParameterError, r"parameter 'b': wanted shape \(3,\)", shared.update, bad
    )
    close(shared["a"], np.zeros(2))
    assert repr(shared) == "Parameters(a: float64(2,), b: float64(3,); version 0)"
    assert list(shared) == ["a", "b"]
    assert len(shared) == 2


def test_functions_share_parameters(backend):
    w = tg.parameter("W", np.array(2.0))
    double, square = (
        tg.compile({"y": node}, backend=backend) for node in (w * 2.0, w * w)
    )
    square = tg.compile({"y": w * w}, backend=backend, parameters=double.parameters)
    double.parameters.update({"W": 5.0})
    assert (double({})["y"], square({})["y"]) == (10.0, 25.0)
    alone = tg.compile({"y": w * w}, backend=backend)
    assert alone({})["y"] == 4.0


def test_the_prologue_runs_once_per_version(count):
    calls, counted = count
    w, x = tg.parameter("W", np.ones((2, 3), F32)), tg.sequence("x", (2,))
    packed = counted(tg.reshape(w, (3, 2)))
    run = tg.compile({"y": x @ tg.transpose(packed)}, backend="numpy")
    feeds = {"x": np.ones((4, 2), F32)}
    for _ in range(3):
        close(run(feeds)["y"], np.full((4, 3), 2.0))
    assert len(calls) == 1
    run.parameters.update({"W": np.full((2, 3), 2.0)})
    for _ in range(2):
        close(run(feeds)["y"], np.full((4, 3), 4.0))
    assert len(calls) == 2
    close(run({**feeds, "W": np.zeros((2, 3), F32)})["y"], np.zeros((4, 3)))
    for _ in range(2):  # recomputed once: the override took the place of what was kept
        close(run(feeds)["y"], np.full((4, 3), 4.0))
    assert len(calls) == 4


def test_two_threads_may_call_one_function(backend):
    run = tg.compile(model(), backend=backend)
    feeds = [{"x": XS * scale} for scale in (1.0, -2.0, 0.5)]
    feeds = [{"x": feed["x"].astype(F32)} for feed in feeds]
    wanted = [run(feed)["h"] for feed in feeds]
    wrong = []

    def work(which):
        for _ in range(30):
            if not np.array_equal(run(feeds[which])["h"], wanted[which]):
                wrong.append(which)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_evaluate():
    x = tg.sequence("x", (), F64)
    feeds = {"x": np.array([1.0, 2.0])}
    close(tg.evaluate(x * 2.0, feeds), [2.0, 4.0])
    total, both = tg.evaluate([tg.sum_over_time(x), x], feeds)
    assert total == 3.0
    close(both, feeds["x"])
    assert tg.evaluate(tg.step_index() * 1, steps=2, start=5).tolist() == [5, 6]
    assert tg.evaluate(tg.parameter("W", 3.0)) == 3.0


def test_the_first_value_that_is_not_finite():
    x, _, h = recurrence()
    bad = tg.log(h, name="bad")
    graph = tg.Graph({"loss": tg.sum_over_time(tg.exp(bad) + x)})
    found = tg.first_nonfinite(graph, {"x": np.array([0.5, 0.5, -4.0, 1.0])})
    assert found == (bad, 2)
    assert tg.first_nonfinite(graph, {"x": np.ones(3)}) is None
    infinite = tg.first_nonfinite(graph, {"x": np.array([1.0, np.inf])})
    assert infinite == (x, 1)


def test_what_leaves_time_and_comes_back_is_not_one_value(backend):
    """A parameter at every step, stacked and unstacked, has a value per step."""
    w = tg.parameter("w", np.array(2.0))
    back = tg.unstack(tg.stack(tg.every_step(w)))
    out = tg.compile({"y": tg.sum_over_time(back * 0.5)}, backend=backend)({}, steps=3)
    assert out["y"] == 3.0
