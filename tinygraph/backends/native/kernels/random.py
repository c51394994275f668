"""Random numbers of generated code, one element at a time: the same as NumPy's.

Philox4x32-10 (Salmon et al., 2011) on int64 numbers, whose upper halves are zeros; see
`tinygraph.ops.philox` for the arrays. The arguments: seed, name, step, element.
"""

import math
from collections.abc import Callable

from tinygraph.backends.native.kernels.ir_values import F64, Value

_M0, _M1 = 0xD2511F53, 0xCD9E8D57
_W0, _W1 = 0x9E3779B9, 0xBB67AE85
_LOW = 0xFFFFFFFF


def _word(seed: Value, name: Value, step: Value, number: Value) -> Value:
    """Return random word `number` of a step, 32 bits of key (seed, name)."""
    k0, k1 = seed, name
    c0, c1 = number.shifted_down(2) & _LOW, number.constant(0)
    c2, c3 = step & _LOW, step.shifted_down(32)
    for _ in range(10):
        p0, p1 = c0 * _M0, c2 * _M1
        c0, c2 = p1.shifted_down(32) ^ c1 ^ k0, p0.shifted_down(32) ^ c3 ^ k1
        c1, c3 = p1 & _LOW, p0 & _LOW
        k0, k1 = (k0 + _W0) & _LOW, (k1 + _W1) & _LOW
    lane = number & 3
    low = (lane & 1).equals(0)
    return (lane < 2).choose(low.choose(c0, c1), low.choose(c2, c3))


def uniform(seed: Value, name: Value, step: Value, element: Value) -> Value:
    """Return a number in [0, 1) of 24 bits."""
    top = _word(seed, name, step, element).shifted_down(8)
    return top.to_float(F64) * 2.0**-24


def uniform_64(seed: Value, name: Value, step: Value, element: Value) -> Value:
    """Return a number in [0, 1) of 53 bits."""
    high = _word(seed, name, step, element * 2) << 21
    low = _word(seed, name, step, element * 2 + 1).shifted_down(11)
    return (high ^ low).to_float(F64) * 2.0**-53


def gumbel(seed: Value, name: Value, step: Value, element: Value) -> Value:
    """Return -log(-log u), u in (0, 1) of 24 bits."""
    top = _word(seed, name, step, element).shifted_down(8)
    u = (top.to_float(F64) + 0.5) * 2.0**-24
    return -(-u.call_library("log")).call_library("log")


def normal(seed: Value, name: Value, step: Value, element: Value) -> Value:
    """Return a standard normal number (Box and Muller, 1958)."""
    first, second = (_word(seed, name, step, element * 2 + i) for i in (0, 1))
    u1 = (first.to_float(F64) + 0.5) * 2.0**-32
    u2 = (second.to_float(F64) + 0.5) * 2.0**-32
    length = (u1.call_library("log") * -2.0).call("llvm.sqrt")
    return length * (u2 * (2 * math.pi)).call("llvm.cos")


DRAWS: dict[str, Callable[[Value, Value, Value, Value], Value]] = {
    "uniform": uniform,
    "uniform_64": uniform_64,
    "gumbel": gumbel,
    "normal": normal,
}
