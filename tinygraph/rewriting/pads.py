"""Slices padded with zeros to a whole: no zeros are written, added and multiplied."""

import itertools
from collections.abc import Mapping, Sequence

from tinygraph.core.building import apply
from tinygraph.core.nodes import Node
from tinygraph.ops.arithmetic import ADD, ADD_N, add_n
from tinygraph.ops.contracting import COLLECT, CONTRACT, TOTAL
from tinygraph.ops.joining import CONCAT, concat
from tinygraph.ops.linalg import MATMUL
from tinygraph.ops.reductions import SUM
from tinygraph.ops.slicing import PAD, pad
from tinygraph.ops.time import SUM_OVER_TIME, sum_over_time
from tinygraph.rewriting.facts import PLAIN_SUMS, Facts, each_node, needs
from tinygraph.rewriting.slices import part_places


@needs(PAD, PLAIN_SUMS)
def pads_to_concat(facts: Facts) -> Mapping[Node, Node]:
    """Σ of padded slices side by side → their concat, padded where it is not the whole.

    What the gradients of slices leave behind. Slices of one place are added first, to a
    part of a concat too that lies there.

    Rounding: -0.0 + 0 is 0.0.
    """

    def rule(y: Node) -> Node | None:
        terms = _terms(y)
        axes = {_padded_axis(x) for x in terms if _is_pad(x, y)}
        if len(axes) != 1 or None in axes:
            return None
        (axis,) = axes
        assert axis is not None
        pads = [x for x in terms if _is_pad(x, y)]
        joins = [x for x in terms if _is_whole(facts, x, y, axis)][:1]
        merged = _merged([*joins, *pads], axis, y)
        if merged is None or len(merged) >= len(pads) + len(joins):
            return None
        new = [x for x in terms if x not in pads and x not in joins] + merged
        return new[0] if len(new) == 1 else add_n(*new)

    return {**each_node(facts, ADD_N, rule), **each_node(facts, ADD, rule)}


def _terms(y: Node) -> list[Node]:
    """Return what is added, sums of nothing but padded slices taken apart."""
    found: list[Node] = []
    for x in y.inputs:
        pads = _pads_of(x, y)
        found += [x] if pads is None else pads
    return found


def _pads_of(x: Node, whole: Node) -> list[Node] | None:
    """Return the padded slices whose sum a node is; None where it is no such sum."""

    def may_be(node: Node) -> bool:
        sums = node.op in PLAIN_SUMS and node.type == whole.type
        return sums or _is_pad(node, whole)

    found: list[Node] = []
    stack = [x]
    while stack:
        node = stack.pop()
        if _is_pad(node, whole):
            found.append(node)
        elif may_be(node) and all(map(may_be, node.inputs)):
            stack += node.inputs[::-1]
        else:
            return None
    return found


def _is_pad(x: Node, whole: Node) -> bool:
    return x.op is PAD and x.type == whole.type


def _padded_axis(x: Node) -> int | None:
    """Return the (negative) axis that a pad widens, None if several."""
    widths = x.attrs["pad_width"]
    axes = [i - len(widths) for i, width in enumerate(widths) if any(width)]
    return axes[0] if len(axes) == 1 else None


def _merged(pads: Sequence[Node], axis: int, whole: Node) -> list[Node] | None:
    """Return fewer padded slices with the same sum; None for lengths with a name.

    Slices that overlap in part stay apart.
    """
    at: dict[tuple[int, int], Node] = {}
    for x in pads:
        if not isinstance(x.inputs[0].type.shape[axis], int):
            return None
        for place, part in _placed(x, axis):
            at[place] = at[place] + part if place in at else part
    apart = all(a[1] <= b[0] for a, b in itertools.pairwise(sorted(at)))
    if not apart and any(x.op is CONCAT for x in pads):
        return None
    runs: list[list[tuple[int, int]]] = []
    for place in sorted(at):
        if runs and runs[-1][-1][1] == place[0]:
            runs[-1].append(place)
        else:
            runs.append([place])
    return [_padded([at[place] for place in run], run, axis, whole) for run in runs]


def _is_whole(facts: Facts, x: Node, y: Node, axis: int) -> bool:
    """Return True for a concat made for a sum alone, of no other type."""
    joins = x.op is CONCAT and x.attrs["axis"] == axis and x.type == y.type
    return joins and facts.used_once(x) and all(p.dtype == x.dtype for p in x.inputs)


def _placed(x: Node, axis: int) -> list[tuple[tuple[int, int], Node]]:
    """Return where the parts of a concat lie, or what is padded."""
    if x.op is CONCAT:
        return list(zip(part_places(x), x.inputs, strict=True))
    size, (start, _) = x.inputs[0].type.shape[axis], x.attrs["pad_width"][axis]
    return [((start, start + int(size)), x.inputs[0])]


