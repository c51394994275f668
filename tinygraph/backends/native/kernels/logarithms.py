"""log and log1p: in float32 straight-line code, in float64 the C library's.

x = 2ᵉ m with √½ <= m < √2, log x = e ln 2 + log m, and log(1 + f) by a minimax
polynomial (the scheme of Cephes' logf; Moshier, 1992).
"""

from tinygraph.backends.native.kernels.ir_values import F64, Value, polynomial

_LN2_HIGH = 0.693359375
_LN2_LOW = -2.12194440e-4
_LOG_OF_M = (
    *(0.3333331346511841, -0.25000008940696716, 0.2000211924314499),
    *(-0.1666799634695053, 0.14219552278518677, -0.1240558922290802),
    *(0.11888162046670914, -0.11675652116537094, 0.06746640801429749),
)
"""log(1 + f) = f - f²/2 + f³ p(f), relative error 7.5e-10."""
_ROOT_OF_HALF = 0x3F3504F3
_SMALLEST_NORMAL = 2.0**-126


def log(x: Value) -> Value:
    """Return log x: -inf at 0, NaN below; a subnormal x is scaled by 2²³ first."""
    if x.type == F64:
        return x.call_library("log")
    subnormal = x < _SMALLEST_NORMAL
    bits = subnormal.choose(x * 2.0**23, x).bits() - _ROOT_OF_HALF
    m = ((bits & 0x7FFFFF) + _ROOT_OF_HALF).as_float()
    exponent = (bits >> 23) - subnormal.choose(bits.constant(23), 0)
    e = exponent.to_float(x.type)
    f = m - 1.0
    tail = f * f * f * polynomial(f, _LOG_OF_M) + e * _LN2_LOW - f * f * 0.5
    found = (f + tail) + e * _LN2_HIGH
    found = (x < float("inf")).choose(found, x)
    found = (x < 0.0).choose(float("nan"), found)
    return x.equals(0.0).choose(float("-inf"), found)


def log1p(x: Value) -> Value:
    """Return log(1 + x) = log u + (x - (u - 1)) / u with u = 1 + x rounded."""
    if x.type == F64:
        return x.call_library("log1p")
    u = x + 1.0
    found = log(u) + (x - (u - 1.0)) / u
    plain = (u > 0.0) & (u < float("inf")) & u.differs(1.0)
    edge = u.equals(0.0).choose(float("-inf"), x)
    return plain.choose(found, (x < -1.0).choose(float("nan"), edge))
