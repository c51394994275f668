"""Vectors as columns, (batch, features, 1), are rows: one product, not one for each."""

from collections.abc import Mapping

from tinygraph.core.building import apply, lift
from tinygraph.core.nodes import Node
from tinygraph.core.types import names_in
from tinygraph.ops.linalg import MATMUL
from tinygraph.ops.reductions import SUM
from tinygraph.ops.shaping import TRANSPOSE, reshape, swap_last
from tinygraph.rewriting.facts import Facts, each_node, needs


@needs(MATMUL)
def columns_to_rows(facts: Facts) -> Mapping[Node, Node]:
    """W @ x of many columns x, (..., n, 1) → x @ Wᵀ of rows, (..., n).

    Rounding: the same sums of products in another shape.
    """

    def rule(y: Node) -> Node | None:
        left, x = y.inputs
        weight = facts.still(left)
        if weight is None or weight.ndim != 2 or x.ndim != 3:
            return None
        if x.type.shape[-1] != 1 or facts.still(x) is not None:
            return None
        turned = swap_last(weight)
        right = turned if x.type.time is None else lift(turned, x.type.time)
        return reshape(_rows(x) @ right, y.type.shape)

    return each_node(facts, MATMUL, rule)


@needs(SUM, MATMUL)
def sum_outer_products(facts: Facts) -> Mapping[Node, Node]:
    """Σ a bᵀ over a batch of columns (..., n, 1) → aᵀ @ b of rows: what a weight gets.

    Rounding: the same products in another sum.
    """

    def rule(y: Node) -> Node | None:
        product = y.inputs[0]
        if product.op is not MATMUL or product.ndim != 3 or y.attrs["axis"] != (-3,):
            return None
        a, b = product.inputs
        if a.ndim != 3 or b.ndim != 3 or a.type.shape[-1] != 1:
            return None
        if a.type.shape[0] != b.type.shape[0] or not facts.used_once(product):
            return None
        if y.dtype != product.dtype or names_in(y.type.shape):
            return None
        total = apply(MATMUL, swap_last(_rows(a)), _rows(b))
        return reshape(total, y.type.shape)

    return each_node(facts, SUM, rule)


def _rows(x: Node) -> Node:
    """Return columns (..., n, 1), or rows (..., 1, n), as (..., n)."""
    if x.op is TRANSPOSE and x.inputs[0].type.shape[-1] == 1:
        x = x.inputs[0]
    head, (n, m) = x.type.shape[:-2], x.type.shape[-2:]
    return reshape(x, (*head, n if m == 1 else m))
