"""What processes add up: one flat array an update, and arrays of rows.

Each process computes the mean loss of its own rows, and the gradients of it. The mean
over all rows is Σ rows·mean / Σ rows: unequal shards change nothing.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, final

import numpy as np
from numpy.typing import NDArray

from tinygraph_rnn.errors import ConfigError

__all__ = ["Reduce", "Totals", "added_up", "gathered"]

Array = NDArray[Any]

Reduce = Callable[[Array], Array]
"""Takes a flat array; returns the sum of those that all processes give, to each."""

_BESIDE = 3
"""Numbers that stand behind the gradients: loss, rows, wishes to stop."""


@final
class Totals(NamedTuple):
    """What all processes found together.

    Attributes:
        loss: the mean over the rows of all.
        gradients: of that mean.
        stops: how many processes wish to stop.
    """

    loss: float
    gradients: dict[str, Array]
    stops: int


def added_up(
    reduce: Reduce,
    loss: float,
    gradients: Mapping[str, Array],
    rows: int,
    all_rows: int,
    *,
    stop: bool = False,
) -> Totals:
    """Add up over all processes, by one call of `reduce`.

    Args:
        reduce: see `Trainer`; called with an array of the gradients' dtype.
        loss, gradients: the mean over the rows of this process, and its gradients.
        rows, all_rows: how many there are here, and in all.
        stop: whether this process wishes to stop.

    Raises:
        ConfigError: what `reduce` returns is no sum over all processes.
    """
    names = sorted(gradients)
    flat = np.concatenate([gradients[name].ravel() for name in names])
    flat = np.append(flat, np.array([loss, 1.0, 0.0], flat.dtype))
    flat *= rows
    flat[-1] = stop
    total = _called(reduce, flat)
    if total[-2] != all_rows:
        raise ConfigError(
            f"reduce must return the sum over all processes: the shards of a batch of "
            f"{all_rows} rows have {total[-2]:g} together. Is it a mean, or is a shard "
            "missing?"
        )
    mean = total / total[-2]
    ends = np.cumsum([gradients[name].size for name in names])
    parts = dict(zip(names, np.split(mean[:-_BESIDE], ends[:-1]), strict=True))
    whole = {name: parts[name].reshape(each.shape) for name, each in gradients.items()}
    return Totals(float(mean[-_BESIDE]), whole, round(float(total[-1])))


def gathered(reduce: Reduce, part: Array, rows: range, count: int, axis: int) -> Array:
    """Return the rows of all processes, bit for bit.

    Each gives zeros in the place of the rows it has not. The arrays travel as bytes,
    each a number from 0 to 255, so that -0.0 and NaN stay what they are.

    Args:
        reduce: see `Trainer`; called with a flat array of float32.
        part: the rows of this process, along `axis`.
        rows: their numbers.
        count: of all rows.
        axis: along which they lie.
    """
    moved = np.moveaxis(part, axis, 0)
    whole = np.zeros((count, *moved.shape[1:]), part.dtype)
    whole[rows.start : rows.stop] = moved
    numbers = whole.reshape(-1).view("uint8").astype("float32")
    summed = _called(reduce, numbers).astype("uint8").view(part.dtype)
    return np.moveaxis(summed.reshape(whole.shape), 0, axis)


def _called(reduce: Reduce, flat: Array) -> Array:
    total = np.asarray(reduce(flat))
    if total.shape != flat.shape or total.dtype != flat.dtype:
        raise ConfigError(
            f"reduce was given {flat.dtype}{list(flat.shape)} and must return the same "
            f"kind of array, not {total.dtype}{list(total.shape)}"
        )
    return total
