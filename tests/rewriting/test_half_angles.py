"""The logistic function by tanh is the op, in values and in derivatives."""

import numpy as np
import pytest

import tinygraph as tg
from tests.rewriting.kit import fires, ops, stays
from tinygraph.testing import assert_same_values

INVERSE, TANH, SLOPE = "multiply by inverse", "tanh to logistic", "half-angle slope"
WAYS = {
    "sum first": lambda z: (tg.tanh(z / 2) + 1) / 2,
    "sum last": lambda z: 0.5 + 0.5 * tg.tanh(0.5 * z),
}


def x(shape=("batch", 3), name="x", dtype="float64"):
    return tg.sequence(name, shape, dtype)


class TestMultiplyByInverse:
    def test_a_power_of_two(self):
        for number in (2.0, -0.25, 1024.0):
            done = fires(INVERSE, {"y": x() / number}, times=1)
            assert ops(done)["divide"] == 0

    def test_not_other_numbers_nor_what_is_broadcast(self):
        for number in (3.0, 0.0, np.inf, 2.0**100):
            stays(INVERSE, {"y": x((2, 3)) / tg.constant(np.float64(number))})
        stays(INVERSE, {"y": 2.0 / x(dtype="float32")})
        stays(INVERSE, {"y": x((1, 3)) / tg.constant(np.full((2, 3), 2.0))})


class TestTanhToLogistic:
    @pytest.mark.parametrize("numbers", [(0.5, 1.0, 0.5), (0.5, 0.5, 1.0)])
    def test_both_ways(self, numbers):
        within, first, then = numbers
        t = tg.tanh(x() * within)
        y = (t + first) * then if then != 1.0 else first + t * 0.5
        done = fires(TANH, {"y": y}, times=1)
        assert ops(done) == {"sequence": 1, "sigmoid": 1}

    def test_not_other_numbers(self):
        stays(TANH, {"y": tg.tanh(x() * 0.5) * 0.5 + 1.0})
        stays(TANH, {"y": (tg.tanh(x()) + 1.0) * 0.5})
        stays(TANH, {"y": (tg.tanh(x() * 0.25) + 1.0) * 0.5})


class TestHalfAngleSlope:
    def slope(self, z):
        return 1 - tg.square(tg.tanh(z * 0.5))

    def test_with_the_numbers_that_it_meets(self):
        z, a = x(), x(name="a")
        outputs = {"s": tg.sigmoid(z), "y": ((a * 0.5) * self.slope(z)) * 0.5}
        done = fires(SLOPE, outputs, times=1)
        assert ops(done)["tanh"] == 0
        assert ops(done)["multiply"] == 2

    def test_alone(self):
        z, a = x(), x(name="a")
        done = fires(SLOPE, {"s": tg.sigmoid(z), "y": a * self.slope(z)}, times=1)
        assert ops(done)["tanh"] == 0

    def test_not_where_the_function_is_not_there(self):
        z, a = x(), x(name="a")
        stays(SLOPE, {"y": a * self.slope(z)})
        stays(SLOPE, {"s": tg.sigmoid(a), "y": a * self.slope(z)})
        stays(SLOPE, {"s": tg.sigmoid(z), "y": a * (2 - tg.square(tg.tanh(z * 0.5)))})


@pytest.mark.parametrize("way", WAYS)
def test_a_gate_by_tanh_costs_what_the_op_does(way):
    counts = []
    for gate in (tg.sigmoid, WAYS[way]):
        z, a = x(), x(name="a")
        loss = tg.sum_over_time(tg.sum(gate(z) * a))
        run = tg.compile({"loss": loss, "dz": tg.grad(loss, z)}, "numpy")
        numbers = np.random.default_rng(0).normal(size=(2, 4, 3, 3))
        feeds = dict(zip(("x", "a"), numbers, strict=False))
        assert_same_values(run(feeds), tg.interpret(run.graph, feeds), law="by tanh")
        counts.append(ops(run.optimised))
    assert counts[0] == counts[1]
