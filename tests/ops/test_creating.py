"""arange, ones_like, and what variance, deviation and product do at their edges."""

import numpy as np
import pytest

import tinygraph as tg
from tests.kit import refused

F64 = np.float64


@pytest.mark.parametrize("backend", ["interpret", "numpy", "auto"])
def test_numbers_along_a_named_dimension(backend):
    x = tg.sequence("x", ("batch", 2), F64)
    outputs = {
        "places": tg.arange("batch"),
        "from 0": tg.arange(0, "batch", dtype="float32"),
        "weighted": tg.expand_dims(tg.arange("batch"), -1) * x,
        "ones": tg.ones_like(x),
    }
    out = tg.compile({**outputs, "x": x}, backend)({"x": np.ones((3, 4, 2))})
    assert out["places"].dtype == np.int64
    assert out["places"].tolist() == [0, 1, 2, 3]
    assert (out["from 0"].dtype, out["from 0"].tolist()) == (np.float32, [0, 1, 2, 3])
    assert out["weighted"][1, :, 0].tolist() == [0, 1, 2, 3]
    assert (out["ones"] == 1).all()
    assert outputs["ones"].type == x.type


@pytest.mark.parametrize("args", [(4,), (1, 4), (5, 1, -2), (0.0, 1.0, 0.25), (0,)])
def test_numbers_up_to_a_number(args):
    found = tg.evaluate(tg.arange(*args))
    wanted = np.arange(*args)
    assert found.tolist() == wanted.tolist()
    assert found.dtype == (np.int64 if wanted.dtype.kind == "i" else np.float32)
    assert tg.arange(*args, dtype="int32").dtype == np.int32


@pytest.mark.parametrize("args", [(1, "batch"), (0, "batch", 2)])
def test_a_named_dimension_is_counted_from_0_by_1(args):
    refused(
        tg.ShapeError, "arange to the dimension 'batch' is from 0", tg.arange, *args
    )


def test_ddof_and_correction_are_one():
    x = tg.placeholder("x", ("n",), F64)
    fed = {"x": np.array([1.0, 2.0, 6.0])}
    assert tg.evaluate(tg.var(x, ddof=1), fed) == np.var(fed["x"], ddof=1)
    assert tg.evaluate(tg.std(x, correction=1), fed) == np.std(fed["x"], ddof=1)
    assert np.isinf(tg.evaluate(tg.var(x, ddof=5), fed))
    one = tg.var(tg.placeholder("x", (1,), F64), ddof=1)
    assert np.isnan(tg.evaluate(one, {"x": np.ones(1)}))
    refused(tg.TinygraphError, "two names for one", tg.var, x, ddof=1, correction=2)


def test_the_deviation_of_equal_elements_has_gradient_0():
    x = tg.placeholder("x", (2, 3), F64)
    fed = {"x": np.array([[2.0, 2.0, 2.0], [0.0, np.nan, 1.0]])}
    y = tg.std(x, -1)
    first, second = tg.evaluate(y, fed)
    assert first == 0
    assert np.isnan(second)
    gradient = tg.evaluate(tg.grad(tg.sum(y), x), fed)
    assert gradient[0].tolist() == [0, 0, 0]


@pytest.mark.parametrize("zeros", [0, 1, 2, 3])
def test_the_gradient_of_a_product_with_zeros(zeros):
    x = np.array([3.0, 2.0, 5.0, 7.0])
    x[:zeros] = 0
    leaf = tg.placeholder("x", ("n",), F64)
    first = tg.grad(tg.prod(leaf), leaf)
    others = [np.delete(x, i).prod() for i in range(4)]
    assert tg.evaluate(first, {"x": x}).tolist() == others
    second = tg.evaluate(tg.grad(tg.sum(tg.square(first)), leaf), {"x": x})
    pairs = [
        sum(2 * others[i] * np.delete(x, [i, k]).prod() for i in range(4) if i != k)
        for k in range(4)
    ]
    assert second.tolist() == pairs


def test_a_product_of_nothing_is_1():
    x = tg.placeholder("x", (2, 3), "int32")
    fed = {"x": [[1, 2, 3], [4, 5, 6]]}
    assert tg.evaluate(tg.prod(x), fed) == 720
    assert tg.evaluate(tg.prod(x, axis=()), fed).dtype == np.int64
    none = tg.placeholder("x", (0, 3), F64)
    assert tg.evaluate(tg.prod(none, 0), {"x": np.ones((0, 3))}).tolist() == [1, 1, 1]
