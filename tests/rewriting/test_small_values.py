"""A sigmoid is rounded as 1 is only where nobody tells a small one from 0."""

import numpy as np
import pytest

import tinygraph as tg
from tests.rewriting.kit import loop_of, looping, others, weight
from tinygraph.rewriting import optimise
from tinygraph.testing import assert_same_values, gradient_graph

PACK = "pack gates"


def graph_of(body):
    """A cell of a sigmoid and a tanh over slices of one sum, with its gradients."""
    x, u = tg.sequence("x", (2, 4), "float64"), weight("U", 2, 4)

    def step(d):
        gate, value = tg.split(x + d @ u, 2, axis=-1)
        return tg.tanh(body(tg.sigmoid(gate), tg.tanh(value), d) * 0.01)

    (h,) = loop_of(step, (2, 2))
    return gradient_graph(tg.Graph({"loss": tg.sum_over_time(tg.sum(h))}))


TELLS = {
    "a logarithm": lambda s, v, d: tg.log(s) + v,
    "of a product": lambda s, v, d: tg.log(s * (1 + d * d)) * v,
    "a quotient": lambda s, v, d: v / s + d,
    "of a root": lambda s, v, d: v / tg.sqrt(s) + d,
    "a power": lambda s, v, d: s**-0.5 + v,
    "of a part": lambda s, v, d: tg.concat([tg.log(s[:, :1]), v[:, 1:]], -1),
    "of a choice": lambda s, v, d: tg.log(tg.where(d > 5, 1.0, s)) + v,
}
DOES_NOT = {
    "a product": lambda s, v, d: s * v + d,
    "a sum": lambda s, v, d: tg.log(s + 1) + v,
    "a floor": lambda s, v, d: tg.log(tg.maximum(s, 1e-3)) + v,
    "a numerator": lambda s, v, d: s / (2 + v),
    "a product with a matrix": lambda s, v, d: (
        tg.log(tg.abs(s @ weight("V", 2, 2))) * v
    ),
}


@pytest.mark.parametrize("kind", TELLS)
def test_a_small_gate_that_is_told_from_0_is_not_packed(kind):
    graph = graph_of(TELLS[kind])
    assert PACK not in optimise(graph, without=others(PACK)).fired
    assert PACK in optimise(graph, without=others(PACK), fast=True).fired
    feeds = {"x": np.full((2, 2, 4), -40.0)}
    wanted = tg.interpret(graph, feeds)
    assert all(np.isfinite(value).all() for value in wanted.values())
    assert_same_values(tg.compile(graph, "numpy")(feeds), wanted, kind="gradients")


@pytest.mark.parametrize("kind", DOES_NOT)
def test_others_are(kind):
    done = optimise(graph_of(DOES_NOT[kind]), without=others(PACK), verify_each=True)
    assert done.fired[PACK] == 2
    assert looping(done.graph)["sigmoid"] == 0


def test_the_gates_of_a_sum_that_is_read_twice_come_to_an_end():
    optimise(graph_of(lambda s, v, d: v * s / (s + 1e-20)))
