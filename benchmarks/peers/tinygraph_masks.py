"""tinygraph: the language model of `tinygraph_rnn` with dropout and other masks."""

from typing import Any

import numpy as np

import tinygraph as tg
from benchmarks.peers.ready import Ready
from benchmarks.peers.tinygraph_lm import compiled
from benchmarks.problems import Arrays, MaskedProblem
from tinygraph_rnn import LanguageModel

SEED = 1
"""Of the masks, which all backends and dtypes share."""


def build(problem: MaskedProblem, variant: str, threads: int) -> Ready:
    """Return the step; the variant is the backend."""
    run = compiled(_outputs(problem, _model(problem)), variant)
    feeds = _feeds(problem)

    def step() -> Arrays:
        run.parameters.update({})
        return run(feeds, seed=SEED)

    return Ready(step)


def reference(problem: MaskedProblem) -> Arrays:
    """Return what the model of the same weights and masks gives in float64."""
    model = _model(problem, "float64")
    run = compiled(_outputs(problem, model), "numpy")
    pairs = zip(model.parameters, _model(problem).parameters, strict=True)
    run.parameters.update(
        {one.label: other.attrs["value"].astype("float64") for one, other in pairs}
    )
    return dict(run(_feeds(problem), seed=SEED))


def _model(problem: MaskedProblem, dtype: str = "float32") -> LanguageModel:
    masks: dict[str, Any] = dict(problem.masks)
    return LanguageModel(
        problem.vocabulary,
        hidden_size=problem.hidden,
        num_layers=problem.layers,
        rng=np.random.default_rng(0),
        dtype=dtype,
        **masks,
    )


def _outputs(problem: MaskedProblem, model: LanguageModel) -> dict[str, Any]:
    loss = model.loss_graph()["loss"]
    gradients = tg.grad(loss, model.parameters)
    named = zip(model.parameters, gradients, strict=True)
    return {"loss": loss, **{leaf.label: node for leaf, node in named}}


def _feeds(problem: MaskedProblem) -> dict[str, Any]:
    tokens, targets = problem.model.tokens()
    return {"tokens": tokens, "targets": targets}
