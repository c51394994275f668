"""Functions of one variable: exp, tanh, sigmoid and the like, numerically stable."""

from typing import Any

import numpy as np

from tinygraph.core.building import apply, as_node, cast
from tinygraph.core.nodes import REGISTRY, Node, Op, Ufuncs, register
from tinygraph.core.operators import FUNCTIONS
from tinygraph.core.ranges import UNIT, Range
from tinygraph.ops.comparing import greater
from tinygraph.ops.elementwise import as_float, elementwise


def _sigmoid(x: Any, out: Any = None) -> Any:
    """1 / (1 + e^-x): e^-x overflows to inf where the result is 0, as it should."""
    e = np.exp(np.negative(as_float(x), out=out), out=out)
    return np.divide(1, np.add(e, 1, out=out), out=out)


def _sigmoid_ufuncs(y: Node) -> Ufuncs:
    if y.inputs[0].dtype != y.dtype:
        return []
    return [
        (np.negative, (0, "out")),
        (np.exp, ("out", "out")),
        (np.add, ("out", "one", "out")),
        (np.divide, ("one", "out", "out")),
    ]


def _relu(x: Any, out: Any = None) -> Any:
    return np.maximum(x, np.zeros((), np.asarray(x).dtype), out=out)


def _softplus(x: Any, out: Any = None) -> Any:
    """log(1 + e^x) = max(x, 0) + log1p(e^-|x|), without overflow."""
    x = as_float(x)
    tail = np.log1p(np.exp(-np.abs(x)))
    return np.add(np.maximum(x, 0), tail, out=out)


_WAVE = Range(-1.0, 1.0)
elementwise(
    "negative",
    np.negative,
    lambda y, v: -v,
    bounds=lambda y, x: Range(-x.high, -x.low),
    symbol="−",
)
elementwise("exp", np.exp, lambda y, v: v * y, bounds=lambda y, x: x.through(np.exp))
elementwise(
    "expm1", np.expm1, lambda y, v: v * (y + 1), bounds=lambda y, x: x.through(np.expm1)
)
elementwise(
    "log",
    np.log,
    lambda y, v: v / y.inputs[0],
    bounds=lambda y, x: x.through(lambda end: np.log(np.maximum(end, 0.0))),
)
elementwise(
    "log1p",
    np.log1p,
    lambda y, v: v / (y.inputs[0] + 1),
    bounds=lambda y, x: x.through(lambda end: np.log1p(np.maximum(end, -1.0))),
)
elementwise(
    "sqrt",
    np.sqrt,
    lambda y, v: 0.5 * v / y,
    bounds=lambda y, x: x.through(lambda end: np.sqrt(np.maximum(end, 0.0))),
)
elementwise(
    "square",
    np.square,
    lambda y, v: 2 * v * y.inputs[0],
    bounds=lambda y, x: x.magnitude.times(x.magnitude),
)
elementwise(
    "abs",
    np.absolute,
    lambda y, v: v * sign(y.inputs[0]),
    bounds=lambda y, x: x.magnitude,
)
elementwise("sign", np.sign, bounds=_WAVE)
elementwise("floor", np.floor, bounds=lambda y, x: x.through(np.floor))
elementwise("ceil", np.ceil, bounds=lambda y, x: x.through(np.ceil))
elementwise("round", np.rint, bounds=lambda y, x: x.through(np.rint))
elementwise("isfinite", np.isfinite)
elementwise("logical_not", np.logical_not)
elementwise("sin", np.sin, lambda y, v: v * cos(y.inputs[0]), bounds=_WAVE)
elementwise("cos", np.cos, lambda y, v: -v * sin(y.inputs[0]), bounds=_WAVE)
elementwise("tanh", np.tanh, lambda y, v: v * (1 - square(y)), bounds=_WAVE)
elementwise(
    "sigmoid",
    np.exp,
    lambda y, v: v * (y * (1 - y)),
    impl=_sigmoid,
    bounds=UNIT,
    ufuncs=_sigmoid_ufuncs,
    symbol="σ",
)
elementwise(
    "relu",
    np.positive,
    lambda y, v: v * cast(greater(y.inputs[0], 0), v.type.dtype),
    impl=_relu,
    bounds=lambda y, x: x.through(lambda end: np.maximum(end, 0.0)),
)
elementwise(
    "softplus",
    np.exp,
    lambda y, v: v * sigmoid(y.inputs[0]),
    impl=_softplus,
    bounds=lambda y, x: x.through(_softplus),
)
STOP_GRADIENT = elementwise(
    "stop_gradient",
    np.positive,
    impl=np.array,
    infer=lambda x: x,
    bounds=lambda y, x: x,
    promotes=False,
)
IDENTITY = register(
    Op(
        "identity",
        infer=lambda x: x,
        impl=lambda x: x,
        vjp=lambda y, ct: (ct,),
        jvp=lambda y, tangents: tangents[0],
        bounds=lambda y, x: x,
        view=True,
    )
)


