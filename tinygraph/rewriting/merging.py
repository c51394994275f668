"""Merge GEMMs: gates written one by one cost what packed ones do."""

from collections.abc import Mapping, Sequence
from typing import Any

from tinygraph.core import source_info
from tinygraph.core.building import apply, lift
from tinygraph.core.nodes import Node
from tinygraph.core.traversal import inputs_before, reach
from tinygraph.ops.arithmetic import add_n
from tinygraph.ops.contracting import CONTRACT
from tinygraph.ops.joining import CONCAT, concat
from tinygraph.ops.linalg import MATMUL
from tinygraph.ops.slicing import INDEX
from tinygraph.rewriting.facts import (
    PLAIN_SUMS,
    Facts,
    each_node,
    is_inner,
    operands,
    same_type,
    unlifted,
)
from tinygraph.rewriting.slices import bounds, cut, cuts


def _weight(x: Node) -> Node | None:
    """Return W if x is a @ every_step(W) with a and W two matrices."""
    if x.op is not MATMUL or x.ndim != 2:
        return None
    weight = unlifted(x.inputs[1])
    return weight if weight is not None and weight.ndim == 2 else None


def _width(x: Node) -> int:
    size = x.type.shape[-1]
    assert isinstance(size, int)
    return size


def merge_products(facts: Facts) -> Mapping[Node, Node]:
    """a @ W₁, a @ W₂ → a @ [W₁ W₂], then slices.

    Both on one cycle, or both outside every cycle and no weight made from the other
    product. Columns whose results are treated alike are laid side by side.
    """
    groups: dict[tuple[Node, int | None, Any], list[Node]] = {}
    for x in facts.nodes:
        if _weight(x) is not None and isinstance(x.type.shape[-1], int):
            key = (x.inputs[0], facts.home.get(x), x.inputs[1].dtype)
            groups.setdefault(key, []).append(x)
    found: dict[Node, Node] = {}
    for (left, home, _), members in groups.items():
        group = members if home is not None else _independent(members)
        if len(group) < 2:
            continue
        group.sort(key=lambda x: _treatment(facts, x))
        with source_info.made_for(group[0].scope, group[0].line):
            weights = [unlifted(x.inputs[1]) for x in group]
            joined = lift(concat(weights, -1), left.type.time or "")
            product = apply(MATMUL, left, joined)
            for x, place in zip(group, cuts(map(_width, group)), strict=True):
                found[x] = cut(product, *place)
    return found


def _independent(products: list[Node]) -> list[Node]:
    """Return the products whose weights are made from none of the products."""
    if len(products) < 2:
        return []
    made = set(products)
    return [x for x in products if made.isdisjoint(reach([x.inputs[1]], _inputs_of))]


def _inputs_of(node: Any) -> Any:
    return node.inputs


def _treatment(facts: Facts, x: Node) -> tuple[str, ...]:
    """Return the names of the ops that follow a node while it has one reader."""
    names: list[str] = []
    while len(names) < 4 and facts.used_once(x):
        (x,) = facts.users[x]
        names.append(x.op.name)
    return tuple(names)


def merge_sums(facts: Facts) -> Mapping[Node, Node]:
    """a₁ @ W₁ + a₂ @ W₂ → [a₁ a₂] @ [W₁; W₂], where all stand on one cycle.

    Only where neither product needs the other within a step.
    """
    found: dict[Node, Node] = {}
    for y in facts.home:
        if y.op not in PLAIN_SUMS or is_inner(
            facts, y, PLAIN_SUMS, lambda user, x: True
        ):
            continue
        terms = [x for x, _ in operands(facts, y, PLAIN_SUMS, same_type)]
        good = [x for x in terms if _joinable(facts, x, y)]
        if len(good) < 2 or _linked(facts, good):
            continue
        rest = [x for x in terms if x not in good]
        if any(x.type != y.type for x in [*rest, *good]):
            continue
        with source_info.made_for(y.scope, y.line):
            left = concat([x.inputs[0] for x in good], -1)
            weights = concat([unlifted(x.inputs[1]) for x in good], -2)
            merged = apply(MATMUL, left, lift(weights, y.type.time or ""))
            found[y] = add_n(*rest, merged) if len(rest) > 1 else sum(rest, merged)
    return found


