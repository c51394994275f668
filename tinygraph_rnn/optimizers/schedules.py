"""Learning rates over the course of a run, as a factor of the first one."""

import math
from collections.abc import Callable, Sequence

Schedule = Callable[[float, Sequence[float]], float]

__all__ = ["SCHEDULES", "Schedule", "warmed_up"]


def _constant(done: float, held_out: Sequence[float]) -> float:
    return 1.0


def _linear(done: float, held_out: Sequence[float]) -> float:
    """1 → 0 in a straight line."""
    return 1.0 - done


def _cosine(done: float, held_out: Sequence[float]) -> float:
    """1 → 0 along half a cosine (Loshchilov & Hutter, 2017)."""
    return 0.5 * (1.0 + math.cos(math.pi * done))


def _step(done: float, held_out: Sequence[float]) -> float:
    """1, a tenth from the half on, a hundredth from three quarters on."""
    return 1.0 if done < 0.5 else 0.1 if done < 0.75 else 0.01


def _plateau(done: float, held_out: Sequence[float]) -> float:
    """Divided by 4 at each look at the held-out text that brings no new best."""
    best, factor = math.inf, 1.0
    for value in held_out:
        if value >= best:
            factor /= 4.0
        best = min(best, value)
    return factor


SCHEDULES: dict[str, Schedule] = {
    "constant": _constant,
    "cosine": _cosine,
    "linear": _linear,
    "step": _step,
    "plateau": _plateau,
}
"""Name → factor, a function of the share of all updates done, in [0, 1), and of what
was held out: one number for each look so far, less is better."""


def warmed_up(done: int, warmup: int) -> float:
    """Return the factor of update `done`, of which the first `warmup` rise to 1."""
    return min(1.0, (done + 1) / warmup) if warmup else 1.0
