"""Kinds of numbers that the operands of samples hold."""

from typing import Any

import numpy as np

from tinygraph.ops.philox import stable_hash

Array = np.ndarray[Any, Any]

KINDS = (
    *("floats", "positive", "apart", "ties", "extremes"),
    *("ints", "indices", "wide ints", "bools"),
)
"""Kinds of numbers. floats: in [-1, 1). positive: in [0.5, 2). apart: with gaps,
none near 0 or one of another name. ties: few values, each often. extremes: zeros of
both signs, infinities, NaN, the greatest and least. ints: 0, 1, 2. indices: -3 to 2.
wide ints: the least and greatest of the dtype too. bools: both."""
_TIES = (-0.5, 0.0, 0.5, 1.0, 0.5)


def numbers_of(
    kind: str, dtype: np.dtype[Any], shape: tuple[int, ...], name: str
) -> Array:
    """Return numbers of a kind, the same for the same name."""
    numbers = np.random.default_rng(stable_hash(f"{name}/{kind}"))
    return np.asarray(_numbers(kind, dtype, shape, numbers), dtype)


def _numbers(
    kind: str,
    dtype: np.dtype[Any],
    shape: tuple[int, ...],
    numbers: np.random.Generator,
) -> Any:
    size = int(np.prod(shape, dtype=int))
    if kind == "floats":
        return numbers.uniform(-1, 1, shape)
    if kind == "positive":
        return numbers.uniform(0.5, 2, shape)
    if kind == "apart":
        sides, gap = (
            np.where(np.arange(size) % 2, 1.0, -1.0),
            min(0.1, 2 / max(size, 1)),
        )
        first = 0.25 + numbers.uniform(0, gap / 2)
        return numbers.permutation(sides * (first + np.arange(size) * gap)).reshape(
            shape
        )
    if kind == "bools":
        return numbers.integers(0, 2, shape)
    if kind in ("ints", "indices"):
        return numbers.integers(0 if kind == "ints" else -3, 3, shape)
    chosen = {"ties": _TIES, "extremes": _extremes(dtype)}.get(kind) or _edges(dtype)
    return numbers.permutation(np.resize(np.array(chosen, dtype), size)).reshape(shape)


def _extremes(dtype: np.dtype[Any]) -> tuple[Any, ...]:
    """No 0.5: NumPy's power by that one is a root, NaN of -∞, where C's is ∞."""
    if dtype.kind != "f":
        return ()
    most = np.finfo(dtype)
    return (np.nan, 0.0, -np.inf, most.max, -0.0, np.inf, -most.tiny, 1.5, most.min)


def _edges(dtype: np.dtype[Any]) -> tuple[Any, ...]:
    most = np.iinfo(dtype)
    return most.min, most.max, 0, 1, most.max // 2, most.min + 1
