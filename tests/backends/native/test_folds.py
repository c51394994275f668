"""Rows folded by the elementwise functions: what LLVM makes of them in vectors."""

import numpy as np
import pytest

from tests.backends.native.kit import MachineCode

FOLDED = """
def run(n, x, out):
    most = x[0]
    least = x[0]
    for k in range(n):
        most = maximum(most, x[k])
        least = minimum(least, x[k])
    out[0] = most
    out[1] = least
    return 0
"""
SOFTENED = """
def run(n, x, out):
    most = x[0]
    for k in range(n):
        most = maximum(most, x[k])
    total = x[0] - x[0]
    for k in range(n):
        total = plus(total, exp(x[k] - most))
    out[0] = most + log(total)
    return 0
"""


def called(run, x):
    out = np.zeros(2, x.dtype)
    run(x, out)
    return tuple(out)


@pytest.fixture(scope="module")
def folded():
    run = MachineCode(FOLDED)
    return lambda x: called(run, x)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32"])
def test_greatest_and_smallest_of_a_row(folded, dtype):
    rng = np.random.default_rng(0)
    for size in (1, 2, 15, 16, 17, 64, 65, 130):
        x = (rng.normal(size=size) * 100).astype(dtype)
        assert folded(x) == (x.max(), x.min())


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_one_nan_is_the_greatest_and_the_smallest(folded, dtype):
    for size in (1, 17, 130):
        for place in {0, size // 2, size - 1}:
            x = np.full(size, -np.inf, dtype)
            assert folded(x) == (-np.inf, -np.inf)
            x[place] = np.nan
            assert np.isnan(folded(x)).all()


def test_logsumexp_of_a_row():
    run = MachineCode(SOFTENED)
    rng = np.random.default_rng(1)
    for size in (1, 16, 65, 1000):
        x = (rng.normal(size=size) * 30).astype("float32")
        wide = x.astype("float64")
        right = np.log(np.exp(wide - wide.max()).sum()) + wide.max()
        np.testing.assert_allclose(called(run, x)[0], right, rtol=1e-6)
    assert called(run, np.array([0, -np.inf, -np.inf], "float32"))[0] == 0
