"""Columns of products in the order in which they are read: no concat is copied."""

import itertools
from collections.abc import Mapping, Sequence

from tinygraph.core import source_info
from tinygraph.core.building import lift
from tinygraph.core.nodes import Node
from tinygraph.ops.joining import CONCAT, concat
from tinygraph.ops.linalg import MATMUL
from tinygraph.ops.slicing import INDEX
from tinygraph.rewriting.facts import PLAIN_SUMS, Facts, needs, operands, same_type
from tinygraph.rewriting.slices import bounds, cut, cuts

_Place = tuple[int, int]


@needs(CONCAT, INDEX, MATMUL)
def columns_as_read(facts: Facts) -> Mapping[Node, Node]:
    """concat(z[b:c], z[a:b]) of z = x @ W + d → z'[a:c], of W's columns in that order.

    Where slices alone read z, and one concat alone has several of them.

    Rounding: the same sums of products in another shape.
    """
    found: dict[Node, Node] = {}
    for y in facts.by_op.get(CONCAT, ()):
        if y.attrs["axis"] != -1 or y.ndim != 2:
            continue
        groups = itertools.groupby(y.inputs, _cut_from)
        for z, run in groups:
            parts = list(run)
            if z is None or len(parts) < 2 or z in facts.results:
                continue
            new = _reordered(facts, z, y, parts)
            if found.keys().isdisjoint(new):
                found.update(new)
    return found


def _cut_from(x: Node) -> Node | None:
    return None if bounds(x) is None else x.inputs[0]


def _reordered(
    facts: Facts, z: Node, y: Node, parts: Sequence[Node]
) -> dict[Node, Node]:
    """Return the slices of z as slices of what has the columns in another order."""
    places = {user: place for user in facts.users[z] if (place := bounds(user))}
    if len(places) < len(set(facts.users[z])) or len(set(parts)) < len(parts):
        return {}
    ordered = sorted(places, key=places.__getitem__)
    if not _follow([places[x] for x in ordered]) or _follow([places[x] for x in parts]):
        return {}
    joined = {u for x in places for u in facts.users[x] if u.op is CONCAT}
    if joined != {y} or any(x in facts.results for x in places):
        return {}
    order = [*parts, *[x for x in ordered if x not in parts]]
    with source_info.made_for(z.scope, z.line):
        new = _permuted(facts, z, [places[x] for x in order])
        if new is None:
            return {}
        stops = cuts(places[x][1] - places[x][0] for x in order)
        return {x: cut(new, *place) for x, place in zip(order, stops, strict=True)}


def _follow(places: Sequence[_Place]) -> bool:
    return all(a[1] == b[0] for a, b in itertools.pairwise(places))


def _permuted(facts: Facts, z: Node, places: Sequence[_Place]) -> Node | None:
    """Return a sum of products and rows with its columns in another order."""
    terms, parts = [], [z]
    if z.op in PLAIN_SUMS:
        parts = [x for x, _ in operands(facts, z, PLAIN_SUMS, same_type)]
    for x in parts:
        product = x.op is MATMUL and x.type == z.type
        still = facts.still(x.inputs[1] if product else x)
        if still is None or still.ndim != (2 if product else 1):
            return None
        if x is not z and not (facts.used_once(x) or not product):
            return None
        columns = concat([cut(still, *place) for place in places], -1)
        lifted = columns if z.type.time is None else lift(columns, z.type.time)
        terms.append(x.inputs[0] @ lifted if product else lifted)
    new = terms[0]
    for term in terms[1:]:
        new = new + term
    return new if new.type == z.type else None
