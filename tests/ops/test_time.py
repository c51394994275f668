"""Time ops equal plain NumPy, step_index and extent know where they are."""

import numpy as np
import pytest

import tinygraph as tg
from tests.kit import refused


@pytest.mark.parametrize("backend", ["interpret", "numpy"])
def test_step_index_starts_at_start(backend):
    run = tg.compile(tg.Graph({"t": tg.step_index()}), backend)
    assert run({}, steps=3, start=5)["t"].tolist() == [5, 6, 7]
    assert run({}, steps=1)["t"].dtype == np.int64


@pytest.mark.parametrize("backend", ["interpret", "numpy"])
def test_extent_is_the_length(backend):
    x = tg.sequence("x", ("batch", 2))
    run = tg.compile(
        tg.Graph({"t": tg.extent("t"), "b": tg.extent("batch"), "x": x}), backend
    )
    out = run({"x": np.zeros((4, 3, 2), "float32")})
    assert (out["t"], out["b"]) == (4, 3)


@pytest.mark.parametrize("backend", ["interpret", "numpy"])
def test_reductions_of_what_is_constant_in_time(backend):
    w = tg.parameter("w", np.array([1.0, -2.0]))
    e = tg.every_step(w)
    outputs = {
        "sum": tg.sum_over_time(e),
        "mean": tg.mean_over_time(e),
        "max": tg.max_over_time(e),
        "stack": tg.stack(e),
        "last": tg.last(e),
        "e": e,
        "grad": tg.grad(tg.sum(tg.max_over_time(e)), w),
    }
    out = tg.compile(tg.Graph(outputs), backend)({}, steps=3)
    assert out["sum"].tolist() == [3, -6]
    assert (
        out["mean"].tolist() == out["max"].tolist() == out["last"].tolist() == [1, -2]
    )
    assert out["stack"].tolist() == out["e"].tolist() == [[1, -2]] * 3
    assert out["grad"].tolist() == [1, 1]


@pytest.mark.parametrize("dtype", ["float32", "int32", "uint8"])
def test_sums_over_time_keep_the_dtype_by_every_backend(dtype):
    x = tg.sequence("x", (2,), dtype)
    graph = tg.Graph({"y": tg.sum_over_time(x)})
    fed = np.array([[1, 200], [3, 100]], dtype)
    for backend in ("interpret", "numpy"):
        out = tg.compile(graph, backend)({"x": fed})["y"]
        assert out.dtype == dtype
        assert out.tolist() == np.sum(fed, 0, dtype).tolist()


@pytest.mark.parametrize("t", range(-4, 4))
def test_at_is_the_value_itself(t):
    """Whatever else the steps hold: NaN, infinity, ints, bools."""
    x = np.array([[np.nan, 1.0], [-0.0, np.inf], [2.0, -np.inf], [np.nan, 3.0]])
    node = tg.sequence("x", (2,), "float64")
    outputs = {"x": tg.at(node, t), "flag": tg.at(node > 1, t)}
    outputs["index"] = tg.at(tg.step_index(), t)
    for backend in ("interpret", "numpy", "auto"):
        out = tg.compile(outputs, backend=backend)({"x": x}, start=7)
        np.testing.assert_array_equal(out["x"], x[t])
        assert np.array_equal(np.signbit(out["x"]), np.signbit(x[t]))
        assert out["flag"].tolist() == (x[t] > 1).tolist()
        assert out["index"] == 7 + np.arange(4)[t]
    unrolled = tg.unroll(outputs["x"] * 1.0, 4)
    assert [leaf.step for leaf in unrolled.leaves] == [t % 4]


def test_at_sends_its_gradient_to_one_step():
    x = tg.sequence("x", (), "float64")
    gradient = tg.grad(tg.square(tg.at(x, -2)) + tg.at(x, 1), x)
    fed = {"x": np.array([np.nan, np.inf, 3.0, np.nan])}
    assert tg.evaluate(gradient, fed, start=5).tolist() == [0, 1, 6, 0]


@pytest.mark.parametrize(("t", "least"), [(4, 5), (-5, 5)])
def test_at_beyond_the_steps(t, least):
    x = tg.sequence("x")
    y = tg.at(x * 2.0, t)
    pattern = (
        rf"at: float32\[\], made at test_time.py:\d+, is at\(multiply, t={t}\), "
        rf"but there are 4 steps of 't': it takes {least} at least"
    )
    fed = {"x": np.ones(4, "float32")}
    refused(tg.StepsError, pattern, tg.compile(y), fed)
    refused(tg.StepsError, pattern, tg.interpret, y, fed)
    refused(tg.StepsError, pattern, tg.unroll, y, 4)
    assert tg.evaluate(y, {"x": np.ones(5, "float32")}) == 2


@pytest.mark.parametrize("t", [1.0, True, "1", None])
def test_at_wants_an_int(t):
    refused(
        tg.StepsError, f"at: t must be an int, not {t!r}", tg.at, tg.sequence("x"), t
    )
    assert tg.at(tg.sequence("x"), np.int64(2)).attrs["t"] == 2
