"""Graphs without time are optimised too: products of an unrolled graph are one."""

import numpy as np
import pytest

import tinygraph as tg
from tests.rewriting.kit import agrees, fires, ops, stays, weight
from tinygraph import testing
from tinygraph.rewriting import optimise
from tinygraph_rnn import LSTM

CONTRACT, MULTIPLY = "contract all", "multiply all"


def leaf(name, *shape):
    return tg.placeholder(name, shape, "float64")


class TestContractAll:
    def test_products_of_one_shape(self):
        pairs = [(leaf(f"a{i}", "batch", 2), leaf(f"b{i}", "batch", 3)) for i in "012"]
        total = tg.add_n(*[a.T @ b for a, b in pairs], leaf("rest", 2, 3))
        done = fires(CONTRACT, {"y": total}, times=1)
        assert ops(done)["contract_all"] == 1
        assert ops(done)["matmul"] == 0

    def test_not_what_is_read_elsewhere(self):
        x = leaf("a", 4, 2).T @ leaf("b", 4, 3)
        stays(CONTRACT, {"y": x + leaf("c", 4, 2).T @ leaf("d", 4, 3), "x": x})

    def test_not_products_per_step(self):
        a, b = (tg.sequence(name, (3, 2), "float64") for name in "ab")
        stays(CONTRACT, {"y": a.T @ b + b.T @ a})


def test_a_stack_of_constants_keeps_its_name():
    """Its length is a name of the folded graph, which a constant cannot have."""
    y = tg.stack(tg.every_step(tg.constant(2.0) * 3.0))
    unrolled = tg.unroll(tg.Graph({"y": y}), 3)
    got = tg.compile(unrolled, "numpy")()["y"]
    np.testing.assert_array_equal(got, [6, 6, 6])


class TestMultiplyAll:
    def test_rows_of_many(self):
        w = weight("W", 2, 3)
        outputs = {n: leaf(n, "batch", 2) @ w for n in "abc"}
        done = fires(MULTIPLY, outputs, times=3)
        assert ops(done)["multiply_all"] == 1

    def test_not_one_made_from_another(self):
        w = weight("W", 2, 2)
        first = leaf("a", "batch", 2) @ w
        stays(MULTIPLY, {"y": tg.tanh(first) @ w})

    def test_not_of_other_shapes(self):
        w = weight("W", 2, 3)
        stays(MULTIPLY, {"y": leaf("a", 4, 2) @ w, "z": leaf("b", 5, 2) @ w})

    def test_groups_that_wait_for_each_other(self):
        w, v = weight("W", 2, 2), weight("V", 2, 2)
        p, q = leaf("p", 3, 2) @ w, leaf("q", 3, 2) @ v
        outputs = {"p": tg.tanh(q) @ w, "q": tg.tanh(p) @ v, "first": p, "second": q}
        agrees(outputs)
        optimise(tg.Graph(outputs), verify_each=True)


def model():
    """An LSTM's mean square, and the gradients of its parameters."""
    layer = LSTM(3, 4, rng=np.random.default_rng(0))
    loss = tg.mean_over_time(tg.mean(tg.square(layer(tg.sequence("x", ("batch", 3))))))
    gradients = tg.grad(loss, layer.parameters)
    named = zip(("x", "h", "bias"), gradients, strict=True)
    return tg.Graph({"loss": loss, **dict(named)})


def test_an_unrolled_layer_shares_and_merges():
    steps = 5
    folded = model()
    unrolled, feeds = tg.unroll(folded, steps), testing.feeds_for(folded, steps)
    wanted, run = tg.interpret(folded, feeds), tg.compile(unrolled, "numpy")
    testing.assert_same_values(run(feeds), wanted, law="unrolled, optimised = folded")
    done = optimise(unrolled, verify_each=True).graph
    assert len(done) < 0.75 * len(unrolled)
    assert ops(done)["contract_all"] == 1
    gates = 4  # apart at the last step alone, where no product came before
    assert ops(done)["matmul"] == steps + (steps - 2) + gates


def test_an_unrolled_cell_whose_input_has_a_product_of_its_own():
    """That of all steps is one, and so is the gradient of each weight."""
    steps = 5
    x = tg.sequence("x", ("batch", 3), "float64")
    h = tg.delay("h", shape=("batch", 4), dtype="float64")
    parts = tg.split(x @ weight("W", 3, 8) + h @ weight("U", 4, 8), 2, axis=-1)
    now = tg.sigmoid(parts[0]) * tg.tanh(parts[1])
    h.close(now)
    loss = tg.mean_over_time(tg.mean(tg.square(now)))
    weights = tg.Graph({"loss": loss}).parameters
    named = zip("WU", tg.grad(loss, weights), strict=True)
    done = optimise(tg.unroll(tg.Graph({"loss": loss, **dict(named)}), steps)).graph
    assert ops(done)["contract_all"] == 2
    assert ops(done)["multiply_all"] == 1
    assert ops(done)["matmul"] == 2 * (steps - 1)


@pytest.mark.parametrize("steps", [8])
def test_the_work_of_rewriting_is_linear_in_the_steps(steps):
    """Counted in nodes of all graphs that were made."""
    fired = []
    for each in (steps, 2 * steps):
        done = optimise(tg.unroll(model(), each))
        fired.append(sum(done.fired.values()))
    assert fired[1] < 2.2 * fired[0]


def test_a_deep_network_without_time():
    x = leaf("x", "batch", 4)
    layers = [(weight(f"W{i}", 4, 4), weight(f"b{i}", 4)) for i in range(3)]
    h = x
    for w, b in layers:
        h = 1.0 / (1.0 + tg.exp(-(tg.concat([h, tg.ones_like(h)], -1) @ double(w, b))))
    loss = tg.mean(h)
    gradients = tg.grad(loss, [w for w, _ in layers])
    agrees({"loss": loss, **{f"g{i}": g for i, g in enumerate(gradients)}})
    fired = tg.compile({"loss": loss}, "numpy").fired
    assert fired["divide by logistic"] == len(layers)


def double(w, b):
    return tg.concat([w, tg.ones_like(w) * b], 0)
