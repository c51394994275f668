"""Values of LLVM IR with Python's operators, so that formulas read as formulas.

Floating-point operations carry the flag `contract` alone: a product and a sum may
become one fma. Nothing may be regrouped (argument reduction depends on the order)
and NaN, infinities and signed zeros are kept.
"""

from collections.abc import Sequence
from typing import Any

from llvmlite import ir

I32, I64 = ir.IntType(32), ir.IntType(64)
F32, F64 = ir.FloatType(), ir.DoubleType()
_BITS = {F32: I32, F64: I64}
_FLAGS = ("contract",)


def declared(module: Any, name: str, kind: Any) -> Any:
    """Return the function of that name in a module, declared if it is new."""
    return module.globals.get(name) or ir.Function(module, kind, name)


class Value:
    """A number in LLVM IR; a Python number beside it takes its type."""

    def __init__(self, builder: Any, raw: Any) -> None:
        self.builder = builder
        self.raw = raw

    @property
    def type(self) -> Any:
        """The IR type."""
        return self.raw.type

    def constant(self, number: float) -> "Value":
        """Return a number of this value's type."""
        return Value(self.builder, ir.Constant(self.type, number))

    def _with(self, other: Any) -> Any:
        return (other if isinstance(other, Value) else self.constant(other)).raw

    def _binary(self, name: str, left: Any, right: Any) -> "Value":
        build = self.builder
        if self.type in _BITS:
            return Value(build, getattr(build, "f" + name)(left, right, flags=_FLAGS))
        return Value(build, getattr(build, name)(left, right))

    def __add__(self, other: Any) -> "Value":
        return self._binary("add", self.raw, self._with(other))

    __radd__ = __add__

    def __sub__(self, other: Any) -> "Value":
        return self._binary("sub", self.raw, self._with(other))

    def __rsub__(self, other: Any) -> "Value":
        return self._binary("sub", self._with(other), self.raw)

    def __mul__(self, other: Any) -> "Value":
        return self._binary("mul", self.raw, self._with(other))

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> "Value":
        return self._binary("div", self.raw, self._with(other))

    def __rtruediv__(self, other: Any) -> "Value":
        return self._binary("div", self._with(other), self.raw)

    def __neg__(self) -> "Value":
        return Value(self.builder, self.builder.fneg(self.raw))

    def __and__(self, other: Any) -> "Value":
        return Value(self.builder, self.builder.and_(self.raw, self._with(other)))

    def __or__(self, other: Any) -> "Value":
        return Value(self.builder, self.builder.or_(self.raw, self._with(other)))

    def __xor__(self, other: Any) -> "Value":
        return Value(self.builder, self.builder.xor(self.raw, self._with(other)))

    def __invert__(self) -> "Value":
        return Value(self.builder, self.builder.not_(self.raw))

    def __lshift__(self, places: int) -> "Value":
        return Value(self.builder, self.builder.shl(self.raw, self._with(places)))

    def __rshift__(self, places: int) -> "Value":
        """Shift arithmetically: the sign stays."""
        return Value(self.builder, self.builder.ashr(self.raw, self._with(places)))

    def shifted_down(self, places: int) -> "Value":
        """Shift logically: zeros come in."""
        return Value(self.builder, self.builder.lshr(self.raw, self._with(places)))

    def times_wide(self, factor: int) -> tuple["Value", "Value"]:
        """Return the upper and the lower 64 bits of a product without signs."""
        build, wide = self.builder, ir.IntType(128)
        product = build.mul(build.zext(self.raw, wide), ir.Constant(wide, factor))
        upper = build.lshr(product, ir.Constant(wide, 64))
        return Value(build, build.trunc(upper, I64)), Value(
            build, build.trunc(product, I64)
        )

    def cut(self, kind: Any) -> "Value":
        """Return the lower bits of an integer, as many as the type `kind` has."""
        return Value(self.builder, self.builder.trunc(self.raw, kind))

    def _compared(self, how: str, other: Any) -> "Value":
        """Compare; false where one is NaN (but for !=)."""
        build, right = self.builder, self._with(other)
        if self.type not in _BITS:
            return Value(build, build.icmp_signed(how, self.raw, right))
        compare = build.fcmp_unordered if how == "!=" else build.fcmp_ordered
        return Value(build, compare(how, self.raw, right))

    def __lt__(self, other: Any) -> "Value":
        return self._compared("<", other)

    def __gt__(self, other: Any) -> "Value":
        return self._compared(">", other)

    def equals(self, other: Any) -> "Value":
        """Return self == other."""
        return self._compared("==", other)

    def differs(self, other: Any) -> "Value":
        """Return self != other; `x.differs(x)` says that x is NaN."""
        return self._compared("!=", other)

    def choose(self, yes: Any, no: Any) -> "Value":
        """Return `yes` where this bit is set, else `no`: one of them is a Value."""
        kind = yes if isinstance(yes, Value) else no
        picked = self.builder.select(self.raw, kind._with(yes), kind._with(no))
        return Value(self.builder, picked)

    def bits(self) -> "Value":
        """Return the integer with the same bits."""
        return Value(self.builder, self.builder.bitcast(self.raw, _BITS[self.type]))

    def as_float(self) -> "Value":
        """Return the float with the same bits."""
        kind = F32 if self.type == I32 else F64
        return Value(self.builder, self.builder.bitcast(self.raw, kind))

    def to_float(self, kind: Any) -> "Value":
        """Convert an integer to a float of the IR type `kind`."""
        return Value(self.builder, self.builder.sitofp(self.raw, kind))

    def small_to_float(self) -> "Value":
        """Convert an int64 of at most 51 bits to a float64, in vectors too."""
        magic = self.constant(0x4338000000000000)  # 1.5 · 2⁵²
        return (self + magic).as_float() - 1.5 * 2.0**52

    def call(self, name: str, *others: Any, flags: Sequence[str] = ()) -> "Value":
        """Call the LLVM intrinsic `name`, all of whose types are this value's."""
        operands = [self.raw, *map(self._with, others)]
        kind = ir.FunctionType(self.type, [self.type] * len(operands))
        function = self.builder.module.declare_intrinsic(name, [self.type], kind)
        found = self.builder.call(function, operands, fastmath=flags)
        return Value(self.builder, found)

    def call_library(self, name: str) -> "Value":
        """Call a function of the C library from this type to this type."""
        kind = ir.FunctionType(self.type, [self.type])
        function = declared(self.builder.module, name, kind)
        return Value(self.builder, self.builder.call(function, [self.raw]))


def polynomial(x: Value, coefficients: tuple[float, ...]) -> Value:
    """Return c0 + c1 x + c2 x² + ... by Horner's rule."""
    total = x.constant(coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        total = total * x + coefficient
    return total
