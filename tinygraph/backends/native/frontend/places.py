"""Indices in LLVM IR: int64 arithmetic that is known not to overflow."""

import ast
from collections.abc import Callable

from tinygraph.backends.native.frontend.assembly import Assembly
from tinygraph.backends.native.frontend.scalars import I64, Value, whole

_INSTRUCTIONS: dict[type[ast.operator], str] = {
    ast.Add: "add nsw",
    ast.Sub: "sub nsw",
    ast.Mult: "mul nsw",
    ast.FloorDiv: "udiv",
    ast.Mod: "urem",
}
_FOLDED: dict[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: lambda x, y: x + y,
    ast.Sub: lambda x, y: x - y,
    ast.Mult: lambda x, y: x * y,
    ast.FloorDiv: lambda x, y: x // y if y else 0,
    ast.Mod: lambda x, y: x % y if y else 0,
}


def combined(
    assembly: Assembly, sign: type[ast.operator], left: Value, right: Value
) -> Value:
    """Return two indices combined; what divides is not negative."""
    x, y = left.known, right.known
    if x is not None and y is not None:
        return whole(_FOLDED[sign](x, y))
    if sign is ast.Add and (x == 0 or y == 0):
        return right if x == 0 else left
    if sign is ast.Mult and (x == 1 or y == 1):
        return right if x == 1 else left
    if sign is ast.Mult and (x == 0 or y == 0):
        return whole(0)
    if sign is ast.Sub and y == 0:
        return left
    name = _INSTRUCTIONS[sign]
    return Value(assembly.pure(f"{name} i64 {left.text}, {right.text}"), I64)


def plus(assembly: Assembly, left: Value, right: Value) -> Value:
    """Return the sum of two indices."""
    return combined(assembly, ast.Add, left, right)


def times(assembly: Assembly, left: Value, right: Value) -> Value:
    """Return the product of two indices."""
    return combined(assembly, ast.Mult, left, right)
