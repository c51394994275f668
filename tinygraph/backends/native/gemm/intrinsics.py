"""Products with a packed matrix, for generated code: `pack` once, `product` per step.

    pack(b, panels)                 panels: of `panel_shape(K, N, itemsize)`
    product(a, panels, c, add)      c = a @ b, or c += a @ b where `add`

b (K, N) and a (M, K) may be any views, transposed ones too; a row of c (M, N) must be
contiguous, and c must not overlap a. All are of one dtype, float32 or float64.
Panels begin at a multiple of 64 bytes for full speed (`empty_panels`).
"""

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from tinygraph.backends.native.gemm import loops, packing
from tinygraph.backends.native.gemm.library import symbol
from tinygraph.backends.native.gemm.tile_shape import empty_panels
from tinygraph.backends.native.kernels.ir_values import declared


class _Matrix:
    """An array inside numba's code: its place, lengths, and distances in numbers."""

    def __init__(self, context: Any, builder: Any, kind: Any, value: Any) -> None:
        array = context.make_array(kind)(context, builder, value)
        size = ir.Constant(ir.IntType(64), kind.dtype.bitwidth // 8)
        self.place = builder.bitcast(array.data, ir.PointerType())
        axes = range(kind.ndim)
        self.lengths = [builder.extract_value(array.shape, axis) for axis in axes]
        strides = [builder.extract_value(array.strides, axis) for axis in axes]
        self.distances = [builder.sdiv(stride, size) for stride in strides]


def _matrices(context: Any, builder: Any, signature: Any, values: Any) -> list[_Matrix]:
    kinds = [kind for kind in signature.args if isinstance(kind, types.Array)]
    return [
        _Matrix(context, builder, kind, value)
        for kind, value in zip(kinds, values, strict=False)
    ]


def _call(context: Any, builder: Any, name: str, kinds: Any, operands: Any) -> Any:
    kind = ir.FunctionType(ir.VoidType(), kinds)
    builder.call(declared(builder.module, name, kind), operands)
    return context.get_dummy_value()


def _fit(*arrays: tuple[Any, int]) -> bool:
    """Return True for arrays of one float dtype and of the given ranks."""
    return all(
        isinstance(kind, types.Array)
        and kind.ndim == rank
        and kind.dtype == arrays[0][0].dtype
        and kind.dtype in (types.float32, types.float64)
        for kind, rank in arrays
    )


def _product(typingctx: Any, a: Any, panels: Any, c: Any, add: Any) -> Any:
    """c = a @ b, or c += a @ b, for the b that was packed into panels."""
    if not _fit((a, 2), (panels, 3), (c, 2)):
        return None
    name = symbol(loops.PRODUCT, a.dtype.bitwidth // 8)

    def codegen(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        left, packed, out = _matrices(context, builder, signature, values)
        operands = [out.lengths[0], out.lengths[1], left.lengths[1]]
        operands += [left.place, *left.distances, packed.place]
        operands += [out.place, out.distances[0], values[3]]
        return _call(context, builder, name, loops.ARGUMENTS, operands)

    return types.none(a, panels, c, types.boolean), codegen


def _pack(typingctx: Any, b: Any, panels: Any) -> Any:
    """Copy b into panels."""
    if not _fit((b, 2), (panels, 3)):
        return None
    name = symbol(packing.PACK, b.dtype.bitwidth // 8)

    def codegen(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        matrix, packed = _matrices(context, builder, signature, values)
        operands = [*matrix.lengths, matrix.place, *matrix.distances, packed.place]
        return _call(context, builder, name, packing.ARGUMENTS, operands)

    return types.none(b, panels), codegen


product = intrinsic(_product)
pack = intrinsic(_pack)

__all__ = ["empty_panels", "pack", "product"]
