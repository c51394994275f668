"""tinygraph by `tg.to_jax`: what the JAX scan is compared with, on JAX's own arrays."""

import jax.numpy as jnp

import tinygraph as tg
from benchmarks.peers.jax_steps import arrays, jitted
from benchmarks.peers.ready import Ready
from benchmarks.peers.tinygraph_lm import ORDER, differentiated_model
from benchmarks.problems import LanguageModelProblem


def build(problem: LanguageModelProblem, variant: str, threads: int) -> Ready:
    """Return the step: the loss and our gradients of it, lowered as one function."""
    model, outputs = differentiated_model(problem)
    weights = problem.weights()
    named = zip(ORDER, model.parameters, strict=True)
    parameters = {leaf.label: jnp.asarray(weights[name]) for name, leaf in named}
    tokens, targets = map(jnp.asarray, problem.tokens())
    feeds = {"tokens": tokens, "targets": targets}
    return jitted(tg.to_jax(outputs), (feeds, parameters), threads, arrays)
