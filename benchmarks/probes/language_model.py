"""The folded LSTM language model, for probes: how long it takes, what it holds."""

import time
from typing import Any

import numpy as np

import tinygraph as tg
from benchmarks.peers.ready import SkipError
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


def usage(
    size: tuple[int, int, int, int], backend: str, memory: str | None = None
) -> dict[str, float]:
    """Return what one size takes: first run, a run (s), peak (bytes).

    Args:
        size: (B, H, T, V).
        memory: handed to `tg.compile`, if not None.

    Raises:
        SkipError: `tg.compile` does not know the backend or `memory`.
    """
    problem = LanguageModelProblem(*size)
    extra = {} if memory is None else {"memory": memory}
    outputs = built(problem.hidden, problem.vocabulary)
    feeds = fed(problem)
    run = compiled(outputs, backend, **extra)
    begin = time.perf_counter()
    run(feeds)
    first = time.perf_counter() - begin

    def step() -> None:
        run.parameters.update({})
        run(feeds)

    seconds = median_seconds(step, 3, 1.0)
    fresh = compiled(outputs, backend, **extra)
    return {"first": first, "run": seconds, "peak": peak_bytes(lambda: fresh(feeds))}


def fed(problem: LanguageModelProblem) -> dict[str, Array]:
    """Return the feeds."""
    tokens, targets = problem.tokens()
    return {"tokens": tokens, "targets": targets}


def knows_memory() -> bool:
    """Return True if `tg.compile` takes memory="checkpoint"."""
    try:
        compiled(built(4, 5), "numpy", memory="checkpoint")
    except SkipError:
        return False
    return True
