"""Sibling slices: one function over a packed buffer instead of one per slice."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from tinygraph import sites
from tinygraph.building import apply, constant, lift
from tinygraph.nodes import REGISTRY, Node
from tinygraph.ops.arithmetic import ADD
from tinygraph.ops.functions import tanh
from tinygraph.ops.indexing import TAKE
from tinygraph.ops.linalg import MATMUL
from tinygraph.ops.slicing import FULL, INDEX
from tinygraph.rewriting.driver import rewrite
from tinygraph.rewriting.facts import Facts, unlifted

_TANH, _SIGMOID = REGISTRY["tanh"], REGISTRY["sigmoid"]

Part = tuple[int, int, Node]
"""(start, stop, the function's node) of one slice along the last axis."""


@rewrite("pack gates", exact=False)
def pack_gates(facts: Facts) -> Mapping[Node, Node]:
    """tanh and sigmoid on the slices of z → one tanh over z, then slices.

    sigmoid(x) = ½ tanh(½x) + ½: with rows s, m, a that hold ½, ½, ½ under a sigmoid
    and 1, 1, 0 under a tanh, all gates are tanh(z·s)·m + a. The scale s moves into
    the weights that make z. Where all functions are one, no row is needed.
    """
    found: dict[Node, Node] = {}
    for z in facts.graph.nodes:
        if z not in facts.home or not z.type.is_float:
            continue
        parts = _gates(facts, z)
        if len(parts) < 2:
            continue
        with sites.made_for(z.scope, z.line):
            packed = _packed(facts, z, parts)
            for start, stop, gate in parts:
                items = (*(FULL,) * (z.ndim - 1), (start, stop, 1))
                found[gate] = apply(INDEX, packed, items=items)
    return found


def _gates(facts: Facts, z: Node) -> list[Part]:
    """Return the functions on slices that cover z side by side; [] if there is more."""
    parts: list[Part] = []
    for user in facts.users[z]:
        if user.op is not INDEX or z in facts.results or not facts.used_once(user):
            return []
        *heads, last = user.attrs["items"]
        (gate,) = facts.users[user]
        if any(item != FULL for item in heads) or not _is_stretch(last):
            return []
        if gate.op not in (_TANH, _SIGMOID):
            return []
        parts.append((last[0] or 0, last[1], gate))
    parts.sort(key=lambda part: part[0])
    ends = [0, *[stop for _, stop, _ in parts]]
    covered = all(part[0] == end for part, end in zip(parts, ends, strict=False))
    return parts if covered and ends[-1] == z.type.shape[-1] else []


def _is_stretch(item: Any) -> bool:
    return isinstance(item, tuple) and item[1] is not None and item[2] == 1


def _packed(facts: Facts, z: Node, parts: list[Part]) -> Node:
    ops = {gate.op for _, _, gate in parts}
    if len(ops) == 1:
        return apply(ops.pop(), z)
    half = _row(z, parts, under_sigmoid=0.5, under_tanh=1.0)
    shift = _row(z, parts, under_sigmoid=0.5, under_tanh=0.0)
    return tanh(_scaled(facts, z, half)) * half + shift


def _row(
    z: Node, parts: list[Part], *, under_sigmoid: float, under_tanh: float
) -> Node:
    values = {_SIGMOID: under_sigmoid, _TANH: under_tanh}
    pieces = [np.full(stop - start, values[gate.op]) for start, stop, gate in parts]
    return constant(np.concatenate(pieces).astype(z.type.dtype))


def _scaled(facts: Facts, x: Node, row: Node) -> Node:
    """Return x · row, the row moved into the weights and tables x is made of."""
    if x.op is ADD and all(part.type.shape[-1:] == row.type.shape for part in x.inputs):
        if facts.used_once(x) or x in facts.home:
            a, b = x.inputs
            return _scaled(facts, a, row) + _scaled(facts, b, row)
    if x.op is MATMUL:
        weight = unlifted(x.inputs[1])
        if weight is not None and weight.ndim == 2:
            return x.inputs[0] @ (weight * row)
    if x.op is TAKE and x.attrs["axis"] == -2:
        table = unlifted(x.inputs[0])
        if table is not None and table.ndim == 2:
            folded = lift(table * row, x.type.time or "")
            return apply(TAKE, folded, x.inputs[1], axis=-2)
    return x * row
