"""Example 13 as a graph: the same numbers, and no backward pass to be written.

    python examples/14_character_model.py

The two have equal losses and equal gradients, and trained alike they write alike.
"""

import importlib
import sys
from pathlib import Path

import numpy as np

import tinygraph as tg
import tinygraph_rnn as rnn
from tinygraph import testing

sys.path.insert(0, str(Path(__file__).parent))
plain = importlib.import_module("13_numpy_character_model")


def model(parameters: dict[str, np.ndarray]) -> tg.Graph:
    """Return the loss of a piece of text, and the state after it."""
    x, y = tg.sequence("x", (), "int64"), tg.sequence("y", (), "int64")
    U, W, V, b, c = (tg.parameter(name, parameters[name]) for name in "UWVbc")
    h_prev = tg.delay("h_prev", init=tg.placeholder("h0", (plain.HIDDEN,), "float64"))
    h = tg.tanh(tg.take(U, x, axis=0) + h_prev @ W + b).named("h")
    h_prev.close(h)
    L = tg.cross_entropy(h @ V + c, y).named("L")
    return tg.Graph({"loss": tg.sum_over_time(L), "state": tg.last(h)})


def train(updates: int = 400) -> tuple[tg.Parameters, list[float]]:
    """Return trained parameters, and the loss of a letter at every update."""
    beginning, h = plain.beginning()
    graph = model(beginning)
    gradients = tg.value_and_grad(graph["loss"], graph.parameters)
    run = tg.compile({**gradients, "state": graph["state"]})
    optimizer = rnn.AdaGrad(run.parameters, learning_rate=plain.RATE)
    losses = []
    for x, y in plain.chunks(updates):
        out = run({"x": x, "y": y, "h0": h})
        h = out["state"]
        losses.append(float(out["loss"]) / plain.STEPS)
        clipped, _ = rnn.clip_by_global_norm(tg.gradients_in(out), plain.CLIP)
        optimizer.update(run.parameters, clipped)
    return run.parameters, losses


def main() -> None:
    """Check the gradients by hand, train both, and let the model write."""
    beginning, h = plain.beginning()
    (x, y), *_ = plain.chunks(1)
    feeds = {"x": x, "y": y, "h0": h}
    testing.check_backward(model(beginning), plain.backward, feeds)
    print("the gradients by hand are the graph's")

    by_hand = np.array(plain.train()[1])
    parameters, losses = train()
    apart = np.abs(np.array(losses) - by_hand).max()
    assert apart < 1e-6
    print(f"losses of 400 updates differ by {apart:.1e}")
    print(plain.written(dict(parameters), 120))


if __name__ == "__main__":
    main()
