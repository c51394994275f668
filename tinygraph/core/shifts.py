"""Where a delay of k steps reads: the arithmetic of its slots, once for all.

At step t of T a delay reads its source at t - k. Where there is no such step it reads
one of |k| slots, which stand in the order of time: before the first step for k > 0,
after the last one for k < 0. Of a stretch of steps the same holds (a window).
"""

from collections.abc import Iterable
from typing import NamedTuple


def slot_at(t: int, k: int, total: int) -> int | None:
    """Return the number of the slot that is read at step t; None: it is the source."""
    if 0 <= t - k < total:
        return None
    return t if k > 0 else t - k - total


def repeated_step(k: int, total: int) -> int:
    """Return the step of the source that a REPLICATE delay has in all its slots."""
    return 0 if k > 0 else total - 1


class Shift(NamedTuple):
    """All steps of a delay at once, as slices.

    Attributes:
        moved: the steps that read the source.
        source: what they read of it.
        outside: the other steps.
        slots: what they read of the slots.
    """

    moved: slice
    source: slice
    outside: slice
    slots: slice


def shift(k: int, total: int) -> Shift:
    """Return what a delay reads at all steps."""
    count = min(abs(k), total)
    kept = total - count
    first, last = slice(0, kept), slice(count, total)
    if k > 0:
        return Shift(last, first, slice(0, count), slice(0, count))
    return Shift(first, last, slice(kept, total), slice(-k - count, -k))


def handed_on(k: int) -> slice:
    """Return which steps of a stretch are slots of the next one: the |k| nearest."""
    return slice(-k, None) if k > 0 else slice(None, -k)


def room(delays: Iterable[int]) -> tuple[int, int]:
    """Return how many slots stand before and after the steps of a shared source.

    Args:
        delays: the k of those that find their slots beside it.
    """
    ks = [0, *delays]
    return max(ks), -min(ks)


def slots_beside(k: int, first: int, total: int) -> slice:
    """Return where slots stand in a buffer with the source's steps from `first` on."""
    return slice(first - k, first) if k > 0 else slice(first + total, first + total - k)


def slot_code(k: int) -> tuple[str, str]:
    """Return as source, over `t` and `steps`: is the source read; which slot else."""
    if k > 0:
        return f"t >= {k}", "t"
    return f"t + {-k} < steps", f"t + {-k} - steps"


def repeating_code(k: int) -> str:
    """Return, as source, which step of its source a REPLICATE delay reads."""
    return f"max(t - {k}, 0)" if k > 0 else f"min(t + {-k}, steps - 1)"
