"""The functions that generated code calls on single numbers, inlined where called.

Each is an intrinsic of numba: it writes its few instructions straight into the loop
that calls it, so there is nothing to compile apart, to cache or to inline, and LLVM
sees a loop body without branches or calls.
"""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit, types
from numba.extending import intrinsic

from tinygraph.backends.native.kernels import comparisons, exponentials, logarithms
from tinygraph.backends.native.kernels.expressions import BINARY, WHOLE
from tinygraph.backends.native.kernels.ir_values import Value

Formula = Callable[..., Value]


def _llvm(name: str) -> Formula:
    return lambda x: x.call(name)


def _isfinite(x: Value) -> Value:
    return x.call("llvm.fabs") < float("inf")


FORMULAS: dict[str, Formula] = {
    "exp": exponentials.exp,
    "expm1": exponentials.expm1,
    "log": logarithms.log,
    "log1p": logarithms.log1p,
    "tanh": exponentials.tanh,
    "sigmoid": exponentials.sigmoid,
    "softplus": exponentials.softplus,
    "sqrt": _llvm("llvm.sqrt"),
    "sin": _llvm("llvm.sin"),
    "cos": _llvm("llvm.cos"),
    "floor": _llvm("llvm.floor"),
    "ceil": _llvm("llvm.ceil"),
    "rint": _llvm("llvm.rint"),
    "absolute": comparisons.absolute,
    "sign": comparisons.sign,
    "relu": comparisons.relu,
    "isfinite": _isfinite,
    "maximum": comparisons.maximum,
    "minimum": comparisons.minimum,
    "floor_divide": comparisons.floor_divide,
    "remainder": comparisons.remainder,
    "power": comparisons.power,
}
"""Name → what it writes. All numbers are of one type; `isfinite` answers a bool."""


def _emit(formula: Formula) -> Callable[..., Any]:
    def codegen(context: Any, builder: Any, signature: Any, operands: Any) -> Any:
        found = formula(*[Value(builder, operand) for operand in operands]).raw
        wanted = context.get_value_type(signature.return_type)
        return found if found.type == wanted else builder.zext(found, wanted)

    return codegen


def _declared(name: str, formula: Formula) -> Any:
    """Make numba's intrinsic from a formula of one or two numbers of one type."""
    answer = types.boolean if name == "isfinite" else None

    def rule(x: Any, *others: Any) -> Any:
        if others not in ((), (x,)) or not isinstance(x, types.Float | types.Integer):
            return None
        return (answer or x)(x, *others), _emit(formula)

    def unary(typingctx: Any, x: Any) -> Any:
        return rule(x)

    def binary(typingctx: Any, x: Any, y: Any) -> Any:
        return rule(x, y)

    typing = binary if name in BINARY else unary
    typing.__name__ = name
    return intrinsic(typing)


def _select(typingctx: Any, condition: Any, x: Any, y: Any) -> Any:
    """Return x where the condition holds, else y, without a branch."""
    if x != y or condition != types.boolean:
        return None

    def codegen(context: Any, builder: Any, signature: Any, operands: Any) -> Any:
        return builder.select(*operands)

    return x(condition, x, y), codegen


def _power_whole(x: Any, y: Any) -> Any:
    """Return x ** y of integers by squaring, wrapping as NumPy does."""
    if y < 0:
        raise ValueError("Integers to negative integer powers are not allowed.")
    total = x**0
    while y > 0:
        if y & 1:
            total *= x
        x *= x
        y >>= 1
    return total


@functools.cache
def compiled_names() -> dict[str, Any]:
    """Return the names of functions of numbers, for code that numba compiles."""
    names = {name: _declared(name, formula) for name, formula in FORMULAS.items()}
    whole = {f"to_{dtype}": getattr(np, dtype) for dtype in WHOLE}
    power_whole = njit(_power_whole, error_model="numpy")
    return {
        **names,
        **whole,
        "np": np,
        "select": intrinsic(_select),
        "power_whole": power_whole,
    }
