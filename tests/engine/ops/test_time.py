"""Time ops equal plain NumPy, step_index and extent know where they are."""

import numpy as np
import pytest

import tinygraph as tg
from tests.engine.ops.cases import CASES, Case
from tests.engine.ops.time_cases import TIME_CASES
from tinygraph.testing import assert_same_values

ELSEWHERE = {
    "constant",
    "parameter",
    "placeholder",
    "sequence",
    "step_index",
    "extent",
    "bernoulli",
    "categorical",
    "normal",
    "uniform",
}
"""Ops without a row: leaves, what knows its place, random ops (test_random.py)."""


def test_the_registry_is_the_table():
    rows = {case.op for case in [*CASES, *TIME_CASES]} - {"mean_over_time"}
    assert set(tg.REGISTRY) == rows | ELSEWHERE


@pytest.mark.parametrize("backend", ["interpret", "numpy"])
@pytest.mark.parametrize("case", TIME_CASES, ids=lambda case: case.id)
def test_value(case: Case, backend):
    array = case.arrays[0]
    x = tg.sequence("x", array.shape[1:], "float64")
    y = case.apply(x)
    got = tg.compile(tg.Graph({"y": y}), backend)({"x": array})
    assert_same_values(got, {"y": np.asarray(case.wanted(array))})


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
