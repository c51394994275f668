"""exp, expm1, sigmoid, tanh, softplus in float32, as straight-line code.

Without a branch or a call LLVM turns a loop over a row into vector instructions.
e^x = 2ⁿ e^r with n the whole number nearest to x / ln 2 and |r| <= ln 2 / 2 (Cody
and Waite, 1980); the polynomial is a minimax fit of the relative error (Lawson's
iteration). Measured errors are listed in docs/decisions/kernels.md. float64 calls the
C library.
"""

from tinygraph.backends.numba.kernels.emitting import Value, polynomial
from tinygraph.backends.numba.kernels.logarithms import log1p

_LOG2_E = 1.4426950408889634
_LN2_HIGH = 0.693359375
_LN2_LOW = -2.12194440e-4
_MAGIC = 12582912.0
"""1.5 · 2²³: added to |x| < 2²², it leaves the nearest whole number in the low bits."""
_E_TO_THE_R = (
    *(0.4999999403953552, 0.1666652113199234, 0.04166838899254799),
    *(0.008368735201656818, 0.0013814560370519757),
)
"""e^r = 1 + r + r² q(r), relative error 3e-9."""


def _limited(x: Value, low: float, high: float) -> Value:
    """Return x within [low, high]; NaN stays."""
    x = (x > high).choose(high, x)
    return (x < low).choose(low, x)


def _reduced(x: Value) -> tuple[Value, Value]:
    """Split x = n ln 2 + r: the integer n and e^r - 1."""
    shifted = x * _LOG2_E + _MAGIC
    whole = shifted - _MAGIC
    r = (x - whole * _LN2_HIGH) - whole * _LN2_LOW
    n = shifted.bits() - x.constant(_MAGIC).bits()
    return n, r * r * polynomial(r, _E_TO_THE_R) + r


def _power_of_two(n: Value) -> Value:
    """Return 2ⁿ for -127 < n <= 128; 2¹²⁸ is infinite, 2⁻¹²⁷ zero."""
    return ((n + 127) << 23).as_float()


def exp(x: Value) -> Value:
    """Return e^x; 2ⁿ in two factors reaches subnormal results and 3.4e38."""
    n, tail = _reduced(_limited(x, -104.0, 89.0))
    half = n >> 1
    return (1.0 + tail) * _power_of_two(half) * _power_of_two(n - half)


def sigmoid(x: Value) -> Value:
    """Return 1 / (1 + e^-x); 0 where e^-x passes 2¹²⁷·√2, below x = -88.4."""
    n, tail = _reduced(_limited(-x, -87.0, 89.0))
    return 1.0 / ((1.0 + tail) * _power_of_two(n) + 1.0)


def expm1(x: Value) -> Value:
    """Return e^x - 1 = 2ⁿ (e^r - 1) + (2ⁿ - 1); halved, so that 2¹²⁸ fits."""
    n, tail = _reduced(_limited(x, -18.0, 89.0))
    scale = _power_of_two(n - 1)
    large = (scale * tail + (scale - 0.5)) * 2.0
    tiny = x.call("llvm.fabs") < 2.0**-25
    return tiny.choose(x, large)


def tanh(x: Value) -> Value:
    """Return tanh x = -m / (m + 2) with m = e^(-2|x|) - 1, and the sign of x."""
    n, tail = _reduced(_limited(x.call("llvm.fabs") * -2.0, -20.0, 0.0))
    scale = _power_of_two(n)
    m = scale * tail + (scale - 1.0)
    return (-m / (m + 2.0)).call("llvm.copysign", x)


def softplus(x: Value) -> Value:
    """Return log(1 + e^x) = max(x, 0) + log1p(e^-|x|)."""
    return (x < 0.0).choose(0.0, x) + log1p(exp(-x.call("llvm.fabs")))
