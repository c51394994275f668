"""exp, expm1, sigmoid, tanh, softplus as straight-line code, in float32 and float64.

Without a branch or a call LLVM turns a loop over a row into vector instructions.
e^x = 2ⁿ e^r with n the whole number nearest to x / ln 2 and |r| <= ln 2 / 2 (Cody
and Waite, 1980); e^r by a polynomial, near-minimax in the relative error. Measured
errors are listed in docs/decisions/kernels.md.
"""

from typing import NamedTuple

from tinygraph.backends.native.kernels.ir_values import F32, F64, Value, polynomial
from tinygraph.backends.native.kernels.logarithms import log1p

_LOG2_E = 1.4426950408889634


class _Format(NamedTuple):
    """What the formulas need to know of a floating-point format.

    Attributes:
        mantissa, bias: bits of the mantissa, and what is added to the exponent.
        ln2: in two parts; n times the first is exact.
        tail: the q of e^r = 1 + r + r² q(r).
        lowest, highest: e^x is 0 below and infinite above.
        normal: e^x is a normal number above.
        ending: e^x vanishes beside 1 below.
    """

    mantissa: int
    bias: int
    ln2: tuple[float, float]
    tail: tuple[float, ...]
    lowest: float
    highest: float
    normal: float
    ending: float

    @property
    def magic(self) -> float:
        """1.5 · 2ᵐ: added to a number, it leaves the nearest whole one in the bits."""
        return 1.5 * 2.0**self.mantissa


_FORMATS = {
    F32: _Format(
        mantissa=23,
        bias=127,
        ln2=(0.693359375, -2.12194440e-4),
        tail=(
            *(0.4999999403953552, 0.1666652113199234, 0.04166838899254799),
            *(0.008368735201656818, 0.0013814560370519757),
        ),
        lowest=-104.0,
        highest=89.0,
        normal=-87.0,
        ending=-20.0,
    ),
    F64: _Format(
        mantissa=52,
        bias=1023,
        ln2=(6.93147180369123816490e-01, 1.90821492927058770002e-10),
        tail=(
            *(0.5, 0.1666666666666667, 0.04166666666666667, 0.008333333333326112),
            *(0.001388888888888373, 0.0001984126987490126, 2.4801587325605324e-05),
            *(2.7557255297969643e-06, 2.755727357010214e-07, 2.5105259538448494e-08),
            2.0914717341716378e-09,
        ),
        lowest=-746.0,
        highest=710.0,
        normal=-708.0,
        ending=-44.0,
    ),
}
"""Relative errors of the polynomials: 3e-9 and 8e-19."""


def _limited(x: Value, low: float, high: float) -> Value:
    """Return x within [low, high]; NaN stays."""
    x = (x > high).choose(high, x)
    return (x < low).choose(low, x)


def _reduced(x: Value) -> tuple[Value, Value]:
    """Split x = n ln 2 + r: the integer n and e^r - 1."""
    known = _FORMATS[x.type]
    high, low = known.ln2
    shifted = x * _LOG2_E + known.magic
    whole = shifted - known.magic
    r = (x - whole * high) - whole * low
    n = shifted.bits() - x.constant(known.magic).bits()
    return n, r * r * polynomial(r, known.tail) + r


def _power_of_two(n: Value, known: _Format) -> Value:
    """Return 2ⁿ, also for the n past the last exponent, which gives infinity."""
    return ((n + known.bias) << known.mantissa).as_float()


def exp(x: Value) -> Value:
    """Return e^x; 2ⁿ in two factors reaches subnormal and the greatest results."""
    known = _FORMATS[x.type]
    n, tail = _reduced(_limited(x, known.lowest, known.highest))
    half = n >> 1
    first, second = _power_of_two(half, known), _power_of_two(n - half, known)
    return (1.0 + tail) * first * second


def sigmoid(x: Value) -> Value:
    """Return 1 / (1 + e^-x); 0 where the result would be subnormal, or nearly so."""
    known = _FORMATS[x.type]
    n, tail = _reduced(_limited(-x, known.normal, known.highest))
    return 1.0 / ((1.0 + tail) * _power_of_two(n, known) + 1.0)


def expm1(x: Value) -> Value:
    """Return e^x - 1 = 2ⁿ (e^r - 1) + (2ⁿ - 1); halved, so that no 2ⁿ overflows."""
    known = _FORMATS[x.type]
    n, tail = _reduced(_limited(x, known.ending, known.highest))
    scale = _power_of_two(n - 1, known)
    large = (scale * tail + (scale - 0.5)) * 2.0
    tiny = x.call("llvm.fabs") < 2.0 ** -(known.mantissa + 2)
    return tiny.choose(x, large)


def tanh(x: Value) -> Value:
    """Return tanh x = -m / (m + 2) with m = e^(-2|x|) - 1, and the sign of x."""
    known = _FORMATS[x.type]
    n, tail = _reduced(_limited(x.call("llvm.fabs") * -2.0, known.ending, 0.0))
    scale = _power_of_two(n, known)
    m = scale * tail + (scale - 1.0)
    return (-m / (m + 2.0)).call("llvm.copysign", x)


def softplus(x: Value) -> Value:
    """Return log(1 + e^x) = max(x, 0) + log1p(e^-|x|)."""
    return (x < 0.0).choose(0.0, x) + log1p(exp(-x.call("llvm.fabs")))
