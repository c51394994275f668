"""Gradient norms for the interactive page of one cell: small, usual, large weights."""

from collections.abc import Callable

import numpy as np

import tinygraph as tg

__all__ = ["weight_runs"]

SCALES = {"small weights": 0.4, "usual weights": 1.0, "large weights": 2.5}
"""Name of a run → the mean factor by which its weights scale the norm of a vector."""


def weight_runs(graph: tg.Graph) -> dict[str, Callable[[int], tg.GradientFlow]]:
    """Return runs of a graph of one cell for `Drawing.html`: steps → norms.

    The loss is the mean of the last h, so the norms show how much of its gradient
    reaches each step before. Weights are the same at each number of steps, and a longer
    run reads what a shorter one does, and more. A graph with integer inputs, which has
    a loss of its own, gets no runs.
    """
    x = next(iter(graph.sequences), None)
    if "h" not in graph.outputs or x is None or x.type.dtype.kind != "f":
        return {}
    return {name: _run(graph, x, scale) for name, scale in SCALES.items()}


def _run(graph: tg.Graph, x: tg.Node, scale: float) -> Callable[[int], tg.GradientFlow]:
    loss = tg.mean(tg.last(graph.outputs["h"]))
    inside = set(graph)

    def run(steps: int) -> tg.GradientFlow:
        rng = np.random.default_rng(0)
        feeds = {}
        for weight in graph.parameters:
            shape = tuple(map(int, weight.shape))
            draws = rng.normal(size=shape) / np.sqrt(shape[0] if shape[1:] else 1)
            feeds[weight] = (scale * draws).astype(weight.type.dtype)
        draws = rng.normal(size=(steps, 1, int(x.shape[-1])))
        feeds[x] = draws.astype("float32")
        flow = tg.gradient_flow(loss, feeds)
        return tg.GradientFlow(
            flow.loss,
            {node: norm for node, norm in flow.values.items() if node in inside},
            {node: norm for node, norm in flow.gradients.items() if node in inside},
        )

    return run
