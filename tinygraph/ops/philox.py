"""Philox4x32-10 (Salmon et al., 2011): random bits as a pure function of a counter.

Every number of a random node is a function of (seed, name of the node, absolute
step, index of the element), so folded, unrolled, chunked and sharded runs draw the
same numbers in any order.
"""

from typing import Any

import numpy as np

_M0, _M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_W0, _W1 = 0x9E3779B9, 0xBB67AE85
_LOW, _HALF = np.uint64(0xFFFFFFFF), np.uint64(32)
_WORD = 2**32

CACHED = 2**15
"""Blocks whose rounds are computed together: their arrays stay in the cache."""


def stable_hash(name: str) -> int:
    """Return 32 bits that depend on nothing but the name."""
    import hashlib  # loads OpenSSL, which takes longer than the rest of this module

    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=4).digest(), "big")


def philox(
    counter: tuple[Any, Any, Any, Any], key: tuple[int, int]
) -> tuple[Any, Any, Any, Any]:
    """Return four arrays of 32 random bits (as uint64) for arrays of counters."""
    c0, c1, c2, c3 = (np.asarray(c, np.uint64) for c in counter)
    k0, k1 = key
    for _ in range(10):
        p0, p1 = _M0 * c0, _M1 * c2
        c0, c2 = (
            (p1 >> _HALF) ^ c1 ^ np.uint64(k0),
            (p0 >> _HALF) ^ c3 ^ np.uint64(k1),
        )
        c1, c3 = p1 & _LOW, p0 & _LOW
        k0, k1 = (k0 + _W0) % _WORD, (k1 + _W1) % _WORD
    return c0, c1, c2, c3


def words(key: tuple[int, int], step: Any, size: int, per: int) -> Any:
    """Return `(*step.shape, size, per)` random 32-bit words, `per` an element.

    Counter (block, 0, step low, step high); a block holds 4 / per elements.
    """
    steps: Any = np.asarray(step, np.int64)
    count = -(-size * per // 4)
    if steps.ndim == 1 and len(steps) * count > CACHED and len(steps) > 1:
        stretch = max(CACHED // count, 1)
        cuts = range(0, len(steps), stretch)
        parts = [words(key, steps[i : i + stretch], size, per) for i in cuts]
        return np.concatenate(parts)
    steps = steps.astype(np.uint64)[..., np.newaxis]
    blocks = np.arange(count, dtype=np.uint64)
    counter = (blocks, np.uint64(0), steps & _LOW, steps >> _HALF)
    lanes = np.stack(np.broadcast_arrays(*philox(counter, key)), -1)
    flat = lanes.reshape(*lanes.shape[:-2], -1)[..., : size * per]
    return flat.reshape(*flat.shape[:-1], size, per)


def uniform(key: tuple[int, int], step: Any, size: int, dtype: Any) -> Any:
    """Return uniform numbers in [0, 1): the top 24 bits (float32) or 53 (float64)."""
    if np.dtype(dtype) == np.float64:
        w = words(key, step, size, 2)
        bits = (w[..., 0] << np.uint64(21)) ^ (w[..., 1] >> np.uint64(11))
        return bits * 2.0**-53
    top = words(key, step, size, 1)[..., 0] >> np.uint64(8)
    return (top * 2.0**-24).astype(dtype)


def open_uniform(key: tuple[int, int], step: Any, size: int) -> Any:
    """Return float64 numbers in (0, 1), both ends left out, of 24 bits."""
    top = words(key, step, size, 1)[..., 0] >> np.uint64(8)
    return (top + 0.5) * 2.0**-24


def normal(key: tuple[int, int], step: Any, size: int, dtype: Any) -> Any:
    """Return standard normal numbers (Box & Muller, 1958)."""
    w = words(key, step, size, 2)
    u1 = (w[..., 0] + 0.5) * 2.0**-32
    u2 = (w[..., 1] + 0.5) * 2.0**-32
    return (np.sqrt(-2 * np.log(u1)) * np.cos(2 * np.pi * u2)).astype(dtype)
