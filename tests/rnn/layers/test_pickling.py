"""Layers, models and optimisers are pickled; deep copies are refused in words."""

import copy
import pickle

import numpy as np
import pytest

import tinygraph as tg
import tinygraph_rnn as rnn
from tinygraph_rnn.layers.recurrent import LAYERS

TOKENS = {
    name: np.arange(6, dtype="int32").reshape(3, 2) for name in ("tokens", "targets")
}


def pickled(thing):
    return pickle.loads(pickle.dumps(thing))


def model(cell="lstm"):
    return rnn.LanguageModel(
        7, cell=cell, hidden_size=4, dropout=0.5, rng=np.random.default_rng(0)
    )


@pytest.mark.parametrize("cell", LAYERS)
def test_a_pickled_model_computes_the_same(cell):
    kept = model(cell)
    wanted, found = (
        tg.compile(each.loss_graph())(TOKENS, seed=2) for each in (kept, pickled(kept))
    )
    np.testing.assert_array_equal(found["loss"], wanted["loss"])


def test_a_model_and_its_graph_share_their_parameters():
    kept = model()
    loaded, graph = pickled((kept, kept.loss_graph()))
    assert set(loaded.parameters) == set(graph.parameters)
    tg.grad(graph["loss"], loaded.parameters)


def test_a_layer_is_not_copied_deeply():
    layer = rnn.Linear(2, 3, rng=np.random.default_rng(0))
    assert copy.copy(layer).weight is layer.weight
    for each in (layer, model(), [layer]):
        with pytest.raises(tg.CopyError, match="a second layer, under another"):
            copy.deepcopy(each)


@pytest.mark.parametrize("change", [copy.deepcopy, pickled])
@pytest.mark.parametrize(
    "kind", [rnn.SGD, rnn.Adam, rnn.AdamW, rnn.RMSProp, rnn.AdaGrad]
)
def test_an_optimizer_goes_on_where_its_copy_does(kind, change):
    parameters = tg.Parameters({"w": np.ones(3, "float32")})
    optimizer = kind(parameters)
    gradients = {"w": np.array([1.0, -2.0, 0.5], "float32")}
    optimizer.update(parameters, gradients, 0.1)
    other, others = change((optimizer, parameters))
    for _ in range(2):
        optimizer.update(parameters, gradients, 0.1)
    assert others["w"][0] != parameters["w"][0]
    for _ in range(2):
        other.update(others, gradients, 0.1)
    np.testing.assert_array_equal(others["w"], parameters["w"])


def test_a_pickled_trainer_goes_on_bit_for_bit():
    text = "abracadabra" * 20
    vocabulary = rnn.Vocabulary.of(text)
    config = rnn.Config(hidden_size=4, batch_size=2, seq_length=5, dropout=0.5)
    streams = rnn.Streams(vocabulary.encode(text), 2, 5)
    kept = rnn.Trainer(config, rnn.LanguageModel.of(config, len(vocabulary)), streams)
    kept.update()
    loaded = pickled(kept)
    for _ in range(3):
        assert loaded.update() == kept.update()
    for name, value in kept.parameters.items():
        np.testing.assert_array_equal(loaded.parameters[name], value)