def _unary(op: str, x: Any, name: str | None) -> Node:
    return apply(REGISTRY[op], x, name=name)


def negative(x: Any, /, *, name: str | None = None) -> Node:
    """-x.

    Example:
        >>> tg.evaluate(tg.negative([1.0, -2.0]))
        array([-1.,  2.])
    """
    return _unary("negative", x, name)


def exp(x: Any, /, *, name: str | None = None) -> Node:
    """e^x.

    Example:
        >>> tg.evaluate(tg.exp([0.0, 1.0]))
        array([1.        , 2.71828183])
    """
    return _unary("exp", x, name)


def expm1(x: Any, /, *, name: str | None = None) -> Node:
    """e^x - 1, accurate near 0.

    Example:
        >>> tg.evaluate(tg.expm1([0.0, 1.0]))
        array([0.        , 1.71828183])
    """
    return _unary("expm1", x, name)


def log(x: Any, /, *, name: str | None = None) -> Node:
    """The natural logarithm.

    Example:
        >>> tg.evaluate(tg.log([1.0, 10.0]))
        array([0.        , 2.30258509])
    """
    return _unary("log", x, name)


def log1p(x: Any, /, *, name: str | None = None) -> Node:
    """log(1 + x), accurate near 0.

    Example:
        >>> tg.evaluate(tg.log1p([0.0, 1.0]))
        array([0.        , 0.69314718])
    """
    return _unary("log1p", x, name)


def sqrt(x: Any, /, *, name: str | None = None) -> Node:
    """The square root; its derivative is infinite at 0.

    Example:
        >>> tg.evaluate(tg.sqrt([4.0, 9.0]))
        array([2., 3.])
    """
    return _unary("sqrt", x, name)


def square(x: Any, /, *, name: str | None = None) -> Node:
    """x².

    Example:
        >>> tg.evaluate(tg.square([2.0, -3.0]))
        array([4., 9.])
    """
    return _unary("square", x, name)


def abs(x: Any, /, *, name: str | None = None) -> Node:
    """|x|; its derivative at 0 is 0.

    Example:
        >>> tg.evaluate(tg.abs([2.0, -3.0]))
        array([2., 3.])
    """
    return _unary("abs", x, name)


def sign(x: Any, /, *, name: str | None = None) -> Node:
    """-1, 0 or 1. Its derivative is 0.

    Example:
        >>> tg.evaluate(tg.sign([2.0, 0.0, -3.0]))
        array([ 1.,  0., -1.])
    """
    return _unary("sign", x, name)


def floor(x: Any, /, *, name: str | None = None) -> Node:
    """The greatest whole number <= x. Its derivative is 0.

    Example:
        >>> tg.evaluate(tg.floor([1.5, -1.5]))
        array([ 1., -2.])
    """
    return _unary("floor", x, name)


def ceil(x: Any, /, *, name: str | None = None) -> Node:
    """The smallest whole number >= x. Its derivative is 0.

    Example:
        >>> tg.evaluate(tg.ceil([1.5, -1.5]))
        array([ 2., -1.])
    """
    return _unary("ceil", x, name)


