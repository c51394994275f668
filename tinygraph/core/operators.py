"""Operators on nodes: `x + y`, `x @ w`, `x < 0`, `x[0]`.

They look up `FUNCTIONS`, which the modules of `tinygraph.ops` fill, so that nodes
know no op.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from tinygraph.core.foreign_calls import ForeignCalls

if TYPE_CHECKING:
    from tinygraph.core.nodes import Node

FUNCTIONS: dict[str, Callable[..., Any]] = {}


class Operators(ForeignCalls):
    """The operators of a node, NumPy's meaning; `==` compares identity."""

    __slots__ = ()

    def _with(self, function: str, other: Any) -> "Node":
        """Apply a function to self and an operand; refuse what is none."""
        if not is_operand(other):
            return cast("Node", NotImplemented)
        return call(function, self, other)

    def _after(self, function: str, other: Any) -> "Node":
        """Apply a function to an operand and self; refuse what is none."""
        if not is_operand(other):
            return cast("Node", NotImplemented)
        return call(function, other, self)

    def __add__(self, other: Any) -> "Node":
        return self._with("add", other)

    def __radd__(self, other: Any) -> "Node":
        return self._after("add", other)

    def __sub__(self, other: Any) -> "Node":
        return self._with("subtract", other)

    def __rsub__(self, other: Any) -> "Node":
        return self._after("subtract", other)

    def __mul__(self, other: Any) -> "Node":
        return self._with("multiply", other)

    def __rmul__(self, other: Any) -> "Node":
        return self._after("multiply", other)

    def __truediv__(self, other: Any) -> "Node":
        return self._with("divide", other)

    def __rtruediv__(self, other: Any) -> "Node":
        return self._after("divide", other)

    def __floordiv__(self, other: Any) -> "Node":
        return self._with("floor_divide", other)

    def __rfloordiv__(self, other: Any) -> "Node":
        return self._after("floor_divide", other)

    def __mod__(self, other: Any) -> "Node":
        return self._with("remainder", other)

    def __rmod__(self, other: Any) -> "Node":
        return self._after("remainder", other)

    def __pow__(self, other: Any) -> "Node":
        return self._with("power", other)

    def __rpow__(self, other: Any) -> "Node":
        return self._after("power", other)

    def __matmul__(self, other: Any) -> "Node":
        return self._with("matmul", other)

    def __rmatmul__(self, other: Any) -> "Node":
        return self._after("matmul", other)

    def __and__(self, other: Any) -> "Node":
        return self._with("logical_and", other)

    def __rand__(self, other: Any) -> "Node":
        return self._after("logical_and", other)

    def __or__(self, other: Any) -> "Node":
        return self._with("logical_or", other)

    def __ror__(self, other: Any) -> "Node":
        return self._after("logical_or", other)

    def __xor__(self, other: Any) -> "Node":
        return self._with("logical_xor", other)

    def __rxor__(self, other: Any) -> "Node":
        return self._after("logical_xor", other)

    def __lt__(self, other: Any) -> "Node":
        return self._with("less", other)

    def __le__(self, other: Any) -> "Node":
        return self._with("less_equal", other)

    def __gt__(self, other: Any) -> "Node":
        return self._with("greater", other)

    def __ge__(self, other: Any) -> "Node":
        return self._with("greater_equal", other)

    def __neg__(self) -> "Node":
        return call("negative", self)

    def __abs__(self) -> "Node":
        return call("abs", self)

    def __invert__(self) -> "Node":
        return call("logical_not", self)

    def __getitem__(self, key: Any) -> "Node":
        return call("getitem", self, key)

    @property
    def T(self) -> "Node":
        """The transpose, all axes reversed (as NumPy's)."""
        return call("transpose", self)

    def named(self, name: str) -> "Node":
        """Return this node under a name, for errors and pictures."""
        return call("named", self, name)


def call(function: str, *args: Any) -> "Node":
    """Call one of the functions that `tinygraph.ops` entered."""
    result: Node = FUNCTIONS[function](*args)
    return result


def is_operand(value: Any) -> bool:
    """Return True for what an op takes: a node, a number or an array."""
    return isinstance(value, Operators | int | float | np.ndarray | np.generic)
