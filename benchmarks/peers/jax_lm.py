"""JAX: lax.scan under jit, the input GEMM hoisted out of the scan."""

import jax
import jax.numpy as jnp

from benchmarks.peers.jax_steps import differentiated
from benchmarks.peers.ready import Ready
from benchmarks.problems import LanguageModelProblem


def build(problem: LanguageModelProblem, variant: str, threads: int) -> Ready:
    """Return the step."""
    tokens, targets = problem.tokens()

    def loss_of(
        w: dict[str, jax.Array], tokens: jax.Array, targets: jax.Array
    ) -> jax.Array:
        def cell(
            state: tuple[jax.Array, jax.Array], x: jax.Array
        ) -> tuple[tuple[jax.Array, jax.Array], jax.Array]:
            h, c = state
            i, f, g, o = jnp.split(x + h @ w["U"], 4, axis=-1)
            c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
            h = jax.nn.sigmoid(o) * jnp.tanh(c)
            return (h, c), h

        zeros = jnp.zeros((problem.batch, problem.hidden))
        inputs = w["E"][tokens] @ w["W"] + w["b"]
        _, states = jax.lax.scan(cell, (zeros, zeros), inputs)
        logits = jax.nn.log_softmax(states @ w["Wo"] + w["bo"])
        return -jnp.take_along_axis(logits, targets[..., None], axis=-1).mean()

    return differentiated(loss_of, problem.weights(), (tokens, targets), threads)
