"""Clipping: of all gradients together, of each entry, or on one edge of a graph."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

import tinygraph as tg
from tinygraph import Node
from tinygraph_rnn.checking import check_positive, is_number
from tinygraph_rnn.errors import ConfigError

__all__ = ["clip_by_global_norm", "clip_by_value", "clip_gradient"]

Gradients = Mapping[str, NDArray[Any]]


def clip_by_global_norm(
    gradients: Gradients, limit: float
) -> tuple[dict[str, NDArray[Any]], float]:
    """Scale all gradients so that their common norm is at most `limit`.

    The norm is √(Σ g²) over all entries of all gradients (Pascanu et al., 2013).

    Returns:
        The gradients, the very arrays where nothing is clipped, and the norm
        before clipping (NaN or infinite where a gradient is).

    Raises:
        ConfigError: the limit is no number above zero.

    Example:
        >>> rnn.clip_by_global_norm({"w": np.array([3.0, 4.0])}, 1.0)
        ({'w': array([0.6, 0.8])}, 5.0)
    """
    if not is_number(limit) or not limit > 0.0:
        raise ConfigError(
            f"the limit of the gradient norm must be an int or float > 0, not {limit!r}"
        )
    norm = math.sqrt(sum(float(np.vdot(g, g)) for g in gradients.values()))
    if not math.isfinite(norm):
        norm = _wide_norm(gradients)
    if not limit < norm < math.inf:
        return dict(gradients), norm
    return {name: g * (limit / norm) for name, g in gradients.items()}, norm


def _wide_norm(gradients: Gradients) -> float:
    """The norm where squares overflow in float32."""
    squares = (np.sum(np.square(g, dtype="float64")) for g in gradients.values())
    return math.sqrt(float(sum(squares)))


def clip_by_value(gradients: Gradients, limit: float) -> dict[str, NDArray[Any]]:
    """Return gradients with every entry in [−limit, limit]; NaN stays NaN.

    Example:
        >>> rnn.clip_by_value({"w": np.array([3.0, -0.5])}, 1.0)
        {'w': array([ 1. , -0.5])}
    """
    check_positive(clip_value=limit)
    return {name: np.clip(g, -limit, limit) for name, g in gradients.items()}


def clip_gradient(x: Node, limit: float) -> Node:
    """Return x, whose cotangent is clipped to [−limit, limit] on its way back.

    A clip node on an edge, such as a cell's way into the step before (Graves, 2013,
    section 2.1). Its `jvp` does not clip.

    Raises:
        ConfigError: limit is not positive and finite.

    Example:
        >>> w = tg.parameter("w", 3.0)
        >>> tg.evaluate(tg.grad(100.0 * rnn.clip_gradient(w, 1.0), w))
        array(1., dtype=float32)
    """
    check_positive(limit=limit)
    return tg.apply(_CLIP, x, limit=float(limit))


def _clip_vjp(y: Node, ct: Node) -> tuple[Node, ...]:
    limit = y.attrs["limit"]
    return (tg.clip(ct, -limit, limit),)


_CLIP = tg.Op(
    "clip_gradient",
    infer=lambda x, limit: x,
    impl=lambda x, limit: x,
    vjp=_clip_vjp,
    jvp=lambda y, tangents: tangents[0],
)
