"""minGRU (Feng et al., 2024), affine in its state: by hand in JAX, and ours."""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import tinygraph as tg
from benchmarks.peers.jax_steps import arrays, differentiated, jitted
from benchmarks.peers.ready import Ready
from benchmarks.problems import Arrays

Weights = dict[str, jax.Array]


@dataclass(frozen=True)
class MinGRUProblem:
    """Loss and gradients of z = σ(x Wz), h = (1 - z) h' + z (x Wh); loss mean(h²)."""

    batch: int
    hidden: int
    steps: int

    def weights(self) -> Arrays:
        """Return Wz and Wh, (H, H)."""
        rng, size = np.random.default_rng(0), self.hidden
        drawn = rng.normal(size=(2, size, size)) * size**-0.5
        return {"Wz": drawn[0].astype("float32"), "Wh": drawn[1].astype("float32")}

    def inputs(self) -> Any:
        """Return x, (T, B, H)."""
        shape = self.steps, self.batch, self.hidden
        return np.random.default_rng(1).normal(size=shape).astype("float32")


def build(problem: MinGRUProblem, variant: str, threads: int) -> Ready:
    """Return the step.

    Args:
        variant: "scan" or "associative", by hand; "ours" or "ours, time" for `to_jax`
            without and with `parallel="time"`.
    """
    if variant.startswith("ours"):
        return _ours(problem, "time" if "time" in variant else None, threads)
    states = {"scan": _scanned, "associative": _associative}[variant]

    def loss_of(w: Weights, x: jax.Array) -> jax.Array:
        z = jax.nn.sigmoid(x @ w["Wz"])
        return jnp.mean(jnp.square(states(1 - z, z * (x @ w["Wh"]))))

    return differentiated(loss_of, problem.weights(), [problem.inputs()], threads)


def _scanned(a: jax.Array, b: jax.Array) -> jax.Array:
    def step(h: jax.Array, row: Any) -> tuple[jax.Array, jax.Array]:
        h = row[0] * h + row[1]
        return h, h

    found: jax.Array = jax.lax.scan(step, jnp.zeros_like(b[0]), (a, b))[1]
    return found


def _associative(a: jax.Array, b: jax.Array) -> jax.Array:
    def composed(early: Any, late: Any) -> Any:
        return early[0] * late[0], late[0] * early[1] + late[1]

    found: jax.Array = jax.lax.associative_scan(composed, (a, b))[1]
    return found


def _ours(problem: MinGRUProblem, parallel: str | None, threads: int) -> Ready:
    weights = problem.weights()
    wz, wh = (tg.parameter(name, value) for name, value in weights.items())
    x = tg.sequence("x", ("batch", problem.hidden))
    before = tg.delay("before", shape=("batch", problem.hidden))
    z = tg.sigmoid(x @ wz)
    h = (1 - z) * before + z * (x @ wh)
    before.close(h)
    loss = tg.mean_over_time(tg.mean(tg.square(h)))
    outputs = {"loss": loss, "Wz": tg.grad(loss, wz), "Wh": tg.grad(loss, wh)}
    f = tg.to_jax(outputs, parallel=parallel)
    given = {name: jnp.asarray(value) for name, value in weights.items()}
    return jitted(f, ({"x": jnp.asarray(problem.inputs())}, given), threads, arrays)
