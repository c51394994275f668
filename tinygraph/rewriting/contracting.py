"""Sums over time: one GEMM over the rows of all steps instead of one a step."""

from collections.abc import Mapping

from tinygraph.core import source_info
from tinygraph.core.building import apply
from tinygraph.core.nodes import Node
from tinygraph.ops.contracting import COLLECT, CONTRACT, TOTAL
from tinygraph.ops.indexing import SCATTER_ADD
from tinygraph.ops.linalg import MATMUL, matmul
from tinygraph.ops.reductions import SUM
from tinygraph.ops.shaping import RESHAPE, TRANSPOSE, reshape
from tinygraph.ops.time import SUM_OVER_TIME, sum_over_time
from tinygraph.rewriting.facts import Facts, each_node, needs, unlifted


@needs(SUM_OVER_TIME, MATMUL, TRANSPOSE)
def contract_over_time(facts: Facts) -> Mapping[Node, Node]:
    """Σₜ aᵀ @ b → one product of (T·rows, k)ᵀ and (T·rows, m).

    Rounding: the same products in another sum.
    """

    def rule(y: Node) -> Node | None:
        product = y.inputs[0]
        if product.op is not MATMUL or product.ndim != 2:
            return None
        left, b = product.inputs
        if left.op is not TRANSPOSE or left.ndim != 2 or not facts.used_once(product):
            return None
        return apply(CONTRACT, left.inputs[0], b)

    return each_node(facts, SUM_OVER_TIME, rule)


@needs(SUM_OVER_TIME, SCATTER_ADD)
def collect_over_time(facts: Facts) -> Mapping[Node, Node]:
    """Σₜ scatter_add(i, z) → one scatter of the rows of all steps.

    Rounding: the same rows in another sum.
    """

    def rule(y: Node) -> Node | None:
        scattered = y.inputs[0]
        if scattered.op is not SCATTER_ADD or scattered.ndim != 2:
            return None
        if scattered.attrs["axis"] != -2 or not facts.used_once(scattered):
            return None
        indices, rows, _ = scattered.inputs
        with source_info.made_for(scattered.scope, scattered.line):
            return apply(COLLECT, indices, rows, length=scattered.attrs["length"])

    return each_node(facts, SUM_OVER_TIME, rule)


@needs(SUM_OVER_TIME, (MATMUL, RESHAPE))
def sum_before_product(facts: Facts) -> Mapping[Node, Node]:
    """Σₜ x @ every_step(W) → (Σₜ x) @ W, and Σₜ reshape(x) → reshape(Σₜ x).

    Rounding: rows are added before they are multiplied, not after.
    """

    def rule(y: Node) -> Node | None:
        x = y.inputs[0]
        if x.op is MATMUL and facts.used_once(x):
            rows, weight = x.inputs[0], unlifted(x.inputs[1])
            plain = rows.ndim == 2 and rows.dtype == x.dtype
            if plain and weight is not None and weight.ndim == 2:
                return matmul(sum_over_time(rows), weight)
        if x.op is RESHAPE and facts.used_once(x):
            return reshape(sum_over_time(x.inputs[0]), y.type.shape)
        return None

    return each_node(facts, SUM_OVER_TIME, rule)


@needs(SUM_OVER_TIME, SUM)
def sum_at_once(facts: Facts) -> Mapping[Node, Node]:
    """Σₜ of a sum over axes → one sum over the steps and the axes.

    Rounding: the same elements in another sum.
    """

    def rule(y: Node) -> Node | None:
        x = y.inputs[0]
        if x.op is not SUM or not facts.used_once(x):
            return None
        if x.inputs[0].dtype != x.dtype:
            return None
        return apply(TOTAL, x.inputs[0], **x.attrs)

    return each_node(facts, SUM_OVER_TIME, rule)
