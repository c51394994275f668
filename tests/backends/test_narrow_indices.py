"""Indices of a dtype that ends before their table does."""

import numpy as np
import pytest

import tinygraph as tg

LENGTHS = {"int8": 300, "uint8": 300, "int16": 40_000}
ROWS = 700
"""More than a product with one-hot rows is used for."""


@pytest.mark.parametrize("backend", ["interpret", "numpy", "native", "jax"])
@pytest.mark.parametrize("dtype", LENGTHS)
def test_a_table_is_longer_than_its_indices_count(dtype, backend):
    """Rows taken and put; indices below 0 count from the end of it."""
    if backend == "jax":
        pytest.importorskip("jax")
    length = LENGTHS[dtype]
    table = tg.parameter("table", np.arange(2.0 * length).reshape(length, 2))
    i = tg.placeholder("i", (ROWS,), dtype)
    taken = tg.take(table, i, axis=0)
    slope = tg.grad(tg.sum(tg.square(taken)), table)
    hot = tg.one_hot(i, length, "float64")
    indices = np.resize(np.array([0, 99, 127, -1], "int64").astype(dtype), ROWS)
    found = tg.compile({"y": taken, "slope": slope, "hot": hot}, backend)(
        {"i": indices}
    )
    values = table.attrs["value"]
    wanted = np.zeros_like(values)
    np.add.at(wanted, indices, 2 * values[indices])
    np.testing.assert_array_equal(found["y"], values[indices])
    np.testing.assert_allclose(found["slope"], wanted)
    np.testing.assert_array_equal(found["hot"], indices[:, None] == np.arange(length))


def test_one_hot_of_narrow_indices_within_jax():
    pytest.importorskip("jax")
    f = tg.to_jax({"y": tg.one_hot(tg.placeholder("i", (2,), "uint8"), 300)})
    found = np.asarray(f({"i": np.array([0, 255], "uint8")})["y"])
    assert found.sum() == 2
    assert found[1, 255] == 1
