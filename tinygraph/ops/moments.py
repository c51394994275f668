"""Variance and standard deviation, composed of means."""

from typing import Any

import numpy as np

from tinygraph.core.building import as_node, axes_of, cast
from tinygraph.core.errors import TinygraphError
from tinygraph.core.nodes import Node
from tinygraph.ops.arithmetic import maximum, where
from tinygraph.ops.comparing import equal
from tinygraph.ops.elementwise import countable
from tinygraph.ops.functions import sqrt, square
from tinygraph.ops.reductions import count, mean
from tinygraph.ops.reductions import sum as sum_of


def var(
    a: Any,
    axis: Any = None,
    keepdims: bool = False,
    *,
    ddof: float = 0,
    correction: float | None = None,
    name: str | None = None,
) -> Node:
    """The mean squared distance from the mean over `axis` (None: all axes).

    Args:
        ddof: the sum is divided by n - ddof, n the number of elements; 1 gives the
            unbiased estimate.
        correction: the Array API standard's name for ddof.

    Raises:
        TinygraphError: both are given.

    Example:
        >>> x = tg.placeholder("x", (3,))
        >>> tg.evaluate(tg.var(x, ddof=1), {"x": [1, 2, 3]})
        array(1., dtype=float32)
    """
    node = as_node(a)
    axes = axes_of(node, axis)
    if correction is not None and ddof:
        raise TinygraphError("ddof and correction are two names for one number")
    free = count(node, axes) - (ddof if correction is None else correction)
    apart = countable(square(node - mean(node, axes, keepdims=True)))
    total = sum_of(apart, axes, keepdims)
    result = total / (maximum(free, 0) if isinstance(free, Node) else max(free, 0))
    if node.type.dtype == np.float16:
        result = cast(result, np.float16)
    return result if name is None else result.named(name)


def std(
    a: Any,
    axis: Any = None,
    keepdims: bool = False,
    *,
    ddof: float = 0,
    correction: float | None = None,
    name: str | None = None,
) -> Node:
    """The square root of `var`, whose arguments it takes, `ddof` and `correction` too.

    Its gradient where all elements are equal is 0, the middle of what it may be.

    Example:
        >>> x = tg.placeholder("x", (2,))
        >>> tg.evaluate(tg.std(x), {"x": [1, 3]})
        array(1., dtype=float32)
    """
    variance = var(a, axis, keepdims, ddof=ddof, correction=correction)
    none = equal(variance, 0)
    result = where(none, 0, sqrt(where(none, 1, variance)))
    return result if name is None else result.named(name)
