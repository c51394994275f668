"""Arithmetic and choice: NumPy's binary ufuncs and `where`."""

import functools
from typing import Any

import numpy as np

from tinygraph.core.building import apply, as_node, cast
from tinygraph.core.errors import ShapeError
from tinygraph.core.nodes import Node, Op, Ufuncs, register
from tinygraph.core.operators import FUNCTIONS
from tinygraph.core.ranges import Range
from tinygraph.core.types import TensorType, broadcast_shapes
from tinygraph.ops.comparing import equal
from tinygraph.ops.elementwise import alike, each_more, elementwise, ufunc_type


def _product_range(y: Node, a: Range, b: Range) -> Range:
    """Return the range of a · b; squares are at least 0."""
    return a.magnitude.times(b.magnitude) if y.inputs[0] is y.inputs[1] else a.times(b)


ADD = elementwise(
    "add",
    np.add,
    lambda y, v: v,
    lambda y, v: v,
    bounds=lambda y, a, b: a.plus(b),
    symbol="+",
    infix="+",
)
SUBTRACT = elementwise(
    "subtract",
    np.subtract,
    lambda y, v: v,
    lambda y, v: -v,
    bounds=lambda y, a, b: a.minus(b),
    symbol="−",
    infix="-",
)
MULTIPLY = elementwise(
    "multiply",
    np.multiply,
    lambda y, v: v * y.inputs[1],
    lambda y, v: v * y.inputs[0],
    bounds=_product_range,
    symbol="×",
    infix="*",
)
DIVIDE = elementwise(
    "divide",
    np.divide,
    lambda y, v: v / y.inputs[1],
    lambda y, v: -v * y / y.inputs[1],
    bounds=lambda y, a, b: a.times(b.inverse),
    symbol="÷",
    infix="/",
)


def _power_base(y: Node, v: Node) -> Node:
    """∂(a^b)/∂a = b a^(b-1), and 0 where b = 0 (also at a = 0)."""
    a, b = y.inputs
    slope = b * power(a, b - 1)
    return v * where(equal(b, 0), 0, slope)


def _power_exponent(y: Node, v: Node) -> Node:
    """∂(a^b)/∂b = a^b log a, and 0 where a = 0."""
    a = y.inputs[0]
    zero = equal(a, 0)
    return v * where(zero, 0, y * FUNCTIONS["log"](where(zero, 1, a)))


def _power_range(y: Node, a: Range, b: Range) -> Range:
    """Return the range of a^b, which ends where a and b do; any number for a < 0."""
    if np.any(np.asarray(a.low) < 0):
        return Range(-np.inf, np.inf)
    ends = [each.through(np.power, other) for each in a.ends for other in b.ends]
    return ends[0].join(*ends[1:])


POWER = elementwise(
    "power", np.power, _power_base, _power_exponent, bounds=_power_range
)
FLOOR_DIVIDE = elementwise("floor_divide", np.floor_divide)
REMAINDER = elementwise(
    "remainder",
    np.remainder,
    lambda y, v: v,
    lambda y, v: -v * floor_divide(*y.inputs),
)


def _share(y: Node, v: Node, own: int) -> Node:
    """The greater (smaller) operand takes v; at a tie each takes half."""
    x, other = y.inputs[own], y.inputs[1 - own]
    takes = cast(equal(x, y), v.type.dtype)
    gives = cast(equal(x, other), v.type.dtype)
    return v * (takes - 0.5 * gives)


MAXIMUM = elementwise(
    "maximum",
    np.maximum,
    *[functools.partial(_share, own=i) for i in (0, 1)],
    bounds=lambda y, a, b: a.through(np.maximum, b),
)
MINIMUM = elementwise(
    "minimum",
    np.minimum,
    *[functools.partial(_share, own=i) for i in (0, 1)],
    bounds=lambda y, a, b: a.through(np.minimum, b),
)


def _where_type(c: TensorType, x: TensorType, y: TensorType) -> TensorType:
    of_both = ufunc_type(np.add)(x, y) if x.dtype != y.dtype else x
    return TensorType(
        broadcast_shapes(c.shape, x.shape, y.shape), of_both.dtype, of_both.time
    )


def _where_into(condition: Any, x: Any, y: Any, out: Any) -> None:
    np.copyto(out, y)
    np.copyto(out, x, where=condition)


WHERE = elementwise(
    "where",
    np.add,
    None,
    lambda y, v: where(y.inputs[0], v, 0),
    lambda y, v: where(y.inputs[0], 0, v),
    impl=np.where,
    infer=_where_type,
    bounds=lambda y, condition, a, b: a.join(b),
    promotes=(1, 2),
    into=_where_into,
)


def _add_n_type(*types: TensorType) -> TensorType:
    return functools.reduce(ufunc_type(np.add), alike(*types))


def _add_n(*arrays: Any) -> Any:
    return functools.reduce(np.add, arrays) if len(arrays) > 1 else np.array(*arrays)


def _add_n_into(*arrays: Any) -> None:
    *terms, out = arrays
    np.copyto(out, terms[0])
    for term in terms[1:]:
        np.add(out, term, out)


def _add_n_ufuncs(y: Node) -> Ufuncs:
    if len(y.inputs) < 2:
        return []
    later = range(2, len(y.inputs))
    return [(np.add, (0, 1, "out")), *[(np.add, ("out", i, "out")) for i in later]]


