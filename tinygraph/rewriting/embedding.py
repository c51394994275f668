"""Fold an embedding into what reads it: rows of E @ W + b instead of rows of E.

With V words, T·B tokens and V < T·B that removes the input GEMM and its two adjoints.
"""

from collections.abc import Mapping

import numpy as np

from tinygraph.core import source_info
from tinygraph.core.building import apply, lift
from tinygraph.core.nodes import Node
from tinygraph.ops.arithmetic import ADD, add_n, where
from tinygraph.ops.contracting import COLLECT, CONTRACT, TAKEN
from tinygraph.ops.indexing import TAKE
from tinygraph.ops.linalg import MATMUL, matmul
from tinygraph.ops.shaping import swap_last
from tinygraph.rewriting.facts import (
    PLAIN_SUMS,
    Facts,
    each_node,
    needs,
    operands,
    same_type,
    unlifted,
)

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


def where_taken(facts: Facts, indices: Node, length: int, rows: Node) -> Node:
    """Return static rows with 0 in place of those that no index takes at any step.

    What the definition never reads must not be multiplied by 0 either: NaN in a row
    that nobody takes would spread over all that the rows are summed into.
    """
    if facts.fast:
        return rows
    return where(apply(TAKEN, indices, length=length), rows, 0)


@needs(MATMUL, TAKE)
def fold_embedding(facts: Facts) -> Mapping[Node, Node]:
    """take(E, i) @ W → take(E @ W, i).

    Rounding: the same products, row by row, in another shape.
    """
    return each_node(facts, MATMUL, lambda y: from_table(*y.inputs))


def from_table(x: Node, weight: Node) -> Node | None:
    """Return x @ weight where x is rows of a small table, else None."""
    rows, static = _rows_of(x), unlifted(weight)
    if rows is None or static is None or static.ndim != 2:
        return None
    return take_of(x, matmul(rows[0], static))


@needs(ADD, TAKE)
def fold_bias(facts: Facts) -> Mapping[Node, Node]:
    """take(E, i) + b → take(E + b, i), where b is one row for all steps.

    Exact.
    """

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


@needs(COLLECT, MATMUL)
def scatter_before_product(facts: Facts) -> Mapping[Node, Node]:
    """Σₜ scatter_add(i, z @ W) → Σₜ scatter_add(i, z) @ W, in the rows that i takes.

    Term by term of a sum.

    Rounding: rows are added before they are multiplied, not after.
    """

    def rule(y: Node) -> Node | None:
        indices, product = y.inputs
        length = y.attrs["length"]
        if not isinstance(length, int) or length > LARGEST:
            return None
        terms = [product]
        if product.op in PLAIN_SUMS and facts.used_once(product):
            terms = [x for x, _ in operands(facts, product, PLAIN_SUMS, same_type)]
        if any(x.type != product.type for x in terms):
            return None
        parts = [_scattered(facts, indices, x, length) for x in terms]
        if not any(part.op is MATMUL for part in parts):
            return None
        total = parts[0] if len(parts) == 1 else add_n(*parts)
        return where_taken(facts, indices, length, total)

    return each_node(facts, COLLECT, rule)


def _scattered(facts: Facts, indices: Node, x: Node, length: int) -> Node:
    """Return Σₜ scatter_add(i, x), what x is multiplied by at its end."""
    if x.op is MATMUL and facts.used_once(x):
        rows, weight = x.inputs[0], unlifted(x.inputs[1])
        if weight is not None and weight.ndim == 2 and rows.dtype == x.dtype:
            return matmul(apply(COLLECT, indices, rows, length=length), weight)
    return apply(COLLECT, indices, x, length=length)


@needs(CONTRACT, TAKE)
def contract_by_scatter(facts: Facts) -> Mapping[Node, Node]:
    """Σₜ take(E, i)ᵀ @ z → Eᵀ @ Σₜ scatter_add(i, z), over the rows that i takes.

    Rounding: rows are added before they are multiplied, not after.
    """
    return each_node(facts, CONTRACT, lambda y: by_scatter(facts, *y.inputs))


def by_scatter(facts: Facts, a: Node, z: Node) -> Node | None:
    """Return Σₜ aᵀ z where one of them is rows of a small table, else None."""
    found = _by_scatter(facts, a, z)
    if found is None:
        other = _by_scatter(facts, z, a)
        return None if other is None else swap_last(other)
    return found


def _by_scatter(facts: Facts, taken: Node, z: Node) -> Node | None:
    rows = _rows_of(taken)
    if rows is None or z.dtype != np.promote_types(taken.dtype, z.dtype):
        return None
    table, indices = rows
    length = table.type.shape[0]
    assert isinstance(length, int)
    with source_info.made_for(taken.scope, taken.line):
        collected = apply(COLLECT, indices, z, length=length)
        read = where_taken(facts, indices, length, table)
    return matmul(swap_last(read), collected)
