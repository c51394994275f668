"""matmul: the product of matrices, and of stacks of matrices."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygraph.core.building import apply, as_node
from tinygraph.core.errors import ShapeError
from tinygraph.core.nodes import REDUCED, Node, Op, Rows, register
from tinygraph.core.operators import FUNCTIONS
from tinygraph.core.types import Dim, TensorType, broadcast_shapes
from tinygraph.ops.shaping import (
    expand_dims,
    pad_rank,
    squeeze,
    swap_last,
    unbroadcast,
)


def _matmul_type(a: TensorType, b: TensorType) -> TensorType:
    (*heads_a, n, k), (*heads_b, k2, m) = a.shape, b.shape
    if k != k2:
        raise ShapeError(
            f"the inner dimensions differ: {k!r} (last axis of the left operand) "
            f"and {k2!r} (last but one of the right)"
        )
    heads = broadcast_shapes(tuple(heads_a), tuple(heads_b))
    return TensorType((*heads, n, m), np.promote_types(a.dtype, b.dtype), a.time)


def _matmul_vjp(y: Node, ct: Node) -> tuple[Node, ...]:
    """y = a @ b, so a̅ = y̅ bᵀ and b̅ = aᵀ y̅."""
    a, b = y.inputs
    return unbroadcast(ct @ swap_last(b), a), unbroadcast(swap_last(a) @ ct, b)


def _matmul_jvp(y: Node, tangents: Any) -> Node:
    """ẏ = ȧ @ b + a @ ḃ."""
    (a, b), (da, db) = y.inputs, tangents
    parts: list[Node] = [] if da is None else [da @ b]
    if db is not None:
        parts.append(a @ db)
    return parts[0] if len(parts) == 1 else parts[0] + parts[1]


def _matmul_over_time(y: Node, arrays: Any, steps: int) -> Any:
    """All steps in one product where the right operand is the same at each."""
    a, b = arrays
    if len(b) == 1 and b.ndim == 3 and len(a) > 1:
        rows = a.reshape(math.prod(a.shape[:-1]), a.shape[-1]) @ b[0]
        return rows.reshape(*a.shape[:-1], b.shape[-1])
    ndim = max(a.ndim, b.ndim) - 1
    return np.matmul(pad_rank(a, ndim), pad_rank(b, ndim))


def _matmul_rows(y: Node) -> Rows:
    """Rows of the left operand stay; the inner axes are summed; heads align."""
    a, b = y.inputs

    def heads(x: Node) -> tuple[int | str, ...]:
        return tuple(range(-x.ndim, -2))

    return (*heads(a), -2, REDUCED), (*heads(b), REDUCED, -1)


def _matmul_flops(y: Node) -> Sequence[Dim]:
    """(n, k) and (k, m): 2nkm, as often as there are matrices."""
    return 2, *y.type.shape, y.inputs[0].type.shape[-1]


def _matmul_gemm(y: Node) -> tuple[Sequence[Dim], ...]:
    *many, n, m = y.type.shape
    return many, (n,), y.inputs[0].type.shape[-1:], (m,)


MATMUL = register(
    Op(
        "matmul",
        infer=_matmul_type,
        impl=np.matmul,
        vjp=_matmul_vjp,
        jvp=_matmul_jvp,
        over_time=_matmul_over_time,
        rows=_matmul_rows,
        promotes=True,
        lasting=True,
        flops=_matmul_flops,
        gemm=_matmul_gemm,
        infix="@",
    )
)


def matmul(x1: Any, x2: Any, /, *, name: str | None = None) -> Node:
    """x1 @ x2, as NumPy's: vectors, matrices, and stacks of them on leading axes.

    Raises:
        ShapeError: an operand is a scalar, or the inner dimensions differ.

    Example:
        >>> tg.evaluate(tg.matmul([[1.0, 2.0], [3.0, 4.0]], [1.0, -1.0]))
        array([-1., -1.])
    """
    a, b = as_node(x1), as_node(x2)
    for node in (a, b):
        if node.ndim == 0:
            raise ShapeError(
                f"matmul: {node.describe()} is a scalar; use * to scale by it"
            )
    left, right = a.ndim == 1, b.ndim == 1
    if left:
        a = expand_dims(a, 0)
    if right:
        b = expand_dims(b, 1)
    y = apply(MATMUL, a, b, name=None if left or right else name)
    if left or right:
        y = squeeze(y, (-2, -1) if left and right else -2 if left else -1)
        y = y if name is None else y.named(name)
    return y


FUNCTIONS["matmul"] = matmul
