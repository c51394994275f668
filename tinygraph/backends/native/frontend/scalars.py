"""Numbers in LLVM IR: their types, their values, and how one type becomes another."""

import functools
import struct
from typing import Any, NamedTuple

import numpy as np


class ScalarType(NamedTuple):
    """The type of a number.

    Attributes:
        ir: as LLVM writes it, in registers.
        kind: as NumPy writes it: "b", "i", "u" or "f".
        bits: how wide; 1 for bools, which take a byte of memory.
        stored: as LLVM writes it, in memory.
    """

    ir: str
    kind: str
    bits: int
    stored: str


class Value(NamedTuple):
    """A number: a name, or a constant where `known` is its value."""

    text: str
    type: ScalarType
    known: Any = None


BOOL = ScalarType("i1", "b", 1, "i8")
I64 = ScalarType("i64", "i", 64, "i64")
INT32 = ScalarType("i32", "i", 32, "i32")
F32 = ScalarType("float", "f", 32, "float")
F64 = ScalarType("double", "f", 64, "double")

_INTS = {
    f"{sign}int{bits}": ScalarType(f"i{bits}", kind, bits, f"i{bits}")
    for sign, kind in (("", "i"), ("u", "u"))
    for bits in (8, 16, 32, 64)
}
TYPES = {
    **_INTS,
    "int32": INT32,
    "int64": I64,
    "float32": F32,
    "float64": F64,
    "bool": BOOL,
}
"""dtype name → type."""


@functools.cache
def type_of(dtype: np.dtype[Any]) -> ScalarType:
    """Return the type of the numbers of an array."""
    return TYPES[dtype.name]


def constant(value: Any, kind: ScalarType) -> Value:
    """Return a constant of a type; integers are cut to its width."""
    if kind.kind == "f":
        number = float(np.float32(value)) if kind is F32 else float(value)
        (bits,) = struct.unpack("<Q", struct.pack("<d", number))
        return Value(f"0x{bits:016X}", kind, number)
    if kind.kind == "b":
        return Value("true" if value else "false", kind, bool(value))
    whole = int(value) & ((1 << kind.bits) - 1)
    if kind.kind == "i" and whole >> (kind.bits - 1):
        whole -= 1 << kind.bits
    return Value(str(whole), kind, whole)


def whole(value: int) -> Value:
    """Return an int64 constant."""
    return Value(str(value), I64, value)


def conversion(old: ScalarType, new: ScalarType) -> str:
    """Return the instruction that makes a number of one type one of another.

    Never for bools as the new type, nor from floats to integers.
    """
    if old.kind == "f":
        return "fpext" if new.bits > old.bits else "fptrunc"
    if new.kind == "f":
        return "sitofp" if old.kind == "i" else "uitofp"
    if new.bits < old.bits:
        return "trunc"
    return "sext" if old.kind == "i" else "zext"


def common(left: ScalarType, right: ScalarType) -> ScalarType:
    """Return the type that arithmetic of two types happens in.

    Integers of any width meet in int64 (texts cut the result back); a float32 stays one
    beside its like alone.
    """
    if left.kind == "f" or right.kind == "f":
        return F32 if left is F32 and right is F32 else F64
    return BOOL if left is BOOL and right is BOOL else I64
