"""A first graph with a cycle: build it, look at it, run it, differentiate it."""

import sys
from pathlib import Path

import numpy as np

import tinygraph as tg


def build() -> tg.Graph:
    """Return hₜ = tanh(xₜ W + hₜ₋₁ U + b), with the mean of h² as its loss."""
    rng = np.random.default_rng(0)
    x = tg.sequence("x", ("batch", 8), "float64")
    W = tg.parameter("W", 0.3 * rng.normal(size=(8, 16)))
    U = tg.parameter("U", 0.3 * rng.normal(size=(16, 16)))
    b = tg.parameter("b", np.zeros(16))

    h_prev = tg.delay("h_prev", shape=("batch", 16), dtype="float64")
    h = tg.tanh(x @ W + h_prev @ U + b)
    h_prev.close(h)
    return tg.Graph({"h": h, "loss": tg.mean_over_time(tg.mean(h * h))})


def main(folder: str | None = None) -> None:
    """Print values and gradients, three ways; draw into `folder` if one is given."""
    graph = build()
    print(graph)
    print(tg.draw(graph).describe())

    feeds = {"x": np.random.default_rng(1).normal(size=(5, 2, 8))}
    loss = tg.compile(graph)(feeds)["loss"]
    unrolled = tg.unroll(graph, 5)
    again = tg.compile(unrolled)(feeds)["loss"]
    print(f"loss: {loss:.6f} folded, {again:.6f} unrolled into {len(unrolled)} nodes")

    u = graph["U"]
    folded = tg.evaluate(tg.grad(graph["loss"], u), feeds)
    unfolded = tg.evaluate(tg.grad(unrolled["loss"], u), feeds)
    print(f"gradients of U differ by {np.abs(folded - unfolded).max():.1e}")

    if folder is not None:
        tg.draw(graph).save(Path(folder) / "folded.svg")
        tg.draw(tg.unroll(graph, 3)).save(Path(folder) / "unrolled.svg")


if __name__ == "__main__":
    main(*sys.argv[1:2])
