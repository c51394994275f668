"""What is done alike with the parts of a whole is done once, with the whole."""

import itertools
from collections.abc import Mapping, Sequence

from tinygraph.core import source_info
from tinygraph.core.building import apply, lift
from tinygraph.core.nodes import Node
from tinygraph.core.traversal import inputs_before, reach
from tinygraph.ops.contracting import COLLECT, CONTRACT, TOTAL
from tinygraph.ops.elementwise import is_ufunc
from tinygraph.ops.indexing import TAKE
from tinygraph.ops.joining import CONCAT, concat
from tinygraph.ops.linalg import MATMUL, matmul
from tinygraph.ops.shaping import RESHAPE, TRANSPOSE, reshape, transpose
from tinygraph.ops.slicing import FULL, INDEX
from tinygraph.rewriting.choosing import cheaper
from tinygraph.rewriting.facts import Facts, each_node, needs, unlifted
from tinygraph.rewriting.slices import bounds, cut, cuts, width


@needs((CONCAT, INDEX), (CONTRACT, COLLECT, TOTAL))
def sum_the_whole(facts: Facts) -> Mapping[Node, Node]:
    """Σₜ f(z₁), Σₜ f(z₂) of parts or slices of z → slices of Σₜ f(z₁ z₂).

    f is aᵀ z, scatter_add(i, z) or a sum over rows: each treats columns alike. A part
    of two wholes is summed with the one where more of the parts are.

    Rounding: the same sums of products in another shape.
    """
    wholes = [x for x in facts.by_op.get(CONCAT, ()) if x.attrs["axis"] == -1]
    wholes += dict.fromkeys(
        x.inputs[0] for x in facts.by_op.get(INDEX, ()) if x.inputs[0].op is not CONCAT
    )
    runs = [
        (whole, run, places)
        for whole in wholes
        if whole.ndim == 2 and len(facts.users[whole]) + len(whole.inputs) > 1
        for places in (_places(facts, whole),)
        for group in _treated_alike(facts, whole, places)
        for run in _runs(group, places)
    ]
    found: dict[Node, Node] = {}
    for whole, run, places in sorted(runs, key=lambda each: -len(each[1])):
        if found.keys().isdisjoint(run) and _apart([*run, *found], whole):
            found.update(_at_once(whole, run, places))
    return found


def _places(facts: Facts, whole: Node) -> dict[Node, tuple[int, int]]:
    """Return what the columns of a whole are: slices of it, and a concat's parts."""
    slices = {x: place for x in facts.users[whole] if (place := bounds(x)) is not None}
    parts = whole.inputs if whole.op is CONCAT else ()
    return {**slices, **dict(zip(parts, cuts(map(width, parts)), strict=True))}


def _at_once(
    whole: Node, run: Sequence[Node], places: Mapping[Node, tuple[int, int]]
) -> dict[Node, Node]:
    """Return the sums of parts of one stretch, as slices of one sum."""
    first = run[0]
    own = [places[x.inputs[-1]] for x in run]
    start, stop = own[0][0], max(end for _, end in own)
    with source_info.made_for(first.scope, first.line):
        columns = cut(whole, start, stop)
        total = apply(first.op, *first.inputs[:-1], columns, **first.attrs)
        return {
            x: cut(total, a - start, b - start)
            for x, (a, b) in zip(run, own, strict=True)
        }


def _runs(
    group: Sequence[Node], places: Mapping[Node, tuple[int, int]]
) -> list[list[Node]]:
    """Cut into runs of two and more sums whose parts lie side by side, or overlap."""
    found: list[list[Node]] = []
    end = 0
    for x in sorted(group, key=lambda x: places[x.inputs[-1]]):
        start, stop = places[x.inputs[-1]]
        if found and start <= end:
            found[-1].append(x)
            end = max(end, stop)
        else:
            found.append([x])
            end = stop
    return [run for run in found if len(run) > 1]


def _treated_alike(
    facts: Facts, whole: Node, parts: Mapping[Node, tuple[int, int]]
) -> list[list[Node]]:
    """Return the sums over time of the parts, those of one kind together."""
    alike: dict[tuple[object, ...], list[Node]] = {}
    for part in [x for x in parts if x.dtype == whole.dtype]:
        for user in facts.users[part]:
            if _sums_columns(user, part):
                key = (user.op, *user.inputs[:-1], *sorted(user.attrs.items()))
                alike.setdefault(key, []).append(user)
    return list(alike.values())


