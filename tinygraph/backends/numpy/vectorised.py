"""Linking what runs once, outside every cycle: all steps of a node together.

A per-step value is one array `(T, *shape)`, or `(1, *shape)` where it is the same at
every step. Most views and all that depends on sizes alone are made while linking.
"""

from collections.abc import Callable, Collection
from operator import itemgetter
from typing import Any

import numpy as np

from tinygraph.backends.linking.frames import execute
from tinygraph.backends.linking.linker import Linker
from tinygraph.backends.linking.values import Change, Late
from tinygraph.backends.numpy.kernels import copying, kernel_into
from tinygraph.backends.numpy.over_time import run_over_time
from tinygraph.backends.numpy.rules import ALL_STEPS, ONE_VALUE
from tinygraph.core.building import CONSTANT, EVERY_STEP
from tinygraph.core.delays import Delay
from tinygraph.core.leaves import is_leaf
from tinygraph.core.nodes import Node
from tinygraph.core.shifts import shift
from tinygraph.ops.elementwise import is_ufunc
from tinygraph.ops.invariance import lasts
from tinygraph.ops.shaping import RESHAPE, TRANSPOSE, pad_rank
from tinygraph.ops.time import EXTENT
from tinygraph.semantics.binding import Array


def link_once(linker: Linker, node: Node, dying: Collection[Node] = ()) -> None:
    """Link a node outside every cycle.

    Args:
        dying: operands that nobody reads afterwards.
    """
    if is_leaf(node):
        linker.values.find(node, itemgetter(node))
    elif node.op is CONSTANT:
        linker.values.know(node, node.attrs["value"])
    elif node.op is EXTENT:
        linker.values.know(node, linker.binding.call(node.op, node.attrs, [], None))
    elif isinstance(node, Delay):
        _link_delay(linker, node)
    elif node.op.view:
        _link_view(linker, node)
    elif not _link_by_rule(linker, node):
        _link_kernel(linker, node, dying)


def _is_timed(node: Node) -> bool:
    inputs = node.inputs
    return node.type.time is not None or any(x.type.time is not None for x in inputs)


def _over_all_steps(linker: Linker, node: Node) -> Callable[..., Any]:
    """Return the function of arrays over all steps that a node is."""
    binding, timed = linker.binding, _is_timed(node)

    def run(*arrays: Any) -> Any:
        if timed:
            return run_over_time(node, list(arrays), binding)
        return binding.call(node.op, node.attrs, list(arrays), None)

    return run


def _link_view(linker: Linker, node: Node) -> None:
    viewed, *others = node.inputs
    value = linker.values.of(viewed)
    shapes = [_stand_in(linker, x) for x in others]
    view = _view(linker, node, shapes)
    if isinstance(value, Late):
        stays = node.type.time is not None and viewed.type.time is not None
        fixed = node.op is EVERY_STEP or (stays and linker.values.is_fixed(viewed))
        linker.values.derive(node, value.then(view), fixed=fixed)
        return
    array = view(value)
    if np.may_share_memory(array, value) or linker.values.is_known(viewed):
        linker.values.view(node, viewed, array)
        return
    linker.call(copying(view), [value, linker.values.new(node, array.shape)], node)


def _view(linker: Linker, node: Node, shapes: list[Any]) -> Callable[[Any], Any]:
    """Return the function from the viewed array to the view."""
    if node.op is EVERY_STEP:
        return lambda array: array[np.newaxis]
    if node.op is TRANSPOSE and node.type.time is None:
        axes = tuple(axis + node.ndim for axis in node.attrs["axes"])
        return lambda array: array.transpose(axes)
    if node.op is RESHAPE and not linker.values.is_fixed(node.inputs[0]):
        shape = linker.values.shape(node)
        return lambda array: array.reshape(shape)
    over_all = _over_all_steps(linker, node)
    return lambda array: over_all(array, *shapes)


def _stand_in(linker: Linker, node: Node) -> Array:
    """Return something of a value's shape, for ops that read no more of it."""
    if not linker.values.is_late(node):
        return linker.values.arrays[node]
    return np.broadcast_to(np.zeros((), node.dtype), linker.values.shape(node))


def _link_by_rule(linker: Linker, node: Node) -> bool:
    rule = (ALL_STEPS if _is_timed(node) else ONE_VALUE).get(node.op)
    return rule is not None and rule(linker, node)


