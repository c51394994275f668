"""What a wrong gradient looks like: the mistakes that are made by hand."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from tinygraph.testing.comparing import within
from tinygraph.testing.tolerances import GRADIENTS, tolerance

Array = np.ndarray[Any, Any]


def hint(got: Array, wanted: Array, time: str | None, shares: Array | None) -> str:
    """Return in a sentence what is wrong with a gradient; empty where it is unclear.

    Args:
        got, wanted: by hand, and as it should be.
        time: the axis of a per-step value, whose steps come first.
        shares: (T, ...), what each step adds to the gradient of a static value.
    """
    if got.dtype.kind != "f":
        return ""
    if not np.isfinite(got).all():
        return "Not all of it is finite."
    if got.shape != wanted.shape:
        return _of_shape(got, wanted)
    return next(_of_values(got, wanted, time, shares), "")


def _alike(a: Array, b: Array) -> bool:
    return a.shape == b.shape and bool(
        within(a, b, tolerance(GRADIENTS, "float64")).all()
    )


def _of_shape(got: Array, wanted: Array) -> str:
    if got.ndim == 2 and _alike(got.T, wanted):
        return "It is the transpose of what it should be."
    extra = got.ndim - wanted.ndim
    axes = tuple(range(extra))
    if extra > 0 and _alike(got.sum(axes), wanted):
        return (
            f"Summed over its first {'axis' if extra == 1 else f'{extra} axes'} it is "
            f"right: the value was broadcast there, so its gradient is a sum."
        )
    return "A gradient has the shape of the value that it is the gradient of."


def _of_values(
    got: Array, wanted: Array, time: str | None, shares: Array | None
) -> Iterator[str]:
    if _alike(got, -wanted):
        yield "It has the wrong sign."
    if got.ndim == 2 and time is None and _alike(got.T, wanted):
        yield "It is the transpose of what it should be."
    factor = float(np.vdot(got, wanted)) / (float(np.vdot(wanted, wanted)) or 1.0)
    if got.any() and _alike(got, factor * wanted):
        yield f"It is {factor:.6g} times what it should be."
    if shares is not None:
        yield from _of_shares(got, wanted, shares)
    if time is not None:
        yield from _of_steps(got, wanted)


def _of_shares(got: Array, wanted: Array, shares: Array) -> Iterator[str]:
    """Say which step's share is missing, doubled, or all there is."""
    for t, share in enumerate(shares):
        if not share.any():
            continue
        if _alike(got, wanted - share):
            yield f"What step {t} adds to it is missing."
        if _alike(got, wanted + share):
            yield f"What step {t} adds to it is counted twice."
        if _alike(got, share):
            yield f"It is what step {t} alone adds: the gradients of all steps add up."


def _of_steps(got: Array, wanted: Array) -> Iterator[str]:
    """Say where the fault begins, on the way from the last step to the first."""
    count = len(wanted)
    right = [_alike(a, b) for a, b in zip(got, wanted, strict=True)]
    if _alike(got[::-1], wanted):
        yield "Its steps stand in the reverse order."
    if count > 1 and _alike(got[1:], wanted[:-1]):
        yield "It stands one step too late."
    if count > 1 and _alike(got[:-1], wanted[1:]):
        yield "It stands one step too early."
    last = max(t for t in range(count) if not right[t])
    if last < count - 1:
        after = f"step {last + 1}"
        if last + 2 < count:
            after = f"steps {last + 1} to {count - 1}"
        yield f"Right at {after}: on the way back the fault begins at step {last}."
