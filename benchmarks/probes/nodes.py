"""Graphs of very many nodes: build, verify, grad, compile, run; unroll."""

from typing import Any

import numpy as np

import tinygraph as tg
from benchmarks.probes.measuring import Stages


def chain(nodes: int) -> dict[str, Any]:
    """Measure an acyclic chain of so many nodes, then its gradient.

    Returns:
        stage → seconds, stage → resident bytes, and how many nodes there were.
    """
    stages = Stages()
    x = tg.placeholder("x", (2,))
    w = tg.parameter("w", np.full(2, 0.5, "float32"))
    with stages.stage("build"):
        y = x
        for _ in range(nodes // 2):
            y = tg.tanh(y * w)
        loss = tg.sum(y)
    with stages.stage("verify"):
        graph = tg.Graph({"loss": loss})
    feeds = {"x": np.ones(2, "float32")}
    with stages.stage("compile"):
        run = tg.compile(graph, backend="numpy")
    with stages.stage("run"):
        run(feeds)
    with stages.stage("grad"):
        both = {"loss": loss, "gradient": tg.grad(loss, w)}
    with stages.stage("compile with gradient"):
        run = tg.compile(both, backend="numpy")
    with stages.stage("run with gradient"):
        run(feeds)
    return {"seconds": stages.seconds, "bytes": stages.bytes, "nodes": len(graph)}


def unrolled(nodes: int) -> dict[str, Any]:
    """Measure the unrolling of a small recurrence to about so many nodes."""
    stages = Stages()
    x = tg.sequence("x", (2,))
    h_prev = tg.delay("h_prev", shape=(2,))
    h = tg.tanh(x + 0.5 * h_prev)
    h_prev.close(h)
    graph = tg.Graph({"loss": tg.sum_over_time(tg.sum(h * h))})
    per_step = len(tg.unroll(graph, 64)) / 64
    steps = max(round(nodes / per_step), 1)
    with stages.stage("unroll"):
        flat = tg.unroll(graph, steps)
    return {"seconds": stages.seconds, "bytes": stages.bytes, "nodes": len(flat)}
