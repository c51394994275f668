"""Kernels of reductions; `..._into` write into a given array, and allocate little.

Their type rule asks the kernel itself which dtype it gives.
"""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from tinygraph.core.types import TensorType, reduced_shape
from tinygraph.ops.elementwise import as_float

Kernel = Callable[..., None]
"""Operands, then where the result goes, by position; then attributes."""


def reduced_type(kernel: Callable[..., Any]) -> Callable[..., TensorType]:
    """Return the type rule of a reduction whose dtype is that of NumPy's."""

    @functools.cache
    def dtype_of(dtype: np.dtype[Any]) -> np.dtype[Any]:
        found: np.dtype[Any] = kernel(np.ones((1,), dtype), axis=0).dtype
        return found

    def infer(x: TensorType, axis: tuple[int, ...], keepdims: bool) -> TensorType:
        shape = reduced_shape(x.shape, axis, keepdims)
        return TensorType(shape, dtype_of(x.dtype), x.time)

    return infer


def reduction_into(ufunc: np.ufunc) -> Kernel:
    """Return the kernel that reduces by a ufunc."""
    reduce: Any = ufunc.reduce

    def run(x: Any, out: Any, axis: tuple[int, ...], keepdims: bool) -> None:
        reduce(x, axis, None, out, keepdims)

    return run


sum_kernel: Any = np.add.reduce
"""What `np.sum` calls in the end."""
sum_into = reduction_into(np.add)


def mean_kernel(x: Any, axis: Any, keepdims: bool = False) -> Any:
    """NumPy's mean; that of nothing is NaN, of which nobody needs to be warned.

    Of floats that have room for sums it is theirs divided by the count, which `np.mean`
    takes as long again to find out.
    """
    if not x.size:
        return np.sum(x, axis, keepdims=keepdims) * np.nan
    if x.dtype.kind != "f" or x.dtype.itemsize < 4:
        return np.mean(x, axis, keepdims=keepdims)
    total = sum_kernel(x, axis, keepdims=keepdims)
    return total / x.dtype.type(x.size // total.size)


def mean_into(x: Any, out: Any, axis: tuple[int, ...], keepdims: bool) -> None:
    """The sum divided by the count, in the operand's dtype."""
    if x.dtype != out.dtype or out.dtype.itemsize < 4:
        np.copyto(out, mean_kernel(x, axis, keepdims))
        return
    sum_into(x, out, axis, keepdims)
    count = x.size // out.size if out.size else 1
    np.divide(out, x.dtype.type(count), out)


def log_softmax_into(x: Any, out: Any, axis: tuple[int, ...]) -> None:
    """x - top - log Σ e^(x - top); an infinite top is left out."""
    _shift(x, out, axis)
    total = np.add.reduce(np.exp(out), axis, keepdims=True)
    np.subtract(out, np.log(total, total), out)


def softmax_into(x: Any, out: Any, axis: tuple[int, ...]) -> None:
    """e^(x - top) / Σ e^(x - top)."""
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


def logsumexp_kernel(x: Any, axis: tuple[int, ...], keepdims: bool) -> Any:
    """max + log Σ e^(x - max); an infinite max is left out of the difference."""
    x = as_float(x)
    top = _finite_max(x, axis)
    total = np.log(np.sum(np.exp(x - top), axis=axis, keepdims=True)) + top
    return total if keepdims else np.squeeze(total, axis)


def _finite_max(x: Any, axis: tuple[int, ...]) -> Any:
    """Return the maxima with axes kept; 0 where one is infinite or NaN."""
    top = np.max(x, axis=axis, keepdims=True, initial=-np.inf)
    return np.where(np.isfinite(top), top, 0).astype(x.dtype)


def _shifted(x: Any, axis: tuple[int, ...]) -> Any:
    x = as_float(x)
    return x - _finite_max(x, axis)


def softmax_kernel(x: Any, axis: tuple[int, ...]) -> Any:
    """e^(x - top) / Σ e^(x - top), a new array."""
    e = np.exp(_shifted(x, axis))
    return e / np.sum(e, axis=axis, keepdims=True)


def log_softmax_kernel(x: Any, axis: tuple[int, ...]) -> Any:
    """x - top - log Σ e^(x - top), a new array."""
    shifted = _shifted(x, axis)
    return shifted - np.log(np.sum(np.exp(shifted), axis=axis, keepdims=True))
