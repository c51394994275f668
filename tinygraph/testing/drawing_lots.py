"""Random numbers by the definition, one element at a time, in Python's own integers.

Philox4x32-10: Salmon, Moraes, Dror & Shaw, "Parallel random numbers: as easy as 1, 2,
3" (2011), section 3.3. Nothing is shared with `tinygraph.ops.philox`.
"""

import hashlib
import math
from typing import Any

import numpy as np

from tinygraph.core.nodes import Node

_MASK = 2**32 - 1


def philox(counter: tuple[int, int, int, int], key: tuple[int, int]) -> list[int]:
    """Return four words of 32 random bits.

    Example:
        >>> [hex(word) for word in philox((0, 0, 0, 0), (0, 0))]
        ['0x6627e8d5', '0xe169c58d', '0xbc57ac4c', '0x9b00dbd8']
    """
    a, b, c, d = counter
    low, high = key
    for _ in range(10):
        first, second = 0xD2511F53 * a, 0xCD9E8D57 * c
        a, b, c, d = (
            (second >> 32) ^ b ^ low,
            second & _MASK,
            (first >> 32) ^ d ^ high,
            first & _MASK,
        )
        low, high = (low + 0x9E3779B9) & _MASK, (high + 0xBB67AE85) & _MASK
    return [a, b, c, d]


def _words(name: str, seed: int, step: int, element: int, per: int) -> list[int]:
    """Return the `per` words of one element: a block holds 4 / per of them."""
    digest = hashlib.blake2b(name.encode(), digest_size=4).digest()
    block, place = divmod(element * per, 4)
    counter = (block, 0, step & _MASK, step >> 32)
    words = philox(counter, (seed, int.from_bytes(digest, "big")))
    return words[place : place + per]


def drawn(
    node: Node, arrays: list[Any], shape: tuple[int, ...], step: int, seed: int
) -> Any:
    """Return the value of a random node at an absolute step.

    Args:
        arrays: its operands at that step.
        shape: of its result.
    """
    name = node.attrs["key"].name

    def draw(element: int, per: int) -> list[int]:
        return _words(name, seed, step, element, per)

    def uniform(element: int, wide: bool) -> float:
        if wide:
            high, low = draw(element, 2)
            return ((high << 21) ^ (low >> 11)) / 2**53
        return (draw(element, 1)[0] >> 8) / 2**24

    def normal(element: int) -> float:
        first, second = ((word + 0.5) / 2**32 for word in draw(element, 2))
        return math.sqrt(-2 * math.log(first)) * math.cos(2 * math.pi * second)

    count = range(math.prod(shape))
    if node.op.name == "normal":
        return np.array([normal(i) for i in count]).reshape(shape)
    if node.op.name == "uniform":
        wide = node.dtype == np.float64
        return np.array([uniform(i, wide) for i in count]).reshape(shape)
    if node.op.name == "bernoulli":
        u = np.array([uniform(i, True) for i in count]).reshape(shape)
        return u < arrays[0]
    return _classes(arrays[0], shape, draw)


def _classes(logits: Any, shape: tuple[int, ...], draw: Any) -> Any:
    """Return argmax(logits - log(-log u)), u in the middle of 2^24 stretches."""
    result = np.zeros(shape, np.int64)
    classes = logits.shape[-1]
    for row, place in enumerate(np.ndindex(shape)):
        noisy = []
        for i in range(classes):
            u = ((draw(row * classes + i, 1)[0] >> 8) + 0.5) / 2**24
            noisy.append(logits[(*place, i)] - math.log(-math.log(u)))
        result[place] = int(np.argmax(noisy))
    return result
