"""Random numbers of generated code, each made of random bits: the same as NumPy's.

The bits come from `random_bits`; 32 of them, a half, or 64, a word. See
`tinygraph.ops.philox` for the arrays.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from tinygraph.backends.native.kernels.ir_values import (
    F32,
    F64,
    I32,
    I64,
    Value,
    polynomial,
)
from tinygraph.backends.native.kernels.logarithms import log, log_of_share

_SIGN = -(2**31)
_COS, _SIN = (
    tuple((-1) ** k / math.factorial(2 * k + odd) for k in range(9)) for odd in (0, 1)
)
"""Taylor's series in the square of the angle: 2e-18 at an eighth of a turn."""


def _unsigned(half: Value) -> Value:
    """Return 32 bits as a float64 in [0, 2³²)."""
    return (half ^ _SIGN).to_float(F64) + 2.0**31


def chance(half: Value) -> Value:
    """Return a number in [0, 1) of 32 bits."""
    return _unsigned(half) * 2.0**-32


def uniform(half: Value) -> Value:
    """Return a number in [0, 1) of 24 bits."""
    return half.shifted_down(8).to_float(F32) * 2.0**-24


def uniform_64(word: Value) -> Value:
    """Return a number in [0, 1) of 53 bits."""
    return word.shifted_down(11).to_float(F64) * 2.0**-53


def gumbel(half: Value) -> Value:
    """Return -log(-log u), u in (0, 1) of 24 bits."""
    u = (half.shifted_down(8).to_float(F64) + 0.5) * 2.0**-24
    return -log(-log(u))


def normal(word: Value) -> Value:
    """Return a standard normal number in float32 (Box and Muller, 1958)."""
    first, second = word.cut(I32), word.shifted_down(32).cut(I32)
    u, rest = (_exactly(each) * 2.0**-32 for each in (first, ~first))
    length = (log_of_share(u, rest) * -2.0).call("llvm.sqrt")
    quarter = (second + 2**29).shifted_down(30)
    angle = (second - (quarter << 30)).to_float(F32) * (math.pi * 2.0**-31)
    return length * _turned(angle, quarter, 6)


def _exactly(half: Value) -> Value:
    """Return 32 bits and a half as a float32, small ones to all digits."""
    high, low = half.shifted_down(16), half & 0xFFFF
    return high.to_float(F32) * 65536.0 + (low.to_float(F32) + 0.5)


def normal_64(word: Value) -> Value:
    """Return a standard normal number in float64 (Box and Muller, 1958)."""
    u1, u2 = (
        (_unsigned(each.cut(I32)) + 0.5) * 2.0**-32
        for each in (word, word.shifted_down(32))
    )
    shifted = u2 * 4.0 + 1.5 * 2.0**52
    angle = (u2 - (shifted - 1.5 * 2.0**52) * 0.25) * (2 * math.pi)
    return (log(u1) * -2.0).call("llvm.sqrt") * _turned(angle, shifted.bits(), 9)


def _turned(angle: Value, quarter: Value, terms: int) -> Value:
    """Return the cosine of an angle of at most π/4 behind quarters of a turn."""
    z = angle * angle
    cos, sin = polynomial(z, _COS[:terms]), angle * polynomial(z, _SIN[:terms])
    found = (quarter & 1).equals(0).choose(cos, sin)
    return ((quarter + 1) & 2).equals(0).choose(found, -found)


class Draw(NamedTuple):
    """How a random number is made.

    Attributes:
        formula: from its bits.
        bits: I32 for a half, I64 for a word.
        given: the type of the number.
    """

    formula: Callable[[Value], Value]
    bits: Any
    given: Any


DRAWS: dict[str, Draw] = {
    "chance": Draw(chance, I32, F64),
    "uniform": Draw(uniform, I32, F32),
    "uniform_64": Draw(uniform_64, I64, F64),
    "gumbel": Draw(gumbel, I32, F64),
    "normal": Draw(normal, I64, F32),
    "normal_64": Draw(normal_64, I64, F64),
}
