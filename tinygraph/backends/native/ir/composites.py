"""Composite ops in terms of maps and reductions, and the ops that this needs.

The parts round as the whole does, but for the order of sums.
"""

from typing import Any

import numpy as np

from tinygraph.core.building import apply, cast
from tinygraph.core.nodes import Node, Op
from tinygraph.core.types import TensorType, reduced_shape
from tinygraph.ops import philox
from tinygraph.ops.arithmetic import where
from tinygraph.ops.functions import exp, isfinite, log
from tinygraph.ops.reductions import (
    ARGMAX,
    reduction_rows,
    sum,
)
from tinygraph.ops.shaping import squeeze

TOP = Op(
    "top",
    infer=lambda x, axis, keepdims: TensorType(
        reduced_shape(x.shape, axis, keepdims), x.dtype, x.time
    ),
    impl=lambda x, axis, keepdims: np.max(
        x, axis=axis, keepdims=keepdims, initial=-np.inf
    ),
    rows=reduction_rows,
)
"""The greatest along axes; -inf of nothing."""


def _gumbel(
    step: Any, seed: int, key: Any, shape: Any, time: Any, at: Any = None
) -> Any:
    steps = np.asarray(step)
    total = int(np.prod(shape))
    u = philox.open_uniform(key.with_seed(seed), steps, total)
    found: Any = -np.log(-np.log(u)).reshape(*steps.shape, *shape)
    return found


GUMBEL = Op(
    "gumbel",
    infer=lambda key, shape, time, at=None: TensorType(
        shape, np.dtype(np.float64), time
    ),
    impl=_gumbel,
    over_time=lambda y, arrays, steps, step, seed, **attrs: _gumbel(
        step + np.arange(steps), seed, **attrs
    ),
    dims=("shape",),
    contextual=True,
    random=True,
)
"""The noise of `categorical`: -log(-log u), float64."""


def _shifted(y: Node) -> tuple[Node, Node]:
    """Return x minus its finite maxima, and those."""
    kind = y.type.dtype
    x, axis = cast(y.inputs[0], kind), y.attrs["axis"]
    top = apply(TOP, x, axis=axis, keepdims=True)
    finite = where(isfinite(top), top, 0)
    return x - finite, finite


def softmax(y: Node) -> Node:
    """exp(x - max) over its sum."""
    e = exp(_shifted(y)[0])
    return e / sum(e, y.attrs["axis"], keepdims=True)


def log_softmax(y: Node) -> Node:
    """x - max minus the logarithm of the sum of exponentials."""
    shifted, _ = _shifted(y)
    return shifted - log(sum(exp(shifted), y.attrs["axis"], keepdims=True))


def logsumexp(y: Node) -> Node:
    """The logarithm of the sum of exponentials, plus max."""
    axis = y.attrs["axis"]
    shifted, top = _shifted(y)
    total = log(sum(exp(shifted), axis, keepdims=True)) + top
    return total if y.attrs["keepdims"] else squeeze(total, axis)


def categorical(y: Node) -> Node:
    """The place of the greatest of logits plus Gumbel noise (the Gumbel-max trick).

    Of an unrolled graph the noise is that of the node's step, its attribute `at`.
    """
    (logits,) = y.inputs
    shape, time = logits.type.shape, logits.type.time
    noise = apply(GUMBEL, shape=shape, time=time, **y.attrs)
    return apply(ARGMAX, logits + noise, axis=(-1,), keepdims=False)
