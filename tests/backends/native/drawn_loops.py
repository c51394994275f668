"""Loops in which every value holds the batch, as the threads of a shard need it: drawn.

All values of a loop have one shape, with the batch at one of its axes. They are made
along the other axes: running sums, turned and moved rows, soft maxima, products with
weights and of stacks. Half of the loops have something along the batch as well, for
which rows must not be computed apart. Delays reach back, or ahead, by several steps.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from hypothesis import strategies as st

import tinygraph as tg

SHAPES = (
    *(("batch", 3), ("batch", 2, 3), (2, "batch", 3)),
    *(("batch",), ("batch", 9), ("batch", 3)),
)
STEPS = (1, 2, 3, 5)
SLOTS = ("scalar", "placeholder", "history", "ones")


@dataclass
class Growing:
    """What has grown of a loop.

    Attributes:
        draw: of Hypothesis.
        shape: of every value.
        ahead: delays look at steps to come.
        mixed: rows of the batch may be mixed.
        against: how many delays may still look to the other side: fewer than the least
            k of a state, for no way through the loop is without a delay then.
    """

    draw: Any
    shape: tuple[Any, ...]
    ahead: bool
    mixed: bool
    values: list[tg.Node] = field(default_factory=list)
    count: int = 0
    against: int = 0

    def pick(self, options):
        return self.draw(st.sampled_from(options))

    def value(self):
        """Draw a value: a late one more often than not."""
        return self.pick((*self.values[-3:], *self.values))

    def axis(self):
        """Draw an axis, that of the batch where rows may be mixed."""
        axes = [i for i, dim in enumerate(self.shape) if self.mixed or dim != "batch"]
        return self.pick(axes) - len(self.shape) if axes else None

    def name(self, kind):
        self.count += 1
        return f"{kind}{self.count}"

    def weights(self, *shape):
        numbers = np.cos(np.arange(1.0, 1 + np.prod(shape))).reshape(shape)
        return tg.parameter(self.name("w"), numbers)

    def delay(self, source=None, ahead=None, steps=STEPS):
        """Return a delay of several steps, with slots of any kind."""
        own = SLOTS if source is None else (*SLOTS, "replicate")
        k, kind = self.pick(steps), self.pick(own)
        slots = {"init": 0.5}
        if kind == "replicate":
            slots = {"init": tg.REPLICATE}
        elif kind == "history":
            full = (k, *self.shape)
            slots = {"history": tg.placeholder(self.name("s"), full, "float64")}
        elif kind != "scalar":
            narrow = self.shape if kind == "placeholder" else (*self.shape[:-1], 1)
            slots = {"init": tg.placeholder(self.name("s"), narrow, "float64")}
        closed = {"shape": self.shape, "dtype": "float64"}
        if source is not None:
            closed = {"source": source}
        k = -k if (self.ahead if ahead is None else ahead) else k
        return tg.delay(self.name("d"), steps=k, **closed, **slots)

    def again(self, state, steps):
        """Return delays of what a state will be, by other steps, with its slots."""
        if state.outside != "init" or self.pick((True, False)):
            return []
        shared = {"init": state.slot, "shape": self.shape, "dtype": "float64"}
        sign = 1 if state.steps > 0 else -1
        found = [(self.name("d"), sign * self.pick(steps)) for _ in range(2)]
        return [tg.delay(name, steps=k, **shared) for name, k in found]


def combined(g):
    """A bounded function of two values."""
    op = g.pick((tg.add, tg.subtract, tg.multiply, tg.maximum))
    return g.pick((tg.tanh, tg.sin, tg.sigmoid))(op(g.value(), g.value()))


def along(g):
    """A value whose elements are taken together along an axis."""
    a, axis = g.value(), g.axis()
    if axis is None:
        return combined(g)
    apart = g.shape[axis] != "batch"
    ways = ("softmax", "mean", "max", "where", "roll") if apart else ("softmax",)
    way = g.pick(("cumsum", "flip", *ways))
    if way == "cumsum":
        return tg.tanh(tg.cumsum(a, axis))
    if way == "softmax":
        return tg.softmax(a, axis)
    if way == "mean":
        return a - tg.mean(a, axis, keepdims=True) + g.value()
    if way == "max":
        return tg.sin(a + tg.max(g.value(), axis, keepdims=True))
    if way == "where":
        places = tg.argmax(a, axis, keepdims=True)
        return a + tg.take_along_axis(g.value(), places, axis) / 2
    if way == "flip":
        return tg.sin(tg.flip(a, axis))
    first, rest = (slice(0, 1), slice(1, None))
    keys = [(..., part, *(slice(None),) * (-1 - axis)) for part in (rest, first)]
    return tg.tanh(tg.concat([a[keys[0]], g.value()[keys[1]]], axis=axis))


def product(g):
    """A product with weights, or of each row's matrix with another of its own."""
    a, shape = g.value(), g.shape
    if shape[-1] == "batch":
        return tg.tanh(a * g.weights())
    if g.mixed and g.pick((False, False, True)):
        other = g.value()
        return tg.tanh(a @ _turned(other) @ g.value() / 4)
    if shape[0] == "batch" and len(shape) == 3 and g.pick((True, False)):
        return tg.tanh(a @ (_turned(g.value()) @ g.value()))
    if g.pick((True, False)):
        return a * tg.sin(tg.every_step(g.weights(shape[-1])))
    return tg.tanh(a @ g.weights(shape[-1], shape[-1]))


