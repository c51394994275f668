"""Where gradients vanish, are carried, explode and are clipped: coloured pictures.

    python examples/08_gradient_flow.py --output flow

A network reads ten numbers and is asked at the end about what it has read. States and
inputs are coloured by the norm of the loss's gradient by them (Bengio et al., 1994;
Hochreiter & Schmidhuber, 1997; Pascanu et al., 2013): in an RNN it vanishes on the way
back to the first step, in an LSTM the cell carries it, with large weights it explodes,
and clipping the norm of the weights' gradient scales it back.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np

import tinygraph as tg

STEPS, MANY, HIDDEN = 10, 100, 16
LIMIT = 1.0
"""The norm that clipping leaves the weights' gradient."""


def orthogonal(size: int, scale: float, seed: int) -> np.ndarray:
    """Return a matrix that stretches every vector by `scale`."""
    draws = np.random.default_rng(seed).normal(size=(size, size))
    return (scale * np.linalg.qr(draws)[0]).astype("float32")


def weights(name: str, *shape: int) -> tg.Node:
    """Return a small random parameter, the same in every run."""
    rng = np.random.default_rng(sum(map(ord, name)))
    return tg.parameter(name, (0.3 * rng.normal(size=shape)).astype("float32"))


def question(h: tg.Node) -> tg.Node:
    """Return a loss of the last state alone."""
    return (-tg.mean(tg.last(h))).named("loss")


def rnn(scale: float) -> tg.Graph:
    """Return an RNN whose recurrent weights stretch the state by `scale`."""
    x = tg.sequence("x", ("batch", 4))
    h_prev = tg.delay("h_prev", shape=("batch", HIDDEN))
    W = tg.parameter("W", orthogonal(HIDDEN, scale, seed=2))
    before = x @ weights("U", 4, HIDDEN) + h_prev @ W
    h = (before if scale > 1 else tg.tanh(before)).named("h")
    h_prev.close(h)
    return tg.Graph({"loss": question(h)})


def lstm() -> tg.Graph:
    """Return an LSTM whose forget gate begins open (Józefowicz et al., 2015)."""
    x = tg.sequence("x", ("batch", 4))
    h_prev = tg.delay("h_prev", shape=("batch", HIDDEN))
    c_prev = tg.delay("c_prev", shape=("batch", HIDDEN))
    xh = tg.concat([x, h_prev], axis=-1)

    def linear(name: str, bias: float = 0.0) -> tg.Node:
        with tg.scope(f"Linear {name}"):
            return xh @ weights(f"W{name}", 4 + HIDDEN, HIDDEN) + bias

    f, i = tg.sigmoid(linear("f", 4.0)), tg.sigmoid(linear("i"))
    g, o = tg.tanh(linear("g")), tg.sigmoid(linear("o"))
    c = (f * c_prev + i * g).named("c")
    h = (o * tg.tanh(c)).named("h")
    c_prev.close(c)
    h_prev.close(h)
    return tg.Graph({"loss": question(h)})


def feeds(steps: int) -> dict[str, np.ndarray]:
    """Return what the networks read over so many steps."""
    draws = np.random.default_rng(1).normal(size=(steps, 1, 4))
    return {"x": draws.astype("float32")}


def drawn(graph: tg.Graph, clip: bool = False) -> tg.Drawing:
    """Return the unfolded picture of a graph, coloured by gradient norms."""
    flow = tg.gradient_flow(graph["loss"], feeds(STEPS))
    gradients = flow.gradients
    if clip:
        norm = np.hypot.reduce([gradients[p] for p in graph.parameters])
        factor = min(1.0, LIMIT / norm)
        gradients = {node: factor * found for node, found in gradients.items()}
    return tg.draw(
        graph,
        steps=STEPS,
        max_steps=None,
        collapse="variables",
        values=flow.values,
        gradients=gradients,
    )


def strip(graph: tg.Graph) -> tg.Drawing:
    """Return the norms of the states alone, over a hundred steps."""
    flow = tg.gradient_flow(graph["loss"], feeds(MANY))
    return tg.draw(graph, steps=MANY, gradients=flow.gradients, strip=True)


def figures() -> dict[str, tg.Drawing]:
    """Return the pictures by the names of their files."""
    return {
        "1_vanishing_rnn": drawn(rnn(0.6)),
        "2_carried_lstm": drawn(lstm()),
        "3_exploding_rnn": drawn(rnn(2.2)),
        "4_clipped_rnn": drawn(rnn(2.2), clip=True),
        "5_rnn_100_steps": strip(rnn(0.9)),
        "6_lstm_100_steps": strip(lstm()),
    }


def main() -> None:
    """Write the pictures, and say how much of the gradient reaches the first step."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--output", type=Path, help="folder (default: a new one)")
    options = parser.parse_args()
    folder = options.output or Path(tempfile.mkdtemp(prefix="flow-"))
    folder.mkdir(parents=True, exist_ok=True)
    for graph, name in ((rnn(0.6), "RNN"), (lstm(), "LSTM"), (rnn(2.2), "large RNN")):
        state = graph["h" if name != "LSTM" else "c"]
        norms = tg.gradient_flow(graph["loss"], feeds(STEPS)).gradients[state]
        print(f"{name}: step 0 gets {norms[0] / norms[-1]:.2g} of the last step's")
    for name, drawing in figures().items():
        drawing.save(folder / f"{name}.svg")
    print(f"wrote the pictures to {folder}")


if __name__ == "__main__":
    main()