def _joinable(facts: Facts, x: Node, y: Node) -> bool:
    if _weight(x) is None or facts.home.get(x) != facts.home[y]:
        return False
    return facts.used_once(x) and isinstance(x.inputs[0].type.shape[-1], int)


def _linked(facts: Facts, products: Sequence[Node]) -> bool:
    """Return True if one product needs another within the same step."""
    home = facts.home[products[0]]

    def earlier(node: Node) -> list[Node]:
        return [x for x in inputs_before(node) if facts.home.get(x) == home]

    below = reach([part for x in products for part in earlier(x)], earlier)
    return any(x in below for x in products)


def contract_whole(facts: Facts) -> Mapping[Node, Node]:
    """Σ aᵀ z₁, Σ aᵀ z₂ of parts of z = concat(z₁, z₂) → slices of Σ aᵀ z."""
    found: dict[Node, Node] = {}
    for whole in facts.nodes:
        if whole.op is not CONCAT or whole.attrs["axis"] != -1 or whole.ndim != 2:
            continue
        if len(whole.inputs) < 2:
            continue
        places = dict(zip(whole.inputs, cuts(map(_width, whole.inputs)), strict=True))
        by_left: dict[Node, list[Node]] = {}
        for part in [x for x in places if x.dtype == whole.dtype]:
            for user in facts.users[part]:
                if user.op is CONTRACT and user.inputs[1] is part:
                    by_left.setdefault(user.inputs[0], []).append(user)
        for left, group in by_left.items():
            if len(group) < 2 or not _apart(group, whole):
                continue
            with source_info.made_for(group[0].scope, group[0].line):
                product = apply(CONTRACT, left, whole)
            for x in group:
                found.setdefault(x, cut(product, *places[x.inputs[1]]))
    return found


def _apart(products: list[Node], whole: Node) -> bool:
    """Return True if no part of the whole is made from one of the products."""
    return reach([whole], _inputs_of).keys().isdisjoint(products)


def slice_of_concat(facts: Facts) -> Mapping[Node, Node]:
    """concat(a, b)[..., where a lies] → a."""

    def rule(y: Node) -> Node | None:
        whole, place = y.inputs[0], bounds(y)
        if whole.op is not CONCAT or whole.attrs["axis"] != -1 or place is None:
            return None
        for part, own in zip(
            whole.inputs, cuts(map(_width, whole.inputs)), strict=True
        ):
            if own == place and part.type == y.type:
                return part
        return None

    return each_node(facts, INDEX, rule)


def split_concat(facts: Facts) -> Mapping[Node, Node]:
    """concat(x, h) @ W → x @ W₁ + h @ W₂, where x is outside the cycle of h."""

    def rule(y: Node) -> Node | None:
        left, weight = y.inputs[0], _weight(y)
        if left.op is not CONCAT or left.attrs["axis"] != -1 or weight is None:
            return None
        home = facts.home.get(y)
        outside = [x for x in left.inputs if facts.home.get(x) != home]
        if home is None or not outside or len(outside) == len(left.inputs):
            return None
        if any(x.dtype != left.dtype for x in left.inputs):
            return None
        parts = []
        places = cuts(map(_width, left.inputs))
        for own in (True, False):
            chosen = [
                (x, place)
                for x, place in zip(left.inputs, places, strict=True)
                if (x in outside) is own
            ]
            rows = concat([weight[a:b] for _, (a, b) in chosen], 0)
            states = [x for x, _ in chosen]
            joined = states[0] if len(states) == 1 else concat(states, -1)
            parts.append(joined @ rows)
        return parts[0] + parts[1]

    return each_node(facts, MATMUL, rule)


def slice_before_product(facts: Facts) -> Mapping[Node, Node]:
    """(z @ W)[..., a:b] → z @ W[:, a:b], where only some slices stand on the cycle.

    The adjoint of `split concat`: what leads to x leaves the loop of h.
    """
    found: dict[Node, Node] = {}
    for x in facts.home:
        weight = _weight(x)
        if weight is None or x in facts.results:
            continue
        places = [bounds(user) for user in facts.users[x]]
        homes = {facts.home.get(user) for user in facts.users[x]}
        if None in places or len(homes) < 2:
            continue
        for user, place in zip(facts.users[x], places, strict=True):
            assert place is not None
            with source_info.made_for(user.scope, user.line):
                found[user] = x.inputs[0] @ weight[:, place[0] : place[1]]
    return found
