"""A last axis in blocks: gates by reshape to (..., n, width) are slices of one row."""

import math
from collections.abc import Mapping

from tinygraph.core.building import apply, lift
from tinygraph.core.nodes import Node
from tinygraph.core.types import names_in
from tinygraph.ops.joining import CONCAT, STACK, concat
from tinygraph.ops.reductions import SUM
from tinygraph.ops.shaping import RESHAPE, reshape
from tinygraph.ops.slicing import FULL, INDEX, PAD, pad
from tinygraph.rewriting.facts import Facts, each_node, each_reader, needs, unlifted
from tinygraph.rewriting.slices import cut


@needs(INDEX, RESHAPE)
def cut_blocks(facts: Facts) -> Mapping[Node, Node]:
    """reshape(z, (..., n, m))[..., k, :] → z[..., k·m : (k+1)·m].

    Exact.
    """

    def rule(y: Node) -> Node | None:
        whole = _in_blocks(y.inputs[0])
        if whole is None:
            return None
        *heads, block, within = y.attrs["items"]
        length, size = map(int, y.inputs[0].type.shape[-2:])
        if any(item != FULL for item in heads) or within != FULL:
            return None
        if isinstance(block, int):
            start = block % length
            return cut(whole, start * size, (start + 1) * size)
        taken = range(length)[slice(*block)]
        if taken.step != 1 or not taken:
            return None
        return reshape(cut(whole, taken.start * size, taken.stop * size), y.type.shape)

    return each_node(facts, INDEX, rule)


@needs(RESHAPE, (PAD, CONCAT, STACK))
def join_blocks(facts: Facts) -> Mapping[Node, Node]:
    """reshape(concat(a, b) of (..., n, m), (..., n·m)) → concat(a, b) of rows.

    A stack of a and b likewise, and blocks of zeros before and after a.

    Exact.
    """

    def rule(y: Node) -> Node | None:
        x = y.inputs[0]
        if x.ndim < 2 or not facts.used_once(x):
            return None
        lead, blocks = x.type.shape[:-2], x.type.shape[-2:]
        if not all(isinstance(dim, int) for dim in blocks):
            return None
        if y.type.shape != (*lead, math.prod(map(int, blocks))):
            return None
        depth = len(lead)
        if x.op is PAD:
            *others, (before, after), within = x.attrs["pad_width"]
            if any(map(any, others)) or any(within):
                return None
            size, widths = int(blocks[1]), [(0, 0)] * depth
            ends = (before * size, after * size)
            return pad(_flat(x.inputs[0], depth), [*widths, ends])
        joins = x.op is CONCAT or (x.op is STACK and "name" not in x.attrs)
        if not joins or x.attrs["axis"] != -2:
            return None
        return concat([_flat(part, depth) for part in x.inputs], -1)

    return each_node(facts, RESHAPE, rule)


@needs(RESHAPE)
def reshape_late(facts: Facts) -> Mapping[Node, Node]:
    """f(reshape(z, (..., n, m)), b) → reshape(f(z, b as a row), (..., n, m)).

    Exact.
    """
    return each_reader(facts, RESHAPE, lambda y: _reshaped_late(facts, y))


def _reshaped_late(facts: Facts, y: Node) -> Node | None:
    wholes = [_in_blocks(x) if facts.used_once(x) else None for x in y.inputs]
    if all(whole is None for whole in wholes):
        return None
    rows = [
        _row(x, y) if whole is None or x.type.shape != y.type.shape else whole
        for x, whole in zip(y.inputs, wholes, strict=True)
    ]
    if any(row is None for row in rows):
        return None
    return reshape(apply(y.op, *[row for row in rows if row is not None]), y.shape)


def _row(x: Node, y: Node) -> Node | None:
    """Return a number, or a static operand of all blocks, laid out as a row."""
    if not x.type.shape:
        return x
    static = unlifted(x) if x.type.time is not None else x
    if static is None or x.type.shape != y.type.shape[-2:] or names_in(x.type.shape):
        return None
    flat = _flat(static, 0)
    return flat if x.type.time is None else lift(flat, x.type.time)


def _in_blocks(x: Node) -> Node | None:
    """Return z where x is z with its last axis cut into two."""
    if x.op is not RESHAPE or x.ndim < 2:
        return None
    whole, (length, size) = x.inputs[0], x.type.shape[-2:]
    if not isinstance(length, int) or not isinstance(size, int):
        return None
    rows = whole.type.shape == (*x.type.shape[:-2], length * size)
    return whole if rows else None


def _flat(x: Node, depth: int) -> Node:
    """Return x with one axis behind the first `depth` ones."""
    behind = math.prod(map(int, x.type.shape[depth:]))
    return reshape(x, (*x.type.shape[:depth], behind))


@needs((STACK, CONCAT))
def stack_in_blocks(facts: Facts) -> Mapping[Node, Node]:
    """stack(a, b) of rows, along the last axis but one → their concat, in blocks.

    A concat of blocks likewise.

    Exact.
    """

    def rule(y: Node) -> Node | None:
        blocks = y.type.shape[-2:]
        if y.attrs["axis"] != -2 or y.ndim < 3 or "name" in y.attrs:
            return None
        if y.type.time is None and not facts.timeless:
            return None
        if names_in(blocks) or any(x.dtype != y.dtype for x in y.inputs):
            return None
        return reshape(
            concat([_flat(x, y.ndim - 2) for x in y.inputs], -1), y.type.shape
        )

    return {**each_node(facts, STACK, rule), **each_node(facts, CONCAT, rule)}


@needs(SUM, RESHAPE)
def sum_before_blocks(facts: Facts) -> Mapping[Node, Node]:
    """Σ over rows of what is cut into blocks → the sum of the whole rows, in blocks.

    Exact.
    """

    def rule(y: Node) -> Node | None:
        x, axes = y.inputs[0], y.attrs["axis"]
        whole = _in_blocks(x)
        if whole is None or any(axis > -3 for axis in axes) or x.ndim < 3:
            return None
        over = tuple(axis + 1 for axis in axes)
        rows = apply(SUM, whole, axis=over, keepdims=y.attrs["keepdims"])
        return reshape(rows, y.type.shape)

    return each_node(facts, SUM, rule)
