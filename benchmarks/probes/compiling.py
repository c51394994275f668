"""Graphs whose first compilation is timed, and the timing of it.

Run as a program, with another tree of ours on the path, it times that one.
"""

import importlib
import json
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import tinygraph as tg
import tinygraph_rnn as rnn
from tinygraph.core.nodes import Node
from tinygraph.testing import feeds_for

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


def attention(hidden: int) -> Outputs:
    """Sequence to sequence with attention, teacher forced."""
    rng = np.random.default_rng(0)
    model = rnn.EncoderDecoder(30, 30, hidden, rng=rng)
    return with_gradients(model.teacher_forced()["loss"])


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
    "attention": attention,
    "chain": chain,
    "parameters": parameters,
    "scalars": scalars,
    "replicated": replicated,
    "loop": loop,
}


def main(graph: str, size: str, backend: str = "native") -> None:
    """Print the seconds, wall and CPU, of imports, of building, of compiling.

    The imports are those that a backend adds to ours. JAX compiles in the first call.
    """
    marks = [_now()]
    modules = ("program", "machine.loader", "machine.compiler")
    for name in modules if backend == "native" else ("program",):
        importlib.import_module(f"tinygraph.backends.{backend}.{name}")
    marks.append(_now())
    outputs = GRAPHS[graph](int(size))
    feeds = feeds_for(tg.Graph(outputs), 4) if backend == "jax" else None
    marks.append(_now())
    run = tg.compile(outputs, backend)
    if feeds is not None:
        run(feeds)
    marks.append(_now())
    found = {}
    stages = ("imports", "build", "compile")
    for stage, first, last in zip(stages, marks[:-1], marks[1:], strict=True):
        found[stage] = [last[0] - first[0], last[1] - first[1]]
    print(json.dumps(found))


def _now() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


if __name__ == "__main__":
    main(*sys.argv[1:])
