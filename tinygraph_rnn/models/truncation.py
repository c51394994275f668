"""Truncated distributions: only the likeliest tokens may be drawn.

Thresholds are found by bisection, so that a graph needs no sorting: 32 halvings tell
logits apart that differ by 3·10⁻¹⁰ of their range; nearer ones count as ties. Classes
far below the rest, such as those that were masked, do not widen that range.
"""

from typing import Any

import numpy as np

import tinygraph as tg
from tinygraph import Node

__all__ = ["nucleus", "top_k"]

_HALVINGS = 32
_NEVER = -1e30
"""A logit that is never drawn, and finite."""


def top_k(logits: Node, k: Any) -> Node:
    """Keep the k largest logits of each row (and ties); the others become −10³⁰.

    Args:
        logits: (..., classes).
        k: a number or static node; 0 keeps all.

    Example:
        >>> tg.evaluate(rnn.top_k(tg.constant([1.0, 3.0, 2.0]), 2))
        array([-1.e+30,  3.e+00,  2.e+00])
    """
    return _truncated(logits, tg.zeros_like(logits) + 1.0, k, k < 1)


def nucleus(logits: Node, p: Any) -> Node:
    """Keep the fewest likeliest classes with probability p (Holtzman et al., 2020).

    Args:
        logits: (..., classes).
        p: a number or static node, in (0, 1]; 1 keeps all.

    Example:
        >>> logits = tg.log(tg.constant([0.5, 0.3, 0.2]))
        >>> tg.evaluate(tg.exp(rnn.nucleus(logits, 0.6)))
        array([0.5, 0.3, 0. ])
    """
    return _truncated(logits, tg.softmax(logits, axis=-1), p, p >= 1.0)


def _truncated(logits: Node, weights: Node, budget: Any, off: Any) -> Node:
    """Keep the largest logits whose weights reach the budget.

    The lower bound is always a logit: the least one above the middle. So one halving
    leaves logits that were masked before, as low as they may be, out of the range.
    """
    kind = np.finfo(np.result_type(logits.dtype, "float32"))
    finite = tg.maximum(logits, kind.min)
    low = lowest = tg.min(finite, axis=-1, keepdims=True)
    high = tg.max(finite, axis=-1, keepdims=True)
    for _ in range(_HALVINGS):
        middle = 0.5 * low + 0.5 * high
        above = finite >= middle
        kept = tg.where(above, weights, 0.0)
        enough = tg.sum(kept, axis=-1, keepdims=True) >= budget
        least = tg.min(tg.where(above, finite, high), axis=-1, keepdims=True)
        low = tg.where(enough, least, low)
        high = tg.where(enough, high, middle)
    threshold = tg.where(off, lowest, low)
    return tg.where(finite >= threshold, logits, _NEVER)
