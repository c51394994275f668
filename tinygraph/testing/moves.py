"""The moves by which a random graph grows: each applies a few ops to what is there.

A move keeps values within about [-2, 2]. `SMOOTH` ones have derivatives everywhere;
`KINKED` ones do not, choose by a float, or stop the gradient; `RANDOM` ones draw
numbers. Moves that stand there twice choose among the most ops, along any axis.
"""

from collections.abc import Callable
from typing import Any

from tinygraph.core.building import cast, constant
from tinygraph.core.delays import delay
from tinygraph.core.nodes import Node
from tinygraph.ops import arithmetic as ar
from tinygraph.ops import comparing as cmp
from tinygraph.ops import functions as fn
from tinygraph.ops import random as rn
from tinygraph.ops import reductions as rd
from tinygraph.ops import shaping as sh
from tinygraph.ops import slots as so
from tinygraph.ops import time as tm
from tinygraph.ops.creating import arange
from tinygraph.ops.moments import std
from tinygraph.ops.picking import at
from tinygraph.testing.axis_moves import extreme, indexed, labelled, place_of, reduced
from tinygraph.testing.growing import Growth, broadcasts, fit
from tinygraph.testing.packed_moves import packed
from tinygraph.testing.shape_moves import product, shaped
from tinygraph.testing.wide import WIDE

Move = Callable[[Growth], Node]
NEUTRAL = ((ar.add, 0.0), (ar.multiply, 1.0), (ar.subtract, 0.0), (ar.multiply, -1.0))


def mix(g: Growth) -> Node:
    """A bounded function of a sum, difference or product."""
    combine = g.pick((ar.add, ar.subtract, ar.multiply))
    bound = g.pick((fn.tanh, fn.sin, fn.sigmoid, fn.cos))
    a, b = g.any_float(), g.any_float()
    if not broadcasts(a.shape, b.shape):
        b = fit(b, a.shape)
    result: Node = bound(combine(a, b))
    return result


def neutral(g: Growth) -> Node:
    """A value and zeros added, or ones multiplied: any may be the larger operand."""
    a = g.any_float()
    shapes = [s for s in map(g.sized, WIDE) if broadcasts(a.shape, s)]
    combine, number = g.pick(NEUTRAL)
    one = constant(a.dtype.type(number))
    other = sh.broadcast_to(one, g.pick([(), a.shape, *shapes]))
    result: Node = combine(a, other) if g.draw_bool() else combine(other, a)
    return result


def gate(g: Growth) -> Node:
    """σ(a) b + (1 - σ(a)) c."""
    a = g.any_float()
    b, c = g.shaped(a.shape), g.shaped(a.shape)
    s = fn.sigmoid(a)
    return s * b + (1 - s) * c


def quotient(g: Growth) -> Node:
    """A quotient, root, logarithm or power, away from their poles."""
    a = g.any_float()
    b = g.shaped(a.shape)
    which = g.pick(("divide", "sqrt", "log", "power", "exp", "softplus", "std"))
    if which == "divide":
        return 2 * a / (2 + fn.square(b))
    if which == "sqrt":
        return fn.sqrt(1 + fn.square(a)) / 2
    if which == "std":
        return std(_with_last(g, 3) + 5 * cast(arange(3), g.dtype), -1) / 4
    if which == "log":
        return fn.log(1.5 + fn.tanh(a)) + fn.log1p(fn.square(fn.sin(b))) / 2
    if which == "power":
        return ar.power(1.5 + fn.tanh(a) / 2, fn.sin(b)) - 1
    if which == "exp":
        return fn.exp(fn.sin(a)) / 3 - fn.expm1(fn.tanh(b)) / 3
    return fn.softplus(a) / 2 - fn.abs(1.0 + fn.square(b)) / 5


def chosen(g: Growth) -> Node:
    """`where` by a bool that no float decides."""
    when = g.pick(g.bools) if g.bools else cmp.equal(tm.step_index() % 2, 0)
    a = g.any_float()
    return ar.where(fit(when, a.shape), a, g.shaped(a.shape))


def counted(g: Growth) -> Node:
    """New ints or bools from ints."""
    index = g.pick(g.ints) if g.ints else tm.step_index()
    which = g.pick(("next", "less", "step", "cast", "extent", "arange", "ones"))
    if which == "next":
        return (index + 1) % 3
    if which == "less":
        return cmp.less(index, 1)
    if which == "step":
        return tm.step_index() % 3
    if which == "arange":
        return arange(g.pick(g.sized(("batch", 3)))) % 3
    if which == "ones":
        return sh.ones_like(g.any_float()) / 2
    if which == "extent":
        return per_step(g) / tm.extent("t")
    return cast(index, g.dtype) / 2


