"""Layouts: states in columns, (features, batch), are computed as rows.

A product whose weight stands on the left is turned, and transposes move behind what is
computed, through delays too, until they meet and go.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from tinygraph.core import source_info
from tinygraph.core.building import apply, lift
from tinygraph.core.delays import Delay, open_delay
from tinygraph.core.nodes import Node
from tinygraph.core.traversal import reach
from tinygraph.core.types import TensorType
from tinygraph.ops.contracting import CONTRACT
from tinygraph.ops.elementwise import is_elementwise
from tinygraph.ops.linalg import MATMUL
from tinygraph.ops.shaping import (
    BROADCAST_TO,
    RESHAPE,
    TRANSPOSE,
    broadcast_to,
    reshape,
    swap_last,
)
from tinygraph.ops.slicing import INDEX
from tinygraph.ops.time import SUM_OVER_TIME
from tinygraph.rewriting.facts import Facts, each_node, needs, unlifted

_MATRIX = (-1, -2)
_BY_AXIS = ("axis", "pad_width", "items")
"""Attributes that say something of each axis, or of one."""


@needs(MATMUL)
def weights_right(facts: Facts) -> Mapping[Node, Node]:
    """W @ x → (xᵀ @ Wᵀ)ᵀ, where W is the same at every step and x is not.

    Rounding: the same sums of products, the other way round.
    """

    def rule(y: Node) -> Node | None:
        left, x = y.inputs
        weight = facts.still(left)
        if weight is None or weight.ndim != 2 or x.ndim != 2 or not _moves(facts, x):
            return None
        if facts.timeless and not _base(weight).op.leaf:
            return None
        turned = swap_last(weight)
        right = turned if x.type.time is None else lift(turned, x.type.time)
        return swap_last(swap_last(x) @ right)

    return each_node(facts, MATMUL, rule)


@needs(TRANSPOSE)
def transpose_late(facts: Facts) -> Mapping[Node, Node]:
    """f(aᵀ, bᵀ) → f(a, b)ᵀ: elementwise, along an axis, over time, through delays.

    Where one of them is made of products with weights, which have rows. A loop is
    turned where all that its members read is transposed, or is the same at every step,
    or fed: that costs nothing to transpose.

    Exact.
    """
    if not any(_is_turned(facts, x) for x in facts.by_op.get(TRANSPOSE, ())):
        return {}
    return {**_summed(facts), **_turned_all(facts, _to_turn(facts))}


@needs(CONTRACT)
def contract_forwards(facts: Facts) -> Mapping[Node, Node]:
    """Σₜ aᵀ z, Σₜ bᵀ z → (Σₜ zᵀ a)ᵀ, (Σₜ zᵀ b)ᵀ, where z was computed before both.

    What is contracted with one value stands on the right, where it is joined: the
    gradients of weights that stand on the left.

    Rounding: the same sums of products, the other way round.
    """
    groups: dict[Node, list[Node]] = {}
    for y in facts.by_op.get(CONTRACT, ()):
        a, z = y.inputs
        if facts.place[z] < facts.place[a]:
            groups.setdefault(z, []).append(y)
    several = {y for group in groups.values() if len(group) > 1 for y in group}

    def rule(y: Node) -> Node | None:
        a, z = y.inputs
        return swap_last(apply(CONTRACT, z, a)) if y in several else None

    return each_node(facts, CONTRACT, rule)


def rows_flat(facts: Facts) -> Mapping[Node, Node]:
    """f(z, a row of shape (1, n)) → f(z, the row of shape (n,)), where z has more rows.

    Exact.
    """
    found: dict[Node, Node] = {}
    for op in facts.by_op:
        if is_elementwise(op):
            found.update(each_node(facts, op, _flat))
    return found


def _flat(y: Node) -> Node | None:
    if y.ndim != 2 or y.type.shape[0] == 1:
        return None
    parts = [reshape(x, x.type.shape[1:]) if _is_row(x) else x for x in y.inputs]
    if parts == list(y.inputs):
        return None
    new = apply(y.op, *parts, **y.attrs)
    return new if new.type == y.type else None


def _is_row(x: Node) -> bool:
    return x.ndim == 2 and x.type.shape[0] == 1 != x.type.shape[1]


def _summed(facts: Facts) -> Mapping[Node, Node]:
    """Sums over time of what is transposed, but of products, which go the other way."""

    def rule(y: Node) -> Node | None:
        x = y.inputs[0]
        if not _is_turned(facts, x) or x.inputs[0].op is MATMUL:
            return None
        return swap_last(apply(y.op, x.inputs[0]))

    return each_node(facts, SUM_OVER_TIME, rule)


def _to_turn(facts: Facts) -> list[Node]:
    """Return the nodes that are computed the other way round, in order."""
    good = dict.fromkeys(x for x in facts.nodes if _may_turn(facts, x))
    stack = list(good)
    while stack:
        y = stack.pop()
        if y in good and not all(x in good or _is_free(facts, x) for x in y.inputs):
            del good[y]
            stack += facts.users[y]
    rows = _in_rows(facts)
    starts = [y for y in good if any(_is_of_rows(facts, x, rows) for x in y.inputs)]
    after = reach(starts, lambda y: [x for x in facts.users[y] if x in good])
    needed = reach(after, lambda y: [x for x in y.inputs if x in good])
    return [y for y in good if y in needed]


def _in_rows(facts: Facts) -> Collection[Node]:
    """Return the products with a weight on their right, and what is made of them.

    They are never turned: so every turn is the last one.
    """
    products = [
        y
        for y in facts.by_op.get(MATMUL, ())
        if y.ndim == 2 and facts.still(y.inputs[1]) is not None
    ]
    return reach(products, lambda y: [x for x in facts.users[y] if _may_turn(facts, x)])


def _is_of_rows(facts: Facts, x: Node, rows: Collection[Node]) -> bool:
    return _is_turned(facts, x) and x.inputs[0] in rows


def _base(x: Node) -> Node:
    """Return what a node is another look at, of the same elements or fewer."""
    while (x.op.view or x.op is INDEX) and x.op is not BROADCAST_TO:
        x = x.inputs[0]
    return x


def _may_turn(facts: Facts, y: Node) -> bool:
    """Return True for what treats rows and columns alike, but for its attributes."""
    if isinstance(y, Delay):
        return y.ndim == 2 and y.outside in ("init", "replicate")
    if y.op.index_at is not None or not _moves(facts, y):
        return False
    if is_elementwise(y.op):
        return y.ndim == 2
    if y.op.rows is None or not any(key in y.attrs for key in _BY_AXIS):
        return False
    if y.ndim > 2 or any(x.ndim != 2 for x in y.inputs):
        return False
    return not any(isinstance(item, int) for item in y.attrs.get("items", ()))


def _turned_all(facts: Facts, chosen: Iterable[Node]) -> dict[Node, Node]:
    """Return nodes as the transposes of what is made the other way round."""
    nodes = list(chosen)
    made: dict[Node, Node] = {}

    def now(x: Node) -> Node:
        return made[x] if x in made else _turn(facts, x)

    for y in nodes:
        with source_info.made_for(y.scope, y.line):
            if isinstance(y, Delay):
                shape = TensorType(y.type.shape[::-1], y.dtype, y.type.time)
                slots = tuple(now(x) for x in y.inputs[1:])
                made[y] = open_delay(slots, shape, y.attrs, y.name, like=y)
            else:
                parts = [now(x) for x in y.inputs]
                made[y] = apply(y.op, *parts, **_other_attrs(y.attrs))
    for y, new in made.items():
        if isinstance(y, Delay) and isinstance(new, Delay):
            new.close(now(y.source))
    return {y: swap_last(x) if x.ndim == 2 else x for y, x in made.items()}


def _other_attrs(attrs: Mapping[str, Any]) -> dict[str, Any]:
    """Return attributes with what they say of rows said of columns."""
    found = dict(attrs)
    axis = attrs.get("axis")
    if isinstance(axis, int):
        found["axis"] = -3 - axis
    elif axis is not None:
        found["axis"] = tuple(sorted(-3 - each for each in axis))
    for key in ("pad_width", "items"):
        if key in attrs:
            found[key] = attrs[key][::-1]
    return found


def _moves(facts: Facts, x: Node) -> bool:
    """Return True for a value of a step; without time, of what is fed."""
    if x.type.time is None:
        return facts.timeless and x not in facts.early
    return unlifted(x) is None and x not in facts.fixed


def _is_turned(facts: Facts, x: Node) -> bool:
    matrix = x.op is TRANSPOSE and x.attrs["axes"] == _MATRIX
    return matrix and _moves(facts, x)


def _is_free(facts: Facts, x: Node) -> bool:
    """Return True for what costs nothing to transpose: it is so, or is read in rows."""
    if x.ndim > 2:
        return False
    column = x.op is RESHAPE and x.inputs[0].ndim == 1 == x.type.shape[0]
    fed = x.op.leaf or not _moves(facts, x) or column or x.ndim < 2
    return fed or _is_turned(facts, x)


def _turn(facts: Facts, x: Node) -> Node:
    """Return the transpose of an operand that is free."""
    static = unlifted(x)
    if static is not None:
        return lift(_turn(facts, static), x.type.time or "")
    if x.ndim == 0 or (x.op is TRANSPOSE and x.attrs["axes"] == _MATRIX):
        return x if x.ndim == 0 else x.inputs[0]
    if x.ndim == 1:
        return reshape(x, (*x.type.shape, 1))
    if x.op is BROADCAST_TO and not x.inputs[0].type.shape:
        return broadcast_to(x.inputs[0], x.type.shape[::-1])
    if x.op is RESHAPE and x.inputs[0].ndim == 1:
        return reshape(x.inputs[0], x.type.shape[::-1])
    return swap_last(x)
