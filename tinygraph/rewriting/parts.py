"""Products with a concat, part by part, where that costs less.

It does where a part is rows of a table, or one number throughout, as the column of ones
that stands for a bias; and where the concat is made for the product alone and is wide.
"""

import itertools
from collections.abc import Callable, Mapping
from typing import Any

from tinygraph.core.building import CONSTANT, apply, lift
from tinygraph.core.nodes import Node
from tinygraph.ops.contracting import CONTRACT, TOTAL
from tinygraph.ops.joining import CONCAT, concat
from tinygraph.ops.linalg import MATMUL
from tinygraph.ops.reductions import sum as sum_of
from tinygraph.ops.shaping import BROADCAST_TO, TRANSPOSE, broadcast_to, transpose
from tinygraph.rewriting.choosing import cheaper
from tinygraph.rewriting.embedding import by_scatter, from_table
from tinygraph.rewriting.facts import (
    Facts,
    each_node,
    each_reader,
    needs,
    scalar_of,
    unlifted,
)
from tinygraph.rewriting.slices import cut, cuts, parts_of, width

_Rule = Callable[[Facts, Node], Node | None]


@needs(MATMUL, CONCAT)
def multiply_parts(facts: Facts) -> Mapping[Node, Node]:
    """concat(a, b) @ W → a @ W₁ + b @ W₂, outside every cycle.

    Rounding: the same sums of products in another shape.
    """
    return each_node(facts, MATMUL, lambda y: _if_cheaper(facts, y, _products))


@needs(CONTRACT, CONCAT)
def contract_parts(facts: Facts) -> Mapping[Node, Node]:
    """Σₜ concat(a, b)ᵀ z → Σₜ aᵀ z above Σₜ bᵀ z.

    Rounding: the same sums of products in another shape.
    """
    return each_node(facts, CONTRACT, lambda y: _if_cheaper(facts, y, _contractions))


@needs(CONCAT, (MATMUL, CONTRACT))
def take_apart(facts: Facts) -> Mapping[Node, Node]:
    """A concat that several products read → its parts, in all of them at once.

    None of them saves the concat alone.

    Rounding: the same sums of products in another shape.
    """
    found: dict[Node, Node] = {}
    for whole in facts.by_op.get(CONCAT, ()):
        readers = dict.fromkeys(facts.users[whole])
        if len(readers) < 2 or whole in facts.results or not _joins_columns(whole):
            continue
        new = {y: _by_parts(facts, y, whole) for y in readers}
        made = {y: x for y, x in new.items() if x is not None}
        if len(made) == len(readers) and cheaper(facts, made):
            found |= made
    return found


def _if_cheaper(facts: Facts, y: Node, by_parts: _Rule) -> Node | None:
    new = by_parts(facts, y)
    return new if new is not None and cheaper(facts, {y: new}) else None


def _products(facts: Facts, y: Node) -> Node | None:
    """Return a product with a concat as a sum of products with its parts."""
    whole, weight = y.inputs
    static = weight if y.type.time is None else unlifted(weight)
    if y in facts.home or not _joins_columns(whole):
        return None
    if static is None or static.ndim != 2:
        return None
    places = cuts(map(width, whole.inputs))
    terms = [
        multiplied(x, static[start:stop])
        for x, (start, stop) in zip(whole.inputs, places, strict=True)
    ]
    new = terms[0]
    for term in terms[1:]:
        new = new + term
    return new if new.type == y.type else None


def _contractions(facts: Facts, y: Node) -> Node | None:
    """Return a contraction of a concat as one of each of its parts."""
    whole, z = y.inputs
    if not _joins_columns(whole):
        return None
    return concat([contracted(facts, x, z) for x in whole.inputs], 0)


def _by_parts(facts: Facts, y: Node, whole: Node) -> Node | None:
    """Return a product or contraction of `whole` in its parts; None for other nodes."""
    if y.inputs[0] is not whole:
        return None
    if y.op is MATMUL:
        return _products(facts, y)
    return _contractions(facts, y) if y.op is CONTRACT else None


@needs(MATMUL, CONSTANT)
def multiply_number(facts: Facts) -> Mapping[Node, Node]:
    """A matrix of one number @ W → a row, broadcast: the number · Σ of W's rows.

    Rounding: rows are added before they are multiplied.
    """

    def rule(y: Node) -> Node | None:
        x, weight = y.inputs
        static = weight if y.type.time is None else unlifted(weight)
        if static is None or static.ndim != 2 or y.ndim != 2 or y.dtype != x.dtype:
            return None
        row = _row(x, static)
        return None if row is None else broadcast_to(row, y.type.shape)

    return each_node(facts, MATMUL, rule)


@needs(CONCAT, CONSTANT, (MATMUL, CONTRACT))
def numbers_apart(facts: Facts) -> Mapping[Node, Node]:
    """concat(a, 1) @ [W; b] → a @ W + b, and its derivative: a column is a bias.

    [a 1]ᵀ @ z → aᵀ @ z above the sum of the rows of z, and so over all steps. One
    column alone: more are a state's first value, which has products at other steps.

    Rounding: one sum less, or more.
    """
    return {
        **each_node(facts, MATMUL, lambda y: _product_of_rest(facts, y)),
        **each_node(facts, CONTRACT, lambda y: _sums_of_runs(facts, y)),
    }