def _sums_columns(y: Node, x: Node) -> bool:
    """Return True if y is a sum over time of x that treats its columns alike."""
    sums = y.op in (CONTRACT, COLLECT) and y.inputs[-1] is x is not y.inputs[0]
    return sums or (y.op is TOTAL and y.attrs["axis"] == (-2,))


@needs(CONCAT, (CONTRACT, COLLECT, TOTAL))
def sum_parts(facts: Facts) -> Mapping[Node, Node]:
    """Σₜ f(concat(z₁, z₂)) → concat(Σₜ f(z₁), Σₜ f(z₂)), where that costs less.

    f as above. It does where the concat is made for such sums alone, outside every
    cycle.

    Rounding: the same sums of products in another shape.
    """
    found: dict[Node, Node] = {}
    for whole in facts.by_op.get(CONCAT, ()):
        users = list(dict.fromkeys(facts.users[whole]))
        if whole.attrs["axis"] != -1 or whole.ndim != 2 or whole in facts.home:
            continue
        if any(x.dtype != whole.dtype for x in whole.inputs) or len(whole.inputs) < 2:
            continue
        if not users or not all(_sums_columns(user, whole) for user in users):
            continue
        new = {user: _of_parts(user, whole) for user in users}
        if cheaper(facts, new):
            found.update(new)
    return found


def _of_parts(y: Node, whole: Node) -> Node:
    with source_info.made_for(y.scope, y.line):
        sums = [apply(y.op, *y.inputs[:-1], x, **y.attrs) for x in whole.inputs]
        return concat(sums, -1)


def _apart(sums: Sequence[Node], whole: Node) -> bool:
    """Return True if no part of the whole is made from one of the sums.

    Neither from those that take another form in the same round: two wholes, each made
    from a sum of parts of the other, would wait for each other.
    """
    return reach([whole], lambda x: x.inputs).keys().isdisjoint(sums)


@needs(CONCAT)
def join_alike(facts: Facts) -> Mapping[Node, Node]:
    """concat(f(a₁, b₁), f(a₂, b₂)) → f(concat(a₁, a₂), concat(b₁, b₂)).

    For elementwise f, rows taken by the same indices, products with the same matrix on
    the left, and other axes sliced or reshaped; where that costs less, as it does for
    slices of one node and for what depends on parameters alone.

    Rounding: sums of products in another shape.
    """

    def rule(y: Node) -> Node | None:
        first = y.inputs[0]
        if y.attrs["axis"] != -1 or len(y.inputs) < 2:
            return None
        if any(x.op is not first.op or not facts.used_once(x) for x in y.inputs):
            return None
        if any(x.dtype != y.dtype for x in y.inputs):
            return None
        new = _joined(y, first)
        if new is None or new.type != y.type:
            return None
        return new if cheaper(facts, {y: new}) else None

    return each_node(facts, CONCAT, rule)


def _joined(y: Node, first: Node) -> Node | None:
    """Return a concat of like nodes as one of them, over what they read joined."""
    if first.op is TAKE:
        return _taken(y)
    if first.op is MATMUL:
        return _multiplied(y)
    if first.op in (INDEX, RESHAPE):
        return _shaped(y)
    return _elementwise(y) if is_ufunc(first.op) else None


def _elementwise(y: Node) -> Node | None:
    """Join the operands, place by place."""
    operands = []
    for parts in zip(*(x.inputs for x in y.inputs), strict=True):
        whole = _place(y, parts)
        if whole is None:
            return None
        operands.append(whole)
    return apply(y.inputs[0].op, *operands)


def _place(y: Node, parts: Sequence[Node]) -> Node | None:
    """Return what a place of an elementwise op has, as a whole."""
    first = parts[0]
    if all(x is first for x in parts) and first.type.shape[-1:] in ((), (1,)):
        return first
    if any(
        x.ndim == 0 or x.ndim != first.ndim or x.type.shape[-1] != own.type.shape[-1]
        for x, own in zip(parts, y.inputs, strict=True)
    ):
        return None
    return _side_by_side(parts)


