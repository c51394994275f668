"""Sequences of different lengths: padding, masks, and which steps of a row count.

Arrays are time-major: (T, batch, ...).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

import tinygraph as tg
from tinygraph import Node
from tinygraph_rnn.errors import DataError, MaskError

__all__ = [
    "Way",
    "lengths_mask",
    "masked_mean",
    "pad_sequences",
    "sequence_mask",
    "way_of",
]


@final
@dataclass(frozen=True)
class Way:
    """Which steps count, and in which order.

    Attributes:
        reverse: from the last step to the first.
        mask: per step, bool, (batch): False where a row is padding.
        continues: per step, bool, (batch): False where a row starts anew, so that
            its state before that step is the init.

    Example:
        >>> rnn.Way(reverse=True)
        Way(reverse=True, mask=None, continues=None)
    """

    reverse: bool = False
    mask: Node | None = None
    continues: Node | None = None


def way_of(
    x: Node,
    reverse: bool = False,
    lengths: Any = None,
    mask: Node | None = None,
    continues: Node | None = None,
    feature_axes: int = 1,
) -> Way:
    """Return the checked way through the steps of x.

    Args:
        x: per step, (batch, ...).
        reverse: from the last step to the first.
        lengths: ints (batch): how many steps of each row count, from the first on.
            For whole sequences; where a call sees a part of them, feed masks.
        mask: instead of lengths, bool per step, (batch): True where a step counts.
        continues: bool per step, (batch): False where a row starts anew.
        feature_axes: how many trailing axes of x are not the batch.

    Raises:
        MaskError: one has the wrong type, or both lengths and mask are given.

    Example:
        >>> x = tg.sequence("x", ("batch", 3))
        >>> lengths = tg.placeholder("lengths", ("batch",), "int32")
        >>> rnn.way_of(x, lengths=lengths).mask
        <less: bool[batch] (per step of 't')>
    """
    if lengths is not None and mask is not None:
        raise MaskError("lengths and mask both say which steps count: give one of them")
    rows = x.shape[: x.ndim - feature_axes]
    if lengths is not None:
        mask = lengths_mask(lengths, x.time or "t")
        if mask.shape != rows[: mask.ndim]:
            raise MaskError(
                f"lengths must be one per row of {x.describe()}, not of shape "
                f"{mask.shape}: a placeholder has named dimensions too"
            )
    for name, flags in (("mask", mask), ("continues", continues)):
        if flags is not None and not _fits(flags, x, rows):
            shown: Any = type(flags).__name__
            if isinstance(flags, Node):
                shown = f"{flags.describe()}, made at {flags.where}"
            raise MaskError(
                f"{name} must be a node, bool per step of {x.time!r}, one flag per row "
                f"of {x.describe()}, not {shown}"
            )
    return Way(reverse, mask, continues)


def _fits(flags: Any, x: Node, rows: tuple[Any, ...]) -> bool:
    if not isinstance(flags, Node) or flags.shape != rows[: flags.ndim]:
        return False
    return flags.dtype == bool and flags.time == x.time


def lengths_mask(lengths: Any, time: str = "t") -> Node:
    """Return the per-step bool node (batch) that is True in the first `lengths` steps.

    Running it raises MaskError where a length is negative or more than T.

    Args:
        lengths: static ints (batch).
        time: the time axis.

    Raises:
        MaskError: lengths is not static, or not of ints.

    Example:
        >>> mask = rnn.lengths_mask(tg.constant([1, 3]))
        >>> tg.evaluate(mask, steps=3)
        array([[ True,  True],
               [False,  True],
               [False,  True]])
    """
    node = lengths if isinstance(lengths, Node) else tg.constant(_counts(lengths))
    if node.time is not None or node.dtype.kind not in "iu":
        raise MaskError(
            "lengths must be ints, one in all per row (a placeholder), not "
            f"{node.describe()}, made at {node.where}"
        )
    steps = tg.last(tg.step_index(time)) + 1
    return tg.step_index(time) < tg.apply(_CHECKED, node, steps, name="lengths")


def _counts(lengths: Any) -> NDArray[Any]:
    """Lengths that are no node as an array of ints."""
    try:
        counts = np.asarray(lengths)
    except ValueError:
        raise MaskError(
            "lengths must be ints on one axis, not lists of different lengths: "
            f"{lengths!r}"
        ) from None
    if counts.dtype.kind not in "iu":
        raise MaskError(
            f"lengths must be ints on one axis, not {counts.dtype}{counts.shape}"
        )
    return counts


def _checked_lengths(lengths: NDArray[Any], steps: NDArray[Any]) -> NDArray[Any]:
    _check_lengths(np.asarray(lengths), int(np.max(steps)))
    return lengths


_CHECKED = tg.Op(
    "checked_lengths", infer=lambda lengths, steps: lengths, impl=_checked_lengths
)


def _check_lengths(lengths: NDArray[Any], steps: int) -> None:
    for row, length in enumerate(lengths.ravel()):
        if not 0 <= length <= steps:
            raise MaskError(
                f"lengths: row {row} has length {length}, but there are {steps} "
                f"steps: wanted 0 <= length <= {steps}"
            )


def sequence_mask(lengths: Any, steps: int) -> NDArray[Any]:
    """Return bool (steps, batch), True in the first `lengths` steps of each row.

    Raises:
        MaskError: a length is negative, more than `steps`, or no int.

    Example:
        >>> rnn.sequence_mask([1, 2], 2)
        array([[ True,  True],
               [False,  True]])
    """
    wanted = _counts(lengths)
    if wanted.ndim != 1:
        raise MaskError(
            f"lengths must be ints on one axis, not {wanted.dtype}{wanted.shape}"
        )
    _check_lengths(wanted, steps)
    return np.arange(steps)[:, np.newaxis] < wanted


def pad_sequences(
    sequences: Iterable[Any], value: Any = 0
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return sequences side by side, (T, batch, ...), and their lengths, (batch).

    Args:
        sequences: arrays or lists (length, ...), of one dtype or of several that
            NumPy promotes to one; empty ones do not count in that.
        value: what stands after the end of the shorter ones.

    Raises:
        DataError: there are none, one is no sequence, their steps differ in shape, or
            their dtype has no such value.

    Example:
        >>> rnn.pad_sequences([[1, 2, 3], [4]])
        (array([[1, 4],
               [2, 0],
               [3, 0]]), array([3, 1]))
    """
    if not isinstance(sequences, Iterable):
        raise DataError(f"sequences must be a list of arrays, not {sequences!r}")
    arrays = [_sequence(row, each) for row, each in enumerate(sequences)]
    if not arrays:
        raise DataError("sequences is empty: there is nothing to pad")
    for row, each in enumerate(arrays):
        if each.shape[1:] != arrays[0].shape[1:]:
            raise DataError(
                f"sequences: row {row} has shape {each.shape}, but one step of row 0 "
                f"has shape {arrays[0].shape[1:]}: all but the length must be equal"
            )
    lengths = np.array([len(each) for each in arrays])
    shape = (int(lengths.max()), len(arrays), *arrays[0].shape[1:])
    counted = [each.dtype for each in arrays if len(each)]
    dtype = np.result_type(*counted or [arrays[0].dtype])
    if not _holds(dtype, value):
        raise DataError(
            f"value={value!r} is no {dtype}, which the sequences are: give another "
            "value, or sequences of another dtype"
        )
    padded = np.full(shape, value, dtype)
    for row, each in enumerate(arrays):
        padded[: len(each), row] = each
    return padded, lengths


