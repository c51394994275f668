"""The shape of a product's tiles on this processor: how its registers are filled."""

import functools
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from llvmlite import binding

_ALIGNED = 64
"""Panels begin at a multiple of so many bytes."""
DEPTH = 1024
"""Most steps of k in one go."""
_BLOCK_BYTES = 512 * 1024
"""Of A that is read again for each panel: most of a second-level cache."""


class Processor(NamedTuple):
    """What code is made for.

    Attributes:
        name: as LLVM calls it.
        features: beyond those that the name implies: feature → whether it is there.
    """

    name: str
    features: Mapping[str, bool]


@functools.cache
def this_processor() -> Processor:
    """Return the processor that this runs on."""
    return Processor(binding.get_host_cpu_name(), binding.get_host_cpu_features())


class TileShape(NamedTuple):
    """The block of C that is kept in vector registers while K runs.

    Attributes:
        rows: at most so many rows of A at a time.
        vectors: vector registers per row; a panel is so many vectors wide.
        lanes: numbers per vector.
        itemsize: bytes per number.
    """

    rows: int
    vectors: int
    lanes: int
    itemsize: int

    @property
    def columns(self) -> int:
        """Columns of C per tile: the width of a panel."""
        return self.vectors * self.lanes

    @property
    def widths(self) -> tuple[int, ...]:
        """Vectors per row of the tiles there are: 1, 2, 4, ... and all."""
        return tuple(1 << i for i in range((self.vectors - 1).bit_length())) + (
            self.vectors,
        )

    @property
    def block(self) -> int:
        """Rows of A that are multiplied by every panel before the next are read."""
        rows = _BLOCK_BYTES // (DEPTH * self.itemsize)
        return rows - rows % self.rows


def tile_shape(itemsize: int, processor: Processor | None = None) -> TileShape:
    """Return the tile for numbers of so many bytes.

    Rows times vectors accumulators, the vectors of B and one number of A fill 16
    registers, or most of 32, and are more than the latency of an fma asks for (8 to
    10). Of the shapes that fill 16, four rows of three vectors leave the fewest tiles
    short of rows, as batches are multiples of 4 more often than of 6; without an fma a
    product wants a register too.

    Args:
        itemsize: 4 or 8.
        processor: default: this one.
    """
    has = (processor or this_processor()).features
    if has.get("avx512f"):
        return TileShape(6, 4, 64 // itemsize, itemsize)
    if has.get("neon"):
        return TileShape(6, 4, 16 // itemsize, itemsize)
    lanes = (32 if has.get("avx") else 16) // itemsize
    rows, vectors = (4, 3) if has.get("fma") else (6, 2)
    return TileShape(rows, vectors, lanes, itemsize)


def panel_shape(depth: int, columns: int, itemsize: int) -> tuple[int, int, int]:
    """Return the shape of the panels that hold a matrix of depth × columns."""
    width = tile_shape(itemsize).columns
    return -(-columns // width), depth, width


def empty_panels(depth: int, columns: int, dtype: Any) -> Any:
    """Return room for the panels of a matrix of depth × columns, aligned."""
    dtype = np.dtype(dtype)
    shape = panel_shape(depth, columns, dtype.itemsize)
    size = int(np.prod(shape))
    room = np.empty(size + _ALIGNED // dtype.itemsize, dtype)
    start = -room.ctypes.data % _ALIGNED // dtype.itemsize
    return room[start : start + size].reshape(shape)
