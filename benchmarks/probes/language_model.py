"""The folded LSTM language model, for probes: how long it takes, what it holds."""

import time
from typing import Any

import numpy as np

import tinygraph as tg
from benchmarks.peers.tinygraph_lm import compiled
from benchmarks.probes.measuring import median_seconds, peak_bytes
from benchmarks.problems import Array, LanguageModelProblem
from tinygraph_rnn import LanguageModel


def built(hidden: int, vocabulary: int) -> dict[str, Any]:
    """Return the outputs: the loss and all gradients, by name."""
    rng = np.random.default_rng(0)
    model = LanguageModel(vocabulary, hidden_size=hidden, rng=rng)
    graph = model.loss_graph()
    gradients = tg.grad(graph["loss"], model.parameters)
    named = zip(model.parameters, gradients, strict=True)
    return {"loss": graph["loss"], **{leaf.label: node for leaf, node in named}}


def compile_seconds(hidden: int, vocabulary: int, backend: str) -> float:
    """Return the median time of build + grad + compile."""
    return median_seconds(lambda: compiled(built(hidden, vocabulary), backend), 9, 0.5)


def usage(size: tuple[int, int, int, int], backend: str) -> dict[str, float]:
    """Return what one size takes: first run, a run (s), peak (bytes).

    Args:
        size: (B, H, T, V).

    Raises:
        SkipError: `tg.compile` does not know the backend.
    """
    problem = LanguageModelProblem(*size)
    outputs = built(problem.hidden, problem.vocabulary)
    feeds = fed(problem)
    run = compiled(outputs, backend)
    begin = time.perf_counter()
    run(feeds)
    first = time.perf_counter() - begin

    def step() -> None:
        run.parameters.update({})
        run(feeds)

    seconds = median_seconds(step, 3, 1.0)
    fresh = compiled(outputs, backend)
    return {"first": first, "run": seconds, "peak": peak_bytes(lambda: fresh(feeds))}


def fed(problem: LanguageModelProblem) -> dict[str, Array]:
    """Return the feeds."""
    tokens, targets = problem.tokens()
    return {"tokens": tokens, "targets": targets}
