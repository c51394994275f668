"""The functions that generated code calls, as LLVM IR."""

import ast
from collections.abc import Callable, Sequence
from functools import partial

from tinygraph.backends.native.frontend.assembly import Assembly
from tinygraph.backends.native.frontend.places import combined, plus
from tinygraph.backends.native.frontend.runtime import Runtime
from tinygraph.backends.native.frontend.scalars import (
    BOOL,
    F32,
    F64,
    I64,
    INT32,
    ScalarType,
    Value,
    whole,
)
from tinygraph.backends.native.frontend.views import View
from tinygraph.backends.native.gemm.library import symbol
from tinygraph.backends.native.gemm.loops import PRODUCT
from tinygraph.backends.native.gemm.packing import PACK
from tinygraph.backends.native.kernels.formulas import FORMULAS
from tinygraph.backends.native.kernels.ir_values import F32 as F32_IR
from tinygraph.backends.native.kernels.ir_values import F64 as F64_IR
from tinygraph.backends.native.kernels.ir_values import I32
from tinygraph.backends.native.kernels.ir_values import I64 as I64_IR
from tinygraph.backends.native.kernels.random import DRAWS
from tinygraph.backends.native.kernels.random_bits import BLOCK, WORDS


class Calls:
    """Writes the calls of one function.

    Args:
        assembly: into which they are written.
        runtime: the functions that the module holds.
        inlines: long formulas are inlined, else called.
    """

    def __init__(
        self, assembly: Assembly, runtime: Runtime, *, inlines: bool = True
    ) -> None:
        self.assembly = assembly
        self.runtime = runtime
        self._inlines = inlines
        self._symbol = runtime.symbol if inlines else runtime.called_symbol

    def elsewhere(self, assembly: Assembly) -> "Calls":
        """Return what writes calls in the same way into another function."""
        return Calls(assembly, self.runtime, inlines=self._inlines)

    def number(self, name: str, values: Sequence[Value]) -> Value:
        """Write a call that gives a number."""
        if name in _OWN:
            return _OWN[name](self, *values)
        if name in WORDS:
            return self._called(name, values, I64, _BITS[WORDS[name][1]])
        if name in DRAWS:
            draw = DRAWS[name]
            return self._called(name, values, _BITS[draw.bits], _FLOATS[draw.given])
        assert name in FORMULAS, f"generated code calls {name}, which is unknown"
        kind = _kind(values)
        return self._called(name, values, kind, BOOL if name == "isfinite" else kind)

    def _called(
        self, name: str, values: Sequence[Value], kind: ScalarType, given: ScalarType
    ) -> Value:
        texts = [self.assembly.converted(each, kind).text for each in values]
        operands = ", ".join(f"{kind.ir} {text}" for text in texts)
        call = f"call {given.ir} {self._symbol(name, kind)}({operands})"
        return Value(self.assembly.give(call), given)

    def _select(self, test: Value, yes: Value, no: Value) -> Value:
        kind = _kind((yes, no))
        x, y = (self.assembly.converted(each, kind).text for each in (yes, no))
        choice = f"select i1 {test.text}, {kind.ir} {x}, {kind.ir} {y}"
        return Value(self.assembly.give(choice), kind)

    def _plus(self, left: Value, right: Value) -> Value:
        """x + y in an order of LLVM's choice: sums of rows become vectors."""
        kind = left.type
        y = self.assembly.converted(right, kind).text
        total = f"fadd reassoc contract {kind.ir} {left.text}, {y}"
        return Value(self.assembly.give(total), kind)

    def _max(self, left: Value, right: Value) -> Value:
        return self._select(self._greater(left, right), left, right)

    def _min(self, left: Value, right: Value) -> Value:
        return self._select(self._greater(left, right), right, left)

    def _greater(self, left: Value, right: Value) -> Value:
        test = self.assembly.give(f"icmp sgt i64 {left.text}, {right.text}")
        return Value(test, BOOL)

    def draw(self, row: View, key: Sequence[Value], first: Value, count: Value) -> None:
        """Write a call that stores the blocks which hold some random bits.

        Args:
            row: of halves or words, with room for whole blocks.
            key: seed, name, step.
            first: the number of the first half or word.
            count: how many there are.
        """
        per = whole(64 * BLOCK // row.type.bits)
        divided = partial(combined, self.assembly, ast.FloorDiv)
        skipped = combined(self.assembly, ast.Mod, first, per)
        most = plus(self.assembly, count, whole(per.known - 1))
        blocks = divided(plus(self.assembly, skipped, most), per)
        numbers = [*key, divided(first, per), blocks]
        operands = ", ".join([f"ptr {row.pointer}", *map(_i64, numbers)])
        symbol = self.runtime.random_words()
        self.assembly.run(f"call void {symbol}({operands})")

    def matrix(self, name: str, views: Sequence[View]) -> None:
        """Write a call of a product or of a packing."""
        function, operands = _MATRIX[name](views)
        whole = symbol(function, views[0].type.bits // 8)
        self.runtime.declare_matrix_call(function, whole)
        self.assembly.run(f"call void @{whole}({', '.join(operands)})")


_BITS = {I32: INT32, I64_IR: I64}
_FLOATS = {F32_IR: F32, F64_IR: F64}
"""Types of LLVM IR → those of the front end."""

_OWN: dict[str, Callable[..., Value]] = {
    "select": Calls._select,
    "plus": Calls._plus,
    "max": Calls._max,
    "min": Calls._min,
}


def _kind(values: Sequence[Value]) -> ScalarType:
    """Return the type of numbers of which constants may have another."""
    return next((x.type for x in values if x.known is None), values[0].type)


def _i64(value: Value | None) -> str:
    assert value is not None, "the length of a matrix is known"
    return f"i64 {value.text}"


def _product(views: Sequence[View]) -> tuple[str, list[str]]:
    """c = a @ b for the b that was packed into panels."""
    a, panels, c = views
    lengths = [c.lengths[0], c.lengths[1], a.lengths[1]]
    operands = [*map(_i64, lengths), f"ptr {a.pointer}", *map(_i64, a.distances)]
    operands += [f"ptr {panels.pointer}", f"ptr {c.pointer}", _i64(c.distances[0])]
    return PRODUCT, [*operands, "i1 false"]


def _pack(views: Sequence[View]) -> tuple[str, list[str]]:
    """Copy b into panels."""
    b, panels = views
    operands = [*map(_i64, b.lengths), f"ptr {b.pointer}", *map(_i64, b.distances)]
    return PACK, [*operands, f"ptr {panels.pointer}"]


_MATRIX = {"product": _product, "pack": _pack}
