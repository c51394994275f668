"""Reductions along axes, and the softmax family."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tinygraph.core.building import apply, as_node, axes_of, cast
from tinygraph.core.errors import ShapeError
from tinygraph.core.nodes import MIXED, REDUCED, Node, Op, Rows, register
from tinygraph.core.operators import FUNCTIONS
from tinygraph.core.ranges import UNIT, Range
from tinygraph.core.types import TensorType, reduced_shape
from tinygraph.ops.comparing import equal
from tinygraph.ops.elementwise import countable
from tinygraph.ops.functions import exp
from tinygraph.ops.reducing import (
    log_softmax_into,
    log_softmax_kernel,
    logsumexp_kernel,
    mean_into,
    mean_kernel,
    reduced_type,
    reduction_into,
    softmax_into,
    softmax_kernel,
    sum_into,
    sum_kernel,
)
from tinygraph.ops.shaping import broadcast_like, expand_dims, flip, reshape
from tinygraph.ops.time import extent

Kernel = Callable[..., Any]


def reduction_rows(y: Node) -> Rows:
    """The reduced axes are REDUCED, the others keep their rows."""
    axis, ndim = y.attrs["axis"], y.inputs[0].ndim
    keeps = y.attrs.get("keepdims", False)
    left = [i for i in range(-ndim, 0) if keeps or i not in axis]
    places = {i: j - len(left) for j, i in enumerate(left)}
    return (tuple(REDUCED if i in axis else places[i] for i in range(-ndim, 0)),)


def spread(v: Node, y: Node) -> Node:
    """Bring what has the shape of a reduction y back to the shape of its input."""
    if not y.attrs["keepdims"]:
        x = y.inputs[0]
        v = expand_dims(v, y.attrs["axis"]) if y.attrs["axis"] else v
        assert v.ndim == x.ndim
    return broadcast_like(v, y.inputs[0])


def count(x: Node, axes: tuple[int, ...]) -> Any:
    """Return the number of elements along `axes`: an int, or a weak static node."""
    dims = [x.type.shape[axis] for axis in axes]
    known = math.prod(dim for dim in dims if not isinstance(dim, str))
    factors: list[Any] = [extent(dim) for dim in dims if isinstance(dim, str)]
    factors += [known] if known != 1 or not factors else []
    return math.prod(factors[1:], start=factors[0])


def _divided(ct: Node, number: Any) -> Node:
    return cast(countable(ct) / number, ct.type.dtype)


def _again(op: str) -> Callable[[Node, Any], Node]:
    """Return the jvp of a linear reduction: itself, of the tangent."""

    def jvp(y: Node, tangents: Any) -> Node:
        result: Node = FUNCTIONS[op](tangents[0], y.attrs["axis"], y.attrs["keepdims"])
        return result

    return jvp


def _picked(y: Node) -> Node:
    """Return each element's share in a max or min: ties share equally."""
    x = y.inputs[0]
    hit = countable(cast(equal(x, spread(y, y)), x.type.dtype))
    return cast(hit / sum(hit, y.attrs["axis"], keepdims=True), x.type.dtype)


def _picked_vjp(y: Node, ct: Node) -> tuple[Node, ...]:
    return (spread(ct, y) * _picked(y),)


def _picked_jvp(y: Node, tangents: Any) -> Node:
    return sum(tangents[0] * _picked(y), y.attrs["axis"], y.attrs["keepdims"])


def _register(
    name: str, kernel: Kernel, into: Kernel, vjp: Any, jvp: Any, bounds: Any = None
) -> Op:
    return register(
        Op(
            name,
            infer=reduced_type(kernel),
            impl=kernel,
            vjp=vjp,
            jvp=jvp,
            rows=reduction_rows,
            into=into,
            bounds=bounds,
        )
    )


def _within(y: Node, x: Range) -> Range:
    """Return the range of what lies between the least and the greatest of x."""
    return x.whole


SUM = _register(
    "sum", sum_kernel, sum_into, lambda y, ct: (spread(ct, y),), _again("sum")
)
MEAN = _register(
    "mean",
    mean_kernel,
    mean_into,
    lambda y, ct: (spread(_divided(ct, count(y.inputs[0], y.attrs["axis"])), y),),
    _again("mean"),
    _within,
)
_PICKED = (_picked_vjp, _picked_jvp, _within)
MAX = _register("max", np.maximum.reduce, reduction_into(np.maximum), *_PICKED)
MIN = _register("min", np.minimum.reduce, reduction_into(np.minimum), *_PICKED)