def _add_n_jvp(y: Node, tangents: Any) -> Node:
    moved = [t for t in tangents if t is not None]
    return moved[0] if len(moved) == 1 else add_n(*moved)


ADD_N = register(
    Op(
        "add_n",
        infer=_add_n_type,
        impl=_add_n,
        vjp=lambda y, ct: (ct,) * len(y.inputs),
        jvp=_add_n_jvp,
        bounds=lambda y, *terms: functools.reduce(Range.plus, terms),
        symbol="+",
        infix="+",
        into=_add_n_into,
        ufuncs=_add_n_ufuncs,
        flops=each_more,
    )
)


def add_n(*operands: Any, name: str | None = None) -> Node:
    """Add any number of nodes of one shape and dtype: one node, not a chain.

    Raises:
        ShapeError: none is given, or their shapes or dtypes differ.

    Example:
        >>> tg.evaluate(tg.add_n([1.0, 2.0], [3.0, 4.0], [5.0, 6.0]))
        array([ 9., 12.])
    """
    nodes = [as_node(operand) for operand in operands]
    if not nodes:
        raise ShapeError("add_n needs at least one operand")
    return apply(ADD_N, *nodes, name=name)


def add(x1: Any, x2: Any, /, *, name: str | None = None) -> Node:
    """x1 + x2.

    Example:
        >>> tg.evaluate(tg.add([1.0, -2.0], [3.0, 2.0]))
        array([4., 0.])
    """
    return apply(ADD, x1, x2, name=name)


def subtract(x1: Any, x2: Any, /, *, name: str | None = None) -> Node:
    """x1 - x2.

    Example:
        >>> tg.evaluate(tg.subtract([1.0, -2.0], [3.0, 2.0]))
        array([-2., -4.])
    """
    return apply(SUBTRACT, x1, x2, name=name)


def multiply(x1: Any, x2: Any, /, *, name: str | None = None) -> Node:
    """x1 * x2.

    Example:
        >>> tg.evaluate(tg.multiply([1.0, -2.0], [3.0, 2.0]))
        array([ 3., -4.])
    """
    return apply(MULTIPLY, x1, x2, name=name)


def divide(x1: Any, x2: Any, /, *, name: str | None = None) -> Node:
    """x1 / x2; integers give floats.

    Example:
        >>> tg.evaluate(tg.divide([1.0, -2.0], [3.0, 2.0]))
        array([ 0.33333333, -1.        ])
    """
    return apply(DIVIDE, x1, x2, name=name)


def power(x1: Any, x2: Any, /, *, name: str | None = None) -> Node:
    """x1 ** x2. The derivative for x2 is 0 where x1 is 0, NaN where negative.

    Example:
        >>> tg.evaluate(tg.power([1.0, 3.0], 2.0))
        array([1., 9.])
    """
    return apply(POWER, x1, x2, name=name)


def floor_divide(x1: Any, x2: Any, /, *, name: str | None = None) -> Node:
    """x1 // x2, rounded towards minus infinity. No derivative (it is 0).

    Example:
        >>> tg.evaluate(tg.floor_divide([7, -7], 2))
        array([ 3, -4])
    """
    return apply(FLOOR_DIVIDE, x1, x2, name=name)


def remainder(x1: Any, x2: Any, /, *, name: str | None = None) -> Node:
    """x1 % x2, with the sign of x2.

    Example:
        >>> tg.evaluate(tg.remainder([7, -7], 3))
        array([1, 2])
    """
    return apply(REMAINDER, x1, x2, name=name)


def maximum(x1: Any, x2: Any, /, *, name: str | None = None) -> Node:
    """The greater, element by element; at a tie each gets half the gradient.

    Example:
        >>> tg.evaluate(tg.maximum([1.0, -2.0], [3.0, 2.0]))
        array([3., 2.])
    """
    return apply(MAXIMUM, x1, x2, name=name)


def minimum(x1: Any, x2: Any, /, *, name: str | None = None) -> Node:
    """The smaller, element by element; at a tie each gets half the gradient.

    Example:
        >>> tg.evaluate(tg.minimum([1.0, -2.0], [3.0, 2.0]))
        array([ 1., -2.])
    """
    return apply(MINIMUM, x1, x2, name=name)


def where(condition: Any, x: Any, y: Any, /, *, name: str | None = None) -> Node:
    """X where `condition` holds, else y. No gradient flows to the other branch.

    Example:
        >>> tg.evaluate(tg.where([True, False], [1.0, 2.0], 0.0))
        array([1., 0.])
    """
    return apply(WHERE, condition, x, y, name=name)


def clip(a: Any, a_min: Any = None, a_max: Any = None) -> Node:
    """Limit `a` to [a_min, a_max]; None leaves a side open.

    Composed of `maximum` and `minimum`, so at a bound half the gradient passes.

    Example:
        >>> tg.evaluate(tg.clip([-3.0, 0.5, 3.0], -1.0, 1.0))
        array([-1. ,  0.5,  1. ])
    """
    result = as_node(a)
    if a_min is not None:
        result = maximum(result, a_min)
    return result if a_max is None else minimum(result, a_max)


FUNCTIONS.update(
    add=add,
    subtract=subtract,
    multiply=multiply,
    divide=divide,
    power=power,
    floor_divide=floor_divide,
    remainder=remainder,
)
