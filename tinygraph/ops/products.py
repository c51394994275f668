"""The product along axes; its gradient is exact where elements are zero."""

from typing import Any

import numpy as np

from tinygraph.core.building import apply, as_node, axes_of
from tinygraph.core.nodes import MIXED, Node, Op, Rows, register
from tinygraph.ops.arithmetic import where
from tinygraph.ops.comparing import equal
from tinygraph.ops.creating import arange
from tinygraph.ops.reducing import reduced_type
from tinygraph.ops.reductions import reduction_rows, spread
from tinygraph.ops.reductions import sum as sum_of
from tinygraph.ops.shaping import expand_dims, ones_like, swap_axes


def _before(x: Any) -> Any:
    """Return for each element the product of those before it on the last axis."""
    ones = np.ones_like(x[..., :1])
    return np.cumprod(np.concatenate([ones, x[..., :-1]], -1), -1)


def _others_rows(y: Node) -> Rows:
    return ((*range(-y.ndim, -1), MIXED),)


def _others_map(y: Node, v: Node) -> Node:
    """yᵢ = Π_{j≠i} xⱼ, so Jᵢₖ = Π_{j≠i,k} xⱼ for k ≠ i, and Jᵢᵢ = 0: symmetric."""
    x = y.inputs[0]
    places = arange(x.shape[-1])
    same = equal(expand_dims(places, -1), places)
    rest = apply(OTHERS, where(same, 1, expand_dims(x, -2)))
    return sum_of(where(same, 0, rest * expand_dims(v, -2)), -1)


OTHERS = register(
    Op(
        "product_of_others",
        infer=lambda x: x,
        impl=lambda x: _before(x) * _before(x[..., ::-1])[..., ::-1],
        vjp=lambda y, ct: (_others_map(y, ct),),
        jvp=lambda y, tangents: _others_map(y, tangents[0]),
        rows=_others_rows,
    )
)


def _others(y: Node) -> Node:
    """Return for each element of a product y the product of all others.

    Over two axes: of the others in its line along the first, times the others of the
    lines' products along the second; and so on.
    """
    lines = y.inputs[0]
    result = ones_like(lines)
    for axis in y.attrs["axis"]:
        others = swap_axes(apply(OTHERS, swap_axes(lines, axis, -1)), axis, -1)
        result = others if lines is y.inputs[0] else result * others
        lines = apply(PROD, lines, axis=(axis,), keepdims=True)
    return result


def _prod_jvp(y: Node, tangents: Any) -> Node:
    return sum_of(tangents[0] * _others(y), y.attrs["axis"], y.attrs["keepdims"])


PROD = register(
    Op(
        "prod",
        infer=reduced_type(np.prod),
        impl=np.prod,
        vjp=lambda y, ct: (spread(ct, y) * _others(y),),
        jvp=_prod_jvp,
        rows=reduction_rows,
    )
)


def prod(
    a: Any, axis: Any = None, keepdims: bool = False, *, name: str | None = None
) -> Node:
    """The product over `axis` (None: all axes); of no elements it is 1.

    The gradient of an element is the product of the others, never a quotient. The
    second order costs n² for n elements along an axis.

    Example:
        >>> x = tg.placeholder("x", (3,))
        >>> tg.evaluate(tg.grad(tg.prod(x), x), {"x": [0, 2, 3]})
        array([6., 0., 0.], dtype=float32)
    """
    node = as_node(a)
    axes = axes_of(node, axis)
    return apply(PROD, node, axis=axes, keepdims=bool(keepdims), name=name)