def _logsumexp_vjp(y: Node, ct: Node) -> tuple[Node, ...]:
    """x̅ = y̅ e^(x - y), the softmax of x."""
    return (spread(ct, y) * exp(y.inputs[0] - spread(y, y)),)


def _logsumexp_jvp(y: Node, tangents: Any) -> Node:
    weights = exp(y.inputs[0] - spread(y, y))
    return sum(tangents[0] * weights, y.attrs["axis"], y.attrs["keepdims"])


LOGSUMEXP = register(
    Op(
        "logsumexp",
        infer=lambda x, axis, keepdims: TensorType(
            reduced_shape(x.shape, axis, keepdims), np.exp(_one(x)).dtype, x.time
        ),
        impl=logsumexp_kernel,
        vjp=_logsumexp_vjp,
        jvp=_logsumexp_jvp,
        rows=reduction_rows,
    )
)


def _one(x: TensorType) -> Any:
    return np.ones((), x.dtype)[np.newaxis]


def _softmax_map(y: Node, v: Node) -> Node:
    """The Jacobian of softmax is symmetric: v ↦ y (v - Σ v y)."""
    return y * (v - sum(v * y, y.attrs["axis"], keepdims=True))


def _log_softmax_vjp(y: Node, ct: Node) -> tuple[Node, ...]:
    """x̅ = y̅ - softmax(x) Σ y̅."""
    return (ct - exp(y) * sum(ct, y.attrs["axis"], keepdims=True),)


def _log_softmax_jvp(y: Node, tangents: Any) -> Node:
    moved: Node = tangents[0]
    return moved - sum(exp(y) * moved, y.attrs["axis"], keepdims=True)


def _mixing_rows(y: Node) -> Rows:
    axis = y.attrs["axis"]
    return (tuple(MIXED if i in axis else i for i in range(-y.ndim, 0)),)


def _float_type(x: TensorType, axis: tuple[int, ...]) -> TensorType:
    return x.with_dtype(np.exp(_one(x)).dtype)


SOFTMAX = register(
    Op(
        "softmax",
        infer=_float_type,
        impl=softmax_kernel,
        vjp=lambda y, ct: (_softmax_map(y, ct),),
        jvp=lambda y, tangents: _softmax_map(y, tangents[0]),
        rows=_mixing_rows,
        bounds=UNIT,
        into=softmax_into,
    )
)
LOG_SOFTMAX = register(
    Op(
        "log_softmax",
        infer=_float_type,
        impl=log_softmax_kernel,
        vjp=_log_softmax_vjp,
        jvp=_log_softmax_jvp,
        rows=_mixing_rows,
        bounds=Range(-np.inf, 0.0),
        into=log_softmax_into,
    )
)


def _cumsum_vjp(y: Node, ct: Node) -> tuple[Node, ...]:
    """xᵢ takes part in every later sum: x̅ is y̅ summed from the end."""
    axis = y.attrs["axis"]
    return (flip(cumsum(flip(ct, axis), axis[0]), axis),)


CUMSUM = register(
    Op(
        "cumsum",
        infer=lambda x, axis: x.with_dtype(np.cumsum(_one(x)).dtype),
        impl=lambda x, axis: np.cumsum(x, axis[0]),
        vjp=_cumsum_vjp,
        jvp=lambda y, tangents: cumsum(tangents[0], y.attrs["axis"][0]),
        rows=_mixing_rows,
    )
)


def _arg_type(x: TensorType, axis: tuple[int, ...], keepdims: bool) -> TensorType:
    shape = reduced_shape(x.shape, axis, keepdims)
    return TensorType(shape, np.dtype(np.intp), x.time)


def _arg_rows(y: Node) -> Rows:
    return (tuple(MIXED if r == REDUCED else r for r in reduction_rows(y)[0]),)


def _arg(name: str, kernel: Kernel) -> Op:
    return register(
        Op(
            name,
            infer=_arg_type,
            impl=lambda x, axis, keepdims: kernel(x, axis[0], keepdims=keepdims),
            rows=_arg_rows,
        )
    )


ARGMAX = _arg("argmax", np.argmax)
ARGMIN = _arg("argmin", np.argmin)


def _reduce(op: Op, a: Any, axis: Any, keepdims: bool, name: str | None) -> Node:
    node = as_node(a)
    axes = axes_of(node, axis)
    _check_nonempty(op, node, axes)
    return apply(op, node, axis=axes, keepdims=bool(keepdims), name=name)


def _check_nonempty(op: Op, node: Node, axes: tuple[int, ...]) -> None:
    if op in (MAX, MIN) and 0 in [node.type.shape[axis] for axis in axes]:
        raise ShapeError(f"{op.name} of {node.describe()}: no elements along {axes}")


