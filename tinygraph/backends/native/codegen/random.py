"""Random numbers of generated code: one element at a time, the same as NumPy's.

Plain functions; see `kernels.random` for the compiled ones, and `tinygraph.ops.philox`
for the arrays.
"""

from typing import Any

import numpy as np

_M0, _M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_W0, _W1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
_LOW, _HALF = np.uint64(0xFFFFFFFF), np.uint64(32)


def word(seed: Any, name: Any, step: Any, number: Any) -> Any:
    """Return random word `number` of a step, 32 bits of key (seed, name)."""
    k0, k1 = np.uint64(seed), np.uint64(name)
    c0, c1 = np.uint64(number // 4), np.uint64(0)
    c2, c3 = np.uint64(step) & _LOW, np.uint64(step) >> _HALF
    for _ in range(10):
        p0, p1 = _M0 * c0, _M1 * c2
        c0, c2 = (p1 >> _HALF) ^ c1 ^ k0, (p0 >> _HALF) ^ c3 ^ k1
        c1, c3 = p1 & _LOW, p0 & _LOW
        k0, k1 = (k0 + _W0) & _LOW, (k1 + _W1) & _LOW
    lane = number % 4
    return c0 if lane == 0 else c1 if lane == 1 else c2 if lane == 2 else c3


def uniform(seed: Any, name: Any, step: Any, element: Any) -> Any:
    """Return a number in [0, 1) of 24 bits."""
    return np.float64(word(seed, name, step, element) >> np.uint64(8)) * 2.0**-24


def uniform_64(seed: Any, name: Any, step: Any, element: Any) -> Any:
    """Return a number in [0, 1) of 53 bits."""
    high = word(seed, name, step, 2 * element) << np.uint64(21)
    low = word(seed, name, step, 2 * element + 1) >> np.uint64(11)
    return np.float64(high ^ low) * 2.0**-53


def gumbel(seed: Any, name: Any, step: Any, element: Any) -> Any:
    """Return -log(-log u), u in (0, 1) of 24 bits."""
    top = word(seed, name, step, element) >> np.uint64(8)
    return -np.log(-np.log((np.float64(top) + 0.5) * 2.0**-24))


def normal(seed: Any, name: Any, step: Any, element: Any) -> Any:
    """Return a standard normal number (Box and Muller, 1958)."""
    u1 = (np.float64(word(seed, name, step, 2 * element)) + 0.5) * 2.0**-32
    u2 = (np.float64(word(seed, name, step, 2 * element + 1)) + 0.5) * 2.0**-32
    return np.sqrt(-2 * np.log(u1)) * np.cos(2 * np.pi * u2)


FUNCTIONS = (word, uniform, uniform_64, gumbel, normal)
