"""The graphs whose schedules are kept as text."""

import numpy as np

import tinygraph as tg
from tinygraph_rnn import LSTM, RNN, LanguageModel

HIDDEN, WORDS = 16, 11


def layer(kind):
    """A recurrent layer over x (batch, 8), and the mean square of its output."""
    rng = np.random.default_rng(0)
    made = kind(8, HIDDEN, rng=rng, name=kind.__name__.lower())
    h = made(tg.sequence("x", ("batch", 8)))
    loss = tg.mean(tg.mean_over_time(tg.square(h)), axis=None)
    return tg.Graph({"h": h, "loss": loss})


def language_model(layers=1):
    """The LSTM language model of the design."""
    rng = np.random.default_rng(0)
    model = LanguageModel(WORDS, hidden_size=HIDDEN, num_layers=layers, rng=rng)
    return model.loss_graph()


def two_ways():
    """A loop that looks back and ahead, so that its members run at other steps."""
    x = tg.sequence("x", ("batch", 4))
    far = tg.delay("far", steps=3, shape=("batch", 4))
    ahead = tg.delay("ahead", steps=-1, shape=("batch", 4))
    a = tg.tanh(far + x, name="a")
    ahead.close(a)
    b = tg.concat([tg.sin(ahead)[:, :2], a[:, 2:]], -1).named("b")
    far.close(b)
    return tg.Graph({"b": b})


MODELS = {
    "rnn": lambda: layer(RNN),
    "rnn with gradients": lambda: gradients(layer(RNN)),
    "lstm": lambda: layer(LSTM),
    "lstm with gradients": lambda: gradients(layer(LSTM)),
    "language model": language_model,
    "language model with gradients": lambda: gradients(language_model()),
    "two layers with gradients": lambda: gradients(language_model(2)),
    "two ways": two_ways,
}


def gradients(graph):
    """The graph with the gradient of every parameter, named after it."""
    found = tg.grad(graph["loss"], graph.parameters)
    named = {
        f"grad of {leaf.label}": node
        for leaf, node in zip(graph.parameters, found, strict=True)
    }
    return tg.Graph({**graph.outputs, **named})
