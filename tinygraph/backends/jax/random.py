"""The numbers that `tinygraph.ops.philox` draws, in arithmetic of 32 bits.

Where x64 is off, what NumPy rounds from float64 comes from float32: uniform numbers and
Bernoulli's stay the same, normal ones agree to rounding.
"""

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from tinygraph.backends.jax.kernels import Array, held
from tinygraph.ops.philox import INCREMENTS, MULTIPLIERS, ROUNDS, stable_hash

Word = tuple[Any, Any]
"""The upper and the lower half of 64 bits, 32 each."""

_LOW, _HALF = np.uint32(0xFFFF), np.uint32(16)


def _word(number: int) -> tuple[np.uint32, np.uint32]:
    return np.uint32(number >> 32 & 0xFFFFFFFF), np.uint32(number & 0xFFFFFFFF)


def _xor(*words: Word) -> Word:
    upper, lower = words[0]
    for high, low in words[1:]:
        upper, lower = upper ^ high, lower ^ low
    return upper, lower


def _plus(a: Array, b: Array) -> Word:
    """Return what is carried, and the sum."""
    total = a + b
    return (total < a).astype(jnp.uint32), total


def _of_halves(a: Array, b: Array) -> Word:
    """Return the product of two numbers of 32 bits, from four parts."""
    a0, a1, b0, b1 = a & _LOW, a >> _HALF, b & _LOW, b >> _HALF
    first = a1 * b0 + (a0 * b0 >> _HALF)
    second = a0 * b1 + (first & _LOW)
    return a1 * b1 + (first >> _HALF) + (second >> _HALF), a * b


def _product(a: Word, b: Word) -> tuple[Word, Word]:
    """Return the upper and the lower word of the product of two."""
    (a1, a0), (b1, b0) = a, b
    (p01, p00), (p11, p10) = _of_halves(a0, b0), _of_halves(a0, b1)
    (q11, q10), (r11, r10) = _of_halves(a1, b0), _of_halves(a1, b1)
    carry, r1 = _plus(p01, p10)
    more, r1 = _plus(r1, q10)
    carry, r2 = carry + more, p11
    up0, r2 = _plus(r2, q11)
    up1, r2 = _plus(r2, r10)
    up2, r2 = _plus(r2, carry)
    return (r11 + up0 + up1 + up2, r2), (r1, p00)


def _keys(seed: Array, name: str) -> tuple[Word, Word]:
    """Return both keys of all rounds, along a leading axis."""
    first = [_word(i * INCREMENTS[0]) for i in range(ROUNDS)]
    second = [_word(stable_hash(name) + i * INCREMENTS[1]) for i in range(ROUNDS)]
    upper, lower = (np.array(part) for part in zip(*first, strict=True))
    carry, low = _plus(jnp.asarray(lower), jnp.asarray(seed).astype(jnp.uint32))
    k1 = tuple(jnp.asarray(np.array(part)) for part in zip(*second, strict=True))
    return (upper + carry, low), (k1[0], k1[1])


def _philox(counter: tuple[Word, ...], keys: tuple[Word, Word]) -> tuple[Word, ...]:
    """Return four words of random bits a counter."""
    m0, m1 = map(_word, MULTIPLIERS)

    def one_round(i: Array, words: tuple[Word, ...]) -> tuple[Word, ...]:
        c0, c1, c2, c3 = words
        (up0, down0), (up1, down1) = _product(m0, c0), _product(m1, c2)
        k0, k1 = ((upper[i], lower[i]) for upper, lower in keys)
        return _xor(up1, c1, k0), down1, _xor(up0, c3, k1), down0

    found: tuple[Word, ...] = jax.lax.fori_loop(0, ROUNDS, one_round, counter)
    return found


def _halves(name: str, seed: Array, step: Array, count: int) -> Array:
    """Return `(count, 2)` random numbers of 32 bits of a step, lower halves first."""
    step = jnp.asarray(step)
    low = step.astype(jnp.uint32)
    high = (step >> 32).astype(jnp.uint32) if step.dtype.itemsize > 4 else 0 * low
    places = jnp.arange(1, -(-count // 4) + 1, dtype=jnp.uint32)
    none = jnp.zeros_like(places)
    steps = none + high, none + low
    counter = (none, places), (none, none), steps, (none, none)
    lanes = _philox(counter, _keys(seed, name))
    pairs = jnp.stack([half for upper, lower in lanes for half in (lower, upper)], -1)
    return pairs.reshape(-1, 2)[:count]


def _words(name: str, seed: Array, step: Array, size: int) -> Array:
    """Return random numbers of 32 bits, two of a word."""
    return _halves(name, seed, step, -(-size // 2)).reshape(-1)[:size]


def uniform(step: Array, seed: Array, key: Any, shape: Any, dtype: Any) -> Array:
    """Numbers in [0, 1): as many top bits as the dtype holds."""
    size, kind = math.prod(shape), held(dtype)
    if kind == np.float64:
        w = _halves(key.name, seed, step, size)
        lower = (w[:, 0] >> np.uint32(11)).astype(kind) * 2.0**-53
        return (w[:, 1].astype(kind) * 2.0**-32 + lower).reshape(shape)
    bits = int(jnp.finfo(kind).nmant) + 1
    top = _words(key.name, seed, step, size) >> np.uint32(32 - bits)
    drawn = top.astype(jnp.float32) * np.float32(2.0**-bits)
    return drawn.astype(kind).reshape(shape)


def normal(step: Array, seed: Array, key: Any, shape: Any, dtype: Any) -> Array:
    """Standard normal numbers (Box & Muller, 1958), each of a word's halves."""
    w = _halves(key.name, seed, step, math.prod(shape)).astype(held("float64"))
    u1, u2 = ((w[:, i] + 0.5) * 2.0**-32 for i in (0, 1))
    drawn = jnp.sqrt(-2 * jnp.log(u1)) * jnp.cos(2 * np.pi * u2)
    return drawn.astype(held(dtype)).reshape(shape)


def bernoulli(
    p: Array, step: Array, seed: Array, key: Any, shape: Any, dtype: Any
) -> Array:
    """Ones where 32 random bits are below p: exact in either width."""
    drawn = _words(key.name, seed, step, math.prod(shape)).reshape(shape)
    p = p if p.dtype.kind == "f" else p.astype(held("float64"))
    p = p.astype(jnp.float32) if p.dtype.itemsize < 4 else p
    limit = jnp.ceil(jnp.where((p > 0) & (p < 1), p, 0) * 2.0**32)
    below = (p > 0) & (drawn < limit.astype(jnp.uint32))
    return ((p >= 1) | below).astype(held(dtype))


def categorical(logits: Array, step: Array, seed: Array, key: Any) -> Array:
    """argmax(logits + Gumbel noise), the noise -log(-log u)."""
    wide = held("float64")
    drawn = _words(key.name, seed, step, math.prod(logits.shape))
    u = ((drawn >> np.uint32(8)).astype(wide) + 0.5) * 2.0**-24
    u = jnp.minimum(u, 1 - float(jnp.finfo(wide).epsneg))
    noise = -jnp.log(-jnp.log(u)).reshape(logits.shape)
    return jnp.argmax(logits.astype(wide) + noise, -1)
