"""What a loop carries: the values of a member at earlier iterations."""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp

from tinygraph.backends.jax.kernels import Array


@dataclass(frozen=True)
class Ring:
    """Values of the last `depth` iterations: the one of iteration i at i mod depth.

    Attributes:
        depth: how many.
    """

    depth: int

    def made(self, rows: Array) -> Array:
        """Return what is carried at first, of `(depth, *shape)` values."""
        return rows[0] if self.depth == 1 else rows

    def empty(self, shape: tuple[int, ...], dtype: Any) -> Array:
        """Return what is carried at first where nothing of it will be read."""
        return self.made(jnp.zeros((self.depth, *shape), dtype))

    def read(self, carried: Array, i: Array, ago: int) -> Array:
        """Return the value that many iterations before iteration i."""
        if self.depth == 1:
            return carried
        place = (i - ago) % self.depth
        return jax.lax.dynamic_index_in_dim(carried, place, 0, keepdims=False)

    def pushed(self, carried: Array, i: Array, value: Array) -> Array:
        """Return what is carried behind iteration i."""
        if self.depth == 1:
            return value
        return jax.lax.dynamic_update_index_in_dim(carried, value, i % self.depth, 0)