def _turned(node):
    last = node.ndim - 1
    return tg.transpose(node, (*range(last - 1), last, last - 1))


def delayed(g):
    """A value some steps apart, in a row with others."""
    return g.delay(g.value()) * 0.9


def against(g):
    """A value one step to the other side, so that parts of the loop run later."""
    if not g.against:
        return combined(g)
    g.against -= 1
    seen = g.delay(g.pick(g.values[-3:]), not g.ahead, (1,))
    return tg.sin(seen + g.delay(g.values[-1], not g.ahead, (1,)) * g.value())


def read(g):
    """What is read of a loop some steps apart, at either side, and once more."""
    once = tg.sin(g.delay(g.value(), g.pick((True, False))))
    if g.pick((True, False)):
        return once
    return tg.cos(once + g.delay(g.value(), g.pick((True, False))))


def numbered(g):
    """A value by the number of the step, and random numbers."""
    noise = tg.normal(g.shape, "float64", time="t", name=g.name("r"))
    if g.pick((True, False)):
        return g.value() + tg.tanh(noise) / 3
    return g.value() * tg.cast(tg.step_index() % 3, "float64")


MOVES = (combined, along, along, product, delayed, against, against, numbered)


@st.composite
def batched_loops(draw, mixed=None):
    """A graph of one such loop, with its loss; `mixed` says whether rows are mixed."""
    if mixed is None:
        mixed = draw(st.booleans())
    g = Growing(draw, draw(st.sampled_from(SHAPES)), draw(st.booleans()), mixed)
    g.values.append(tg.sequence("x", g.shape, "float64"))
    g.against = g.pick((0, 2, 2))
    reach = STEPS[2:] if g.against else STEPS
    states = [g.delay(steps=reach) for _ in range(draw(st.integers(1, 3)))]
    again = {state: g.again(state, reach) for state in states}
    g.values += [*states, *(tg.sin(state) for state in states[:1])]
    g.values += [tg.sin(delay) for delays in again.values() for delay in delays]
    for _ in range(draw(st.integers(1, 6))):
        g.values.append(g.pick(MOVES)(g))
    if g.against:
        g.values.append(against(g))
    for state in states:
        last = g.pick((g.values[-1], g.value()))
        for delay in (state, *again[state]):
            delay.close(tg.tanh(last + state / 2) if delay is state else state.source)
    g.values += [read(g) for _ in range(draw(st.integers(0, 3)))]
    kept = draw(st.lists(st.sampled_from(g.values[::-1]), max_size=4))
    outputs = {f"y{i}": y for i, y in enumerate(kept)}
    if g.shape == ("batch", 3):
        outputs |= _matrices(g)
    squares = [tg.square(state.source) for state in states]
    outputs["x"] = g.values[0]
    outputs["loss"] = tg.mean_over_time(tg.mean(tg.add_n(*squares)))
    outputs["states"] = tg.sum_over_time(tg.sum(states[0].source, axis=0))
    return tg.Graph(outputs)


def _matrices(g):
    """Matrices whose step is a product alone, of each row or of each with each."""
    heads = g.pick((None, ("batch",), ("batch", "batch")))
    if heads is None:
        return {}
    shape = (*heads, 3) if len(heads) == 2 else (*heads, 3, 3)
    before = tg.delay("matrices", shape=shape, dtype="float64", init=0.5)
    step = tg.softmax(tg.stack([g.value(), g.value(), g.value()], axis=-1), axis=-1)
    before.close(before @ step)
    return {"matrices": before.source}
