"""Sums over time of products, as one kernel: what rewrites put in place of two nodes.

These ops are met only in optimised graphs. They are not part of the vocabulary and
have no derivative: a graph is differentiated before it is optimised.
"""

import math
from typing import Any

import numpy as np

from tinygraph.core.nodes import Node, Op
from tinygraph.core.types import Dim, TensorType, reduced_shape
from tinygraph.ops import index_range
from tinygraph.ops.all_steps import itself_of_all_steps
from tinygraph.ops.scattering import scatter_flat


def _contract_type(a: TensorType, b: TensorType) -> TensorType:
    return TensorType((a.shape[-1], b.shape[-1]), np.promote_types(a.dtype, b.dtype))


def _contract(*arrays: Any) -> Any:
    """Σ aᵀ @ b over the pairs of all steps."""
    half = len(arrays) // 2
    pairs = zip(arrays[:half], arrays[half:], strict=True)
    return sum(np.swapaxes(a, -1, -2) @ b for a, b in pairs)


def _contract_over_time(y: Node, arrays: Any, steps: int) -> Any:
    """Lay the rows of all steps below each other: one product of two matrices."""
    a, b = (np.broadcast_to(x, (steps, *x.shape[1:])) for x in arrays)
    rows = math.prod(a.shape[:-1])
    return a.reshape(rows, a.shape[-1]).T @ b.reshape(rows, b.shape[-1])


def _contract_gemm(y: Node) -> tuple[tuple[Dim, ...], ...]:
    """One product, whose inner dimension is the rows of all steps."""
    a, (k, m) = y.inputs[0], y.type.shape
    return (), (k,), (a.type.time or 1, *a.type.shape[-2:-1]), (m,)


CONTRACT = Op(
    "contract",
    infer=_contract_type,
    impl=_contract,
    over_time=_contract_over_time,
    merge=np.add,
    at_step=itself_of_all_steps,
    flops=lambda y: (
        2,
        y.type.shape[0],
        *y.inputs[0].type.shape[-2:-1],
        y.type.shape[1],
    ),
    gemm=_contract_gemm,
)
"""Σₜ a[t]ᵀ @ b[t] of per-step a (rows, k) and b (rows, m): static (k, m)."""


def _collect_type(indices: TensorType, rows: TensorType, length: Dim) -> TensorType:
    return TensorType((length, rows.shape[-1]), rows.dtype)


def _collect(*arrays: Any, length: int) -> Any:
    half = len(arrays) // 2
    pairs = zip(arrays[:half], arrays[half:], strict=True)
    return sum(scatter_flat(i.reshape(-1), _rows(i, z), length) for i, z in pairs)


def _rows(indices: Any, values: Any) -> Any:
    return np.reshape(values, (indices.size, values.shape[-1]))


def _collect_over_time(y: Node, arrays: Any, steps: int, length: int) -> Any:
    indices, values = (np.broadcast_to(x, (steps, *x.shape[1:])) for x in arrays)
    return scatter_flat(indices.reshape(-1), _rows(indices, values), length)


COLLECT = Op(
    "collect",
    infer=_collect_type,
    impl=_collect,
    over_time=_collect_over_time,
    dims=("length",),
    index_at=0,
    merge=np.add,
    at_step=itself_of_all_steps,
    flops=lambda y: y.inputs[1].type.shape,
)
"""Σₜ scatter_add(indices[t], rows[t]) into (length, m): static."""


def _taken_type(indices: TensorType, length: Dim) -> TensorType:
    return TensorType((length, 1), np.dtype(bool))


def _taken(*arrays: Any, length: int) -> Any:
    flags = np.zeros((length, 1), bool)
    for indices in arrays:
        try:
            flags[indices] = True
        except IndexError:
            raise index_range.out_of_range(indices, length) from None
    return flags


TAKEN = Op(
    "taken",
    infer=_taken_type,
    impl=_taken,
    over_time=lambda y, arrays, steps, length: _taken(*arrays, length=length),
    dims=("length",),
    index_at=0,
    merge=np.logical_or,
    at_step=itself_of_all_steps,
)
"""Which of (length, 1) rows any of indices[t] takes at any step: static."""


def _total_type(x: TensorType, axis: tuple[int, ...], keepdims: bool) -> TensorType:
    return TensorType(reduced_shape(x.shape, axis, keepdims), x.dtype)


def _total(*arrays: Any, axis: tuple[int, ...], keepdims: bool) -> Any:
    return sum(np.sum(x, axis, x.dtype, keepdims=keepdims) for x in arrays)


def _total_over_time(
    y: Node, arrays: Any, steps: int, axis: tuple[int, ...], keepdims: bool
) -> Any:
    (x,) = arrays
    whole = np.broadcast_to(x, (steps, *x.shape[1:]))
    total = np.sum(whole, (0, *axis), x.dtype, keepdims=keepdims)
    return total[0] if keepdims else total


TOTAL = Op(
    "total",
    infer=_total_type,
    impl=_total,
    over_time=_total_over_time,
    merge=np.add,
    at_step=itself_of_all_steps,
)
"""Σₜ of the sum of x[t] over axes: static."""
