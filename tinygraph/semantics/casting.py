"""Casting of feeds: to the dtype of their leaf, and no value changes unless asked."""

from typing import Any

import numpy as np

from tinygraph.core.array_likes import fitted, is_plain, masked_within
from tinygraph.core.errors import FeedDTypeError, FeedShapeError
from tinygraph.core.nodes import Node

Array = np.ndarray[Any, Any]


def cast_feed(leaf: Node, value: Any, cast: bool) -> Array:
    """Return a feed in the leaf's dtype.

    Arrays are cast where NumPy calls it safe, integers to any width they fit in, and so
    is all that has a buffer or `__array__` (tensors, `array.array`) and lists of such;
    Python numbers and lists of them where they fit. With `cast`, or for a leaf made
    with `cast=True`, numbers may be rounded: float64 to float32, integers to floats.
    Never is a fraction cut off, and no finite number becomes infinite.

    Raises:
        FeedDTypeError: the cast could lose information, a value does not fit, or it is
            a masked array.
        FeedShapeError: a list is ragged, or what is fed does not become an array.
    """
    wanted = leaf.type.dtype
    if type(value) is np.ndarray and value.dtype == wanted:
        return value
    if isinstance(value, Node):
        raise FeedDTypeError(
            f"{leaf.op.name} {leaf.label!r} is fed the node {value.describe()}, made "
            f"at {value.where}: feed an array of values",
            leaf=leaf,
            wanted=wanted,
            got=value.type.dtype,
        )
    array, plain = _array_of(leaf, value), is_plain(value)
    if array.dtype == wanted:
        return array
    if array.dtype.kind not in "biuf":
        raise _bad_dtype(leaf, array, "feed numbers or an array of numbers")
    if not _allowed(array.dtype, wanted, plain or cast or "cast" in leaf.attrs):
        raise _bad_dtype(leaf, array, _advice(leaf, array))
    try:
        return fitted(array, wanted)
    except ValueError as problem:
        raise _bad_dtype(leaf, array, str(problem)) from None


def _array_of(leaf: Node, value: Any) -> Array:
    """Return what is fed as an array.

    Raises:
        FeedDTypeError: it is a masked array.
        FeedShapeError: it does not become an array.
    """
    masked = masked_within(value)
    if masked is not None:
        raise FeedDTypeError(
            f"{leaf.op.name} {leaf.label!r} is fed a masked array, whose mask would be "
            f"lost: feed {leaf.label}.filled(...), and the mask as a feed of its own",
            leaf=leaf,
            wanted=leaf.type.dtype,
            got=masked.dtype,
        )
    try:
        return np.asarray(value)
    except (ValueError, TypeError, RuntimeError) as problem:
        raise FeedShapeError(
            f"{leaf.op.name} {leaf.label!r}: this {type(value).__name__} does not "
            f"become an array: {problem}",
            leaf=leaf,
        ) from None


def _allowed(given: np.dtype[Any], wanted: np.dtype[Any], loose: bool) -> bool:
    """Return True for a cast that may be tried; whether values fit is seen later."""
    if given.kind in "iu" and wanted.kind in "iu":
        return True
    if loose and given.kind in "iu" and wanted.kind == "f":
        return True
    return np.can_cast(given, wanted, "same_kind" if loose else "safe")


def _advice(leaf: Node, array: Array) -> str:
    wanted, got = leaf.type.dtype, array.dtype
    advice = f"that cast could lose information. Feed {leaf.label}.astype('{wanted}')"
    if wanted.kind != "f":
        return f"{advice} where nothing is lost"
    return (
        f"{advice}, or make the leaf with dtype='{got}', or say that it is meant: "
        "cast=True in this call, or where the leaf is made"
    )


def _bad_dtype(leaf: Node, array: Array, advice: str) -> FeedDTypeError:
    wanted, got = leaf.type.dtype, array.dtype
    return FeedDTypeError(
        f"{leaf.op.name} {leaf.label!r} is {wanted}, got {got}: {advice}",
        leaf=leaf,
        wanted=wanted,
        got=got,
    )
