"""The functions of single numbers that generated code calls, by name."""

from collections.abc import Callable

from tinygraph.backends.native.kernels import comparisons, exponentials, logarithms
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
