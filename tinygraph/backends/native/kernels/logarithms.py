"""log and log1p as straight-line code; log1p in float64 is the C library's.

x = 2ᵉ m with √½ <= m < √2, log x = e ln 2 + log m. In float32 log(1 + f) is a minimax
polynomial (the scheme of Cephes' logf; Moshier, 1992), in float64 one in f / (2 + f)
(that of fdlibm's log; Sun Microsystems, 1993).
"""

from typing import NamedTuple

from tinygraph.backends.native.kernels.ir_values import F64, Value, polynomial

_LN2_HIGH = 0.693359375
_LN2_LOW = -2.12194440e-4
_LOG_OF_M = (
    *(0.3333331346511841, -0.25000008940696716, 0.2000211924314499),
    *(-0.1666799634695053, 0.14219552278518677, -0.1240558922290802),
    *(0.11888162046670914, -0.11675652116537094, 0.06746640801429749),
)
"""log(1 + f) = f - f²/2 + f³ p(f), relative error 7.5e-10."""
_LOG_OF_M_64 = (
    *(6.666666666666735130e-01, 3.999999999940941908e-01, 2.857142874366239149e-01),
    *(2.222219843214978396e-01, 1.818357216161805012e-01, 1.531383769920937332e-01),
    1.479819860511658591e-01,
)
"""log(1 + f) = f - f²/2 + s (f²/2 + z p(z)) with z = s², relative error 2⁻⁵⁸."""
_LN2_64 = (6.93147180369123816490e-01, 1.90821492927058770002e-10)


class _Format(NamedTuple):
    """What the logarithm needs to know of a floating-point format.

    Attributes:
        mantissa: its bits.
        smallest: the least normal number.
        root_of_half: the bits of √½.
    """

    mantissa: int
    smallest: float
    root_of_half: int


_SINGLE = _Format(23, 2.0**-126, 0x3F3504F3)
_DOUBLE = _Format(52, 2.0**-1022, 0x3FE6A09E667F3BCD)


def log(x: Value) -> Value:
    """Return log x: -inf at 0, NaN below."""
    wide = x.type == F64
    parts = _split(x, _DOUBLE if wide else _SINGLE)
    found = _double(*parts) if wide else _single(*parts)
    found = (x < float("inf")).choose(found, x)
    found = (x < 0.0).choose(float("nan"), found)
    return x.equals(0.0).choose(float("-inf"), found)


def _split(x: Value, known: _Format) -> tuple[Value, Value]:
    """Return the integer e, and m - 1; a subnormal x is scaled first."""
    subnormal = x < known.smallest
    scaled = subnormal.choose(x * 2.0**known.mantissa, x)
    bits = scaled.bits() - known.root_of_half
    m = ((bits & ((1 << known.mantissa) - 1)) + known.root_of_half).as_float()
    less = subnormal.choose(bits.constant(known.mantissa), 0)
    return (bits >> known.mantissa) - less, m - 1.0


def log_of_share(x: Value, rest: Value) -> Value:
    """Return log x of a float32 x in (0, 1), to all digits near 1 too.

    Args:
        rest: 1 - x, which says there what x does not.
    """
    exponent, f = _split(x, _SINGLE)
    near = exponent.equals(0)
    return _single(exponent, near.choose(-rest, f))


def _single(exponent: Value, f: Value) -> Value:
    e = exponent.to_float(f.type)
    tail = f * f * f * polynomial(f, _LOG_OF_M) + e * _LN2_LOW - f * f * 0.5
    return (f + tail) + e * _LN2_HIGH


def _double(exponent: Value, f: Value) -> Value:
    e = exponent.small_to_float()
    s, square = f / (f + 2.0), f * f * 0.5
    z = s * s
    high, low = _LN2_64
    tail = s * (square + z * polynomial(z, _LOG_OF_M_64)) + e * low
    return e * high - ((square - tail) - f)


def log1p(x: Value) -> Value:
    """Return log(1 + x) = log u + (x - (u - 1)) / u with u = 1 + x rounded."""
    if x.type == F64:
        return x.call_library("log1p")
    u = x + 1.0
    found = log(u) + (x - (u - 1.0)) / u
    plain = (u > 0.0) & (u < float("inf")) & u.differs(1.0)
    edge = u.equals(0.0).choose(float("-inf"), x)
    return plain.choose(found, (x < -1.0).choose(float("nan"), edge))
