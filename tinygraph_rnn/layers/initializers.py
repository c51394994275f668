"""First values of weights: functions of a generator and a shape.

A weight matrix has shape (inputs, outputs): it is used as `x @ W`.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Initializer = Callable[[np.random.Generator, tuple[int, ...]], Array]

__all__ = [
    "glorot_uniform",
    "normal",
    "one_block",
    "ones",
    "orthogonal",
    "uniform",
    "zeros",
]


def zeros(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Return zeros; `rng` is not touched."""
    return np.zeros(shape)


def ones(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Return ones; `rng` is not touched."""
    return np.ones(shape)


def one_block(place: int, blocks: int, value: float = 1.0) -> Initializer:
    """Return the initialiser of `blocks` blocks, `value` in one of them, else zeros."""

    def made(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        bias = np.zeros((blocks, shape[0] // blocks))
        bias[place] = value
        return bias.reshape(shape)

    return made


def uniform(bound: float) -> Initializer:
    """Return the initialiser U(−bound, bound)."""
    return lambda rng, shape: rng.uniform(-bound, bound, shape)


def normal(deviation: float) -> Initializer:
    """Return the initialiser N(0, deviation²)."""
    return lambda rng, shape: rng.normal(0.0, deviation, shape)


def glorot_uniform(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """U(−a, a) with a = √(6 / (inputs + outputs)) (Glorot & Bengio, 2010)."""
    fan_in, fan_out = shape
    return uniform(math.sqrt(6.0 / (fan_in + fan_out)))(rng, shape)


def orthogonal(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """A random matrix with orthonormal rows or columns (Saxe et al., 2014).

    A matrix wider than it is tall, such as the packed gates of an LSTM, is made of
    orthogonal blocks side by side.
    """
    rows, columns = shape
    blocks = []
    while columns > 0:
        width = min(rows, columns)
        q, r = np.linalg.qr(rng.normal(size=(rows, width)))
        blocks.append(q * np.sign(np.diagonal(r)))
        columns -= width
    return np.concatenate(blocks, axis=1)
