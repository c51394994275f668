"""Kernels that add up rows which share an index."""

from typing import Any

import numpy as np

from tinygraph.ops import index_range


def scatter_flat(indices: Any, rows: Any, length: int) -> Any:
    """Add up the rows (n, ...) that share an index: (length, ...).

    One column is counted, weighted. Few rows, or a short table: one product with a
    one-hot matrix, unless a NaN or an infinity would spread through its zeros.
    Otherwise the rows are sorted.
    """
    if not indices.size:
        return np.zeros((length, *rows.shape[1:]), rows.dtype)
    if indices.min() < -length or indices.max() >= length:
        raise index_range.out_of_range(indices, length)
    if rows.dtype.kind == "f" and rows.size == len(rows):
        total = np.bincount(_places(indices, length), rows.ravel(), length).astype(
            rows.dtype
        )
        return total.reshape(length, *rows.shape[1:])
    if rows.dtype.kind == "f" and is_dense(length, indices.size):
        hot = np.zeros((length, indices.size), rows.dtype)
        hot[indices, np.arange(indices.size)] = 1
        with np.errstate(over="ignore", invalid="ignore"):
            total = hot @ rows.reshape(len(rows), -1)
            finite = np.isfinite(np.sum(total))
        if finite:
            return total.reshape(length, *rows.shape[1:])
    return scatter_sorted(indices, rows, length)


def is_dense(length: int, count: int) -> bool:
    """Return True where a product with a one-hot (length, count) is the faster way."""
    return length <= 96 or length * count <= 2**14


def scatter_sorted(indices: Any, rows: Any, length: int) -> Any:
    """Add up the rows that share an index, sorted first; a NaN stays in its row."""
    result = np.zeros((length, *rows.shape[1:]), rows.dtype)
    places = _places(indices, length)
    order = np.argsort(places, kind="stable")
    found, starts = np.unique(places[order], return_index=True)
    result[found] = np.add.reduceat(rows[order], starts, axis=0)
    return result


def _places(indices: Any, length: int) -> Any:
    """Return indices counted from the start, wide enough for any length."""
    wide = indices.astype(np.intp, copy=False)
    return np.where(wide < 0, wide + length, wide)
