"""Copying a matrix into panels, in LLVM IR.

A panel holds so many columns of B as a tile is wide, row of k after row of k, so that
the inner loop of a product reads straight on. The rows of the last panel have as many
vectors as the narrowest tile that it fits; missing columns are zeros. B may lie in
memory by rows or by columns (a transposed view), which are copied vector by vector,
or anyhow.
"""

from typing import Any

from llvmlite import ir

from tinygraph.backends.native.gemm.ir_builder import (
    FunctionWriter,
    parts,
)
from tinygraph.backends.native.gemm.tile_shape import TileShape
from tinygraph.backends.native.kernels.ir_loops import POINTER, counted, number
from tinygraph.backends.native.kernels.ir_values import I32, I64

PACK = "tinygraph_pack"
"""The function's name is this and its dtype."""

ARGUMENTS = (I64, I64, POINTER, I64, I64, POINTER)
"""Of a packing: K, N, b, the distances of its rows and of its columns, panels."""


class Packing(FunctionWriter):
    """Writes the function that packs matrices for tiles of one shape."""

    def __init__(self, module: Any, shape: TileShape) -> None:
        super().__init__(module, shape, PACK, ARGUMENTS)
        self._write()

    def _write(self) -> None:
        build, width = self.builder, self.shape.columns
        depth, columns, b, down, across, panels = self.function.args
        self.depth, self.down, self.across = depth, down, across
        by_rows = build.icmp_signed("==", across, number(1))
        by_columns = build.icmp_signed("==", down, number(1))
        other = build.not_(by_rows)

        def panel(index: Any, carried: list[Any]) -> list[Any]:
            first = build.mul(index, number(width))
            source = self.at(b, build.mul(first, across))
            target = self.at(panels, build.mul(first, depth))
            rest, below = build.sub(columns, first), 0
            for vectors in self.shape.widths:
                most = vectors * self.shape.lanes
                fits = build.icmp_signed(">", rest, number(below))
                if vectors < self.shape.vectors:
                    narrow = build.icmp_signed("<=", rest, number(most))
                    fits = build.and_(fits, narrow)
                with build.if_then(fits):
                    whole = build.icmp_signed(">=", rest, number(most))
                    straight = build.and_(whole, by_rows)
                    turned = build.and_(whole, build.and_(by_columns, other))
                    self._panel((source, target), rest, vectors, straight, turned)
                below = most
            return []

        counted(build, (number(0), parts(build, columns, width), 1), [], panel)
        build.ret_void()

    def _panel(
        self, ends: tuple[Any, Any], rest: Any, vectors: int, straight: Any, turned: Any
    ) -> None:
        """Write a panel of so many vectors, from where B lies to where it goes."""
        build = self.builder
        with build.if_then(straight):
            self._copy_rows(*ends, vectors)
        with build.if_then(turned):
            self._turn(*ends, vectors)
        with build.if_then(build.not_(build.or_(straight, turned))):
            self._copy(*ends, number(0), rest, vectors)

    def _copy_rows(self, source: Any, target: Any, vectors: int) -> None:
        """Copy whole rows of a panel, vector by vector."""
        build, length = self.builder, vectors * self.shape.lanes

        def row(k: Any, carried: list[Any]) -> list[Any]:
            left = self.at(source, build.mul(k, self.down))
            right = self.at(target, build.mul(k, number(length)))
            places = (self.vectors(side, vectors) for side in (left, right))
            for old, new in zip(*places, strict=True):
                self.store(self.load(old, self.vector), new)
            return []

        counted(build, (number(0), self.depth, 1), [], row)

    def _turn(self, source: Any, target: Any, vectors: int) -> None:
        """Transpose squares of lanes × lanes in registers; the last rows one by one."""
        build, lanes = self.builder, self.shape.lanes
        even = build.and_(self.depth, number(-lanes))

        def square(k: Any, carried: list[Any]) -> list[Any]:
            for v in range(vectors):
                first = build.mul(number(v * lanes), self.across)
                place = self.at(source, build.add(k, first))
                rows = self._transposed(self._columns(place))
                for i, row in enumerate(rows):
                    line = build.add(k, number(i))
                    line = build.mul(line, number(vectors * lanes))
                    spot = self.at(target, build.add(line, number(v * lanes)))
                    self.store(row, spot)
            return []

        counted(build, (number(0), even, lanes), [], square)
        self._copy(source, target, even, number(vectors * lanes), vectors)

    def _columns(self, place: Any) -> list[Any]:
        build = self.builder
        found = []
        for lane in range(self.shape.lanes):
            column = self.at(place, build.mul(number(lane), self.across))
            found.append(self.load(column, self.vector))
        return found

    def _transposed(self, vectors: list[Any]) -> list[Any]:
        """Interleave the first half with the second, log2(lanes) times over."""
        lanes, half = self.shape.lanes, self.shape.lanes // 2
        low = [i // 2 + (i % 2) * lanes for i in range(lanes)]
        places = (low, [place + half for place in low])
        masks = [ir.Constant(ir.VectorType(I32, lanes), place) for place in places]
        for _ in range(lanes.bit_length() - 1):
            vectors = [
                self.builder.shuffle_vector(first, second, mask)
                for first, second in zip(vectors[:half], vectors[half:], strict=True)
                for mask in masks
            ]
        return vectors

    def _copy(
        self, source: Any, target: Any, start: Any, columns: Any, vectors: int
    ) -> None:
        """Copy number by number from row `start` on, zeros where columns end."""
        build, width = self.builder, vectors * self.shape.lanes

        def row(k: Any, carried: list[Any]) -> list[Any]:
            left = self.at(source, build.mul(k, self.down))
            right = self.at(target, build.mul(k, number(width)))

            def place(j: Any, carried: list[Any]) -> list[Any]:
                spot = self.at(right, j)
                with build.if_else(build.icmp_signed("<", j, columns)) as (yes, no):
                    with yes:
                        found = self.at(left, build.mul(j, self.across))
                        self.store(self.load(found, self.scalar), spot)
                    with no:
                        self.store(ir.Constant(self.scalar, 0), spot)
                return []

            counted(build, (number(0), number(width), 1), [], place)
            return []

        counted(build, (start, self.depth, 1), [], row)