def _holds(dtype: np.dtype[Any], value: Any) -> bool:
    """Return True if a value survives a cast, but for the rounding of floats."""
    found = np.asarray(value)
    if np.can_cast(np.min_scalar_type(found), dtype):
        return True
    try:
        with np.errstate(all="ignore"):
            return bool(found.astype(dtype) == found)
    except (TypeError, ValueError):
        return False


def _sequence(row: int, sequence: Any) -> NDArray[Any]:
    if isinstance(sequence, np.ma.MaskedArray):
        raise DataError(
            f"sequences: row {row} is a masked array, whose mask would be lost: give "
            "its .filled(...)"
        )
    try:
        array = np.asarray(sequence)
    except ValueError:
        raise DataError(
            f"sequences: the steps of row {row} differ in shape: {sequence!r}"
        ) from None
    if array.ndim == 0:
        raise DataError(
            f"sequences: row {row} must be an array or list of steps, not {sequence!r}"
        )
    return array


def masked_mean(values: Node, mask: Node) -> Node:
    """Return the mean of per-step `values` (batch) over the steps that count.

    0 where none does. `values` may hold anything where the mask is False, but labels
    of `tg.cross_entropy` must be in range there too, or be its `ignore_label`.

    Example:
        >>> losses = tg.sequence("losses", ("batch",))
        >>> mask = tg.sequence("mask", ("batch",), "bool")
        >>> mean = rnn.masked_mean(losses, mask)
        >>> counted = [[True, True], [False, True]]
        >>> tg.evaluate(mean, {"losses": [[1.0, 2.0], [9.0, 6.0]], "mask": counted})
        array(3., dtype=float32)
    """
    counted = tg.sum_over_time(tg.sum(tg.cast(mask, values.dtype)))
    total = tg.sum_over_time(tg.sum(tg.where(mask, values, 0.0)))
    return total / tg.maximum(counted, 1.0)
