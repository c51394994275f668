"""NumPy's functions called on nodes: refused, with the name of what to call instead.

`array + node` reaches NumPy first, which calls its own `add`; it is handed back to the
node's operator, as Python would have done.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np

PUBLIC: set[str] = set()
"""Names of the vocabulary; `tinygraph.ops` fills it."""

_REFLECTED = {
    "add": "__radd__",
    "subtract": "__rsub__",
    "multiply": "__rmul__",
    "divide": "__rtruediv__",
    "floor_divide": "__rfloordiv__",
    "remainder": "__rmod__",
    "power": "__rpow__",
    "matmul": "__rmatmul__",
    "bitwise_and": "__rand__",
    "bitwise_or": "__ror__",
    "bitwise_xor": "__rxor__",
    "less": "__gt__",
    "less_equal": "__ge__",
    "greater": "__lt__",
    "greater_equal": "__le__",
}
"""The ufunc of an operator → the method of its right operand."""

_OTHERWISE = {
    "absolute": "abs",
    "fabs": "abs",
    "rint": "round",
    "float_power": "power",
    "fmax": "maximum",
    "fmin": "minimum",
    "fmod": "remainder",
    "invert": "logical_not",
    "bitwise_and": "logical_and",
    "bitwise_or": "logical_or",
    "bitwise_xor": "logical_xor",
    "conjugate": "identity",
    "positive": "identity",
    "concatenate": "concat",
    "hstack": "concat",
    "vstack": "concat",
    "amax": "max",
    "amin": "min",
    "around": "round",
    "dot": "matmul",
    "swapaxes": "transpose",
    "moveaxis": "transpose",
    "astype": "cast",
    "add.reduce": "sum",
    "multiply.reduce": "prod",
    "maximum.reduce": "max",
    "minimum.reduce": "min",
    "add.accumulate": "cumsum",
    "array_split": "split",
    "cumulative_sum": "cumsum",
    "full_like": "ones_like",
    "ravel": "reshape",
    "permute_dims": "transpose",
    "roll": "concat",
    "average": "mean",
}
"""NumPy's name → ours, where they differ."""


class ForeignCalls:
    """How a node answers NumPy."""

    __slots__ = ()

    def __array_ufunc__(
        self, ufunc: Any, method: str, *inputs: Any, **options: Any
    ) -> Any:
        name = ufunc.__name__
        if method == "__call__" and _from_operator(inputs, options):
            if name in ("equal", "not_equal"):
                return name == "not_equal"
            if name in _REFLECTED:
                return getattr(inputs[1], _REFLECTED[name])(inputs[0])
        called = name if method == "__call__" else f"{name}.{method}"
        raise _refusal(called, (*inputs, *options.values(), self))

    def __array_function__(
        self, function: Any, types: Any, args: Any, options: Any
    ) -> Any:
        name = function.__name__
        if name in ("shape", "ndim") and args and args[0] is self:
            return getattr(self, name)
        raise _refusal(name, (*args, *options.values(), self))

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        raise TypeError(
            f"{_shown(self)} has no values before the graph runs, so it cannot be made "
            "an array. Its values are tg.evaluate(node, feeds), or an output of "
            "tg.compile(graph)(feeds); several nodes are put together by tg.stack"
        )


def _from_operator(inputs: tuple[Any, ...], options: Any) -> bool:
    """Return True for what NumPy makes of `array + node` and `array += node`."""
    first = inputs[0]
    if len(inputs) != 2 or not isinstance(first, np.ndarray | np.generic):
        return False
    out = options.get("out", (first,))
    return options.keys() <= {"out"} and len(out) == 1 and out[0] is first


def _refusal(name: str, given: Iterable[Any]) -> TypeError:
    ours = _OTHERWISE.get(name, name)
    how = (
        f"use tg.{ours}"
        if ours in PUBLIC
        else "compose it of the functions of tinygraph, or apply it to the values "
        "that tg.evaluate returns"
    )
    nodes = (x for x in _flat(given) if isinstance(x, ForeignCalls))
    return TypeError(f"np.{name} does not take {_shown(next(nodes))}: {how}")


def _flat(given: Iterable[Any]) -> Iterable[Any]:
    for value in given:
        if isinstance(value, tuple | list):
            yield from _flat(value)
        else:
            yield value


def _shown(node: Any) -> str:
    return f"the node {node.describe()}, made at {node.where}"
