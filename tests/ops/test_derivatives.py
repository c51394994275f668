"""The gradient table: vjp, jvp, second order, over time; derivatives stay closed."""

import numpy as np
import pytest

import tinygraph as tg
from tests.ops.cases import CASES, Case
from tests.ops.test_kernels import T, leaves
from tests.ops.time_cases import TIME_CASES
from tinygraph.semantics.autodiff import flows
from tinygraph.testing import check_vjp

SMOOTH = [case for case in CASES if case.smooth]
smooth = pytest.mark.parametrize("case", SMOOTH, ids=lambda case: case.id)
timed = pytest.mark.parametrize("case", TIME_CASES, ids=lambda case: case.id)

ZERO = {"sign", "floor", "ceil", "round", "stop_gradient", "floor_divide", "isfinite"}
"""Ops of floats whose derivative is zero or none."""


@smooth
def test_first_and_second_order(case: Case):
    check_vjp(case.apply, *case.arrays, order=2)


@smooth
def test_first_and_second_order_over_time(case: Case):
    arrays = [np.stack([a] * T) for a in case.arrays]
    check_vjp(case.apply, *arrays, order=2, time="t", directions=1)


@timed
def test_time_ops(case: Case):
    check_vjp(case.apply, *case.arrays, order=2, time="t")


def test_every_op_with_a_derivative_is_in_the_table():
    known = {op.name for op in tg.REGISTRY.values() if op.vjp is not None}
    checked = {case.op for case in [*SMOOTH, *TIME_CASES]}
    assert known - checked == set()


def test_ops_with_a_vjp_have_a_jvp():
    for op in tg.REGISTRY.values():
        assert (op.vjp is None) == (op.jvp is None), op.name


@smooth
def test_derivatives_are_made_of_differentiable_ops(case: Case):
    """Every op met in a vjp or jvp is registered and has a vjp itself."""
    xs = leaves(case.arrays)
    y = case.apply(*xs)
    moving = [x for x in xs if x.type.is_float and _depends(y, x)]
    seed = tg.placeholder("seed", y.shape, y.dtype)
    seeds = [tg.placeholder(f"seed {x.label}", x.shape, x.dtype) for x in moving]
    reverse = tg.vjp(y, moving, seed)
    for graph in (
        tg.Graph({f"{i}": g for i, g in enumerate(reverse)}),
        tg.Graph(tg.jvp(y, moving, seeds)),
    ):
        for node in graph:
            assert tg.REGISTRY[node.op.name] is node.op
            if node.type.is_float and any(x.type.is_float for x in node.inputs):
                assert flows(node) or node.op.name in ZERO, node


def _depends(y, x):
    return x in tg.Graph(y).nodes


@smooth
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_cotangents_have_the_type_of_their_node(case: Case, dtype):
    arrays = [a.astype(dtype) if a.dtype.kind == "f" else a for a in case.arrays]
    for time in ((), tuple(range(len(arrays)))):
        given = [np.stack([a] * T) for a in arrays] if time else arrays
        xs = leaves(given, time)
        y = case.apply(*xs)
        seed = tg.zeros_like(y)
        wrt = [x for x in xs if x.type.is_float]
        for x, ct in zip(wrt, tg.vjp(y, wrt, seed, "zeros"), strict=True):
            assert ct.type == x.type
        tangents = [tg.zeros_like(x) for x in wrt]
        assert tg.jvp(y, wrt, tangents).type == y.type


def test_ties_share_equally():
    x = np.array([[2.0, 2.0, 1.0], [3.0, 0.0, 3.0]])
    leaf = tg.placeholder("x", (2, 3), "float64")
    for function in (tg.max, lambda a: -tg.min(-a)):
        g = tg.grad(function(leaf), leaf)
        assert tg.evaluate(g, {"x": x}).tolist() == [[0, 0, 0], [0.5, 0, 0.5]]
    rows = tg.grad(tg.sum(tg.max(leaf, axis=-1)), leaf)
    assert tg.evaluate(rows, {"x": x}).tolist() == [[0.5, 0.5, 0], [0.5, 0, 0.5]]


def test_maximum_gives_each_of_two_equals_half():
    a, b = (tg.placeholder(name, (3,), "float64") for name in "ab")
    feeds = {"a": [1.0, 2.0, 3.0], "b": [2.0, 2.0, 2.0]}
    feeds = {name: np.array(value) for name, value in feeds.items()}
    for function, left in ((tg.maximum, [0, 0.5, 1]), (tg.minimum, [1, 0.5, 0])):
        ga, gb = tg.grad(tg.sum(function(a, b)), [a, b])
        assert tg.evaluate(ga, feeds).tolist() == left
        assert tg.evaluate(gb, feeds).tolist() == [1 - value for value in left]


def test_ties_over_time_share_equally():
    x = tg.sequence("x", (2,), "float64")
    g = tg.grad(tg.sum(tg.max_over_time(x)), x)
    fed = np.array([[1.0, 5.0], [2.0, 5.0], [2.0, 5.0], [2.0, 0.0]])
    third = 1 / 3
    wanted = [[0, third], [third, third], [third, third], [third, 0]]
    np.testing.assert_allclose(tg.evaluate(g, {"x": fed}), wanted)


@pytest.mark.parametrize("function", [tg.relu, tg.abs, tg.sign])
def test_derivative_at_a_kink_is_zero(function):
    x = tg.placeholder("x", (), "float64")
    g = tg.grad(function(x) + x * x, x)
    assert tg.evaluate(g, {"x": np.array(0.0)}) == 0
