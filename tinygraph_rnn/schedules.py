"""Learning rates over the course of a run, as a factor of the first one."""

import math
from collections.abc import Callable

Schedule = Callable[[float], float]

__all__ = ["SCHEDULES", "Schedule"]


def _constant(done: float) -> float:
    return 1.0


def _linear(done: float) -> float:
    """1 → 0 in a straight line."""
    return 1.0 - done


def _cosine(done: float) -> float:
    """1 → 0 along half a cosine (Loshchilov & Hutter, 2017)."""
    return 0.5 * (1.0 + math.cos(math.pi * done))


SCHEDULES: dict[str, Schedule] = {
    "constant": _constant,
    "cosine": _cosine,
    "linear": _linear,
}
"""Name → factor, a function of the share of all updates done, in [0, 1)."""
