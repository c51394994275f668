"""Errors of the elementwise functions over all exponents, and their special values."""

import numpy as np
import pytest

from tests.backends.native.kit import row_loop

ULPS = {  # measured, see docs/decisions/kernels.md
    "exp": 1.01,
    "expm1": 1.45,
    "log": 0.84,
    "log1p": 1.45,
    "tanh": 2.5,
    "sigmoid": 2.5,
    "softplus": 2.0,
    "sqrt": 0.5,
}
ABSOLUTE = 3e-7
EXACT = {
    "exp": np.exp,
    "expm1": np.expm1,
    "log": np.log,
    "log1p": np.log1p,
    "tanh": np.tanh,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "softplus": lambda x: np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))),
    "sqrt": np.sqrt,
}
NAMES = list(EXACT)


@pytest.fixture(scope="module")
def functions():
    """All functions of one row of numbers, compiled once per dtype."""
    run = row_loop([f"{n}(x0)" for n in NAMES], 1)

    def apply(x):
        outputs = [np.full_like(x, 7) for _ in NAMES]
        run(x, *outputs)
        return dict(zip(NAMES, outputs, strict=True))

    return apply


def exact(name, x):
    with np.errstate(all="ignore"):
        return EXACT[name](x.astype(np.float64))


def test_errors_over_all_float32(functions):
    """Every 4001st of all 2³² bit patterns: all exponents, both signs, all NaNs."""
    x = np.arange(0, 2**32, 4001, dtype=np.uint64).astype(np.uint32).view(np.float32)
    for name, got in functions(x).items():
        wanted = exact(name, x)
        with np.errstate(all="ignore"):
            rounded = wanted.astype(np.float32)
        np.testing.assert_array_equal(np.isnan(got), np.isnan(rounded), name)
        edge = np.isinf(got) | np.isinf(rounded)
        np.testing.assert_array_equal(got[edge], rounded[edge], name)
        plain = ~(edge | np.isnan(rounded))
        error = np.abs(got[plain].astype(np.float64) - wanted[plain])
        spacing = np.spacing(np.maximum(np.abs(rounded[plain]), np.float32(2**-126)))
        ulps = error / spacing
        subnormal = (name == "sigmoid") & (np.abs(wanted[plain]) < 2**-126)
        assert ulps[~subnormal].max() <= ULPS[name], name
        close = (ulps <= 4) | (error <= ABSOLUTE)
        assert close.all(), name


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_special_values(functions, dtype):
    inf, nan = np.inf, np.nan
    x = np.array([0.0, -0.0, inf, -inf, nan, 1000.0, -1000.0], dtype)
    wanted = {
        "exp": [1, 1, inf, 0, nan, inf, 0],
        "expm1": [0.0, -0.0, inf, -1, nan, inf, -1],
        "log": [-inf, -inf, inf, nan, nan, np.log(1000), nan],
        "log1p": [0.0, -0.0, inf, nan, nan, np.log(1001), nan],
        "tanh": [0.0, -0.0, 1, -1, nan, 1, -1],
        "sigmoid": [0.5, 0.5, 1, 0, nan, 1, 0],
        "softplus": [np.log(2), np.log(2), inf, 0, nan, 1000, 0],
        "sqrt": [0.0, -0.0, inf, nan, nan, np.sqrt(1000), nan],
    }
    for name, got in functions(x).items():
        right = np.array(wanted[name], dtype)
        np.testing.assert_allclose(got, right, rtol=2e-7, err_msg=name)
        number = ~np.isnan(right)
        np.testing.assert_array_equal(
            np.signbit(got)[number], np.signbit(right)[number], name
        )


def test_edges_of_overflow_and_underflow(functions):
    x = np.array([88.72283, 88.72284, -103.97208, -103.97209, -87.5], np.float32)
    got = functions(x)["exp"]
    assert np.isfinite(got[0])
    assert np.isinf(got[1])
    assert got[2] == np.float32(1e-45)
    assert got[3] == 0
    np.testing.assert_allclose(got[4], np.exp(-87.5), rtol=1e-6)


def test_no_value_of_tanh_and_sigmoid_leaves_its_range(functions):
    x = np.linspace(-20, 20, 1_000_001, dtype=np.float32)
    found = functions(x)
    assert np.abs(found["tanh"]).max() == 1
    assert found["sigmoid"].min() > 0
    assert found["sigmoid"].max() == 1


def test_float64_keeps_full_precision(functions):
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(size=5000) * scale for scale in (1e-6, 1, 30)])
    for name, got in functions(x).items():
        np.testing.assert_allclose(got, exact(name, x), rtol=1e-15, err_msg=name)


def test_the_logarithm_in_float64_over_all_exponents(functions):
    """Against extended precision: around 1, in subnormals, at both ends."""
    rng = np.random.default_rng(0)
    ends = [5e-324, 2.0**-1022, np.finfo(np.float64).max, 0.5, 2.0, np.sqrt(0.5)]
    x = np.concatenate(
        [
            np.exp(rng.uniform(-744, 709, 20_000)),
            1 + rng.normal(size=20_000) * 2.0 ** rng.uniform(-50, -1, 20_000),
            rng.random(20_000),
            ends,
        ]
    )
    x = x[(x > 0) & (x != 1)]
    wanted = np.log(x.astype(np.longdouble))
    error = np.abs(functions(x)["log"] - wanted)
    assert (error / np.spacing(np.abs(wanted).astype(np.float64))).max() < 0.85
