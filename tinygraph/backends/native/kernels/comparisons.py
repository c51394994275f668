"""Elementwise operations that NumPy and LLVM (or Python) understand differently.

Written for one Value each, floats and integers alike: maximum and minimum hand NaN
on, division by the integer 0 gives 0, floor division and remainder follow Python's
signs, -0 and infinities go as in NumPy.
"""

from tinygraph.backends.native.kernels.ir_values import F32, F64, Value

_FLOATS = (F32, F64)


def maximum(x: Value, y: Value) -> Value:
    """Return the greater; NaN where one is NaN. LLVM knows it as a reduction too."""
    if x.type in _FLOATS:
        return x.call("llvm.maximum", y, flags=("nsz",))
    return (x > y).choose(x, y)


def minimum(x: Value, y: Value) -> Value:
    """Return the smaller; NaN where one is NaN."""
    if x.type in _FLOATS:
        return x.call("llvm.minimum", y, flags=("nsz",))
    return (x < y).choose(x, y)


def relu(x: Value) -> Value:
    """Return max(x, 0); NaN stays."""
    return (x < 0).choose(0, x)


def sign(x: Value) -> Value:
    """Return -1, 0 or 1; NaN stays."""
    below = (x < 0).choose(x.constant(-1), x.constant(0))
    found = (x > 0).choose(1, below)
    return x.differs(x).choose(x, found) if x.type in _FLOATS else found


def absolute(x: Value) -> Value:
    """Return |x|; the smallest integer stays itself."""
    return x.call("llvm.fabs") if x.type in _FLOATS else (x < 0).choose(0 - x, x)


def floor_divide(x: Value, y: Value) -> Value:
    """Return x // y, rounded towards minus infinity."""
    return _float_parts(x, y)[0] if x.type in _FLOATS else _whole_parts(x, y)[0]


def remainder(x: Value, y: Value) -> Value:
    """Return x % y with the sign of y."""
    return _float_parts(x, y)[1] if x.type in _FLOATS else _whole_parts(x, y)[1]


def _float_parts(x: Value, y: Value) -> tuple[Value, Value]:
    """Quotient and remainder as NumPy's `npy_divmod` finds them."""
    left = Value(x.builder, x.builder.frem(x.raw, y.raw))
    quotient = (x - left) / y
    other_sign = ((y < 0).differs(left < 0)) & left.differs(0)
    rest = other_sign.choose(left + y, left)
    rest = rest.equals(0).choose(x.constant(0).call("llvm.copysign", y), rest)
    quotient = other_sign.choose(quotient - 1, quotient)
    whole = quotient.call("llvm.floor")
    whole = (quotient - whole > 0.5).choose(whole + 1, whole)
    zero = x.constant(0).call("llvm.copysign", x / y)
    whole = quotient.equals(0).choose(zero, whole)
    by_zero = y.equals(0)
    return by_zero.choose(x / y, whole), by_zero.choose(left, rest)


def _whole_parts(x: Value, y: Value) -> tuple[Value, Value]:
    """Quotient and remainder of integers: 0 and 0 where y is 0; -x and 0 for -1.

    The hardware traps at both, so it never sees them.
    """
    build = x.builder
    zero, minus = y.equals(0), y.equals(-1)
    safe = (zero | minus).choose(1, y)
    quotient = Value(build, build.sdiv(x.raw, safe.raw))
    rest = Value(build, build.srem(x.raw, safe.raw))
    other_sign = ((safe < 0).differs(rest < 0)) & rest.differs(0)
    quotient = other_sign.choose(quotient - 1, quotient)
    rest = other_sign.choose(rest + safe, rest)
    quotient = zero.choose(0, minus.choose(0 - x, quotient))
    return quotient, (zero | minus).choose(0, rest)


def power(x: Value, y: Value) -> Value:
    """Return x ** y of floats by the C library's pow."""
    return x.call("llvm.pow", y)
