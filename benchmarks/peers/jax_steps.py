"""JAX, the parts that its peers share."""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.peers.ready import Ready
from benchmarks.problems import Array, Arrays


def differentiated(
    loss_of: Callable[..., jax.Array],
    wrt: Arrays,
    others: Sequence[Array],
    threads: int,
) -> Ready:
    """Return a jitted step: the loss, and the gradients of its first argument.

    On one thread the caller's does the work, instead of waiting for another.
    """
    jax.config.update("jax_cpu_enable_async_dispatch", threads > 1)
    values = {name: jnp.asarray(array) for name, array in wrt.items()}
    rest = [jnp.asarray(array) for array in others]
    compiled = jax.jit(jax.value_and_grad(loss_of))

    def step() -> Any:
        return jax.block_until_ready(compiled(values, *rest))

    return Ready(step, _read)


def _read(results: Any) -> Arrays:
    loss, gradients = results
    arrays = {name: np.asarray(value) for name, value in gradients.items()}
    return {"loss": np.asarray(loss), **arrays}
