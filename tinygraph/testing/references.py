"""What each op computes, in plain NumPy: the second meaning of a node at one step.

It shares no kernel with the ops. `reference(node, arrays, bound)` gives the value from
those of the inputs; the functions here work in NumPy's words or in plain loops, and in
float64 where NumPy has no such function. Results are cast to the node's dtype, so a
wrong type rule shows as a wrong value, a wrong shape as a wrong shape.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tinygraph.core.errors import LawError
from tinygraph.core.nodes import Node

Array = np.ndarray[Any, Any]
Bound = Callable[[Any], Any]
"""Gives a dimension, or a shape of them, as numbers."""
Reference = Callable[[Node, list[Any], Bound], Any]


def reference(node: Node, arrays: list[Any], bound: Bound) -> Array:
    """Return the value of a node at one step from those of its inputs.

    Args:
        arrays: values of its inputs at that step.
        bound: gives the length of a named dimension, or numbers for a shape.

    Raises:
        LawError: nothing says what the op means.
    """
    if node.op.name not in REFERENCES:
        raise LawError(
            f"{node.describe()}, made at {node.where}: nothing says what "
            f"{node.op.name!r} means in NumPy's words. Add it to "
            "tinygraph.testing.references.REFERENCES",
            node=node,
        )
    return np.asarray(REFERENCES[node.op.name](node, arrays, bound))


def _numpy(name: str) -> Reference:
    """NumPy's function of this name, in the dtype that the node says."""
    function = getattr(np, name)
    return lambda node, arrays, bound: function(*arrays)


def _compared(name: str) -> Reference:
    function = getattr(np, name)
    return lambda node, arrays, bound: function(*arrays).astype(bool)


def _along(name: str) -> Reference:
    """NumPy's function of an array, axes and `keepdims`."""
    function = getattr(np, name)

    def run(node: Node, arrays: list[Any], bound: Bound) -> Any:
        axis = node.attrs["axis"]
        axes = axis[0] if name.startswith("arg") else axis
        return function(arrays[0], axis=axes, keepdims=node.attrs["keepdims"])

    return run


def _mean(node: Node, arrays: list[Any], bound: Bound) -> Any:
    """NumPy's mean, but it warns of nothing where there is nothing."""
    if arrays[0].size:
        return _along("mean")(node, arrays, bound)
    return _along("sum")(node, arrays, bound) * np.nan


def _wide(x: Any) -> Array:
    return np.asarray(x, np.float64)


def _sigmoid(node: Node, arrays: list[Any], bound: Bound) -> Any:
    x = _wide(arrays[0])
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + e), e / (1 + e))


def _softplus(node: Node, arrays: list[Any], bound: Bound) -> Any:
    return np.logaddexp(_wide(arrays[0]), 0)


def _weights(node: Node, arrays: list[Any]) -> tuple[Array, Array]:
    """Return x less its finite maxima, and the logarithm of the sum of exponentials."""
    x, axis = _wide(arrays[0]), node.attrs["axis"]
    top = np.max(x, axis=axis, keepdims=True, initial=-np.inf)
    shifted = x - np.where(np.isfinite(top), top, 0)
    return shifted, np.log(np.sum(np.exp(shifted), axis=axis, keepdims=True))


def _log_softmax(node: Node, arrays: list[Any], bound: Bound) -> Any:
    shifted, total = _weights(node, arrays)
    return shifted - total


def _softmax(node: Node, arrays: list[Any], bound: Bound) -> Any:
    shifted, total = _weights(node, arrays)
    return np.exp(shifted) / np.exp(total)


def _logsumexp(node: Node, arrays: list[Any], bound: Bound) -> Any:
    x, axes = _wide(arrays[0]), node.attrs["axis"]
    for axis in axes:
        x = np.logaddexp.reduce(x, axis=axis, keepdims=True)
    return x if node.attrs["keepdims"] else np.squeeze(x, axes)


