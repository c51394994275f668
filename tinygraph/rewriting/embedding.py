"""Fold an embedding into what reads it: rows of E @ W + b instead of rows of E.

With V words, T·B tokens and V < T·B that removes the input GEMM and its two adjoints.
"""

from collections.abc import Mapping

from tinygraph.core import source_info
from tinygraph.core.building import apply, lift
from tinygraph.core.nodes import Node
from tinygraph.ops.arithmetic import ADD
from tinygraph.ops.contracting import COLLECT, CONTRACT
from tinygraph.ops.indexing import TAKE
from tinygraph.ops.linalg import MATMUL, matmul
from tinygraph.ops.shaping import swap_last
from tinygraph.rewriting.facts import Facts, each_node, unlifted

LARGEST = 2048
"""Tables with more rows are left alone: E @ W would cost more than it saves."""


def _rows_of(x: Node) -> tuple[Node, Node] | None:
    """Return (E, indices) if x is per-step rows of a small static table."""
    if x.op is not TAKE or x.type.time is None or x.attrs["axis"] != -2:
        return None
    table = unlifted(x.inputs[0])
    if table is None or table.ndim != 2 or not isinstance(table.type.shape[0], int):
        return None
    return (table, x.inputs[1]) if table.type.shape[0] <= LARGEST else None


def take_of(taken: Node, table: Node) -> Node:
    """Return the rows of another static table in place of those taken per step.

    They have the name and line of these, which the error of an index tells.
    """
    lifted = lift(table, taken.type.time or "")
    with source_info.made_for(taken.scope, taken.line):
        return apply(TAKE, lifted, taken.inputs[1], name=taken.name, axis=-2)


def fold_embedding(facts: Facts) -> Mapping[Node, Node]:
    """take(E, i) @ W → take(E @ W, i)."""

    def rule(y: Node) -> Node | None:
        rows, weight = _rows_of(y.inputs[0]), unlifted(y.inputs[1])
        if rows is None or weight is None or weight.ndim != 2:
            return None
        return take_of(y.inputs[0], matmul(rows[0], weight))

    return each_node(facts, MATMUL, rule)


def fold_bias(facts: Facts) -> Mapping[Node, Node]:
    """take(E, i) + b → take(E + b, i), where b is one row for all steps."""

    def rule(y: Node) -> Node | None:
        for taken, other in (y.inputs, y.inputs[::-1]):
            rows, bias = _rows_of(taken), unlifted(other)
            if rows is None or bias is None or not facts.used_once(taken):
                continue
            table, _ = rows
            if bias.type.shape == table.type.shape[1:] and y.type == taken.type:
                return take_of(taken, table + bias)
        return None

    return each_node(facts, ADD, rule)


def scatter_before_product(facts: Facts) -> Mapping[Node, Node]:
    """Σₜ scatter_add(i, z @ W) → Σₜ scatter_add(i, z) @ W."""

    def rule(y: Node) -> Node | None:
        indices, product = y.inputs
        length = y.attrs["length"]
        if product.op is not MATMUL or not facts.used_once(product):
            return None
        rows, weight = product.inputs[0], unlifted(product.inputs[1])
        if weight is None or weight.ndim != 2 or rows.dtype != product.dtype:
            return None
        if not isinstance(length, int) or length > LARGEST:
            return None
        return matmul(apply(COLLECT, indices, rows, length=length), weight)

    return each_node(facts, COLLECT, rule)


def contract_by_scatter(facts: Facts) -> Mapping[Node, Node]:
    """Σₜ take(E, i)ᵀ @ z → Eᵀ @ Σₜ scatter_add(i, z)."""

    def rule(y: Node) -> Node | None:
        taken, z = y.inputs
        rows = _rows_of(taken)
        if rows is None or z.dtype != y.dtype:
            return None
        table, indices = rows
        with source_info.made_for(taken.scope, taken.line):
            collected = apply(COLLECT, indices, z, length=table.type.shape[0])
        return matmul(swap_last(table), collected)

    return each_node(facts, CONTRACT, rule)
