"""The inner loop of a product, in LLVM IR: one tile of C = A @ panel.

A tile keeps rows × vectors accumulators in registers. Each step of k loads one row
of the panel, broadcasts one number of each row of A and adds their products (the
register-blocked kernel of Goto and van de Geijn, 2008).
"""

from collections.abc import Sequence
from typing import Any

from llvmlite import ir

from tinygraph.backends.native.gemm.ir_builder import (
    BIT,
    FunctionWriter,
    smaller,
)
from tinygraph.backends.native.gemm.tile_shape import TileShape
from tinygraph.backends.native.kernels.ir_loops import POINTER, counted, number
from tinygraph.backends.native.kernels.ir_values import I32, I64, declared

_CHAINS = 8
"""Independent sums that hide the latency of an fma; few rows split k into several."""

Vectors = list[list[Any]]
"""Vectors of a tile: by row, then by column."""


class Tile(FunctionWriter):
    """Writes the function of one number of rows and of vectors.

    Fewer vectors than the shape's are for the last panel, where few columns exist, and
    whose rows are as much shorter.

    Its arguments: a, the distances of its rows and of its columns, panel, steps of
    k, c, the distance of its rows, columns that exist (more than the tile's means
    all), and whether to add to C. Distances count numbers.
    """

    ARGUMENTS = (POINTER, I64, I64, POINTER, I64, POINTER, I64, I64, BIT)

    def __init__(self, module: Any, shape: TileShape, rows: int, width: int) -> None:
        super().__init__(module, shape, f"tile_{rows}_{width}", self.ARGUMENTS)
        self.rows, self.width = rows, width
        self.function.linkage = "internal"
        self.function.attributes.add("noinline")
        for index in (0, 3, 5):
            self.function.args[index].add_attribute("noalias")
        self._write()

    def _write(self) -> None:
        build = self.builder
        a, down, self.across, panel, steps, c, ldc, columns, add = self.function.args
        self.a_rows = self._rows(a, down)
        self.c_rows = self._rows(c, ldc)
        self.panel = panel
        self.masks = self._masks(columns)
        all_columns = number(self.width * self.shape.lanes)
        self.whole = build.icmp_signed(">=", columns, all_columns)
        totals = self._summed(steps, self._initial(add))
        with build.if_else(self.whole) as (yes, no):
            with yes:
                self._store(totals, masked=False)
            with no:
                self._store(totals, masked=True)
        build.ret_void()

    def _rows(self, pointer: Any, distance: Any) -> list[Any]:
        return [
            self.at(pointer, self.builder.mul(distance, number(row)))
            for row in range(self.rows)
        ]

    def _masks(self, columns: Any) -> list[Any]:
        """For each vector of a row: which of its columns exist."""
        lanes, build = self.shape.lanes, self.builder
        kind = ir.VectorType(I32, lanes)
        limit = smaller(build, columns, number(self.width * lanes))
        limit = self._splat(build.trunc(limit, I32), kind)
        return [
            build.icmp_signed(
                "<", ir.Constant(kind, [v * lanes + i for i in range(lanes)]), limit
            )
            for v in range(self.width)
        ]

    def _splat(self, scalar: Any, kind: Any) -> Any:
        build, zero = self.builder, ir.Constant(I32, 0)
        one = build.insert_element(ir.Constant(kind, ir.Undefined), scalar, zero)
        where = ir.Constant(ir.VectorType(I32, kind.count), None)
        return build.shuffle_vector(one, one, where)

    def _initial(self, add: Any) -> Vectors:
        """Zeros, or what C holds."""
        build = self.builder
        start = build.block
        full, masked, after = (build.append_basic_block() for _ in range(3))
        adding = build.append_basic_block()
        build.cbranch(add, adding, after)
        build.position_at_end(adding)
        build.cbranch(self.whole, full, masked)
        held = []
        for block, loads in ((full, self._load), (masked, self._load_masked)):
            build.position_at_end(block)
            held.append(loads())
            build.branch(after)
        build.position_at_end(after)
        blocks = (start, full, masked)
        return [
            [
                self._merged(blocks, (self.zeros, *values))
                for values in zip(*rows, strict=True)
            ]
            for rows in zip(*held, strict=True)
        ]

    def _merged(self, blocks: Sequence[Any], values: Sequence[Any]) -> Any:
        phi = self.builder.phi(self.vector)
        for block, value in zip(blocks, values, strict=True):
            phi.add_incoming(value, block)
        return phi

    def _load(self) -> Vectors:
        return [
            [self.load(place, self.vector) for place in self.vectors(row, self.width)]
            for row in self.c_rows
        ]

    def _masked(self, name: str, result: Any, operands: list[Any]) -> Any:
        """Call llvm.masked.load or .store."""
        kind = ir.FunctionType(result, [value.type for value in operands])
        function = self._intrinsic(f"llvm.masked.{name}", kind, ".p0")
        return self.builder.call(function, operands)

    def _intrinsic(self, name: str, kind: Any, suffix: str = "") -> Any:
        """Declare LLVM's function of that name for the tile's vectors."""
        name = f"{name}.v{self.shape.lanes}{self.scalar.intrinsic_name}{suffix}"
        return declared(self.builder.module, name, kind)

    def _load_masked(self) -> Vectors:
        align = ir.Constant(I32, self.shape.itemsize)

        def loaded(place: Any, mask: Any) -> Any:
            return self._masked("load", self.vector, [place, align, mask, self.zeros])

        return [
            list(map(loaded, self.vectors(row, self.width), self.masks))
            for row in self.c_rows
        ]

    def _store(self, totals: Vectors, masked: bool) -> None:
        align = ir.Constant(I32, self.shape.itemsize)
        for row, sums in zip(self.c_rows, totals, strict=True):
            for place, value, mask in zip(
                self.vectors(row, self.width), sums, self.masks, strict=True
            ):
                if masked:
                    self._masked("store", ir.VoidType(), [value, place, align, mask])
                else:
                    self.store(value, place)

    def _summed(self, steps: Any, initial: Vectors) -> Vectors:
        """Run over k: a loop of one step per chain, then one of single steps."""
        build, size = self.builder, self.rows * self.width
        chains = next((n for n in (1, 2) if n * size >= _CHAINS), 4)
        flat = [vector for row in initial for vector in row]
        done = number(0)
        if chains > 1:
            done = build.and_(steps, number(-chains))
            flat = self._chained(done, flat, chains)
        flat = counted(
            build, (done, steps, 1), flat, lambda k, sums: self._step(k, 0, sums)
        )
        return [flat[r * self.width : (r + 1) * self.width] for r in range(self.rows)]

    def _chained(self, stop: Any, total: list[Any], chains: int) -> list[Any]:
        """Sum every so many-th step apart, the sums at the end."""
        build, size = self.builder, len(total)

        def several(k: Any, sums: list[Any]) -> list[Any]:
            return [
                value
                for ahead in range(chains)
                for value in self._step(k, ahead, sums[ahead * size :][:size])
            ]

        flat = [*total, *[self.zeros] * (size * (chains - 1))]
        flat = counted(build, (number(0), stop, chains), flat, several)
        total = flat[:size]
        for first in range(size, size * chains, size):
            part = flat[first : first + size]
            total = [build.fadd(x, y) for x, y in zip(total, part, strict=True)]
        return total

    def _step(self, k: Any, ahead: int, sums: list[Any]) -> list[Any]:
        """Add the products of step k + ahead."""
        build, columns = self.builder, self.width * self.shape.lanes
        row = self.at(self.panel, build.mul(k, number(columns)))
        row = self.at(row, number(ahead * columns))
        places = self.vectors(row, self.width)
        weights = [self.load(place, self.vector) for place in places]
        kind = ir.FunctionType(self.vector, [self.vector] * 3)
        fma = self._intrinsic("llvm.fmuladd", kind)
        offset = build.mul(build.add(k, number(ahead)), self.across)
        found = []
        for r, a_row in enumerate(self.a_rows):
            x = self.load(self.at(a_row, offset), self.scalar)
            spread = self._splat(x, self.vector)
            for v, w in enumerate(weights):
                total = sums[r * self.width + v]
                found.append(build.call(fma, [spread, w, total]))
        return found
