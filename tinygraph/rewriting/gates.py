"""Sibling slices: one op over a packed buffer instead of one per slice."""

from collections.abc import Mapping

import numpy as np

from tinygraph.core import source_info
from tinygraph.core.building import apply, constant
from tinygraph.core.delays import DELAY
from tinygraph.core.nodes import REGISTRY, Node
from tinygraph.core.traversal import inputs_before, reach
from tinygraph.ops.arithmetic import ADD, MULTIPLY
from tinygraph.ops.functions import tanh
from tinygraph.ops.indexing import TAKE
from tinygraph.ops.joining import concat
from tinygraph.ops.linalg import MATMUL
from tinygraph.ops.slicing import INDEX
from tinygraph.rewriting.embedding import take_of
from tinygraph.rewriting.facts import Facts, needs, unlifted
from tinygraph.rewriting.slices import (
    Stretch,
    cut,
    cuts,
    runs,
    stretches,
    wholes_among,
)
from tinygraph.rewriting.small_values import told_from_zero

_TANH, _SIGMOID = REGISTRY["tanh"], REGISTRY["sigmoid"]


@needs(INDEX, ADD)
def pack_sums(facts: Facts) -> Mapping[Node, Node]:
    """x₁ + z[a:b], x₂ + z[b:c] → (concat(x₁, x₂) + z[a:c]) and its slices.

    Within a cycle, where the xᵢ come from outside, or are products made for this alone
    (peepholes) that need none of the sums: one sum a step, and one function of it.
    Outside every cycle too where the xᵢ are rows for all steps (biases).

    Exact.
    """
    found: dict[Node, Node] = {}
    for z in wholes_among(facts.nodes, facts):
        parts = [(s, _summand(facts, s)) for s in stretches(facts, z)]
        for rows in (True, False):
            good = [s for s, x in parts if x is not None and (x.ndim == 1) == rows]
            for run in runs(good):
                others = [_summand(facts, s) for s in run]
                if _entangled(facts, [x for x in others if x is not None], run):
                    continue
                with source_info.made_for(z.scope, z.line):
                    packed = concat(others, -1) + cut(z, run[0].start, run[-1].stop)
                    found.update(_cut_up(packed, run))
    return found


def _summand(facts: Facts, part: Stretch) -> Node | None:
    """Return what is added to a slice, if that is all and it may be joined."""
    y, home = part.reader, facts.home.get(part.node)
    if y.op is not ADD or facts.home.get(y) != home or y.type != part.node.type:
        return None
    other = y.inputs[1] if y.inputs[0] is part.node else y.inputs[0]
    if facts.still(other) is not None and other.type.shape == y.type.shape[-1:]:
        return other
    if other.type != y.type or home is None:
        return None
    free = other.op is MULTIPLY and facts.used_once(other)
    return other if other not in facts.home or free else None


def _entangled(facts: Facts, others: list[Node], run: list[Stretch]) -> bool:
    """Return True if a summand needs one of the sums within the same step."""
    inside = [x for x in others if x in facts.home]
    if not inside:
        return False
    below = reach(inside, lambda x: [i for i in inputs_before(x) if i in facts.home])
    return any(part.reader in below for part in run)


def _cut_up(packed: Node, run: list[Stretch]) -> dict[Node, Node]:
    places = cuts([part.stop - part.start for part in run])
    return {
        part.reader: cut(packed, *place)
        for part, place in zip(run, places, strict=True)
    }


@needs(DELAY, INDEX, (_TANH, _SIGMOID))
def pack_gates(facts: Facts) -> Mapping[Node, Node]:
    """tanh and sigmoid on the slices of z → one tanh over z, then slices.

    sigmoid(x) = ½ tanh(½x) + ½: with rows s, m, a that hold ½, ½, ½ under a sigmoid
    and 1, 1, 0 under a tanh, all gates are tanh(z·s)·m + a. The scale s moves into
    the weights that make z. Where all functions are one, no row is needed.

    Rounding: a sigmoid to the rounding of 1, not to its own; those of which a small
    value counts, as for a logarithm, are left.
    """
    found: dict[Node, Node] = {}
    for z in wholes_among(facts.home, facts):
        if not z.type.is_float:
            continue
        parts = stretches(facts, z)
        gates = (s for s in parts if _is_gate(facts, s.reader))
        for run in runs(gates):
            with source_info.made_for(z.scope, z.line):
                found.update(_cut_up(_packed(facts, z, run), run))
    return found


def _is_gate(facts: Facts, y: Node) -> bool:
    return y.op is _TANH or (y.op is _SIGMOID and not told_from_zero(facts, y))


def _packed(facts: Facts, z: Node, run: list[Stretch]) -> Node:
    whole = cut(z, run[0].start, run[-1].stop)
    ops = {part.reader.op for part in run}
    if len(ops) == 1:
        return apply(ops.pop(), whole)
    half = _row(z, run, under_sigmoid=0.5, under_tanh=1.0)
    shift = _row(z, run, under_sigmoid=0.5, under_tanh=0.0)
    scaled = _scaled(facts, z, half) if whole is z else whole * half
    return tanh(scaled) * half + shift


def _row(
    z: Node, run: list[Stretch], *, under_sigmoid: float, under_tanh: float
) -> Node:
    values = {_SIGMOID: under_sigmoid, _TANH: under_tanh}
    pieces = [np.full(s.stop - s.start, values[s.reader.op]) for s in run]
    return constant(np.concatenate(pieces).astype(z.type.dtype))


def _scaled(facts: Facts, x: Node, row: Node) -> Node:
    """Return x · row, the row moved into the weights and tables x is made of."""
    made: dict[Node, Node] = {}
    stack = [x]
    while stack:
        parts = _addends(facts, stack[-1], row)
        missing = [part for part in parts if part not in made]
        if missing:
            stack += missing
            continue
        node = stack.pop()
        made[node] = made[parts[0]] + made[parts[1]] if parts else _times(node, row)
    return made[x]


def _addends(facts: Facts, x: Node, row: Node) -> tuple[Node, ...]:
    """Return what x is the sum of, where each part can be scaled instead of x."""
    if x.op is not ADD or not (facts.used_once(x) or x in facts.home):
        return ()
    fits = all(
        part.type.shape[-1:] == row.type.shape and part.dtype == row.dtype
        for part in x.inputs
    )
    return x.inputs if fits else ()


def _times(x: Node, row: Node) -> Node:
    if x.op is MATMUL:
        weight = unlifted(x.inputs[1])
        if weight is not None and weight.ndim == 2:
            return x.inputs[0] @ (weight * row)
    if x.op is TAKE and x.attrs["axis"] == -2:
        table = unlifted(x.inputs[0])
        if table is not None and table.ndim == 2:
            return take_of(x, table * row)
    return x * row