def _matmul(node: Node, arrays: list[Any], bound: Bound) -> Any:
    """The sum over k of a[..., n, k] b[..., k, m]."""
    a, b = arrays
    return np.einsum("...nk,...km->...nm", a, b)


def _index(node: Node, arrays: list[Any], bound: Bound) -> Any:
    items = node.attrs["items"]
    key = tuple(slice(*i) if isinstance(i, tuple) else i for i in items)
    return arrays[0][key]


def _put_slice(node: Node, arrays: list[Any], bound: Bound) -> Any:
    """Zeros, but for what is put where `items` point."""
    items = node.attrs["items"]
    key = tuple(slice(*i) if isinstance(i, tuple) else i for i in items)
    result = np.zeros(bound(node.shape), node.dtype)
    result[key] = arrays[0]
    return result


def _pad(node: Node, arrays: list[Any], bound: Bound) -> Any:
    return np.pad(arrays[0], node.attrs["pad_width"]) if arrays[0].ndim else arrays[0]


def _one_hot(node: Node, arrays: list[Any], bound: Bound) -> Any:
    result = np.zeros(bound(node.shape), node.dtype)
    for place in np.ndindex(arrays[0].shape):
        index = int(arrays[0][place])
        if 0 <= index < result.shape[-1]:
            result[(*place, index)] = 1
    return result


def _scatter_add(node: Node, arrays: list[Any], bound: Bound) -> Any:
    """Each update is added where its index points; several may meet."""
    indices, updates = arrays[:2]
    result = np.zeros(bound(node.shape), node.dtype)
    front = node.attrs["axis"] + result.ndim
    for place in np.ndindex(indices.shape):
        to: Any = (*[slice(None)] * front, int(indices[place]))
        result[to] += updates[(*[slice(None)] * front, *place)]
    return result


def _put_along(node: Node, arrays: list[Any], bound: Bound) -> Any:
    values, indices = np.broadcast_arrays(*arrays)
    result = np.zeros(bound(node.shape), node.dtype)
    for place in np.ndindex(values.shape):
        to = list(place)
        to[node.attrs["axis"]] = int(indices[place])
        result[tuple(to)] += values[place]
    return result


def _take(node: Node, arrays: list[Any], bound: Bound) -> Any:
    moved = np.moveaxis(arrays[0], node.attrs["axis"], 0)
    taken = moved[arrays[1]]
    behind, n = -1 - node.attrs["axis"], arrays[1].ndim
    places = range(taken.ndim - behind - n, taken.ndim - behind)
    return np.moveaxis(taken, range(n), places)


def _take_along(node: Node, arrays: list[Any], bound: Bound) -> Any:
    x, indices = arrays
    axis = node.attrs["axis"]
    result = np.zeros(bound(node.shape), node.dtype)
    for place in np.ndindex(result.shape):
        own = [0 if n == 1 else p for n, p in zip(indices.shape, place, strict=True)]
        at = [0 if n == 1 else p for n, p in zip(x.shape, place, strict=True)]
        at[axis] = int(indices[tuple(own)])
        result[place] = x[tuple(at)]
    return result


def _cast(node: Node, arrays: list[Any], bound: Bound) -> Any:
    return arrays[0].astype(node.attrs["dtype"])


def _sum(node: Node, arrays: list[Any], bound: Bound) -> Any:
    total = arrays[0]
    for array in arrays[1:]:
        total = total + array
    return total


def _greatest(node: Node, arrays: list[Any], bound: Bound) -> Any:
    found = arrays[0]
    for array in arrays[1:]:
        found = np.where(np.isnan(found) | (found >= array), found, array)
    return found


def _joined(node: Node, arrays: list[Any], bound: Bound) -> Any:
    return np.concatenate(arrays, axis=node.attrs["axis"])


def _padded(node: Node, arrays: list[Any], bound: Bound) -> Any:
    before, after = node.attrs["padding"]
    zero = np.zeros_like(arrays[0])
    rows = [zero] * before + arrays + [zero] * after
    return np.stack(rows, axis=node.attrs["axis"])