def shifted(g: Growth) -> Node:
    """A plain delay of a per-step node, in a row with others at times."""
    a = per_step(g)
    k = g.steps()
    plain = "scalar" in g.wishes.inits and g.draw_bool()
    slots = {} if plain else g.slots(a.shape, g.dtype, k)
    return delay(g.name("shift"), source=a, steps=k, **slots)


def timed(g: Growth) -> Node:
    """Out of time, and back into it."""
    a = per_step(g)
    which = g.pick(("last", "first", "sum", "mean", "stack", "every_step"))
    if which == "stack":
        order = g.pick(((lambda s: s), (lambda s: sh.flip(s, 0)), fn.tanh))
        return tm.unstack(order(tm.stack(a)))
    if which == "every_step":
        return tm.every_step(g.any_float()) * 1.0
    if which == "sum":
        return fn.tanh(tm.sum_over_time(a))
    reduce = {"last": tm.last, "first": tm.first, "mean": tm.mean_over_time}[which]
    return reduce(a)


def picked(g: Growth) -> Node:
    """The value at one step, of floats, ints or bools."""
    pools = [pool for pool in (g.floats, g.floats, g.ints, g.bools) if pool]
    node = g.pick(g.pick(pools))
    a = tm.every_step(node) if node.type.time is None else node
    return at(a, g.step())


def edges(g: Growth) -> Node:
    """The first or last steps, at times more than there are."""
    k, steps = g.pick((2, 5, 1, 8)), g.pick((so.first_steps, so.last_steps))
    slots = steps(per_step(g), k)
    return fn.sin(rd.sum(slots, axis=0) + slots[k // 2])


def greatest(g: Growth) -> Node:
    """The maximum over time of what ties only by chance."""
    noise = fit(g.floats[0], ())
    return fn.tanh(tm.max_over_time(per_step(g) + noise))


def kinked(g: Growth) -> Node:
    """Functions with kinks."""
    a = g.any_float()
    b = g.shaped(a.shape)
    which = g.pick(("relu", "abs", "maximum", "clip", "remainder"))
    if which == "maximum":
        return ar.maximum(a, b) - ar.minimum(a, b) / 2
    if which == "clip":
        return ar.clip(a, -0.5, b)
    if which == "remainder":
        return ar.remainder(a, 0.7)
    return fn.relu(a) if which == "relu" else fn.abs(a)


def decided(g: Growth) -> Node:
    """Ints, bools and steps that depend on floats."""
    a = g.any_float()
    which = g.pick(("greater", "sign", "floor", "where", "logic"))
    if which == "greater":
        return cmp.greater(a, 0.1234)
    if which == "sign":
        return fn.sign(a - 0.0123)
    if which == "floor":
        return fn.floor(a * 1.7) / 4 + fn.round(a * 1.3) / 4
    if which == "logic":
        return cmp.logical_or(cmp.less(a, -0.3), ~cmp.greater_equal(a, 0.4))
    return ar.where(cmp.greater(a, 0.4567), g.shaped(a.shape), a)


def blind(g: Growth) -> Node:
    """A value through which no gradient passes."""
    return fn.stop_gradient(g.any_float())


def drawn(g: Growth, op: str | None = None) -> Node:
    """Random numbers, a draw per step or one in all."""
    time = g.pick(("t", None))
    which = op or g.pick(("bernoulli", "uniform", "normal", "categorical"))
    name, shape = g.name("r"), g.shape()
    if which == "uniform":
        return rn.uniform(shape, g.dtype, time=time, name=name)
    if which == "normal":
        return fn.tanh(rn.normal(shape, g.dtype, time=time, name=name))
    if which == "categorical":
        logits = constant(g.array((3,), name)) if g.smooth else _with_last(g, 3)
        return rn.categorical(logits, name=name)
    chance: Any = 0.6
    if not g.smooth and g.draw_bool():
        chance = fn.sigmoid(g.shaped(shape))
    return rn.bernoulli(chance, shape, g.dtype, time=time, name=name) * g.shaped(shape)


SMOOTH: tuple[Move, ...] = (
    mix,
    neutral,
    gate,
    product,
    shifted,
    timed,
    picked,
    edges,
    *(reduced, shaped, indexed),
    *(reduced, shaped, indexed),
    labelled,
    chosen,
    counted,
    quotient,
    greatest,
    packed,
)
KINKED: tuple[Move, ...] = (kinked, extreme, decided, place_of, blind)
RANDOM: tuple[Move, ...] = (drawn,)


def per_step(g: Growth) -> Node:
    """Draw a float node of every step."""
    node = g.any_float()
    return tm.every_step(node) if node.type.time is None else node


def _with_last(g: Growth, length: int) -> Node:
    node = g.any_float()
    return node if node.ndim and node.shape[-1] == length else fit(node, (length,))
