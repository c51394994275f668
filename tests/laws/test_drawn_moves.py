"""Moves of elements of any shape: NumPy's values, derivatives, alone and in loops."""

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings

import tinygraph as tg
from tests.laws.drawn_moves import LARGE, moves
from tinygraph.testing import (
    assert_same_values,
    check_backend,
    check_vjp,
    gradient_graph,
)

RNG = np.random.default_rng(11)
STEPS = 3


def arrays_of(move):
    x = RNG.normal(size=move.shape)
    return (x,) if move.where is None else (x, move.where)


def per_step(array):
    """The array at three steps: floats differ, ints are turned."""
    return np.stack([np.roll(array, t) for t in range(STEPS)])


@settings(max_examples=300)
@given(moves())
def test_values_are_those_of_numpy(move):
    arrays = arrays_of(move)
    y = move.node(*[tg.constant(a) for a in arrays])
    wanted = np.asarray(move.array(*arrays))
    assert y.shape == wanted.shape
    assert_same_values({"y": tg.evaluate(y)}, {"y": wanted}, kind="exact")
    xs = [tg.sequence(f"x{i}", a.shape, a.dtype) for i, a in enumerate(arrays)]
    feeds = {f"x{i}": per_step(a) for i, a in enumerate(arrays)}
    got = tg.compile({"y": move.node(*xs)}, "numpy")(feeds)
    steps = zip(*feeds.values(), strict=True)
    wanted = np.stack([move.array(*each) for each in steps])
    assert_same_values(got, {"y": wanted}, kind="exact")


@settings(max_examples=200)
@given(moves())
def test_derivatives(move):
    arrays = arrays_of(move)
    check_vjp(move.node, *arrays, order=2, directions=1)
    timed = [per_step(a) for a in arrays]
    check_vjp(move.node, *timed, time="t", directions=1)


PRODUCTS = "tinygraph.backends.numpy.rules_products"
SIZES = {
    "as they are": {},
    "all tables large": {f"{PRODUCTS}.FEW": 0},
    "no scatter dense": {
        f"{PRODUCTS}.is_dense": lambda length, count: False,
        "tinygraph.ops.scattering.is_dense": lambda length, count: False,
    },
}
"""Sizes from which on kernels take another way, at their ends."""


@pytest.mark.parametrize("sizes", SIZES)
def test_tables_by_whatever_kernel(sizes):
    """One table for all steps, or one a step; its gradient puts back what was taken."""

    @settings(max_examples=150)
    @given(moves().filter(lambda move: move.where is not None))
    def law(move):
        i = tg.sequence("i", move.where.shape, "int64")
        feeds = feeds_of(move)
        for x, fed in (
            (tg.placeholder("x", move.shape, "float64"), feeds["x"][0]),
            (tg.sequence("x", move.shape, "float64"), feeds["x"]),
        ):
            y = move.node(x, i)
            loss = tg.sum_over_time(tg.sum(y * y))
            graph = gradient_graph(tg.Graph({"y": y, "loss": loss, "x": x}))
            check_backend(graph, "numpy", STEPS, {"x": fed, "i": feeds["i"]})

    with pytest.MonkeyPatch.context() as patch:
        for name, value in SIZES[sizes].items():
            patch.setattr(name, value)
        law()


def looped(move):
    """The move in a loop: what it moves depends on what it gave a step ago."""
    x = tg.sequence("x", move.shape, "float64")
    given = () if move.where is None else (tg.sequence("i", move.where.shape, "int64"),)
    before = tg.delay("before", shape=(), dtype="float64")
    y = move.node(x + before, *given)
    total = tg.tanh(tg.sum(y * np.cos(np.arange(math.prod(y.shape)).reshape(y.shape))))
    before.close(total)
    return tg.Graph({"y": y, "loss": tg.sum_over_time(total)})


def feeds_of(move):
    arrays = arrays_of(move)
    return {name: per_step(a) for name, a in zip("xi", arrays, strict=False)}


@settings(max_examples=100)
@given(moves())
def test_numpy_loops(move):
    check_backend(gradient_graph(looped(move)), "numpy", STEPS, feeds_of(move))


@settings(max_examples=60)
@given(move=moves())
def test_native_code(move):
    check_backend(gradient_graph(looped(move)), "native", STEPS, feeds_of(move))


def test_signs_steps_ranks_and_lengths_are_drawn():
    seen = Counter()

    @settings(max_examples=400, database=None, derandomize=True)
    @given(moves())
    def gather(move):
        kind = move.name.split(" ")[0].split("[")[0]
        seen[kind] += 1
        seen[kind, "rank", len(move.shape)] += 1
        seen["large"] += LARGE in move.shape
        if move.where is not None and move.where.size:
            seen[kind, "negative"] += bool((move.where < 0).any())
            wide = kind == "take_along_axis" and move.array(*arrays_of(move)).size
            seen["broadcast"] += bool(wide) and wide > move.where.size
        ints = [item for item in move.key if isinstance(item, int)]
        seen["int below -1"] += any(item < -1 for item in ints)
        slices = [item for item in move.key if isinstance(item, slice)]
        seen["slice backwards"] += any((item.step or 1) < 0 for item in slices)

    gather()
    kinds = ("x", "reshape", "take", "take_along_axis", "transpose")
    wanted = [(kind, "rank", rank) for kind in kinds for rank in (1, 2, 3, 4)]
    wanted += [(kind, "negative") for kind in kinds[2:4]]
    for each in (*kinds, *wanted, "large", "broadcast"):
        assert seen[each] >= 3, (each, seen)
    assert min(seen["int below -1"], seen["slice backwards"]) >= 10, seen