def _side_by_side(parts: Sequence[Node]) -> Node | None:
    """Return the columns of the parts beside each other, where nothing is copied.

    That is so for slices of one node, and for what is static, which is copied once.
    """
    first = parts[0]
    if len({(x.type.shape[:-1], x.dtype) for x in parts}) > 1:
        return None
    if first.type.time is None:
        return concat(parts, -1)
    static = [unlifted(x) for x in parts]
    if None not in static:
        return lift(concat(static, -1), first.type.time)
    return _adjacent(parts)


def _adjacent(parts: Sequence[Node]) -> Node | None:
    """Return the slice that slices of one node make, each beside the one before."""
    places = [bounds(x) for x in parts]
    if None in places or len({x.inputs[0] for x in parts}) > 1:
        return None
    ends = [place for place in places if place is not None]
    if any(a[1] != b[0] for a, b in itertools.pairwise(ends)):
        return None
    return cut(parts[0].inputs[0], ends[0][0], ends[-1][1])


def _shaped(y: Node) -> Node | None:
    """Join slices before the other axes are sliced or reshaped, all of them alike."""
    first = y.inputs[0]
    if any(x.type.shape[-1:] != x.inputs[0].type.shape[-1:] for x in y.inputs):
        return None
    whole = _adjacent([x.inputs[0] for x in y.inputs])
    if whole is None:
        return None
    if first.op is RESHAPE:
        return reshape(whole, y.type.shape)
    alike = all(x.attrs == first.attrs for x in y.inputs)
    if not alike or first.attrs["items"][-1] != FULL:
        return None
    return apply(INDEX, whole, **first.attrs)


def _taken(y: Node) -> Node | None:
    first = y.inputs[0]
    index = first.inputs[1]
    if first.attrs["axis"] != -2 or any(x.inputs[1] is not index for x in y.inputs):
        return None
    table = _side_by_side([x.inputs[0] for x in y.inputs])
    if table is None:
        return None
    return apply(TAKE, table, index, name=first.name, axis=-2)


def _multiplied(y: Node) -> Node | None:
    left = y.inputs[0].inputs[0]
    if any(x.inputs[0] is not left or x.inputs[1].ndim != 2 for x in y.inputs):
        return None
    weight = _side_by_side([x.inputs[1] for x in y.inputs])
    return None if weight is None else matmul(left, weight)


@needs(CONCAT, TRANSPOSE)
def join_transposes(facts: Facts) -> Mapping[Node, Node]:
    """concat(aᵀ, bᵀ) → concat(a, b)ᵀ, which is there already, or in one piece.

    Exact.
    """

    def rule(y: Node) -> Node | None:
        first = y.inputs[0]
        if len(y.inputs) < 2 or any(
            x.op is not TRANSPOSE or x.attrs != first.attrs for x in y.inputs
        ):
            return None
        axes = first.attrs["axes"]
        whole = facts.joined([x.inputs[0] for x in y.inputs], axes[y.attrs["axis"]])
        return transpose(whole, axes)

    return each_node(facts, CONCAT, rule)


@needs(CONCAT)
def concat_of_concat(facts: Facts) -> Mapping[Node, Node]:
    """concat(concat(a, b), c) → concat(a, b, c), of which the inner one is a slice.

    Exact.
    """
    found: dict[Node, Node] = {}
    for y in facts.by_op.get(CONCAT, ()):
        inner = [x for x in y.inputs if x.op is CONCAT and x.attrs == y.attrs]
        if not inner or any(x.dtype != y.dtype for x in inner):
            continue
        if any(x in found or not _within(facts, x, y) for x in inner):
            continue
        with source_info.made_for(y.scope, y.line):
            parts = [p for x in y.inputs for p in (x.inputs if x in inner else (x,))]
            found[y] = whole = facts.joined(parts, y.attrs["axis"])
            places = cuts(x.type.shape[y.attrs["axis"]] for x in y.inputs)
            for x, place in zip(y.inputs, places, strict=True):
                if x in inner and not facts.used_once(x):
                    found[x] = cut(whole, *place)
    return found


def _within(facts: Facts, inner: Node, y: Node) -> bool:
    """Return True if what reads the inner concat may read a slice of the outer one.

    That is so along the last axis where no other part of it is made from the inner one.
    """
    if facts.used_once(inner):
        return True
    others = [x for x in y.inputs if x is not inner]
    free = inner not in reach(others, inputs_before)
    return y.attrs["axis"] == -1 and free and inner not in facts.results
