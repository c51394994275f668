"""arange: numbers in a row, as many as an int or a named dimension says."""

from typing import Any

import numpy as np

from tinygraph.core.building import cast, constant
from tinygraph.core.errors import ShapeError
from tinygraph.core.nodes import Node, check_name
from tinygraph.ops.reductions import cumsum
from tinygraph.ops.shaping import broadcast_to


def arange(start: Any, stop: Any = None, step: Any = 1, dtype: Any = None) -> Node:
    """The numbers from `start` by `step` up to `stop`, left out: a static node.

    `arange(stop)` begins at 0. A `stop` that is a named dimension gives one number for
    each place along it: shape `("batch",)`. Ints give int64, floats float32.

    Raises:
        ShapeError: a named dimension, but not from 0 by 1.

    Example:
        >>> x = tg.placeholder("x", ("batch",))
        >>> tg.evaluate(x * tg.arange("batch", dtype="float32"), {"x": [1, 1, 2]})
        array([0., 1., 4.], dtype=float32)
    """
    first, end = (0, start) if stop is None else (start, stop)
    if isinstance(end, str):
        if (first, step) != (0, 1):
            raise ShapeError(
                f"arange to the dimension {end!r} is from 0 by 1, not from {first!r} "
                f"by {step!r}: its length is that of the dimension. Compute with the "
                "result instead"
            )
        ones = broadcast_to(constant(np.int64(1)), (check_name("a dimension", end),))
        return cast(cumsum(ones, 0) - 1, "int64" if dtype is None else dtype)
    numbers = np.arange(first, end, step)
    plain = "float32" if numbers.dtype.kind == "f" else "int64"
    return constant(numbers.astype(plain if dtype is None else dtype))
