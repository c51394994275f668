"""Ranges: what ops say of their results holds for every sample, extreme ones too."""

import itertools

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.core.ranges import Range, range_of_columns, side_by_side
from tinygraph.rewriting.ranges import Ranges
from tinygraph.testing import samples

OPS = [name for name, op in tg.REGISTRY.items() if op.bounds or op.view]
OPS.remove("constant")


def outside(value, found):
    """Elements beyond their range, but for rounding; NaN is beyond none."""
    value = np.asarray(value)
    slack = 1e-5 * np.maximum(np.abs(np.where(np.isfinite(value), value, 0)), 1)
    with np.errstate(invalid="ignore"):
        return value[(value < found.low - slack) | (value > found.high + slack)]


@pytest.mark.parametrize("op", OPS)
def test_no_element_lies_outside(op):
    """Of the last thirty samples, among which the extreme ones are."""
    for sample in samples(op)[-30:]:
        within_ranges(sample)


def within_ranges(sample):
    leaves = sample.leaves()
    node = sample.apply(*leaves)
    feeds = {
        leaf: operand.array(leaf.name, steps=3 if operand.per_step else None)
        for leaf, operand in zip(leaves, sample.operands, strict=True)
    }
    graph = tg.Graph({"y": node})
    feeds = {leaf: array for leaf, array in feeds.items() if leaf in graph.leaves}
    known = {leaf: range_of_columns(array).whole for leaf, array in feeds.items()}
    with np.errstate(all="ignore"):
        value = tg.interpret(graph, feeds, dict.fromkeys(graph.times, 3))["y"]
    assert not outside(value, Ranges(known)[node]).size, sample.id
    assert not outside(value, Ranges()[node]).size, sample.id


NUMBERS = (-np.inf, -1e308, -2.0, -0.0, 0.0, 0.5, 3.0, 1e308, np.inf)
PAIRS = [Range(a, b) for i, a in enumerate(NUMBERS) for b in NUMBERS[i:]]


@pytest.mark.parametrize("work", ["plus", "minus", "times", "join"])
def test_plain_numbers_are_worked_out_as_columns_are(work):
    for a, b in itertools.product(PAIRS, PAIRS):
        columns = [Range(np.array([x.low]), np.array([x.high])) for x in (a, b)]
        wanted = getattr(columns[0], work)(columns[1]).whole
        found = getattr(a, work)(b)
        assert (found.low, found.high) == (wanted.low, wanted.high), (a, b)
        assert found.largest == max(abs(wanted.low), abs(wanted.high))


X = tg.sequence("x", ("batch", 4))
GATE = tg.sigmoid(X)


def wave():
    c = tg.delay("c", shape=("batch", 4))
    h = GATE * tg.tanh(c + GATE)
    c.close(c * GATE + h)
    return c, h, tg.delay(source=h, init=0.5)


C, H, H_BEFORE = wave()
PACKED = tg.concat([tg.tanh(X), GATE], -1)

EXPECTED = {
    "a gate": (GATE, 0, 1),
    "its slope": (GATE * (1 - GATE), 0, 1),
    "the slope of tanh": (1 - tg.square(tg.tanh(X)), 0, 1),
    "a square by itself": (tg.multiply(*[tg.tanh(X)] * 2), 0, 1),
    "a state that is added to": (C, -np.inf, np.inf),
    "a state within bounds": (H, -1, 1),
    "its delay": (H_BEFORE, -1, 1),
    "packed gates": (PACKED, -1, 1),
    "the sigmoid among them": (PACKED[:, 4:], 0, 1),
    "gates by one tanh": (
        (tg.tanh(X) * np.array([0.5, 1, 1, 1], "f") + np.array([0.5, 0, 0, 0], "f"))[
            :, :1
        ],
        0,
        1,
    ),
    "clipped": (tg.clip(X, -2.0, 3.0), -2, 3),
    "the inverse of what is never 0": (1 / (2 + GATE), 1 / 3, 0.5),
    "of what may be": (1 / GATE, -np.inf, np.inf),
    "chosen": (tg.where(X > 0, GATE, -2.0), -2, 1),
    "a mask": (tg.cast(X > 0, "float32"), 0, 1),
    "probabilities": (tg.softmax(X, axis=-1), 0, 1),
    "one of them": (tg.take_along_axis(tg.softmax(X), tg.argmax(X, -1, True)), 0, 1),
    "integers that would wrap": (
        tg.cast(X > 0, "int8") * np.int8(100) * np.int8(100),
        -128,
        127,
    ),
    "floats that would overflow": (
        tg.cast(GATE, "float16") * np.float16(6e4) * np.float16(6e4),
        0,
        np.inf,
    ),
}


@pytest.mark.parametrize("case", EXPECTED)
def test_what_is_known(case):
    node, low, high = EXPECTED[case]
    found = Ranges()[node].whole
    np.testing.assert_allclose([found.low, found.high], [low, high], rtol=1e-6)


def test_a_long_chain_needs_no_recursion():
    node = GATE
    for _ in range(5000):
        node = node * 1.0
    assert Ranges()[node].largest == 1


def test_zero_times_anything_is_zero():
    found = Range(0.0, 0.0).times(Range(-np.inf, np.inf))
    assert (found.low, found.high) == (0, 0)


@pytest.mark.parametrize("function", [tg.negative, tg.abs])
def test_the_least_integer_has_no_opposite(function):
    """It wraps, though as a float the end of the range is what it should be."""
    x = tg.sequence("x", (), "int64")
    found = Ranges({x: Range(-(2.0**63), 1.0)})[function(x)]
    assert found.low == -(2.0**63)


def test_columns_side_by_side():
    joined = side_by_side([Range(0.0, 1.0), Range(-2.0, 2.0)], [2, 1])
    np.testing.assert_array_equal(joined.low, [0, 0, -2])
    assert (joined.whole.low, joined.largest) == (-2, 2)
    assert joined.times(Range(-1.0, 0.0)).high.tolist() == [0, 0, 2]
