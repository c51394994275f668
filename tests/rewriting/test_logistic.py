"""The logistic function by hand is the op, in values and in derivatives."""

import numpy as np

import tinygraph as tg
from tests.rewriting.kit import fires, ops, stays
from tinygraph.testing import assert_same_values

DIVIDE, SLOPE = "divide by logistic", "logistic slope"


def x(shape=("batch", 3), name="x"):
    return tg.sequence(name, shape, "float64")


def test_one_over_one_plus_exp():
    done = fires(DIVIDE, {"y": 1.0 / (1.0 + tg.exp(-x()))}, times=1)
    assert ops(done) == {"sequence": 1, "sigmoid": 1}


def test_the_other_sign_and_another_order():
    done = fires(DIVIDE, {"y": 1.0 / (tg.exp(x()) + 1.0)}, times=1)
    assert ops(done) == {"sequence": 1, "negative": 1, "sigmoid": 1}


def test_a_quotient_is_a_product():
    done = fires(DIVIDE, {"y": x(name="a") / (1.0 + tg.exp(-x()))}, times=1)
    assert ops(done) == {"sequence": 2, "sigmoid": 1, "multiply": 1}


def test_not_two_plus_exp():
    stays(DIVIDE, {"y": 1.0 / (2.0 + tg.exp(-x()))})


def test_a_gate_times_its_power():
    z, a = x(), x(name="a")
    y = (tg.sigmoid(z) * a) * tg.exp(-z)
    done = fires(SLOPE, {"y": y}, times=1)
    assert ops(done)["exp"] == 0
    assert ops(done)["multiply"] == 1


def test_not_the_power_of_something_else():
    stays(SLOPE, {"y": tg.sigmoid(x()) * tg.exp(-x(name="a"))})
    z = x()
    stays(SLOPE, {"y": tg.sigmoid(z) * tg.exp(z)})


def test_the_slope_by_hand_costs_what_the_op_s_does():
    counts = []
    for gate in (tg.sigmoid, lambda z: 1.0 / (1.0 + tg.exp(-z))):
        z, a = x(), x(name="a")
        dz = tg.grad(tg.sum_over_time(tg.sum(gate(z) * a)), z)
        run = tg.compile(tg.Graph({"dz": dz}), "numpy")
        numbers = np.random.default_rng(0).normal(size=(2, 4, 3, 3))
        feeds = dict(zip(("x", "a"), numbers, strict=False))
        assert_same_values(run(feeds), tg.interpret(run.graph, feeds), law="by hand")
        counts.append(ops(run.optimised))
    assert counts[0] == counts[1]
