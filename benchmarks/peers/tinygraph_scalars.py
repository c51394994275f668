"""tinygraph: a scalar expression, one node a scalar, compiled once."""

import time

import numpy as np

import tinygraph as tg
from benchmarks.peers.ready import Ready
from benchmarks.peers.tinygraph_lm import compiled
from benchmarks.problems import Arrays, ScalarProblem


def build(problem: ScalarProblem, variant: str, threads: int) -> Ready:
    """Return the step; the variant is the backend."""
    begin = time.perf_counter()
    leaves = {
        name: [tg.parameter(f"{name}{j}", number) for j, number in enumerate(array)]
        for name, array in problem.weights().items()
    }
    loss = problem.expression(leaves["a"], leaves["b"], tg.tanh)
    every = [*leaves["a"], *leaves["b"]]
    gradients = tg.grad(loss, every)
    named = {leaf.label: each for leaf, each in zip(every, gradients, strict=True)}
    run = compiled({"loss": loss, **named}, variant)
    seconds = time.perf_counter() - begin

    def step() -> Arrays:
        run.parameters.update({})
        return run()

    def read(out: Arrays) -> Arrays:
        arrays = {
            name: np.array([out[leaf.label] for leaf in listed])
            for name, listed in leaves.items()
        }
        return {"loss": out["loss"], **arrays}

    return Ready(step, read, {"build + grad + compile, ms": 1e3 * seconds})