def _product_of_rest(facts: Facts, y: Node) -> Node | None:
    """Return concat(a, 1) @ W as a product of a, and a row; None for others."""
    left, weight = y.inputs
    if left.op is TRANSPOSE and y.ndim == 2 and y.type.time is None:
        return _sums_of_runs(facts, y)
    static = weight if y.type.time is None else unlifted(weight)
    parts = parts_of(left)
    if static is None or static.ndim != 2 or left.ndim != 2 or len(parts) < 2:
        return None
    rows = [cut(static, *place, -2) for place in cuts(map(width, parts))]
    numbers = [
        None if _column(x) is None else _row(x, w)
        for x, w in zip(parts, rows, strict=True)
    ]
    rest = [i for i, row in enumerate(numbers) if row is None]
    if not rest or len(rest) == len(parts):
        return None
    under = facts.joined([rows[i] for i in rest], -2)
    whole = under if y.type.time is None else lift(under, y.type.time)
    new = facts.joined([parts[i] for i in rest], -1) @ whole
    for row in numbers:
        new = new if row is None else new + row
    return new if new.type == y.type else None


def _sums_of_runs(facts: Facts, y: Node) -> Node | None:
    """Return concat(a, 1)ᵀ @ z, of all steps or of one, without the numbers."""
    left, z = y.inputs
    whole = left if y.op is CONTRACT else left.inputs[0]
    if z.dtype != y.dtype or whole.dtype != y.dtype or whole.ndim != 2:
        return None
    runs = [list(run) for _, run in itertools.groupby(parts_of(whole), _column)]
    if len(runs) < 2:
        return None
    return concat([_sum_of_run(facts, y, run, z) for run in runs], -2)


def _column(x: Node) -> Any:
    """Return the number that a column is throughout; None for other nodes."""
    return scalar_of(x) if x.type.shape[-1:] == (1,) else None


def _sum_of_run(facts: Facts, y: Node, run: list[Node], z: Node) -> Node:
    number = _column(run[0])
    if number is None:
        a = facts.joined(run, -1)
        return apply(CONTRACT, a, z) if y.op is CONTRACT else transpose(a) @ z
    if y.op is CONTRACT:
        row = apply(TOTAL, z, axis=(-2,), keepdims=True)
    else:
        row = sum_of(z, axis=-2, keepdims=True)
    return broadcast_to(row * number, (sum(map(width, run)), z.type.shape[-1]))


@needs(BROADCAST_TO)
def broadcast_late(facts: Facts) -> Mapping[Node, Node]:
    """f(a broadcast to the shape of b, b) → f(a, b), which broadcasts a itself.

    Exact.
    """
    return each_reader(facts, BROADCAST_TO, _broadcast_late)


def _broadcast_late(y: Node) -> Node | None:
    operands = [_narrow(x) for x in y.inputs]
    if operands == list(y.inputs):
        return None
    new = apply(y.op, *operands)
    return new if new.type == y.type else None


def _narrow(x: Node) -> Node:
    """Return what is broadcast, lifted where x is; other nodes as they are."""
    static = unlifted(x)
    under = x if static is None else static
    if under.op is not BROADCAST_TO:
        return x
    found = under.inputs[0]
    return found if static is None else lift(found, x.type.time or "")


def _joins_columns(x: Node) -> bool:
    """Return True for a concat along the last axis, of one dtype."""
    joins = x.op is CONCAT and x.attrs["axis"] == -1 and len(x.inputs) > 1
    return joins and all(part.dtype == x.dtype for part in x.inputs)


def multiplied(x: Node, weight: Node) -> Node:
    """Return x @ weight, a static one, or what is cheaper and broadcasts to it."""
    row = _row(x, weight)
    if row is not None:
        return row
    weight = weight if x.type.time is None else lift(weight, x.type.time)
    found = from_table(x, weight)
    return x @ weight if found is None else found


def _row(x: Node, weight: Node) -> Node | None:
    """Return the row that x @ weight is in all its rows, where x is one number."""
    number = scalar_of(x)
    if number is None or x.ndim != 2 or weight.dtype != x.dtype:
        return None
    row = sum_of(weight, axis=0) * number
    return row if x.type.time is None else lift(row, x.type.time)


def contracted(facts: Facts, a: Node, z: Node) -> Node:
    """Return Σₜ aᵀ z: a scatter for rows of a table, a sum for one number."""
    number = scalar_of(a)
    if number is not None and a.ndim == 2 and z.dtype == a.dtype:
        row = apply(TOTAL, z, axis=(-2,), keepdims=True) * number
        return broadcast_to(row, (a.type.shape[-1], z.type.shape[-1]))
    found = by_scatter(facts, a, z)
    return apply(CONTRACT, a, z) if found is None else found
