"""Moves of one op each, read off the samples: so every use of every op is drawn."""

import functools
from collections.abc import Callable

from tinygraph.core.building import cast, constant
from tinygraph.core.nodes import Node
from tinygraph.ops import comparing as cmp
from tinygraph.ops import functions as fn
from tinygraph.ops import time as tm
from tinygraph.testing import moves
from tinygraph.testing.growing import Growth, fit, without_names
from tinygraph.testing.op_samples import SAMPLES, Operand, Sample
from tinygraph.testing.wide import operand
from tinygraph.testing.wishes import FLOATS, is_random, is_smooth

MOST_AT_ONCE = 4
"""How many ops a move uses: so that, of ninety, none is rare."""


def _greatest(g: Growth) -> Node:
    """The maximum over time, of what ties on purpose where kinks may be."""
    if g.smooth or g.draw_bool():
        return moves.greatest(g)
    return tm.max_over_time(_tied(moves.per_step(g)))


OWN: dict[str, Callable[[Growth], Node]] = {
    "delay": moves.shifted,
    "at": moves.picked,
    "every_step": lambda g: fn.identity(tm.every_step(g.any_float())),
    "max_over_time": _greatest,
    **{
        op: functools.partial(moves.drawn, op=op)
        for op in ("bernoulli", "uniform", "normal", "categorical")
    },
}
"""Ops whose moves need more than samples say: names, least steps, kinds of slots."""


def sampled(g: Growth) -> Node:
    """Some ops out of all that are wished, each used as one of its samples."""
    every = g.wishes.ops or _op_names(g.smooth, g.wishes.random)
    *others, last = g.choices.several(lambda: used(g, g.pick(every)), 1, MOST_AT_ONCE)
    for node in others:
        g.add(node)
    return last


def used(g: Growth, op: str) -> Node:
    """Apply an op as one of its samples; the result stays bounded."""
    if op in OWN:
        return OWN[op](g)
    sample: Sample = g.pick(_uses(op, g.smooth, bool(g.wishes.sizes)))
    narrow = {o.dtype for o in sample.operands if o.is_float} == {"float32"}
    nodes = [_operand(g, o, narrow) for o in sample.operands]
    return _bounded(sample.apply(*nodes, name=g.name("r")), sample)


def step_by(g: Growth, way: str | Callable[[Node], Node], source: Node) -> Node:
    """Apply to a node, as the first operand, an op that keeps shape and kind."""
    if callable(way):
        return way(source)
    sample = SAMPLES[way][0]
    first = _domain(g, sample.operands[0], source)
    others = [_domain(g, each, g.shaped(source.shape)) for each in sample.operands[1:]]
    return _bounded(sample.apply(first, *others), sample)


@functools.cache
def _op_names(smooth: bool, random: bool) -> tuple[str, ...]:
    return tuple(
        op
        for op in SAMPLES
        if (is_smooth(op) or not smooth) and (random or not is_random(op))
    )


@functools.cache
def _uses(op: str, smooth: bool, lengths: bool) -> tuple[Sample, ...]:
    """Return samples for moves; where names have lengths, without shapes of names."""
    found = [s for s in SAMPLES[op] if s.has_elements and not s.has_extremes]
    if smooth:
        found = [s for s in found if s.smooth and not s.mixes_floats]
    if lengths:
        found = [s for s in found if "batch" not in s.attrs.get("shape", ())]
    return tuple(found)


def _bounded(node: Node, sample: Sample) -> Node:
    """Keep floats within about ±2, and ints 0, 1 or 2."""
    if node.type.is_float:
        return node if sample.bounded else fn.tanh(node)
    return node % 3 if node.dtype.kind in "iu" else node


def _operand(g: Growth, wanted: Operand, narrow: bool) -> Node:
    """Draw a node like an operand, from what has grown."""
    if wanted.is_float:
        node = _domain(g, wanted, operand(g, wanted.shape))
        other = not narrow and wanted.dtype == "float32"
        if other:
            width = next(dtype for dtype in FLOATS if dtype != g.dtype)
            node = fn.stop_gradient(cast(node, width))
    elif wanted.kind == "bools":
        node = fit(_bools(g), g.sized(wanted.shape))
    else:
        node = _ints(g, wanted)
    return tm.every_step(node) if wanted.per_step and node.time is None else node


def _domain(g: Growth, wanted: Operand, node: Node) -> Node:
    """Bring floats to the kind that an operand is of."""
    if wanted.kind == "positive":
        return 1.25 + fn.tanh(node) * 0.75
    return _tied(node) if wanted.kind == "ties" and not g.smooth else node


def _tied(node: Node) -> Node:
    """Round to halves, so that many are equal."""
    return fn.round(node * 2) / 2


def _bools(g: Growth) -> Node:
    node: Node = g.pick(g.bools) if g.bools else cmp.equal(tm.step_index() % 2, 0)
    return node


def _ints(g: Growth, wanted: Operand) -> Node:
    """Draw ints that differ along the axes, from the end where they are indices."""
    node = g.pick(g.ints) if g.ints else tm.step_index() % 3
    shape = g.sized(wanted.shape)
    node = fit(cast(node, "int64"), shape)
    narrow = without_names(shape)
    if narrow and g.draw_bool():
        node = (node + constant(g.array(narrow, g.name("v"), "int64"))) % 3
    return cast(node - 3 if wanted.kind == "indices" else node, wanted.dtype)
