"""Rows folded by the elementwise functions: what LLVM makes of them in vectors."""

import numpy as np
import pytest

from tests.backends.native.kit import FLAGS

numba = pytest.importorskip("numba")
scalars = pytest.importorskip("tinygraph.backends.native.kernels.intrinsics")

SOURCE = """
def folded(x):
    most = least = x[0]
    for k in range(x.size):
        most = maximum(most, x[k])
        least = minimum(least, x[k])
    return most, least

def softened(x):
    most = x[0]
    for k in range(x.size):
        most = maximum(most, x[k])
    total = x[0] - x[0]
    for k in range(x.size):
        total += exp(x[k] - most)
    return most + log(total)
"""


def compiled(name, **options):
    space = dict(scalars.compiled_names())
    exec(SOURCE, space)
    return numba.njit(space[name], **{**FLAGS, **options})


@pytest.fixture(scope="module")
def folded():
    return compiled("folded")


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
    run = compiled("softened", fastmath={"contract", "reassoc"})
    rng = np.random.default_rng(1)
    for size in (1, 16, 65, 1000):
        x = (rng.normal(size=size) * 30).astype("float32")
        wide = x.astype("float64")
        right = np.log(np.exp(wide - wide.max()).sum()) + wide.max()
        np.testing.assert_allclose(run(x), right, rtol=1e-6)
    assert run(np.array([0, -np.inf, -np.inf], "float32")) == 0