def _link_kernel(linker: Linker, node: Node, dying: Collection[Node]) -> None:
    """Compute a node into an array: of its own, or of an operand that dies."""
    op, binding = node.op, linker.binding
    timed = _is_timed(node)
    known = not op.contextual and all(map(linker.values.is_known, node.inputs))
    shape = binding.shape(node.type.shape)
    if node.type.time is not None:
        fixed = lasts(op) and all(map(linker.values.is_fixed, node.inputs))
        shape = (1 if fixed else binding.sizes[node.type.time], *shape)
    if known:
        array = np.empty(shape, node.dtype)
        linker.values.know(node, array)
        arguments = [linker.values.of(x) for x in node.inputs]
        execute([(copying(_over_all_steps(linker, node)), [*arguments, array], node)])
        return
    if op.contextual:
        function = copying(_contextual(linker, node))
        arguments = [linker.values.of(x) for x in node.inputs]
    elif timed and op.over_time is not None:
        function = copying(_over_all_steps(linker, node))
        arguments = [linker.values.of(x) for x in node.inputs]
    else:
        function = kernel_into(op, binding.attrs(op, node.attrs))
        arguments = _padded(linker, node) if timed else _values(linker, node)
    out = _overwritten(linker, node, dying, shape) if is_ufunc(op) else None
    linker.call(
        function,
        [*arguments, linker.values.new(node, shape) if out is None else out],
        node,
    )


def _values(linker: Linker, node: Node) -> list[Any]:
    return [linker.values.of(x) for x in node.inputs]


def _padded(linker: Linker, node: Node) -> list[Any]:
    """Return the operands with equally many axes behind time."""
    ndim = max(x.ndim for x in node.inputs)

    def pad(array: Array) -> Any:
        return pad_rank(array, ndim)

    change: Change = pad
    return [linker.values.of(x, change if x.ndim < ndim else None) for x in node.inputs]


def _overwritten(
    linker: Linker, node: Node, dying: Collection[Node], shape: tuple[int, ...]
) -> Array | None:
    """Return the array of an operand of the same type that nobody needs any more."""
    for x in node.inputs:
        if x in dying and x.type == node.type and not linker.values.is_late(x):
            if linker.values.arrays[x].shape == shape:
                array = linker.values.over(node, x)
                if array is not None:
                    return array
    return None


def _contextual(linker: Linker, node: Node) -> Callable[..., Any]:
    """Return the function of an op that reads the step or the seed of a call."""
    state, timed = linker.state, _is_timed(node)

    def run(*arrays: Any) -> Any:
        binding = state.binding
        assert binding is not None
        if timed:
            return run_over_time(node, list(arrays), binding)
        return binding.call(node.op, node.attrs, list(arrays), None)

    return run


def _link_delay(linker: Linker, node: Delay) -> None:
    """The source moved by k, and the slots: two copies."""
    steps = linker.binding.sizes[node.type.time or ""]
    all_steps = shift(node.steps, steps)
    shape = (steps, *linker.binding.shape(node.type.shape))
    out = linker.values.new(node, shape)
    if abs(node.steps) < steps:
        source = linker.values.of(node.source, _stretch(steps, all_steps.source))
        linker.call(np.copyto, [_at(out, all_steps.moved), source], node)
    slots = _slots(linker, node, all_steps.slots)
    linker.call(np.copyto, [_at(out, all_steps.outside), slots], node)


def _at(out: Any, key: slice) -> Any:
    """Return a stretch of where a node goes."""
    return out.then(lambda a: a[key]) if isinstance(out, Late) else out[key]


def _stretch(steps: int, key: slice) -> Change:
    """Return how a stretch of a source is taken; of one value for all steps, all."""
    return lambda source: source if len(source) != steps else source[key]


def _slots(linker: Linker, node: Delay, key: slice) -> Any:
    """Return the values of some of the slots."""
    if node.outside == "replicate":
        edge = slice(0, 1) if node.steps > 0 else slice(-1, None)
        return linker.values.of(node.source, lambda source: source[edge])
    if node.outside == "init":
        return linker.values.of(node.inputs[-1])
    return linker.values.of(node.inputs[-1], lambda slots: slots[key])
