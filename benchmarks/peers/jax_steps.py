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
    values = {name: jnp.asarray(array) for name, array in wrt.items()}
    rest = [jnp.asarray(array) for array in others]
    return jitted(jax.value_and_grad(loss_of), (values, *rest), threads, _read)


def jitted(
    function: Callable[..., Any],
    arguments: Sequence[Any],
    threads: int,
    read: Callable[[Any], Arrays],
) -> Ready:
    """Return a jitted function as a step; arguments and results are JAX's arrays."""
    jax.config.update("jax_cpu_enable_async_dispatch", threads > 1)
    compiled = jax.jit(function)

    def step() -> Any:
        return jax.block_until_ready(compiled(*arguments))

    return Ready(step, read)


def _read(results: Any) -> Arrays:
    loss, gradients = results
    return arrays({"loss": loss, **gradients})


def arrays(results: Any) -> Arrays:
    """Return results by name as NumPy's arrays."""
    return {name: np.asarray(value) for name, value in results.items()}
