"""tinygraph: the LSTM language model of `tinygraph_rnn`, from primitives."""

import inspect
import time
from typing import Any

import numpy as np

import tinygraph as tg
from benchmarks.peers.ready import Ready, SkipError
from benchmarks.problems import Arrays, LanguageModelProblem
from tinygraph_rnn import LanguageModel

ORDER = ("E", "W", "U", "b", "Wo", "bo")
"""Our names of the model's parameters, in the model's order."""


def build(problem: LanguageModelProblem, variant: str, threads: int) -> Ready:
    """Return the step; the variant is the backend.

    The parameters' version is bumped in every step, so that nothing that depends on
    them outlives it.
    """
    begin = time.perf_counter()
    model, outputs = differentiated_model(problem)
    run = compiled(outputs, variant)
    seconds = time.perf_counter() - begin
    loaded(run, model, problem.weights())
    tokens, targets = problem.tokens()
    feeds = {"tokens": tokens, "targets": targets}

    def step() -> Arrays:
        run.parameters.update({})
        return run(feeds)

    return Ready(step, facts={"build + grad + compile, ms": 1e3 * seconds})


def differentiated_model(
    problem: LanguageModelProblem,
) -> tuple[LanguageModel, dict[str, Any]]:
    """Return the model, and as outputs its loss and all gradients."""
    model = LanguageModel(
        problem.vocabulary, hidden_size=problem.hidden, rng=np.random.default_rng(0)
    )
    graph = model.loss_graph()
    gradients = tg.grad(graph["loss"], model.parameters)
    outputs = {"loss": graph["loss"], **dict(zip(ORDER, gradients, strict=True))}
    return model, outputs


def loaded(run: tg.CompiledFunction, model: LanguageModel, weights: Arrays) -> None:
    """Set the parameters of a compiled model."""
    named = zip(ORDER, model.parameters, strict=True)
    run.parameters.update({leaf.label: weights[name] for name, leaf in named})


def compiled(
    outputs: tg.Graph | dict[str, Any], backend: str, **extra: Any
) -> tg.CompiledFunction:
    """Compile for a backend; `extra` goes to `tg.compile`.

    Raises:
        SkipError: there is no such backend or argument, or it cannot run here.
    """
    unknown = extra.keys() - inspect.signature(tg.compile).parameters.keys()
    if unknown:
        raise SkipError(f"tg.compile takes no {', '.join(sorted(unknown))}=")
    try:
        return tg.compile(outputs, backend=backend, **extra)
    except (tg.BackendError, tg.MemoryPlanError, ImportError) as problem:
        raise SkipError(str(problem)) from problem
