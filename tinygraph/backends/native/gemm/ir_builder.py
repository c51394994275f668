"""What the writers of products share: parts, pointers to numbers, vectors."""

from collections.abc import Sequence
from typing import Any

from llvmlite import ir

from tinygraph.backends.native.gemm.tile_shape import TileShape
from tinygraph.backends.native.kernels.ir_loops import number
from tinygraph.backends.native.kernels.ir_values import F32, F64

BIT = ir.IntType(1)


def parts(builder: Any, total: Any, most: int) -> Any:
    """Return into how many parts of at most so many a total falls."""
    return builder.sdiv(builder.add(total, number(most - 1)), number(most))


def smaller(builder: Any, left: Any, right: Any) -> Any:
    """Return the smaller of two integers."""
    return builder.select(builder.icmp_signed("<", left, right), left, right)


class FunctionWriter:
    """Writes one function into a module.

    Attributes:
        shape: of the tiles, which says the type of numbers and vectors.
        function, builder: what is written, and where it goes on.
    """

    def __init__(
        self, module: Any, shape: TileShape, name: str, arguments: Sequence[Any]
    ) -> None:
        self.shape = shape
        self.scalar = F32 if shape.itemsize == 4 else F64
        self.vector = ir.VectorType(self.scalar, shape.lanes)
        self.zeros = ir.Constant(self.vector, None)
        kind = ir.FunctionType(ir.VoidType(), arguments)
        self.function = ir.Function(module, kind, f"{name}_float{8 * shape.itemsize}")
        self.builder = ir.IRBuilder(self.function.append_basic_block())

    def at(self, pointer: Any, offset: Any) -> Any:
        """Return the place so many numbers further on."""
        return self.builder.gep(pointer, [offset], source_etype=self.scalar)

    def vectors(self, pointer: Any, count: int) -> list[Any]:
        """Return the places of so many vectors in a row that begins here."""
        lanes = self.shape.lanes
        return [self.at(pointer, number(v * lanes)) for v in range(count)]

    def load(self, pointer: Any, kind: Any) -> Any:
        """Read a number or a vector of numbers, aligned as numbers are."""
        return self.builder.load(pointer, typ=kind, align=self.shape.itemsize)

    def store(self, value: Any, pointer: Any) -> None:
        """Write a number or a vector, aligned as numbers are."""
        self.builder.store(value, pointer, align=self.shape.itemsize)