def sum(
    a: Any, axis: Any = None, keepdims: bool = False, *, name: str | None = None
) -> Node:
    """The sum over `axis` (None: all axes). Time is not an axis: `sum_over_time`.

    Example:
        >>> tg.evaluate(tg.sum([[1.0, 2.0], [3.0, 4.0]], axis=1))
        array([3., 7.])
    """
    return _reduce(SUM, a, axis, keepdims, name)


def mean(
    a: Any, axis: Any = None, keepdims: bool = False, *, name: str | None = None
) -> Node:
    """The mean over `axis`; NaN over an axis of length 0.

    Example:
        >>> tg.evaluate(tg.mean([[1.0, 2.0], [3.0, 4.0]], axis=1))
        array([1.5, 3.5])
    """
    return _reduce(MEAN, a, axis, keepdims, name)


def max(
    a: Any, axis: Any = None, keepdims: bool = False, *, name: str | None = None
) -> Node:
    """The greatest over `axis`; tied elements share the gradient equally.

    Example:
        >>> tg.evaluate(tg.max([[1.0, 2.0], [3.0, 4.0]], axis=1))
        array([2., 4.])
    """
    return _reduce(MAX, a, axis, keepdims, name)


def min(
    a: Any, axis: Any = None, keepdims: bool = False, *, name: str | None = None
) -> Node:
    """The smallest over `axis`; tied elements share the gradient equally.

    Example:
        >>> tg.evaluate(tg.min([[1.0, 2.0], [3.0, 4.0]], axis=1))
        array([1., 3.])
    """
    return _reduce(MIN, a, axis, keepdims, name)


def logsumexp(
    a: Any, axis: Any = None, keepdims: bool = False, *, name: str | None = None
) -> Node:
    """log Σ e^a over `axis`, stable for every a.

    Example:
        >>> tg.evaluate(tg.logsumexp([[1.0, 2.0], [3.0, 4.0]], axis=1))
        array([2.31326169, 4.31326169])
    """
    return _reduce(LOGSUMEXP, a, axis, keepdims, name)


def softmax(x: Any, axis: Any = -1, *, name: str | None = None) -> Node:
    """e^x / Σ e^x along `axis`, stable for every x.

    Example:
        >>> tg.evaluate(tg.softmax([0.0, 0.0, 1.0]))
        array([0.21194156, 0.21194156, 0.57611688])
    """
    node = as_node(x)
    return apply(SOFTMAX, node, axis=axes_of(node, axis), name=name)


def log_softmax(x: Any, axis: Any = -1, *, name: str | None = None) -> Node:
    """x - logsumexp(x) along `axis`, stable for every x.

    Example:
        >>> tg.evaluate(tg.log_softmax([0.0, 0.0, 1.0]))
        array([-1.55144471, -1.55144471, -0.55144471])
    """
    node = as_node(x)
    return apply(LOG_SOFTMAX, node, axis=axes_of(node, axis), name=name)


def _flat(a: Any, axis: int | None) -> tuple[Node, int]:
    """Return `a` and its axis; as NumPy, axis=None means the flattened array."""
    node = as_node(a)
    return (reshape(node, -1), 0) if axis is None else (node, axis)


def cumsum(a: Any, axis: int | None = None) -> Node:
    """The running sum along `axis`. For a running sum over time use a delay.

    Example:
        >>> tg.evaluate(tg.cumsum([1, 2, 3]))
        array([1, 3, 6])
    """
    node, axis = _flat(a, axis)
    return apply(CUMSUM, node, axis=axes_of(node, (axis,)))


def _arg_function(op: Op, a: Any, axis: int | None, keepdims: bool) -> Node:
    node, axis = _flat(a, axis)
    axes = axes_of(node, (axis,))
    return apply(op, node, axis=axes, keepdims=bool(keepdims))


def argmax(a: Any, axis: int | None = None, keepdims: bool = False) -> Node:
    """The index of the greatest along `axis`, the first one at a tie.

    Example:
        >>> tg.evaluate(tg.argmax([3, 5, 5]))
        array(1)
    """
    return _arg_function(ARGMAX, a, axis, keepdims)


def argmin(a: Any, axis: int | None = None, keepdims: bool = False) -> Node:
    """The index of the smallest along `axis`, the first one at a tie.

    Example:
        >>> tg.evaluate(tg.argmin([3, 1, 1]))
        array(1)
    """
    return _arg_function(ARGMIN, a, axis, keepdims)


FUNCTIONS.update(sum=sum, mean=mean)
