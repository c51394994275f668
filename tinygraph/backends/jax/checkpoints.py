"""A scan that keeps little for the gradient: what segments of √T steps begin with."""

import math
from typing import Any

import jax
import jax.numpy as jnp


def checkpointed_scan(
    body: Any, carry: Any, given: Any, reverse: bool
) -> tuple[Any, Any]:
    """Return what `lax.scan` does; JAX's gradient computes each segment again.

    The steps that fill no segment run last.
    """
    total = len(jax.tree.leaves(given)[0])
    length = max(math.isqrt(total), 1)
    whole = total // length * length

    def segment(state: Any, rows: Any) -> tuple[Any, Any]:
        found: tuple[Any, Any] = jax.lax.scan(body, state, rows, reverse=reverse)
        return found

    again = jax.checkpoint(segment)
    first, rest = slice(0, whole), slice(whole, total)
    if reverse:
        first, rest = slice(total - whole, total), slice(0, total - whole)
    rows = jax.tree.map(lambda x: x[first].reshape(-1, length, *x.shape[1:]), given)
    carry, made = jax.lax.scan(again, carry, rows, reverse=reverse)
    made = jax.tree.map(lambda x: x.reshape(-1, *x.shape[2:]), made)
    if whole == total:
        return carry, made
    carry, more = again(carry, jax.tree.map(lambda x: x[rest], given))
    parts = (more, made) if reverse else (made, more)
    return carry, jax.tree.map(lambda *x: jnp.concatenate(x), *parts)
