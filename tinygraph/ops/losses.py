"""Losses, composed from other ops."""

from typing import Any

from tinygraph.building import as_node
from tinygraph.errors import DTypeError, ShapeError
from tinygraph.nodes import Node
from tinygraph.ops.functions import negative
from tinygraph.ops.indexing import take_along_axis
from tinygraph.ops.reductions import log_softmax
from tinygraph.ops.shaping import expand_dims, squeeze


def cross_entropy(logits: Any, labels: Any) -> Node:
    """Return -log softmax(logits)[label], one loss per row.

    Args:
        logits: (..., classes), floats.
        labels: (...), integers in [0, classes).

    Returns:
        (...), in the logits' dtype.

    Raises:
        ShapeError: the labels' shape is not that of the logits' rows.
        DTypeError: the labels are not integers.
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
    picked = take_along_axis(log_softmax(scores), expand_dims(classes, -1), axis=-1)
    return negative(squeeze(picked, -1))
