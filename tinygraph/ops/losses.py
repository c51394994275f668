"""Losses, composed from other ops."""

from typing import Any

import numpy as np

from tinygraph.core.building import as_node
from tinygraph.core.errors import DTypeError, ShapeError
from tinygraph.core.nodes import Node
from tinygraph.ops.arithmetic import where
from tinygraph.ops.comparing import equal
from tinygraph.ops.functions import negative
from tinygraph.ops.indexing import take_labels
from tinygraph.ops.reductions import log_softmax
from tinygraph.ops.shaping import expand_dims, squeeze


def cross_entropy(logits: Any, labels: Any, *, ignore_label: int | None = None) -> Node:
    """Return -log softmax(logits)[label], one loss per row.

    Rows whose label is `ignore_label` have loss 0 and no gradient. `tg.mean` counts
    them all the same; the mean over the others is

        counted = tg.cast(tg.not_equal(labels, ignore_label), losses.dtype)
        loss = tg.sum(losses) / tg.maximum(tg.sum(counted), 1)

    with `tg.sum_over_time` of both sums for per-step labels.

    Args:
        logits: (..., classes), floats.
        labels: (...), integers in [0, classes). Another one is a
            `tg.IndexRangeError` when the graph runs: -1 is not the last class.
        ignore_label: the label of rows that do not count, such as padding; it may be
            out of range.

    Returns:
        (...), in the logits' dtype.

    Raises:
        ShapeError: the labels' shape is not that of the logits' rows.
        DTypeError: the labels are not integers, `ignore_label` is none or does not fit
            the labels' dtype.

    Example:
        >>> tg.evaluate(tg.cross_entropy([[0.0, 0.0], [2.0, 0.0]], [0, 0]))
        array([0.69314718, 0.12692801])
    """
    scores, classes = as_node(logits), as_node(labels)
    if classes.type.dtype.kind not in "iu":
        raise DTypeError(
            f"cross_entropy: labels must be integers, one class per row, but "
            f"{classes.describe()}, made at {classes.where}, is {classes.type.dtype}"
        )
    if not scores.type.shape or scores.type.shape[:-1] != classes.type.shape:
        raise ShapeError(
            f"cross_entropy: {scores.describe()} has one row of logits per label of "
            f"shape {scores.type.shape[:-1]}, but the labels are {classes.describe()}"
        )
    ignored = None
    if ignore_label is not None:
        ignored = equal(classes, _fitting(ignore_label, classes))
        classes = where(ignored, 0, classes)
    labels = expand_dims(classes, -1)
    picked = take_labels(log_softmax(scores), labels, "cross_entropy")
    losses = negative(squeeze(picked, -1))
    return losses if ignored is None else where(ignored, 0, losses)


def _fitting(ignore_label: Any, labels: Node) -> int:
    """Return the label to ignore, which must be one that the labels can hold."""
    info = np.iinfo(labels.type.dtype)
    whole = hasattr(ignore_label, "__index__") and not isinstance(ignore_label, bool)
    if not whole or not info.min <= int(ignore_label) <= info.max:
        raise DTypeError(
            f"cross_entropy: ignore_label must be an integer that fits the labels, "
            f"{labels.describe()}, made at {labels.where}, not {ignore_label!r}"
        )
    return int(ignore_label)
