"""JAX: the cells of one's own in lax.scan, the input GEMM hoisted out of it."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax.nn import sigmoid

from benchmarks.peers.jax_steps import differentiated
from benchmarks.peers.ready import Ready
from benchmarks.problems import CellProblem

Weights = dict[str, jax.Array]
State = tuple[jax.Array, jax.Array]


def build(problem: CellProblem, variant: str, threads: int) -> Ready:
    """Return the step."""
    cell = CELLS[problem.cell]
    zeros = jnp.zeros((problem.batch, problem.hidden))

    def loss_of(w: Weights) -> jax.Array:
        def step(state: State, x: jax.Array) -> tuple[State, jax.Array]:
            return cell(state, x, w)

        inputs = w["x"] @ w["W"] + w["b"]
        _, h = jax.lax.scan(step, (zeros, zeros), inputs)
        return (h * h).mean()

    leaves = {"x": problem.x(), **problem.weights()}
    return differentiated(loss_of, leaves, (), threads)


def _peephole(state: State, x: jax.Array, w: Weights) -> tuple[State, jax.Array]:
    h, c = state
    i, f, g, o = jnp.split(x + h @ w["U"], 4, axis=-1)
    i, f = sigmoid(i + w["pi"] * c), sigmoid(f + w["pf"] * c)
    c = f * c + i * jnp.tanh(g)
    h = sigmoid(o + w["po"] * c) * jnp.tanh(c)
    return (h, c), h


def _gru(state: State, x: jax.Array, w: Weights) -> tuple[State, jax.Array]:
    h, unused = state
    xr, xu, xn = jnp.split(x, 3, axis=-1)
    hr, hu = jnp.split(h @ w["U"], 2, axis=-1)
    r, u = sigmoid(xr + hr), sigmoid(xu + hu)
    n = jnp.tanh(xn + (r * h) @ w["Un"])
    h = u * h + (1 - u) * n
    return (h, unused), h


def _two_step(state: State, x: jax.Array, w: Weights) -> tuple[State, jax.Array]:
    before, long_before = state
    h = jnp.tanh(x + before @ w["U"] + long_before @ w["V"])
    return (h, before), h


CELLS: dict[str, Callable[[State, jax.Array, Weights], Any]] = {
    "peephole": _peephole,
    "gru": _gru,
    "two-step": _two_step,
}
