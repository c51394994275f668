"""Graphs whose first compilation is timed, and the timing of it."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np

import tinygraph as tg
import tinygraph_rnn as rnn
from tinygraph.core.nodes import Node

Outputs = dict[str, Any]


def with_gradients(loss: Node) -> Outputs:
    """Return the outputs: a loss and its gradients."""
    weights = tg.Graph(loss).parameters
    found = tg.grad(loss, weights) if weights else []
    return {"loss": loss, **{f"d{i}": node for i, node in enumerate(found)}}


def _squares(y: Node) -> Node:
    return tg.mean_over_time(tg.mean(tg.square(y)))


def lstm(hidden: int) -> Outputs:
    """One LSTM."""
    x = tg.sequence("x", ("batch", hidden))
    layer = rnn.LSTM(hidden, hidden, rng=np.random.default_rng(0))
    return with_gradients(_squares(layer(x)))


def language_model(hidden: int) -> Outputs:
    """The LSTM language model."""
    rng = np.random.default_rng(0)
    return with_gradients(
        rnn.LanguageModel(65, hidden_size=hidden, rng=rng).loss_graph()["loss"]
    )


def two_ways(hidden: int) -> Outputs:
    """Two layers of LSTMs, each run both ways."""
    x = tg.sequence("x", ("batch", hidden))
    layer = rnn.LSTM(
        hidden, hidden, num_layers=2, bidirectional=True, rng=np.random.default_rng(0)
    )
    return with_gradients(_squares(layer(x)))


def chain(count: int) -> Outputs:
    """Loops of one delay, each fed by the one before."""
    y = tg.sequence("x", ("batch", 4))
    for i in range(count):
        past = tg.delay(f"past{i}", shape=("batch", 4))
        y = tg.tanh(y + tg.parameter(f"a{i}", np.full(4, 0.5, "float32")) * past)
        past.close(y)
    return with_gradients(_squares(y))


def parameters(count: int) -> Outputs:
    """One loop with many parameters."""
    y = tg.sequence("x", ("batch", 4))
    past = tg.delay("past", shape=("batch", 4))
    y = y + past
    for i in range(count // 2):
        a = tg.parameter(f"a{i}", np.full(4, 0.9, "float32"))
        y = tg.tanh(y * a + tg.parameter(f"b{i}", np.zeros(4, "float32")))
    past.close(y)
    return with_gradients(_squares(y))


def scalars(count: int) -> Outputs:
    """Scalar states, each coupled to the next."""
    x = tg.sequence("x", ())
    states = [tg.delay(f"s{i}", shape=()) for i in range(count)]
    total = None
    for i, state in enumerate(states):
        a = tg.parameter(f"a{i}", np.float32(0.5))
        b = tg.parameter(f"b{i}", np.float32(0.1))
        new = tg.tanh(a * state + b * states[(i + 1) % count] + x)
        state.close(new)
        total = new if total is None else total + new
    assert total is not None
    return with_gradients(tg.mean_over_time(tg.square(total)))


def replicated(steps: int) -> Outputs:
    """A long delay whose slots repeat the first value."""
    x = tg.sequence("x", ("batch", 4))
    past = tg.delay("past", shape=("batch", 4), steps=steps, init=tg.REPLICATE)
    near = tg.delay("near", shape=("batch", 4))
    y = tg.tanh(x * tg.parameter("a", np.ones(4, "float32")) + past + 0.5 * near)
    near.close(y)
    past.close(x * tg.parameter("b", np.ones(4, "float32")))
    return with_gradients(_squares(y))


def loop(nodes: int) -> Outputs:
    """One loop of so many elementwise nodes."""
    x = tg.sequence("x", (4,))
    past = tg.delay("past", shape=(4,))
    y = x + past
    a = tg.parameter("a", np.full(4, 0.5, "float32"))
    for _ in range(nodes // 4):
        y = tg.tanh(a * y) + x
    past.close(y)
    return with_gradients(_squares(y))


GRAPHS: dict[str, Callable[[int], Outputs]] = {
    "lstm": lstm,
    "language_model": language_model,
    "two_ways": two_ways,
    "chain": chain,
    "parameters": parameters,
    "scalars": scalars,
    "replicated": replicated,
    "loop": loop,
}


def first_compile(graph: str, size: int, backend: str) -> dict[str, float]:
    """Return the seconds of building with gradients, and of compiling."""
    begin = time.perf_counter()
    outputs = GRAPHS[graph](size)
    built = time.perf_counter()
    tg.compile(outputs, backend=backend)
    return {"build": built - begin, "compile": time.perf_counter() - built}
