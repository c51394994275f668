"""Random numbers by the definition, one element at a time, in Python's own integers.

Philox4x64-10: Salmon, Moraes, Dror & Shaw, "Parallel random numbers: as easy as 1, 2,
3" (2011), section 3.3. Nothing is shared with `tinygraph.ops.philox`.
"""

import hashlib
import math
from typing import Any

import numpy as np

from tinygraph.core.nodes import Node

_MASK = 2**64 - 1


def philox(counter: tuple[int, int, int, int], key: tuple[int, int]) -> list[int]:
    """Return four words of 64 random bits.

    Example:
        >>> [hex(word) for word in philox((0, 0, 0, 0), (0, 0))][:2]
        ['0x16554d9eca36314c', '0xdb20fe9d672d0fdc']
    """
    a, b, c, d = counter
    low, high = key
    for _ in range(10):
        first, second = 0xD2E7470EE14C6C93 * a, 0xCA5A826395121157 * c
        a, b, c, d = (
            (second >> 64) ^ b ^ low,
            second & _MASK,
            (first >> 64) ^ d ^ high,
            first & _MASK,
        )
        low = (low + 0x9E3779B97F4A7C15) & _MASK
        high = (high + 0xBB67AE8584CAA73B) & _MASK
    return [a, b, c, d]


def _word(name: str, seed: int, step: int, place: int) -> int:
    """Return word number `place` of a step: its blocks of four are counted from 1."""
    digest = hashlib.blake2b(name.encode(), digest_size=4).digest()
    counter = (place // 4 + 1, 0, step, 0)
    return philox(counter, (seed, int.from_bytes(digest, "big")))[place % 4]


def _half(name: str, seed: int, step: int, place: int) -> int:
    """Return 32 bits: the lower half of a word, then its upper one."""
    return _word(name, seed, step, place // 2) >> 32 * (place % 2) & 0xFFFFFFFF


def drawn(
    node: Node, arrays: list[Any], shape: tuple[int, ...], step: int, seed: int
) -> Any:
    """Return the value of a random node at an absolute step.

    Args:
        arrays: its operands at that step.
        shape: of its result.
    """
    name = node.attrs["key"].name

    def half(place: int) -> int:
        return _half(name, seed, step, place)

    def uniform(element: int) -> float:
        if node.dtype == np.float64:
            return (_word(name, seed, step, element) >> 11) / 2**53
        return (half(element) >> 8) / 2**24

    def normal(element: int) -> float:
        first, second = ((half(2 * element + i) + 0.5) / 2**32 for i in (0, 1))
        return math.sqrt(-2 * math.log(first)) * math.cos(2 * math.pi * second)

    count = range(math.prod(shape))
    if node.op.name == "normal":
        return np.array([normal(i) for i in count]).reshape(shape)
    if node.op.name == "uniform":
        return np.array([uniform(i) for i in count]).reshape(shape)
    if node.op.name == "bernoulli":
        u = np.array([half(i) / 2**32 for i in count]).reshape(shape)
        return u < arrays[0]
    return _classes(arrays[0], shape, half)


def _classes(logits: Any, shape: tuple[int, ...], half: Any) -> Any:
    """Return argmax(logits - log(-log u)), u in the middle of 2^24 stretches."""
    result = np.zeros(shape, np.int64)
    classes = logits.shape[-1]
    for row, place in enumerate(np.ndindex(shape)):
        noisy = []
        for i in range(classes):
            u = ((half(row * classes + i) >> 8) + 0.5) / 2**24
            noisy.append(logits[(*place, i)] - math.log(-math.log(u)))
        result[place] = int(np.argmax(noisy))
    return result