def round(x: Any, /, *, name: str | None = None) -> Node:
    """The nearest whole number, halves to even. Its derivative is 0.

    Example:
        >>> tg.evaluate(tg.round([0.5, 1.5, -1.2]))
        array([ 0.,  2., -1.])
    """
    return _unary("round", x, name)


def isfinite(x: Any, /, *, name: str | None = None) -> Node:
    """False for NaN and infinities.

    Example:
        >>> tg.evaluate(tg.isfinite([1.0, np.inf, np.nan]))
        array([ True, False, False])
    """
    return _unary("isfinite", x, name)


def logical_not(x: Any, /, *, name: str | None = None) -> Node:
    """True where x is 0; `~` on nodes.

    Example:
        >>> tg.evaluate(tg.logical_not([True, False]))
        array([False,  True])
    """
    return _unary("logical_not", x, name)


def sin(x: Any, /, *, name: str | None = None) -> Node:
    """The sine of x in radians.

    Example:
        >>> tg.evaluate(tg.sin([0.0, 0.5]))
        array([0.        , 0.47942554])
    """
    return _unary("sin", x, name)


def cos(x: Any, /, *, name: str | None = None) -> Node:
    """The cosine of x in radians.

    Example:
        >>> tg.evaluate(tg.cos([0.0, 0.5]))
        array([1.        , 0.87758256])
    """
    return _unary("cos", x, name)


def tanh(x: Any, /, *, name: str | None = None) -> Node:
    """The hyperbolic tangent.

    Example:
        >>> tg.evaluate(tg.tanh([0.0, 0.5]))
        array([0.        , 0.46211716])
    """
    return _unary("tanh", x, name)


def sigmoid(x: Any, /, *, name: str | None = None) -> Node:
    """1 / (1 + e^-x), stable for every x.

    Example:
        >>> tg.evaluate(tg.sigmoid([0.0, 2.0]))
        array([0.5       , 0.88079708])
    """
    return _unary("sigmoid", x, name)


def relu(x: Any, /, *, name: str | None = None) -> Node:
    """max(x, 0); its derivative at 0 is 0.

    Example:
        >>> tg.evaluate(tg.relu([2.0, -3.0]))
        array([2., 0.])
    """
    return _unary("relu", x, name)


def softplus(x: Any, /, *, name: str | None = None) -> Node:
    """log(1 + e^x), stable for every x.

    Example:
        >>> tg.evaluate(tg.softplus([0.0, 100.0]))
        array([  0.69314718, 100.        ])
    """
    return _unary("softplus", x, name)


def stop_gradient(x: Any, /, *, name: str | None = None) -> Node:
    """Return x as a value that no gradient passes.

    Example:
        >>> w = tg.parameter("w", 3.0)
        >>> tg.evaluate(tg.grad(w * tg.stop_gradient(w), w))
        array(3., dtype=float32)
    """
    return _unary("stop_gradient", x, name)


def identity(x: Any, /, *, name: str | None = None) -> Node:
    """Return x as a node of its own.

    Example:
        >>> x = tg.placeholder("x")
        >>> tg.evaluate(tg.identity(x), {"x": 2.0})
        array(2., dtype=float32)
    """
    return _unary("identity", x, name)


def named(x: Any, name: str) -> Node:
    """Return x under a name, for errors and pictures.

    The result is the same op on the same inputs (what nothing else uses is not
    computed twice); leaves, delays and random nodes get an `identity` instead.

    Example:
        >>> tg.named(tg.placeholder("x") * 2.0, "doubled")
        <multiply 'doubled': float32[] (static)>
    """
    node = as_node(x)
    if not node.inputs or node.op.random or node.op.name in ("delay", "every_step"):
        return identity(node, name=name)
    return Node(
        node.op, node.inputs, node.type, node.attrs, name, weak=node.weak, like=node
    )


FUNCTIONS.update(
    negative=negative, abs=abs, log=log, logical_not=logical_not, named=named
)
