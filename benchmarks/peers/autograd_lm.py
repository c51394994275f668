"""HIPS autograd: plain NumPy code, differentiated by a tape."""

import autograd.numpy as anp
from autograd import value_and_grad

from benchmarks.peers.ready import Ready
from benchmarks.problems import Array, Arrays, LanguageModelProblem


def build(problem: LanguageModelProblem, variant: str, threads: int) -> Ready:
    """Return the step."""
    tokens, targets = problem.tokens()
    weights = problem.weights()
    H, rows = problem.hidden, anp.arange(targets.size)

    def sigmoid(x: Array) -> Array:
        return 0.5 * anp.tanh(0.5 * x) + 0.5

    def loss_of(w: Arrays) -> Array:
        inputs = anp.dot(w["E"][tokens], w["W"]) + w["b"]
        h = c = anp.zeros((problem.batch, H), "float32")
        states = []
        for t in range(problem.steps):
            z = inputs[t] + anp.dot(h, w["U"])
            i, f, g, o = (z[:, k * H : (k + 1) * H] for k in range(4))
            c = sigmoid(f) * c + sigmoid(i) * anp.tanh(g)
            h = sigmoid(o) * anp.tanh(c)
            states.append(h)
        logits = anp.dot(anp.concatenate(states), w["Wo"]) + w["bo"]
        logits = logits - anp.max(logits, axis=1, keepdims=True)
        right = logits[rows, targets.ravel()]
        return anp.mean(anp.log(anp.sum(anp.exp(logits), axis=1)) - right)

    compute = value_and_grad(loss_of)

    def read(results: tuple[Array, Arrays]) -> Arrays:
        loss, gradients = results
        return {"loss": anp.asarray(loss), **gradients}

    return Ready(lambda: compute(weights), read)
