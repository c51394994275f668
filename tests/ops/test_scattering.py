"""Rows that share an index are added up, whichever of the ways is taken."""

import numpy as np
import pytest

from tinygraph.ops.scattering import scatter_flat


@pytest.mark.parametrize("columns", [(1,), (), (3,), (2, 2)])
@pytest.mark.parametrize("length", [4, 500])
@pytest.mark.parametrize("dtype", ["float32", "float64", "int64"])
def test_sums_by_index(columns, length, dtype):
    numbers = np.random.default_rng(0)
    indices = numbers.integers(-length, length, 40)
    rows = numbers.integers(-9, 9, (40, *columns)).astype(dtype)
    wanted = np.zeros((length, *columns), dtype)
    np.add.at(wanted, indices, rows)
    found = scatter_flat(indices, rows, length)
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("columns", [1, 3])
@pytest.mark.parametrize("junk", [np.nan, np.inf])
def test_what_is_not_finite_stays_in_its_row(columns, junk):
    rows = np.ones((4, columns), "float32")
    rows[1] = junk
    found = scatter_flat(np.array([0, 2, -1, 0]), rows, 4)
    np.testing.assert_array_equal(found[:, 0], [2, 0, junk, 1])


@pytest.mark.parametrize("columns", [1, 3])
def test_an_index_out_of_range_is_refused(columns):
    with pytest.raises(IndexError, match="4"):
        scatter_flat(np.array([0, 4]), np.ones((2, columns), "float32"), 4)
