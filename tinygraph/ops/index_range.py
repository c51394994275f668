"""Indices out of range: NumPy's kernels for indexing, with the value in the error."""

from typing import Any

import numpy as np

from tinygraph.core.errors import IndexRangeError
from tinygraph.core.nodes import Node


def out_of_range(indices: Any, length: int, labels_of: str = "") -> IndexRangeError:
    """Return the error of the first index outside [-length, length).

    Args:
        labels_of: the loss whose labels they are, which start at 0.
    """
    flat = np.asarray(indices).reshape(-1)
    lowest = 0 if labels_of else -length
    wrong = flat[(flat < lowest) | (flat >= length)]
    return IndexRangeError(
        f"index {wrong[0]} is out of bounds for length {length}",
        index=int(wrong[0]),
        length=length,
    )


def refuse_negative(indices: Any, length: int, labels_of: str) -> None:
    """Refuse labels below 0, which NumPy would count from the end.

    Raises:
        IndexRangeError: the indices are labels, and one is negative.
    """
    if labels_of and indices.dtype.kind == "i" and indices.size and indices.min() < 0:
        raise out_of_range(indices, length, labels_of)


def take(x: Any, indices: Any, axis: int, out: Any = None) -> Any:
    """Take as `np.take`.

    Raises:
        IndexRangeError: an index is out of range.
    """
    try:
        return np.take(x, indices, axis, out=out)
    except IndexError:
        raise out_of_range(indices, np.shape(x)[axis]) from None


def take_along(x: Any, indices: Any, axis: int, labels_of: str = "") -> Any:
    """Take as `np.take_along_axis`.

    Raises:
        IndexRangeError: an index is out of range.
    """
    length = np.shape(x)[axis]
    refuse_negative(indices, length, labels_of)
    try:
        return np.take_along_axis(x, indices, axis)
    except IndexError:
        raise out_of_range(indices, length, labels_of) from None


def indexed(node: Node) -> tuple[Node, int]:
    """Return what a node's indices count in, and the (negative) axis.

    That is the first operand where values are taken, the result where they are put.
    """
    table = node if "length" in node.attrs else node.inputs[0]
    axis: int = node.attrs.get("axis", -table.ndim)
    return table, axis
