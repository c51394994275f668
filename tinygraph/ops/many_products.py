"""Many products as one: what rewrites put in place of products of an unrolled graph.

These ops are met only in optimised graphs. They are not part of the vocabulary and
have no derivative: a graph is differentiated before it is optimised.
"""

from typing import Any

import numpy as np

from tinygraph.core.nodes import Node, Op
from tinygraph.core.types import Dim, TensorType


def _contract_type(*types: TensorType) -> TensorType:
    a, b = types[0], types[len(types) // 2]
    return TensorType((a.shape[-1], b.shape[-1]), b.dtype)


def _contract(*arrays: Any) -> Any:
    half = len(arrays) // 2
    return np.concatenate(arrays[:half]).T @ np.concatenate(arrays[half:])


def _contract_gemm(y: Node) -> tuple[tuple[Dim, ...], ...]:
    """One product, whose inner dimension is the rows of all pairs."""
    k, m = y.type.shape
    return (), (k,), (len(y.inputs) // 2, y.inputs[0].type.shape[0]), (m,)


CONTRACT_ALL = Op(
    "contract_all",
    infer=_contract_type,
    impl=_contract,
    flops=lambda y: (
        2,
        len(y.inputs) // 2,
        y.inputs[0].type.shape[0],
        *y.type.shape,
    ),
    gemm=_contract_gemm,
)
"""Σᵢ aᵢᵀ @ bᵢ of static aᵢ (rows, k) and bᵢ (rows, m), first all a: (k, m)."""


def _multiply_type(*types: TensorType) -> TensorType:
    *lefts, weight = types
    shape = (len(lefts), lefts[0].shape[0], weight.shape[1])
    return TensorType(shape, weight.dtype)


def _multiply(*arrays: Any) -> Any:
    *lefts, weight = arrays
    product = np.concatenate(lefts) @ weight
    return product.reshape(len(lefts), -1, weight.shape[1])


def _multiply_gemm(y: Node) -> tuple[tuple[Dim, ...], ...]:
    """One product of the rows of all operands."""
    *_, weight = y.inputs
    many, rows, m = y.type.shape
    return (), (many, rows), (weight.type.shape[0],), (m,)


MULTIPLY_ALL = Op(
    "multiply_all",
    infer=_multiply_type,
    impl=_multiply,
    flops=lambda y: (2, *y.type.shape, y.inputs[-1].type.shape[0]),
    gemm=_multiply_gemm,
)
"""xᵢ @ W of static x₁, …, xₙ (rows, k) and W (k, m): (n, rows, m)."""
