"""Composite ops taken apart: what the generator knows are maps and folds.

Per-step nodes only. The parts round as the whole does, but for the order of sums.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tinygraph.core.building import apply, cast
from tinygraph.core.graph import Graph
from tinygraph.core.nodes import Node, Op
from tinygraph.core.rebuilding import substitute
from tinygraph.core.types import TensorType, reduced_shape
from tinygraph.ops import philox
from tinygraph.ops.arithmetic import where
from tinygraph.ops.functions import exp, isfinite, log
from tinygraph.ops.random import CATEGORICAL
from tinygraph.ops.reductions import (
    ARGMAX,
    LOG_SOFTMAX,
    LOGSUMEXP,
    SOFTMAX,
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


def _gumbel(step: Any, seed: int, key: Any, shape: Any, time: Any) -> Any:
    steps = np.asarray(step)
    total = int(np.prod(shape))
    u = philox.open_uniform(key.with_seed(seed), steps, total)
    found: Any = -np.log(-np.log(u)).reshape(*steps.shape, *shape)
    return found


GUMBEL = Op(
    "gumbel",
    infer=lambda key, shape, time: TensorType(shape, np.dtype(np.float64), time),
    impl=_gumbel,
    over_time=lambda y, arrays, steps, step, seed, **attrs: _gumbel(
        step + np.arange(steps), seed, **attrs
    ),
    dims=("shape",),
    contextual=True,
)
"""The noise of `categorical`: -log(-log u), float64."""


def lowered(graph: Graph) -> Graph:
    """Return the graph with softmax and the like taken apart."""
    found: dict[Node, Node] = {}
    for node in graph.nodes:
        rule = _RULES.get(node.op)
        if rule is not None and node.type.time is not None:
            found[node] = rule(node)
    return Graph(substitute(graph.outputs, found)) if found else graph


def _shifted(y: Node) -> tuple[Node, Node]:
    """Return x minus its finite maxima, and those."""
    kind = y.type.dtype
    x, axis = cast(y.inputs[0], kind), y.attrs["axis"]
    top = apply(TOP, x, axis=axis, keepdims=True)
    finite = where(isfinite(top), top, 0)
    return x - finite, finite


def _softmax(y: Node) -> Node:
    e = exp(_shifted(y)[0])
    return e / sum(e, y.attrs["axis"], keepdims=True)


def _log_softmax(y: Node) -> Node:
    shifted, _ = _shifted(y)
    return shifted - log(sum(exp(shifted), y.attrs["axis"], keepdims=True))


def _logsumexp(y: Node) -> Node:
    axis = y.attrs["axis"]
    shifted, top = _shifted(y)
    total = log(sum(exp(shifted), axis, keepdims=True)) + top
    return total if y.attrs["keepdims"] else squeeze(total, axis)


def _categorical(y: Node) -> Node:
    (logits,) = y.inputs
    shape, time = logits.type.shape, logits.type.time
    noise = apply(GUMBEL, key=y.attrs["key"], shape=shape, time=time)
    return apply(ARGMAX, logits + noise, axis=(-1,), keepdims=False)


_RULES: Mapping[Op, Callable[[Node], Node]] = {
    SOFTMAX: _softmax,
    LOG_SOFTMAX: _log_softmax,
    LOGSUMEXP: _logsumexp,
    CATEGORICAL: _categorical,
}
