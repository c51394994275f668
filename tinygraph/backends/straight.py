"""What runs once, outside every cycle: one function per node, made beforehand."""

from collections.abc import Callable, MutableMapping
from typing import Any

import numpy as np

from tinygraph.backends.vectorising import run_over_time
from tinygraph.binding import Array, Binding
from tinygraph.building import CONSTANT, EVERY_STEP
from tinygraph.delays import Delay
from tinygraph.leaves import is_leaf
from tinygraph.nodes import Node
from tinygraph.planning import is_ufunc

Values = MutableMapping[Node, Any]
Buffers = MutableMapping[Any, Any]
Runner = Callable[[Values, Binding, Buffers], Any]


def runner(node: Node, lasting: bool) -> Runner:
    """Return the function that computes a node from the values of its inputs.

    Args:
        lasting: write into a buffer that stays from call to call, where the kernel
            can: what a loop reads keeps its place, and its views.
    """
    if is_leaf(node):
        return lambda values, binding, buffers: binding.values[node]
    if node.op is CONSTANT:
        value = node.attrs["value"]
        return lambda values, binding, buffers: value
    if isinstance(node, Delay):
        return lambda values, binding, buffers: _shift(node, values, binding)
    if node.op is EVERY_STEP:
        (x,) = node.inputs
        return lambda values, binding, buffers: np.asarray(values[x])[np.newaxis]
    if node.op.contextual or node.op.dims:
        return _general(node)
    timed = node.type.time is not None or node.inputs[0].type.time is not None
    if not timed:
        return _direct(node)
    even = len({x.ndim for x in node.inputs}) == 1
    if node.op.over_time is None and even:
        return _lasting(node) if lasting and is_ufunc(node.op) else _direct(node)
    return _general(node)


def _direct(node: Node) -> Runner:
    """Call the kernel as it stands."""
    impl, attrs, inputs = node.op.impl, dict(node.attrs), node.inputs

    def run(values: Values, binding: Binding, buffers: Buffers) -> Any:
        return impl(*[values[x] for x in inputs], **attrs)

    return run


def _lasting(node: Node) -> Runner:
    """Call a ufunc on a buffer kept for the next call."""
    impl, inputs = node.op.impl, node.inputs

    def run(values: Values, binding: Binding, buffers: Buffers) -> Any:
        arrays = [values[x] for x in inputs]
        if node in buffers:
            return impl(*arrays, out=buffers[node])
        result = impl(*arrays)
        if result.ndim > 1:
            buffers[node] = result
        return result

    return run


def _general(node: Node) -> Runner:
    inputs = node.inputs
    timed = node.type.time is not None or any(
        x.type.time is not None for x in node.inputs
    )

    def run(values: Values, binding: Binding, buffers: Buffers) -> Any:
        arrays = [values[x] for x in inputs]
        if timed:
            return run_over_time(node, arrays, binding)
        return binding.call(node.op, node.attrs, arrays, None)

    return run


def _shift(node: Delay, values: Values, binding: Binding) -> Array:
    """Return a delay over all steps at once: the source moved by k, and slots."""
    source = values[node.source]
    steps = binding.sizes[node.type.time or ""]
    source = np.broadcast_to(source, (steps, *source.shape[1:]))
    slots = _slots(node, values, steps, source)
    k = node.steps
    kept = max(steps - abs(k), 0)
    result = np.empty(source.shape, source.dtype)
    if k > 0:
        result[: steps - kept] = slots[: steps - kept]
        result[steps - kept :] = source[:kept]
    else:
        result[:kept] = source[steps - kept :]
        result[kept:] = slots[len(slots) - (steps - kept) :]
    return result


def _slots(node: Delay, values: Values, steps: int, source: Any) -> Any:
    """Return the |k| values that the steps outside see, in time order."""
    k = node.steps
    if node.kind == "history":
        return values[node.inputs[-1]]
    if node.kind == "replicate":
        edge = source[0 if k > 0 else steps - 1]
    else:
        edge = values[node.inputs[-1]]
    shape = np.shape(source[0])
    return np.broadcast_to(edge, (abs(k), *shape))