def _stacked(node: Node, arrays: list[Any], bound: Bound) -> Any:
    return np.stack(arrays, axis=node.attrs["axis"])


def _shaped(node: Node, arrays: list[Any], bound: Bound) -> Any:
    return np.broadcast_to(arrays[0], bound(node.shape))


def _reshaped(node: Node, arrays: list[Any], bound: Bound) -> Any:
    return np.ravel(arrays[0]).reshape(bound(node.shape))


def _transposed(node: Node, arrays: list[Any], bound: Bound) -> Any:
    return np.moveaxis(arrays[0], node.attrs["axes"], range(-arrays[0].ndim, 0))


def _flipped(node: Node, arrays: list[Any], bound: Bound) -> Any:
    axes = {axis % arrays[0].ndim for axis in node.attrs["axis"]}
    steps = [-1 if i in axes else 1 for i in range(arrays[0].ndim)]
    return arrays[0][tuple(slice(None, None, step) for step in steps)]


def _cumulated(node: Node, arrays: list[Any], bound: Bound) -> Any:
    moved = np.moveaxis(arrays[0], node.attrs["axis"][0], 0)
    sums = [np.sum(moved[: i + 1], axis=0) for i in range(len(moved))]
    whole = np.stack(sums) if sums else moved
    return np.moveaxis(whole, 0, node.attrs["axis"][0])


def _product_of_others(node: Node, arrays: list[Any], bound: Bound) -> Any:
    (x,) = arrays
    others = [np.delete(x, i, axis=-1) for i in range(x.shape[-1])]
    return np.stack([np.prod(each, axis=-1) for each in others], axis=-1)


def _same(node: Node, arrays: list[Any], bound: Bound) -> Any:
    return arrays[0]


_FUNCTIONS = {
    **{name: name for name in ("negative", "exp", "expm1", "log", "log1p", "sqrt")},
    **{name: name for name in ("square", "abs", "sign", "floor", "ceil", "sin", "cos")},
    **{name: name for name in ("tanh", "add", "subtract", "multiply", "divide")},
    **{name: name for name in ("power", "floor_divide", "remainder", "where")},
    **{name: name for name in ("maximum", "minimum", "round")},
}
_PREDICATES = (
    *("equal", "not_equal", "less", "less_equal", "greater", "greater_equal"),
    *("logical_and", "logical_or", "logical_xor", "logical_not", "isfinite"),
)
_REDUCTIONS = ("sum", "max", "min", "prod", "argmax", "argmin")

REFERENCES: Mapping[str, Reference] = {
    **{op: _numpy(name) for op, name in _FUNCTIONS.items()},
    **{name: _compared(name) for name in _PREDICATES},
    **{name: _along(name) for name in _REDUCTIONS},
    "add_n": _sum,
    "mean": _mean,
    "max_n": _greatest,
    "relu": lambda node, arrays, bound: np.where(arrays[0] < 0, 0, arrays[0]),
    "sigmoid": _sigmoid,
    "softplus": _softplus,
    "softmax": _softmax,
    "log_softmax": _log_softmax,
    "logsumexp": _logsumexp,
    "cumsum": _cumulated,
    "product_of_others": _product_of_others,
    "matmul": _matmul,
    "index": _index,
    "put_slice": _put_slice,
    "pad": _pad,
    "one_hot": _one_hot,
    "take": _take,
    "take_along_axis": _take_along,
    "scatter_add": _scatter_add,
    "put_along_axis": _put_along,
    "cast": _cast,
    "concat": _joined,
    "stack": _stacked,
    "stack_padded": _padded,
    "broadcast_to": _shaped,
    "broadcast_like": _shaped,
    "reshape": _reshaped,
    "transpose": _transposed,
    "flip": _flipped,
    "identity": _same,
    "stop_gradient": _same,
}
"""Every op of the registry but leaves, time ops and random ones."""
