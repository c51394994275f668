"""Loops whose step is parts side by side, as the gates of a cell are: drawn.

The parts are made by one op or by several from one state or two, each with a value
from outside the loop; they are read as a whole, in stretches, by others, or at the
next step; one may stand in two rows, or twice in one. What is read of them is a sum of
three now and then, of one value and of functions of it.
"""

from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st

import tinygraph as tg

OPS = (tg.multiply, tg.add, tg.subtract)
ONES = (tg.cos, tg.square, tg.sigmoid)
READS = ("outputs", "next step", "others", "twice", "second row")
"""Who else reads a part."""


class Row(NamedTuple):
    """What a row of parts is made from."""

    outside: list[tg.Node]
    states: list[tg.Node]


@st.composite
def packed_loops(draw):
    """A graph of one such loop, with its loss."""
    n = draw(st.integers(1, 3))
    shape = draw(st.sampled_from((("batch", n), (n,), (2, n), ("batch", 2, n))))
    states = [tg.delay(f"d{k}", steps=k, shape=shape, dtype="float64") for k in (1, 2)]
    row = Row(_outside(draw, shape), _seen(draw, states))
    parts = draw(st.lists(_parts(row), min_size=2, max_size=3) | _alike(row))
    reads = draw(st.sets(st.sampled_from(READS)))
    if "twice" in reads:
        parts.append(draw(st.sampled_from(parts)))
    known = [axis for axis in (-1, -2) if isinstance(shape[axis:][0], int)]
    axis = draw(st.sampled_from((-1, -1, *known[: len(shape)])))
    whole = tg.concat(parts, axis=axis)
    h = _read(draw, whole, len(parts), axis)
    outputs = {}
    if draw(st.booleans()):
        outputs["whole"] = whole
    part = draw(st.sampled_from(parts))
    if "outputs" in reads:
        outputs["part"] = part
    if "others" in reads:
        h = h + tg.sin(part)
    if "second row" in reads:
        other = draw(_parts(row))
        pair = tg.concat(draw(st.permutations([part, other])), axis=axis)
        h = h + tg.split(tg.sin(pair), 2, axis=axis)[1]
    if draw(st.booleans()):
        h = tg.add_n(*draw(st.permutations([h, tg.sin(h), tg.cos(h) * row.outside[0]])))
    bounded = tg.tanh(h)
    states[0].close(bounded)
    states[1].close(tg.sin(part) if "next step" in reads else bounded)
    outputs["loss"] = tg.mean_over_time(tg.mean(bounded * bounded))
    return tg.Graph({"h": bounded, **outputs, "x": tg.sequence("x", shape, "float64")})


def _read(draw, whole, count, axis):
    """What is read of a row: stretches of a function of it, or products with it."""
    if draw(st.booleans()):
        first, *_, last = tg.split(tg.tanh(whole), count, axis=axis)
        return first * tg.sigmoid(last)
    n, wide = whole.shape[-1] // (count if axis == -1 else 1), whole.shape[-1]
    weights = np.cos(np.arange(wide * n, dtype="float64")).reshape(wide, n)
    product = whole @ tg.parameter("weights", weights)
    return tg.split(product, count, axis=axis)[-1] if axis == -2 else product


def _outside(draw, shape):
    """Values from outside: computed and given, per step and static, broadcast."""
    leaves = [tg.sequence(f"x{i}", shape, "float64") for i in range(3)]
    leaves.append(tg.sequence("row", shape[-1:], "float64"))
    leaves.append(tg.placeholder("fixed", shape, "float64"))
    made = [tg.cos(leaf) for leaf in leaves]
    return draw(st.sampled_from((made[:3], [*made, *leaves])))


def _seen(draw, states):
    """What of the states the parts read."""
    first, second = states
    options = ([first], [tg.tanh(first)], [first, second], [first, tg.tanh(first)])
    return draw(st.sampled_from(options))


@st.composite
def _alike(draw, row):
    """Two or three parts, one op of one state each; perhaps another one among them."""
    op, state = draw(st.sampled_from(OPS)), draw(st.sampled_from(row.states))
    others = draw(st.permutations(row.outside[:3]))[: draw(st.integers(2, 3))]
    turned = draw(st.booleans())
    parts = [op(other, state) if turned else op(state, other) for other in others]
    if draw(st.booleans()):
        parts.insert(draw(st.integers(0, len(parts))), draw(_parts(row)))
    return parts


@st.composite
def _parts(draw, row):
    """A part: an op of a state and a value from outside, or of a state alone."""
    state, other = draw(st.sampled_from(row.states)), draw(st.sampled_from(row.outside))
    op = draw(st.sampled_from((*OPS, None)))
    if op is None:
        return draw(st.sampled_from(ONES))(state)
    return op(other, state) if draw(st.booleans()) else op(state, other)
