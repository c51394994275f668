"""The arena: memory handed out, taken back and handed out again while linking.

So what is never needed at the same time shares memory.
"""

import math
from bisect import bisect_left, insort
from typing import Any

import numpy as np

from tinygraph.semantics.binding import Array

ALIGNMENT = 64
"""Bytes of a cache line: every block begins with one."""
SMALL = 1024
"""Bytes up to which blocks are cut from one slab."""
SLAB = 2**16


class ArenaBlock:
    """A stretch of memory, and how many values stand in it."""

    __slots__ = ("array", "holders", "memory")

    def __init__(self, memory: Array) -> None:
        self.memory = memory
        self.array: Array | None = None
        self.holders = 0

    def shaped(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
        """Return the block's first bytes as an array of one shape and dtype."""
        array = self.array
        if array is None or array.shape != shape or array.dtype != dtype:
            size = math.prod(shape) * dtype.itemsize
            array = self.memory[:size].view(dtype).reshape(shape)
            self.array = array
        return array


class Arena:
    """Blocks by size; the smallest free one that is at most twice too large is used.

    Attributes:
        nbytes: how much memory it has asked for in all.
    """

    def __init__(self) -> None:
        self.nbytes = 0
        self._free: dict[int, list[ArenaBlock]] = {}
        self._sizes: list[int] = []
        self._slab = np.empty(0, np.uint8)

    def take(self, nbytes: int) -> ArenaBlock:
        """Return a block of at least so many bytes, not yet initialised."""
        needed = max(-(-nbytes // ALIGNMENT), 1) * ALIGNMENT
        index = bisect_left(self._sizes, needed)
        if index < len(self._sizes) and self._sizes[index] <= 2 * needed:
            size = self._sizes[index]
            blocks = self._free[size]
            block = blocks.pop()
            if not blocks:
                del self._free[size], self._sizes[index]
            return block
        self.nbytes += needed
        return ArenaBlock(self._cut(needed))

    def give(self, block: ArenaBlock) -> None:
        """Take a block back."""
        size = len(block.memory)
        if size not in self._free:
            self._free[size] = []
            insort(self._sizes, size)
        self._free[size].append(block)

    def _cut(self, size: int) -> Array:
        if size > SMALL:
            return _aligned(size)
        if len(self._slab) < size:
            self._slab = _aligned(SLAB)
        memory, self._slab = self._slab[:size], self._slab[size:]
        return memory


def _aligned(size: int) -> Array:
    memory = np.empty(size + ALIGNMENT, np.uint8)
    skip = -memory.ctypes.data % ALIGNMENT
    return memory[skip : skip + size]
