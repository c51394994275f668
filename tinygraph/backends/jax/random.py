"""The numbers that `tinygraph.ops.philox` draws, in arithmetic of 32 bits.

Where x64 is off, what NumPy rounds from float64 comes from float32: uniform numbers and
Bernoulli's stay the same, normal ones agree to rounding.
"""

import math
from collections.abc import Mapping
from typing import Any

import jax.numpy as jnp
import numpy as np

from tinygraph.backends.jax.kernels import Array, held
from tinygraph.ops.philox import stable_hash

_M0, _M1 = np.uint32(0xD2511F53), np.uint32(0xCD9E8D57)
_W0, _W1 = np.uint32(0x9E3779B9), np.uint32(0xBB67AE85)
_LOW, _HALF = np.uint32(0xFFFF), np.uint32(16)

Context = Mapping[str, Any]
"""The absolute step, the seed, and the attributes of a random node."""


def _product(a: np.uint32, b: Array) -> tuple[Array, Array]:
    """Return the high and the low 32 bits of a product, from its four parts."""
    a0, a1, b0, b1 = a & _LOW, a >> _HALF, b & _LOW, b >> _HALF
    first = a1 * b0 + (a0 * b0 >> _HALF)
    second = a0 * b1 + (first & _LOW)
    return a1 * b1 + (first >> _HALF) + (second >> _HALF), a * b


def _philox(counter: tuple[Array, ...], key: tuple[Array, Array]) -> tuple[Array, ...]:
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(10):
        (h0, l0), (h1, l1) = _product(_M0, c0), _product(_M1, c2)
        c0, c1, c2, c3 = h1 ^ c1 ^ k0, l1, h0 ^ c3 ^ k1, l0
        k0, k1 = k0 + _W0, k1 + _W1
    return c0, c1, c2, c3


def _words(name: str, seed: Array, step: Array, size: int, per: int) -> Array:
    """Return `(size, per)` random words of a node at a step."""
    step = jnp.asarray(step)
    low = step.astype(jnp.uint32)
    high = (step >> 32).astype(jnp.uint32) if step.dtype.itemsize > 4 else 0 * low
    blocks = jnp.arange(-(-size * per // 4), dtype=jnp.uint32)
    none = jnp.zeros_like(blocks)
    key = jnp.asarray(seed).astype(jnp.uint32), jnp.uint32(stable_hash(name))
    lanes = jnp.stack(_philox((blocks, none, none + low, none + high), key), -1)
    return lanes.reshape(-1)[: size * per].reshape(size, per)


def _top(words: Array) -> Array:
    return words >> np.uint32(8)


def uniform(step: Array, seed: Array, key: Any, shape: Any, dtype: Any) -> Array:
    """Numbers in [0, 1): the top 24 bits (float32) or 53 (float64)."""
    size, kind = math.prod(shape), held(dtype)
    if kind == np.float64:
        w = _words(key.name, seed, step, size, 2)
        upper = w[:, 0].astype(kind) * 2.0**-32
        drawn = upper + (w[:, 1] >> np.uint32(11)).astype(kind) * 2.0**-53
    else:
        top = _top(_words(key.name, seed, step, size, 1)[:, 0])
        drawn = (top.astype(jnp.float32) * np.float32(2.0**-24)).astype(kind)
    return drawn.reshape(shape)


def normal(step: Array, seed: Array, key: Any, shape: Any, dtype: Any) -> Array:
    """Standard normal numbers (Box & Muller, 1958)."""
    w = _words(key.name, seed, step, math.prod(shape), 2).astype(held("float64"))
    u1, u2 = ((w[:, i] + 0.5) * 2.0**-32 for i in (0, 1))
    drawn = jnp.sqrt(-2 * jnp.log(u1)) * jnp.cos(2 * np.pi * u2)
    return drawn.astype(held(dtype)).reshape(shape)


def bernoulli(
    p: Array, step: Array, seed: Array, key: Any, shape: Any, dtype: Any
) -> Array:
    """Ones where 53 random bits are below p."""
    if held("float64") == np.float64:
        u = uniform(step, seed, key, shape, np.float64)
        return (u < p.astype(np.float64)).astype(held(dtype))
    w = _words(key.name, seed, step, math.prod(shape), 2)
    scaled = p.astype(jnp.float32) * np.float32(2.0**24)
    whole = jnp.floor(scaled)
    upper = _top(w[:, 0]).astype(jnp.float32).reshape(shape)
    rest = (w[:, 0] & np.uint32(0xFF)) << _HALF | w[:, 1] >> _HALF
    lower = rest.astype(jnp.float32).reshape(shape) * np.float32(2.0**-24)
    below = (upper < whole) | ((upper == whole) & (lower < scaled - whole))
    return below.astype(held(dtype))


def categorical(logits: Array, step: Array, seed: Array, key: Any) -> Array:
    """argmax(logits + Gumbel noise), the noise -log(-log u)."""
    wide = held("float64")
    words = _words(key.name, seed, step, math.prod(logits.shape), 1)[:, 0]
    u = (_top(words).astype(wide) + 0.5) * 2.0**-24
    u = jnp.minimum(u, 1 - float(jnp.finfo(wide).epsneg))
    noise = -jnp.log(-jnp.log(u)).reshape(logits.shape)
    return jnp.argmax(logits.astype(wide) + noise, -1)
