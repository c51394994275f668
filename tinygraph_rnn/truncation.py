"""Truncated distributions: only the likeliest tokens may be drawn.

Thresholds are found by bisection, so that a graph needs no sorting: 32 halvings tell
logits apart that differ by 3·10⁻¹⁰ of their range; nearer ones count as ties.
"""

from typing import Any

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
    """
    return _truncated(logits, tg.zeros_like(logits) + 1.0, k, k < 1)


def nucleus(logits: Node, p: Any) -> Node:
    """Keep the fewest likeliest classes with probability p (Holtzman et al., 2020).

    Args:
        logits: (..., classes).
        p: a number or static node, in (0, 1]; 1 keeps all.
    """
    return _truncated(logits, tg.softmax(logits, axis=-1), p, p >= 1.0)


def _truncated(logits: Node, weights: Node, budget: Any, off: Any) -> Node:
    """Keep the largest logits whose weights reach the budget."""
    low = lowest = tg.min(logits, axis=-1, keepdims=True)
    high = tg.max(logits, axis=-1, keepdims=True)
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        kept = tg.where(logits >= middle, weights, 0.0)
        enough = tg.sum(kept, axis=-1, keepdims=True) >= budget
        low = tg.where(enough, middle, low)
        high = tg.where(enough, high, middle)
    threshold = tg.where(off, lowest, low)
    return tg.where(logits >= threshold, logits, _NEVER)
