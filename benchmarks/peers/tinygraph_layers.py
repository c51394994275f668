"""tinygraph: layers of `tinygraph_rnn`, as users call them."""

import time
from typing import Any

import numpy as np

import tinygraph as tg
import tinygraph_rnn as rnn
from benchmarks.peers.ready import Ready
from benchmarks.peers.tinygraph_lm import compiled
from benchmarks.problems import Array, Arrays, LayerProblem


def build(problem: LayerProblem, variant: str, threads: int) -> Ready:
    """Return the step; the variant is the backend.

    Every step of training finds new parameters, so that their copies are made anew.
    """
    begin = time.perf_counter()
    run = compiled(outputs_of(problem, layers_of(problem), problem.dtype), variant)
    seconds = time.perf_counter() - begin
    feeds = feeds_of(problem, problem.dtype)

    def step() -> Arrays:
        if problem.training:
            run.parameters.update({})
        return run(feeds)

    return Ready(step, facts={"build + grad + compile, ms": 1e3 * seconds})


def reference(problem: LayerProblem) -> Arrays:
    """Return what the layers of the same weights give in float64."""
    layers = layers_of(problem, "float64")
    run = compiled(outputs_of(problem, layers, "float64"), "numpy")
    single = layers_of(problem)
    run.parameters.update(
        {
            leaf.label: other.attrs["value"].astype("float64")
            for leaf, other in zip(layers.parameters, single.parameters, strict=True)
        }
    )
    return dict(run(feeds_of(problem, "float64")))


def layers_of(problem: LayerProblem, dtype: str | None = None) -> Any:
    """Return the layers; their first weights depend on the seed alone."""
    made = {"LSTM": rnn.LSTM, "GRU": rnn.GRU, "RNN": rnn.RNN}[problem.cell]
    return made(
        problem.hidden,
        problem.hidden,
        problem.layers,
        bidirectional=problem.both_ways,
        rng=np.random.default_rng(problem.seed),
        dtype=dtype or problem.dtype,
    )


def outputs_of(problem: LayerProblem, layers: Any, dtype: str) -> dict[str, Any]:
    """Return "h", or "loss" and the gradients: "x", and weights by their names."""
    x = tg.sequence("x", ("batch", problem.hidden), dtype)
    lengths = tg.placeholder("lengths", ("batch",), "int32")
    h = layers(x, lengths=lengths if problem.lengths else None)
    if not problem.training:
        return {"h": h}
    loss = tg.mean_over_time(tg.mean(h * h))
    wrt = {"x": x, **{leaf.label: leaf for leaf in layers.parameters}}
    gradients = tg.grad(loss, list(wrt.values()))
    return {"loss": loss, **dict(zip(wrt, gradients, strict=True))}


def feeds_of(problem: LayerProblem, dtype: str) -> dict[str, Array]:
    """Return the feeds."""
    given = {"lengths": problem.row_lengths()} if problem.lengths else {}
    return {"x": problem.x(dtype), **given}
