"""Merge GEMMs: gates written one by one cost what packed ones do."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from tinygraph.core import source_info
from tinygraph.core.building import EVERY_STEP
from tinygraph.core.delays import DELAY
from tinygraph.core.nodes import Node
from tinygraph.core.traversal import reach
from tinygraph.ops.arithmetic import ADD, add_n
from tinygraph.ops.joining import CONCAT, concat
from tinygraph.ops.linalg import MATMUL, matmul
from tinygraph.ops.shaping import TRANSPOSE
from tinygraph.ops.slicing import INDEX
from tinygraph.rewriting.choosing import cheaper
from tinygraph.rewriting.facts import (
    PLAIN_SUMS,
    Facts,
    each_node,
    is_inner,
    needs,
    operands,
    same_type,
)
from tinygraph.rewriting.slices import (
    bounds,
    cut,
    cuts,
    part_places,
    parts_of,
    parts_within,
    width,
)


def _weight(facts: Facts, x: Node) -> Node | None:
    """Return W if x is a @ W with two matrices, and W the same at every step."""
    if x.op is not MATMUL or x.ndim != 2:
        return None
    weight = facts.still(x.inputs[1])
    return weight if weight is not None and weight.ndim == 2 else None


def _weights(facts: Facts, products: Sequence[Node]) -> list[Node]:
    found = (_weight(facts, x) for x in products)
    return [weight for weight in found if weight is not None]


@needs(MATMUL)
def merge_products(facts: Facts) -> Mapping[Node, Node]:
    """a @ W₁, a @ W₂ → a @ [W₁ W₂], then slices.

    Both on one cycle, or both outside every cycle and no weight made from the other
    product. Columns whose results are treated alike are laid side by side.

    Rounding: the same sums of products in another shape.
    """
    groups: dict[tuple[Node, int | None, Any], list[Node]] = {}
    for x in facts.nodes:
        if _weight(facts, x) is not None and isinstance(x.type.shape[-1], int):
            key = (x.inputs[0], facts.home.get(x), x.inputs[1].dtype)
            groups.setdefault(key, []).append(x)
    found: dict[Node, Node] = {}
    for (left, home, _), members in groups.items():
        group = members if home is not None else _independent(members)
        if len(group) < 2:
            continue
        group = _beside(facts, group)
        with source_info.made_for(group[0].scope, group[0].line):
            product = matmul(left, facts.joined(_weights(facts, group), -1))
            for x, place in zip(group, cuts(map(width, group)), strict=True):
                found[x] = cut(product, *place)
    return found


def _beside(facts: Facts, group: list[Node]) -> list[Node]:
    """Return products in the order in which they are laid side by side.

    That of their weights where these are slices of one node, or slices of some nodes
    one upon the other; else results that are treated alike stand together.
    """
    order = _as_cut(_weights(facts, group))
    if order is None:
        return sorted(group, key=lambda x: _treatment(facts, x))
    return [group[i] for i in order]


def _as_cut(parts: Sequence[Node]) -> list[int] | None:
    """Return the order in which slices of one node lie in it; None for others.

    Or slices of some nodes one upon the other.
    """
    cut_from = [x.inputs[0] if x.op is CONCAT else x for x in parts]
    places = [bounds(x) for x in cut_from]
    if None in places or len({x.inputs[0] for x in cut_from}) > 1:
        return None
    return sorted(range(len(parts)), key=lambda i: places[i] or (0, 0))


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


@needs(MATMUL, PLAIN_SUMS)
def merge_sums(facts: Facts) -> Mapping[Node, Node]:
    """a₁ @ W₁ + a₂ @ W₂ → [a₁ a₂] @ [W₁; W₂].

    Where all stand on one cycle; outside cycles where it costs less, as it does where
    [a₁ a₂] is there already. Of an unrolled graph only products on a cycle written out:
    those of inputs are merged over all steps. Nothing but the sum reads a product, so
    none needs another within a step.

    Rounding: one sum over what two products sum apart.
    """
    found: dict[Node, Node] = {}
    for op in PLAIN_SUMS:
        for y in facts.by_op.get(op, ()):
            if not is_inner(facts, y, PLAIN_SUMS, lambda user, x: True):
                new = _merged(facts, y)
                if new is not None:
                    found[y] = new
    return found


def _merged(facts: Facts, y: Node) -> Node | None:
    """Return a sum with one product in place of several, if there are several."""
    terms = [x for x, _ in operands(facts, y, PLAIN_SUMS, same_type)]
    good = [x for x in terms if _joinable(facts, x, y)]
    if facts.timeless:
        good = [x for x in good if facts.recurs(*x.inputs)]
    each_step = y in facts.home
    if len(good) < 2:
        return None
    rest = [x for x in terms if x not in good]
    if any(x.type != y.type for x in [*rest, *good]):
        return None
    good = _in_order(facts, good)
    with source_info.made_for(y.scope, y.line):
        left = facts.joined([x.inputs[0] for x in good], -1)
        merged = matmul(left, concat(_weights(facts, good), -2))
        new = add_n(*rest, merged) if len(rest) > 1 else sum(rest, merged)
    return new if each_step or cheaper(facts, {y: new}) else None


def _in_order(facts: Facts, products: list[Node]) -> list[Node]:
    """Return products in the order in which they are laid side by side.

    That of what is multiplied where these are slices of one node, or of the weights
    where these are; else that in which their weights stand in a concat already, which
    need not be made twice then (those of an adjoint are transposed). Slices of one
    node, in any case, stand as they were cut.
    """
    bases = [_base(x.inputs[1]) for x in products]
    order = _as_cut([x.inputs[0] for x in products]) or _as_cut(bases)
    if order is not None:
        return [products[i] for i in order]
    for user in facts.users[bases[0]]:
        if user.op is CONCAT and set(bases) == set(user.inputs):
            places = {x: i for i, x in enumerate(user.inputs)}
            order = sorted(range(len(bases)), key=lambda i: places[bases[i]])
            return [products[i] for i in order]
    lefts = [x.inputs[0] for x in products]
    first: dict[Node, int] = {}
    keys = []
    for i, x in enumerate(lefts):
        place = bounds(x)
        whole = first.setdefault(x if place is None else x.inputs[0], i)
        keys.append((whole, place or (0, 0)))
    return [products[i] for i in sorted(range(len(keys)), key=keys.__getitem__)]


def _base(weight: Node) -> Node:
    while weight.op in (EVERY_STEP, TRANSPOSE):
        weight = weight.inputs[0]
    return weight


def _joinable(facts: Facts, x: Node, y: Node) -> bool:
    if _weight(facts, x) is None or facts.home.get(x) != facts.home.get(y):
        return False
    return facts.used_once(x) and isinstance(x.inputs[0].type.shape[-1], int)


@needs(CONCAT)
def slice_of_concat(facts: Facts) -> Mapping[Node, Node]:
    """concat(a, b)[..., where a lies] → a, and concat(a) → a.

    Several parts are joined where nothing reads the whole but slices that do not
    overlap, or where parameters alone decide them.

    Exact.
    """

    def alone(y: Node) -> Node | None:
        return y.inputs[0] if len(y.inputs) == 1 else None

    def rule(y: Node) -> Node | None:
        whole = y.inputs[0]
        if whole.op is not CONCAT:
            return None
        axis = whole.attrs["axis"]
        place = bounds(y, axis)
        for part, own in zip(whole.inputs, part_places(whole), strict=False):
            if own == place and part.type == y.type:
                return part
        if place is None or not _only_cut(facts, whole, axis):
            return None
        parts = parts_within(y, axis)
        return facts.joined(parts, axis) if parts else None

    return {**each_node(facts, INDEX, rule), **each_node(facts, CONCAT, alone)}


def _only_cut(facts: Facts, whole: Node, axis: int) -> bool:
    """Return True if slices alone read a node, and to join them copies no more."""
    places = {bounds(user, axis) for user in facts.users[whole]}
    if None in places or whole in facts.results:
        return False
    ends = sorted(place for place in places if place is not None)
    apart = all(a[1] <= b[0] for a, b in itertools.pairwise(ends))
    return apart or whole in facts.early


@needs(DELAY, CONCAT, MATMUL)
def split_concat(facts: Facts) -> Mapping[Node, Node]:
    """concat(x, h) @ W → x @ W₁ + h @ W₂, where x is outside the cycle of h.

    Rounding: two sums for one product's.
    """

    def rule(y: Node) -> Node | None:
        weight, home = _weight(facts, y), facts.home.get(y)
        if weight is None or home is None:
            return None
        columns = parts_of(y.inputs[0])
        outside = [x for x in columns if facts.home.get(x) != home]
        if not outside or len(outside) == len(columns):
            return None
        parts = []
        places = cuts(map(width, columns))
        for own in (True, False):
            chosen = [
                (x, place)
                for x, place in zip(columns, places, strict=True)
                if (x in outside) is own
            ]
            rows = concat([weight[a:b] for _, (a, b) in chosen], 0)
            states = [x for x, _ in chosen]
            joined = states[0] if len(states) == 1 else concat(states, -1)
            parts.append(joined @ rows)
        return parts[0] + parts[1]

    return each_node(facts, MATMUL, rule)


@needs(MATMUL, INDEX)
def slice_before_product(facts: Facts) -> Mapping[Node, Node]:
    """(z @ W)[..., a:b] → z @ W[:, a:b], where only some slices stand on the cycle.

    The adjoint of `split concat`: what leads to x leaves the loop of h. So too, on a
    cycle or on none, where the rest of the columns is read by nobody.

    Rounding: the same sums of products in another shape.
    """
    found: dict[Node, Node] = {}
    for x in facts.by_op.get(MATMUL, ()):
        weight = _weight(facts, x)
        if weight is None or x in facts.results:
            continue
        places = [bounds(user) for user in facts.users[x]]
        homes = {facts.home.get(user) for user in facts.users[x]}
        alone = len(set(places)) == 1
        if None in places or (len(homes) < 2 and not alone):
            continue
        for user, place in zip(facts.users[x], places, strict=True):
            assert place is not None
            with source_info.made_for(user.scope, user.line):
                found[user] = x.inputs[0] @ weight[:, place[0] : place[1]]
    return found


@needs(ADD, INDEX)
def slice_before_sum(facts: Facts) -> Mapping[Node, Node]:
    """(z + b)[..., a:b] → z[..., a:b] + b[a:b], where b is a row for all steps.

    Where all that reads the sum are slices, and one of them is added to what comes from
    outside the cycle, so that its part of b can go too; or slices of z are read too.

    Exact.
    """
    found: dict[Node, Node] = {}
    for y in facts.by_op.get(ADD, ()):
        if y in facts.results or not facts.users[y]:
            continue
        places = [bounds(user) for user in facts.users[y]]
        z, b = y.inputs if y.inputs[0].type == y.type else y.inputs[::-1]
        row = facts.still(b)
        if row is None or z.type != y.type or row.type.shape != y.type.shape[-1:]:
            continue
        users = facts.users[y]
        apart = any(bounds(user) is not None for user in facts.users[z])
        hoisted = y in facts.home and any(_added_outside(facts, x) for x in users)
        if None in places or not (apart or hoisted):
            continue
        for user, place in zip(users, places, strict=True):
            assert place is not None
            with source_info.made_for(user.scope, user.line):
                found[user] = cut(z, *place) + row[place[0] : place[1]]
    return found


def _added_outside(facts: Facts, x: Node) -> bool:
    """Return True if a member of a cycle is added to what is none, and no more."""
    return facts.used_once(x) and any(
        user.op is ADD and any(other not in facts.home for other in user.inputs)
        for user in facts.users[x]
    )
