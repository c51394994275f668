"""Random numbers of generated code, each made of random bits: the same as NumPy's.

The bits come from `random_bits`; 32 of them, a half, or 64, a word. See
`tinygraph.ops.philox` for the arrays.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from tinygraph.backends.native.kernels.ir_values import F32, F64, I32, I64, Value

_SIGN = -(2**31)


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
    return -(-u.call_library("log")).call_library("log")


def normal(word: Value) -> Value:
    """Return a standard normal number (Box and Muller, 1958)."""
    u1, u2 = (
        (_unsigned(each.cut(I32)) + 0.5) * 2.0**-32
        for each in (word, word.shifted_down(32))
    )
    length = (u1.call_library("log") * -2.0).call("llvm.sqrt")
    return length * (u2 * (2 * math.pi)).call("llvm.cos")


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
    "normal": Draw(normal, I64, F64),
}
