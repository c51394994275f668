"""The law of forms: cells written another way cost the same, gradients included."""

from collections import Counter

import numpy as np
import pytest

import tinygraph as tg
import tinygraph_rnn as rnn
from tinygraph import testing
from tinygraph.testing.restating import RESTATEMENTS

CELLS = {
    kind.__name__: kind
    for kind in (rnn.RNN, rnn.LSTM, rnn.GRU, rnn.PeepholeLSTM, rnn.LayerNormLSTM)
}
FEATURES, HIDDEN = 8, 16
OF_CONCAT = ("rows_apart", "stacked")
"""Restatements of what is joined."""


class Packed(rnn.RecurrentLayers):
    """A gated unit with both gates in one product, cut afterwards."""

    state_names = ("h",)
    weights = rnn.RNNWeights
    cell_name = short_name = "packed"

    def shapes(self, inputs):
        """W, U and b of two gates."""
        return self.packed(inputs, 2)

    def step(self, x, before, w):
        """h = z tanh(n) + (1 − z) h."""
        z, n = tg.split(x @ w.x + w.b, 2, axis=-1)
        z_h, n_h = tg.split(before[0] @ w.h, 2, axis=-1)
        z, n = tg.sigmoid(z + z_h), n + z * n_h
        return ((1.0 - z) * before[0] + z * tg.tanh(n),)


CELLS["Packed"] = Packed


def model(name):
    """The mean square of a layer's output over x (batch, FEATURES)."""
    layer = CELLS[name](FEATURES, HIDDEN, rng=np.random.default_rng(0), name="layer")
    h = layer(tg.sequence("x", ("batch", FEATURES)))
    return tg.Graph({"loss": tg.mean_over_time(tg.mean(tg.square(h)))})


def with_gradients(graph):
    found = tg.grad(graph["loss"], graph.parameters)
    named = zip((f"grad of {p.label}" for p in graph.parameters), found, strict=True)
    return tg.Graph({**graph.outputs, **dict(named)})


def applied(graph):
    """Op → how many nodes apply it."""
    return Counter(node.op.name for node in graph)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("name", CELLS)
def test_many_restatements_at_once(name, seed):
    graph = model(name)
    other = testing.restated(graph, seed)
    testing.check_forms(with_gradients(graph), with_gradients(other))


@pytest.mark.parametrize("restate", RESTATEMENTS, ids=lambda r: r.__name__)
@pytest.mark.parametrize("name", ["LSTM", "GRU", "Packed"])
def test_one_restatement_everywhere(name, restate):
    graph = model(name)
    other = testing.restated(graph, 0, [restate], share=1)
    testing.check_forms(with_gradients(graph), with_gradients(other))


def test_each_restatement_is_met():
    """Each changes one of the cells, or the law would not try it."""
    for restate in RESTATEMENTS:
        changed = [
            applied(testing.restated(graph, 0, [restate], share=1)) != applied(graph)
            for graph in map(model, CELLS)
        ]
        assert any(changed) or restate.__name__ in OF_CONCAT, restate.__name__


@pytest.mark.parametrize("name", OF_CONCAT)
def test_halves_of_what_is_joined(name):
    x, z = (tg.sequence(n, ("batch", FEATURES)) for n in "xz")
    w = tg.parameter("w", np.ones((2 * FEATURES, 4), "float32"))
    loss = tg.sum_over_time(tg.sum(tg.tanh(tg.concat([x, z], -1) @ w)))
    graph = tg.Graph({"loss": loss})
    (restate,) = (r for r in RESTATEMENTS if r.__name__ == name)
    other = testing.restated(graph, 0, [restate], share=1)
    assert len(other) > len(graph)
    testing.check_forms(with_gradients(graph), with_gradients(other))


def product(times=1):
    x = tg.sequence("x", ("batch", 8))
    weights = [tg.parameter(f"w{i}", np.eye(8, dtype="float32")) for i in range(times)]
    for w in weights:
        x = x @ w
    return {"y": x}


def test_a_form_that_costs_more_breaks_the_law():
    with pytest.raises(tg.LawError, match="FLOPs for the graph and .* for its other"):
        testing.check_forms(product(), product(2), sizes={"t": 1000})


def test_a_form_that_means_something_else_breaks_the_law():
    with pytest.raises(tg.LawError, match="the law of forms"):
        testing.check_forms(product(), {"y": product()["y"] * 1.5})
