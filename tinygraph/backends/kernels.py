"""NumPy kernels that write into a given array, for what runs outside loops."""

import functools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tinygraph.nodes import Op
from tinygraph.planning import takes_out

Kernel = Callable[..., Any]
"""Operands, then where the result goes, all by position."""


def writing(op: Op, attrs: Mapping[str, Any]) -> Kernel:
    """Return a kernel that writes into its last argument."""
    special = _WRITING.get(op.name)
    if special is not None:
        return functools.partial(special, **attrs) if attrs else special
    impl = op.impl
    if by_position(op) and not attrs:
        return impl
    if takes_out(op):
        return lambda *arrays: impl(*arrays[:-1], out=arrays[-1], **attrs)
    return copying(functools.partial(impl, **attrs) if attrs else impl)


def by_position(op: Op) -> bool:
    """Return True for a kernel that takes `out` as one more operand, which is faster.

    NumPy is about to take more operands of maximum and minimum.
    """
    impl = op.impl
    return isinstance(impl, np.ufunc) and impl not in (np.maximum, np.minimum)


def copying(function: Callable[..., Any]) -> Kernel:
    """Return a kernel that copies what a function returns to its last argument."""

    def run(*arrays: Any) -> None:
        np.copyto(arrays[-1], function(*arrays[:-1]))

    return run


def _cast(x: Any, out: Any, dtype: Any) -> None:
    np.copyto(out, x, casting="unsafe")


def _where(condition: Any, x: Any, y: Any, out: Any) -> None:
    np.copyto(out, y)
    np.copyto(out, x, where=condition)


def _add_n(*arrays: Any) -> None:
    *terms, out = arrays
    np.copyto(out, terms[0])
    for term in terms[1:]:
        np.add(out, term, out)


def _concat(*arrays: Any, axis: int) -> None:
    *parts, out = arrays
    np.concatenate(parts, axis, out=out)


def _reduction(ufunc: np.ufunc) -> Kernel:
    reduce: Any = ufunc.reduce

    def run(x: Any, out: Any, axis: tuple[int, ...], keepdims: bool) -> None:
        reduce(x, axis, None, out, keepdims)

    return run


def _mean(x: Any, out: Any, axis: tuple[int, ...], keepdims: bool) -> None:
    if x.dtype != out.dtype or out.dtype.itemsize < 4:
        np.mean(x, axis, out=out, keepdims=keepdims)
        return
    _sum(x, out, axis, keepdims)
    count = x.size // out.size if out.size else 1
    np.divide(out, x.dtype.type(count), out)


def _log_softmax(x: Any, out: Any, axis: tuple[int, ...]) -> None:
    """x - top - log Σ e^(x - top); an infinite top is left out."""
    _shift(x, out, axis)
    total = np.add.reduce(np.exp(out), axis, keepdims=True)
    np.subtract(out, np.log(total, total), out)


def _softmax(x: Any, out: Any, axis: tuple[int, ...]) -> None:
    _shift(x, out, axis)
    np.exp(out, out)
    np.divide(out, np.add.reduce(out, axis, keepdims=True), out)


def _shift(x: Any, out: Any, axis: tuple[int, ...]) -> None:
    """Write x minus its finite maxima."""
    if x.dtype != out.dtype:
        x = x.astype(out.dtype)
    top = np.maximum.reduce(x, axis, keepdims=True, initial=-np.inf)
    if not np.isfinite(top).all():
        top[~np.isfinite(top)] = 0
    np.subtract(x, top, out)


_sum = _reduction(np.add)
_WRITING: dict[str, Kernel] = {
    "cast": _cast,
    "where": _where,
    "add_n": _add_n,
    "concat": _concat,
    "sum": _sum,
    "max": _reduction(np.maximum),
    "min": _reduction(np.minimum),
    "mean": _mean,
    "softmax": _softmax,
    "log_softmax": _log_softmax,
}