def _padded(
    parts: list[Node], run: list[tuple[int, int]], axis: int, whole: Node
) -> Node:
    """Return parts side by side, with zeros around where they are not the whole."""
    total = whole.type.shape[axis]
    assert isinstance(total, int)
    widths = [(0, 0)] * whole.ndim
    widths[axis] = (run[0][0], total - run[-1][1])
    return pad(parts[0] if len(parts) == 1 else concat(parts, axis), widths)


@needs(PAD)
def pad_late(facts: Facts) -> Mapping[Node, Node]:
    """f(pad(z)) → pad(f(z)) of columns: sums over time and rows, aᵀ z, scatter_add.

    So too for a sum of padded slices, and pad(z) @ W → z @ the rows of W it meets,
    beside others too.

    Rounding: a sum with zeros less.
    """

    def sums(y: Node) -> Node | None:
        x = y.inputs[-1]
        columns = y.op in (CONTRACT, COLLECT) or -1 not in y.attrs["axis"]
        if not columns or (len(y.inputs) == 2 and y.inputs[0] is x):
            return None
        if y.dtype != x.dtype or not all(map(_columns, _pads(x))):
            return None
        parts = []
        for each in _pads(x):
            inner = apply(y.op, *y.inputs[:-1], each.inputs[0], **y.attrs)
            ends = each.attrs["pad_width"][-1]
            parts.append(pad(inner, [*[(0, 0)] * (inner.ndim - 1), ends]))
        return add_n(*parts) if len(parts) > 1 else next(iter(parts), None)

    def over_time(y: Node) -> Node | None:
        widths = [x.attrs["pad_width"] for x in _pads(y.inputs[0])]
        inner = [sum_over_time(x.inputs[0]) for x in _pads(y.inputs[0])]
        parts = [pad(x, each) for x, each in zip(inner, widths, strict=True)]
        return add_n(*parts) if len(parts) > 1 else next(iter(parts), None)

    by_op = {SUM_OVER_TIME: over_time, MATMUL: _padless}
    by_op |= dict.fromkeys((CONTRACT, COLLECT, TOTAL, SUM), sums)
    found: dict[Node, Node] = {}
    for op, rule in by_op.items():
        found.update(each_node(facts, op, rule))
    return found


def _padless(y: Node) -> Node | None:
    """Return a product without the columns of zeros of what it multiplies."""
    x, weight = y.inputs
    parts = x.inputs if x.op is CONCAT and x.attrs["axis"] == -1 else (x,)
    padded = [part.op is PAD and _columns(part) for part in parts]
    alike = all(part.dtype == x.dtype for part in parts)
    if not any(padded) or weight.ndim != 2 or not alike:
        return None
    kept, rows = [], []
    places = part_places(x) if len(parts) > 1 else [(0, int(x.type.shape[-1]))]
    for part, is_pad, (start, stop) in zip(parts, padded, places, strict=True):
        before, after = part.attrs["pad_width"][-1] if is_pad else (0, 0)
        kept.append(part.inputs[0] if is_pad else part)
        rows.append(weight[start + before : stop - after])
    if len(kept) == 1:
        return kept[0] @ rows[0]
    return concat(kept, -1) @ concat(rows, -2)


def _pads(x: Node) -> list[Node]:
    """Return the padded slices that x is, or is the sum of; none for other nodes."""
    parts = [x] if x.op is PAD else list(x.inputs) if x.op in PLAIN_SUMS else []
    return parts if all(_is_pad(part, x) for part in parts) else []


def _columns(x: Node) -> bool:
    """Return True if zeros stand before and after columns alone."""
    *others, _ = x.attrs["pad_width"]
    return not any(map(any, others))


@needs(SUM_OVER_TIME, MATMUL)
def sum_terms_over_time(facts: Facts) -> Mapping[Node, Node]:
    """Σₜ (a @ b + c) → Σₜ a @ b + Σₜ c: each product is one contraction.

    So too for products side by side.

    Rounding: the same numbers in another order.
    """

    def rule(y: Node) -> Node | None:
        x = y.inputs[0]
        if not facts.used_once(x) or not any(map(_has_product, x.inputs)):
            return None
        if x.op is CONCAT and all(part.dtype == x.dtype for part in x.inputs):
            return concat([sum_over_time(part) for part in x.inputs], **x.attrs)
        if x.op in PLAIN_SUMS and all(part.type == x.type for part in x.inputs):
            return add_n(*[sum_over_time(part) for part in x.inputs])
        return None

    return each_node(facts, SUM_OVER_TIME, rule)


def _has_product(x: Node) -> bool:
    return (x.inputs[0] if x.op is PAD else x).op is MATMUL
