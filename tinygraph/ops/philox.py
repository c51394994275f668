"""Philox4x64-10 (Salmon et al., 2011): random bits as a pure function of a counter.

Every number of a random node is a function of (seed, name of the node, absolute
step, index of the element), so folded, unrolled, chunked and sharded runs draw the
same numbers in any order. The words of a step are those that NumPy's own generator
gives: `np.random.Philox(key=[seed, hash], counter=[0, 0, step, 0]).random_raw()`.
"""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

STREAM = "philox4x64-10"
"""The name of what is drawn; another one draws other numbers from the same seed."""

MULTIPLIERS = (0xD2E7470EE14C6C93, 0xCA5A826395121157)
INCREMENTS = (0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B)
ROUNDS = 10
_MASK = 2**64 - 1
_LOW, _HALF = np.uint64(0xFFFFFFFF), np.uint64(32)

FEW, MANY = 8, 256
"""Up to FEW blocks a step, MANY steps are computed faster together than one by one."""
CACHED = 2**12
"""Blocks whose rounds are computed together: their arrays stay in the cache."""


def stable_hash(name: str) -> int:
    """Return 32 bits that depend on nothing but the name."""
    import hashlib  # loads OpenSSL, which takes longer than the rest of this module

    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=4).digest(), "big")


def round_keys(key: tuple[int, int]) -> list[tuple[int, int]]:
    """Return the keys of all rounds, the given one first."""
    return [
        (
            (key[0] + i * INCREMENTS[0]) & _MASK,
            (key[1] + i * INCREMENTS[1]) & _MASK,
        )
        for i in range(ROUNDS)
    ]


def _product(factor: int, x: Any) -> tuple[Any, Any]:
    """Return the upper and the lower 64 bits of a product, by halves of 32 bits."""
    low, high = np.uint64(factor & 0xFFFFFFFF), np.uint64(factor >> 32)
    right, left = x & _LOW, x >> _HALF
    middle = high * right + (low * right >> _HALF)
    other = low * left + (middle & _LOW)
    upper = high * left + (middle >> _HALF) + (other >> _HALF)
    return upper, np.uint64(factor) * x


def philox(
    counter: tuple[Any, Any, Any, Any], key: tuple[int, int]
) -> tuple[Any, Any, Any, Any]:
    """Return four arrays of 64 random bits (uint64) for arrays of counters."""
    c0, c1, c2, c3 = (np.atleast_1d(np.asarray(c, np.uint64)) for c in counter)
    for k0, k1 in round_keys(key):
        (up0, down0), (up1, down1) = (
            _product(factor, c) for factor, c in zip(MULTIPLIERS, (c0, c2), strict=True)
        )
        c0, c1 = up1 ^ c1 ^ np.uint64(k0), down1
        c2, c3 = up0 ^ c3 ^ np.uint64(k1), down0
    return c0, c1, c2, c3


class _Generators(threading.local):
    """NumPy's generator, one for each thread: making one takes longer than seeking.

    It is made at the first draw: NumPy loads what it needs for it no sooner.
    """

    philox: Any = None
    state: Any = None

    def draw(self, key: tuple[int, int], step: int, count: int) -> Any:
        """Return the first words of a step."""
        if self.philox is None:
            self.philox = np.random.Philox(key=0)
            self.state = self.philox.state
        inner = self.state["state"]
        inner["key"][:] = key
        inner["counter"][:] = 0, 0, step, 0
        self.philox.state = self.state
        return self.philox.random_raw(count)


_GENERATORS = _Generators()


def words(key: tuple[int, int], step: int, count: int) -> Any:
    """Return the first `count` random words of 64 bits of a step."""
    return _GENERATORS.draw(key, step, count)


def _together(key: tuple[int, int], steps: Any, count: int) -> Any:
    """Return the words of many steps: NumPy counts the blocks of four from 1."""
    zero, blocks = np.zeros(1, np.uint64), -(-count // 4)
    places = np.arange(1, blocks + 1, dtype=np.uint64)
    counter = places, zero, steps.astype(np.uint64)[:, np.newaxis], zero
    lanes = np.stack(np.broadcast_arrays(*philox(counter, key)), -1)
    return lanes.reshape(len(steps), 4 * blocks)[:, :count]


def _parts(key: tuple[int, int], steps: Any, count: int) -> Iterator[tuple[Any, Any]]:
    """Yield the index of some steps and their words, `count` each, cached ones."""
    if steps.ndim == 0:
        yield (), words(key, int(steps), count)
    elif len(steps) < MANY or count > 4 * FEW:
        for i, each in enumerate(steps.tolist()):
            yield i, words(key, each, count)
    else:
        stretch = CACHED // FEW
        for i in range(0, len(steps), stretch):
            part = slice(i, i + stretch)
            yield part, _together(key, steps[part], count)


def _drawn(
    key: tuple[int, int],
    step: Any,
    size: int,
    dtype: Any,
    half: bool,
    value: Callable[[Any, Any], Any],
) -> Any:
    """Return `(*step.shape, size)` numbers, each made of one word.

    Args:
        step: the number of a step, or of several.
        half: a word has 32 bits: the lower half of one of 64, or the upper one.
        value: from words and the index of their steps to numbers.
    """
    steps: Any = np.asarray(step, np.int64)
    out = np.empty((*steps.shape, size), dtype)
    count = -(-size // 2) if half else size
    for index, found in _parts(key, steps, count):
        if half:
            found = _halves(found)[..., :size]
        out[index] = value(found, index)
    return out


def _halves(found: Any) -> Any:
    return np.ascontiguousarray(found, "<u8").view("<u4")


def uniform(key: tuple[int, int], step: Any, size: int, dtype: Any) -> Any:
    """Return uniform numbers in [0, 1): as many top bits as the dtype holds.

    These are 24 of 32 for float32, and 53 of 64 for float64.
    """
    bits, wide = np.finfo(dtype).nmant + 1, np.dtype(dtype) == np.float64
    down = (np.uint64 if wide else np.uint32)((64 if wide else 32) - bits)
    found = _drawn(key, step, size, dtype, not wide, lambda w, _: w >> down)
    found *= found.dtype.type(2.0**-bits)
    return found


def bernoulli(
    key: tuple[int, int], step: Any, size: int, dtype: Any, chance: Any
) -> Any:
    """Return ones where uniform numbers of 32 bits are less than a chance.

    Args:
        chance: broadcasts to `(*step.shape, size)`.
    """
    limit = np.multiply(chance, 2.0**32, dtype=np.float64)
    if limit.size == 1:
        limit = limit.reshape(())
        return _drawn(key, step, size, dtype, True, lambda w, _: w < limit)
    limit = np.broadcast_to(limit, (*np.shape(step), size))
    return _drawn(key, step, size, dtype, True, lambda w, i: w < limit[i])


def open_uniform(key: tuple[int, int], step: Any, size: int) -> Any:
    """Return float64 numbers in (0, 1), both ends left out, of 24 bits."""
    down = np.uint32(8)
    found = _drawn(key, step, size, np.float64, True, lambda w, _: w >> down)
    return (found + 0.5) * 2.0**-24


def normal(key: tuple[int, int], step: Any, size: int, dtype: Any) -> Any:
    """Return standard normal numbers (Box & Muller, 1958), each of a word's halves."""

    def value(found: Any, _: Any) -> Any:
        u1, u2 = ((_halves(found)[..., i::2] + 0.5) * 2.0**-32 for i in (0, 1))
        return np.sqrt(-2 * np.log(u1)) * np.cos(2 * np.pi * u2)

    return _drawn(key, step, size, dtype, False, value)
