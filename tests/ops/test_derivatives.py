"""Derivatives of all samples: vjp, jvp, second order, over time; they stay closed."""

import numpy as np
import pytest

import tinygraph as tg
from tests.sampled import WITH_SLOPES, alone, may_loop
from tinygraph.semantics.autodiff import flows
from tinygraph.testing import check_grads, gradient_graph

T = 4
ops = pytest.mark.parametrize("op", sorted(WITH_SLOPES))
NOT_OPS = {"delay", "extent"}
"""Their derivatives are rules of time, not of an op."""

ZERO = {"sign", "floor", "ceil", "round", "stop_gradient", "floor_divide", "isfinite"}
"""Ops of floats whose derivative is zero or none."""


@ops
def test_first_and_second_order(op):
    for sample in WITH_SLOPES[op]:
        graph = alone(sample)
        feeds = sample.feeds(graph, T)
        check_grads(graph, feeds, steps=T, order=2, directions=1)


@ops
def test_over_time(op):
    for sample in filter(may_loop, WITH_SLOPES[op]):
        graph = alone(sample, range(len(sample.operands)))
        feeds = sample.feeds(graph, T)
        check_grads(graph, feeds, steps=T, order=1, directions=1)


def test_every_op_with_a_derivative_has_samples_with_slopes():
    known = {op.name for op in tg.REGISTRY.values() if op.vjp is not None}
    assert {*WITH_SLOPES} == known | NOT_OPS


def test_ops_with_a_vjp_have_a_jvp():
    for op in tg.REGISTRY.values():
        assert (op.vjp is None) == (op.jvp is None), op.name


@ops
def test_derivatives_are_made_of_differentiable_ops(op):
    """Every op met in a vjp or jvp is registered and has a vjp itself."""
    for sample in WITH_SLOPES[op]:
        graph = alone(sample)
        moving = [leaf for leaf in graph.leaves if leaf in flows_from(graph)]
        tangents = [tg.zeros_like(leaf) for leaf in moving]
        forward = tg.Graph(tg.jvp(graph["y"], moving, tangents))
        for node in (*gradient_graph(graph, moving), *forward):
            assert tg.REGISTRY[node.op.name] is node.op
            if node.type.is_float and any(x.type.is_float for x in node.inputs):
                assert flows(node) or node.op.name in ZERO, node


def flows_from(graph):
    """Return all inputs through which derivatives flow."""
    return {part for node in graph for part in flows(node)}


@ops
def test_cotangents_have_the_type_of_their_node(op):
    for wide in WITH_SLOPES[op]:
        for sample in (wide, wide.narrowed()):
            graph = alone(sample, range(9) if may_loop(sample) else ())
            y = graph["y"]
            wrt = [leaf for leaf in graph.leaves if leaf.label.startswith("x")]
            wrt = [leaf for leaf in wrt if leaf.type.is_float]
            found = tg.vjp(y, wrt, tg.zeros_like(y), "zeros")
            for x, ct in zip(wrt, found, strict=True):
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
