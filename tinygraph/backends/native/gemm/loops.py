"""The loops around the tiles of a product, in LLVM IR.

Blocks of k and of rows keep what is read again in the caches; then come panels, whose
rows stay near while the tiles of the block pass, each with nearly the same number of
rows (9 rows are 3, 3 and 3, not 4, 4 and 1).
"""

from typing import Any

from llvmlite import ir

from tinygraph.backends.native.gemm.ir_builder import (
    BIT,
    FunctionWriter,
    parts,
    smaller,
)
from tinygraph.backends.native.gemm.microkernel import Tile
from tinygraph.backends.native.gemm.tile_shape import DEPTH, TileShape
from tinygraph.backends.native.kernels.ir_loops import POINTER, counted, number
from tinygraph.backends.native.kernels.ir_values import I64

PRODUCT = "tinygraph_product"
"""The function's name is this and its dtype."""
ARGUMENTS = (I64, I64, I64, POINTER, I64, I64, POINTER, POINTER, I64, BIT)
"""Of a product: M, N, K, a, the distances of its rows and of its columns, panels, c,
the distance of its rows, and whether to add to C."""


class Product(FunctionWriter):
    """Writes C = A @ B, or C += A @ B, for a packed B."""

    def __init__(self, module: Any, shape: TileShape) -> None:
        self.tiles = [
            Tile(module, shape, rows + 1, width).function
            for width in shape.widths
            for rows in range(shape.rows)
        ]
        super().__init__(module, shape, PRODUCT, ARGUMENTS)
        self._write()

    def _write(self) -> None:
        """At least one block of k, so that K = 0 gives zeros."""
        build = self.builder
        rows, self.columns, self.depth, self.a, self.down, self.across = (
            self.function.args[:6]
        )
        self.panels, self.c, self.c_down, add = self.function.args[6:]
        some = build.icmp_signed(">", self.depth, number(DEPTH))
        blocks = build.select(some, parts(build, self.depth, DEPTH), number(1))
        more = build.add(self.depth, build.sub(blocks, number(1)))
        length = build.sdiv(more, blocks)

        def block(index: Any, carried: list[Any]) -> list[Any]:
            first = build.mul(index, length)
            steps = smaller(build, build.sub(self.depth, first), length)
            self._rows(rows, first, steps, carried[0])
            return [ir.Constant(BIT, 1)]

        counted(build, (number(0), blocks, 1), [add], block)
        build.ret_void()

    def _rows(self, rows: Any, first: Any, steps: Any, add: Any) -> None:
        """Write the blocks of rows of A."""
        build, most = self.builder, self.shape.block
        start = self.at(self.a, build.mul(first, self.across))

        def block(row: Any, carried: list[Any]) -> list[Any]:
            left = smaller(build, build.sub(rows, row), number(most))
            a = self.at(start, build.mul(row, self.down))
            c = self.at(self.c, build.mul(row, self.c_down))
            self._panels(a, c, left, (first, steps, add))
            return []

        counted(build, (number(0), rows, most), [], block)

    def _panels(self, a: Any, c: Any, rows: Any, rest: tuple[Any, Any, Any]) -> None:
        """Write the panels of a block; `rest` is its first k, its steps, and add."""
        build, width = self.builder, self.shape.columns
        first, steps, add = rest
        tiles = parts(build, rows, self.shape.rows)
        self.base, self.extra = build.sdiv(rows, tiles), build.srem(rows, tiles)

        def panel(column: Any, carried: list[Any]) -> list[Any]:
            left = build.sub(self.columns, column)
            tile, length = self._narrow(left)
            place = build.mul(column, self.depth)
            place = build.add(place, build.mul(first, length))
            operands = [self.at(self.panels, place), steps, left, add]
            self._column(a, self.at(c, column), (tiles, tile), operands)
            return []

        counted(build, (number(0), self.columns, width), [], panel)

    def _column(self, a: Any, c: Any, tiles: tuple[Any, Any], rest: list[Any]) -> None:
        """Write the tiles of one panel: the first `extra` have a row more.

        `tiles` are how many, and where those of the panel's width stand.
        """
        build, (panel, steps, columns, add) = self.builder, rest
        count, narrow = tiles

        def tile(index: Any, carried: list[Any]) -> list[Any]:
            (row,) = carried
            more = build.zext(build.icmp_signed("<", index, self.extra), I64)
            rows = build.add(self.base, more)
            above = self.at(a, build.mul(row, self.down))
            below = self.at(c, build.mul(row, self.c_down))
            operands = [above, self.down, self.across, panel, steps]
            operands += [below, self.c_down, columns, add]
            self._switch(build.add(rows, narrow), operands)
            return [build.add(row, rows)]

        counted(build, (number(0), count, 1), [number(0)], tile)

    def _narrow(self, columns: Any) -> tuple[Any, Any]:
        """Return where the tiles just wide enough stand, and how long a row is."""
        build, widths = self.builder, self.shape.widths
        lengths = [width * self.shape.lanes for width in widths]
        first, length = number(0), number(lengths[0])
        for index, below in enumerate(lengths[:-1]):
            wider = build.icmp_signed(">", columns, number(below))
            first = build.select(wider, number((index + 1) * self.shape.rows), first)
            length = build.select(wider, number(lengths[index + 1]), length)
        return first, length

    def _switch(self, place: Any, operands: list[Any]) -> None:
        """Call a tile by its place, from 1 on: its rows, and its width before."""
        build = self.builder
        after = build.append_basic_block()
        switch = build.switch(place, after)
        for index, function in enumerate(self.tiles):
            with build.goto_block(build.append_basic_block()):
                switch.add_case(number(index + 1), build.block)
                build.call(function, operands)
                build.branch(after)
        build.position_at_end(after)
