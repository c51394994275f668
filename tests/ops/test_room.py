"""What the definition gives finite stays finite: counts in float16, empty axes."""

import numpy as np
import pytest

import tinygraph as tg

BACKENDS = ("interpret", "numpy", "native")
MANY = 70_000
"""More than float16 can count."""


@pytest.fixture(params=BACKENDS)
def backend(request):
    if request.param == "native":
        pytest.importorskip("llvmlite")
    return request.param


def run(outputs, feeds, backend):
    return tg.compile(outputs, backend=backend)(feeds)


def test_the_mean_of_a_row_whose_sum_has_no_room(backend):
    x = tg.placeholder("x", (1000,), "float16")
    outputs = {"mean": tg.mean(x), "var": tg.var(x), "std": tg.std(x)}
    found = run(outputs, {"x": np.full(1000, 100, "float16")}, backend)
    assert [float(found[name]) for name in outputs] == [100, 0, 0]
    assert {array.dtype for array in found.values()} == {np.dtype("float16")}


@pytest.mark.parametrize("function", [tg.mean, tg.max, tg.min, tg.var])
def test_gradients_over_more_elements_than_float16_counts(backend, function):
    x = tg.placeholder("x", (MANY,), "float16")
    fed = {"x": np.ones(MANY, "float16")}
    found = run({"g": tg.grad(function(x), x), "x": x}, fed, backend)["g"]
    wanted = 0 if function is tg.var else 1 / MANY
    np.testing.assert_array_equal(found, np.float16(wanted))


@pytest.mark.parametrize("function", [tg.mean_over_time, tg.max_over_time])
def test_over_more_steps_than_float16_counts(backend, function):
    x = tg.sequence("x", (), "float16")
    y = function(x)
    steps = 2_000 if backend == "interpret" else MANY
    high = np.float16(60) if backend == "interpret" else np.float16(1)
    found = run({"y": y, "g": tg.grad(y, x)}, {"x": np.full(steps, high)}, backend)
    assert found["y"] == high
    np.testing.assert_allclose(found["g"], 1 / steps, rtol=1e-2)


def test_unrolled_maxima_share_as_folded_ones_do(backend):
    x = tg.sequence("x", (), "float16")
    graph = tg.Graph({"g": tg.grad(tg.max_over_time(x), x)})
    fed = {"x": np.ones(3, "float16")}
    found = run(tg.unroll(graph, 3), fed, backend)["g"]
    np.testing.assert_array_equal(found, np.float16(1 / 3))


def test_weights_without_columns(backend):
    x = tg.sequence("x", ("batch", 3))
    w = tg.parameter("w", np.ones((3, 0), "float32"))
    loss = tg.sum_over_time(tg.sum(tg.tanh(x @ w)))
    outputs = {"w": tg.grad(loss, w), "x": tg.grad(loss, x)}
    found = run(outputs, {"x": np.ones((4, 2, 3), "float32")}, backend)
    assert found["w"].shape == (3, 0)
    np.testing.assert_array_equal(found["x"], np.zeros((4, 2, 3)))
