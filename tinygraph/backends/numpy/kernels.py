"""NumPy kernels that write into a given array, for what runs outside loops."""

import functools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tinygraph.core.nodes import Op
from tinygraph.scheduling.planning import takes_out

Kernel = Callable[..., Any]
"""Operands, then where the result goes, all by position."""


def kernel_into(op: Op, attrs: Mapping[str, Any]) -> Kernel:
    """Return a kernel that writes into its last argument."""
    if op.into is not None:
        return functools.partial(op.into, **attrs) if attrs else op.into
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
