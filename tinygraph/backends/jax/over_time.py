"""All steps of a node at once, on arrays with time in front.

A value is `(T, *shape)`, or `(1, *shape)` where it is the same at every step. An op is
its rule of one step, mapped over time (`jax.vmap`), but for those that lead into time,
out of it, or along it.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp

from tinygraph.backends.jax import kernels
from tinygraph.backends.jax.barriers import SQUARE, seen
from tinygraph.backends.jax.kernels import Array, held
from tinygraph.backends.jax.rules import applied
from tinygraph.core.building import EVERY_STEP
from tinygraph.core.delays import DELAY, Delay
from tinygraph.core.nodes import Node, Op
from tinygraph.core.shifts import Shift, handed_on, shift
from tinygraph.ops import contracting, reductions, slots, time
from tinygraph.ops.arithmetic import MULTIPLY, SUBTRACT
from tinygraph.ops.comparing import EQUAL
from tinygraph.ops.index_range import indexed
from tinygraph.ops.picking import AT
from tinygraph.ops.windowing import EDGE
from tinygraph.semantics.binding import Binding


@dataclass(frozen=True)
class Call:
    """What a lowered graph is run with.

    Attributes:
        sizes: the length of every named dimension and time axis.
        start: absolute number of the first step, maybe a tracer.
        seed: of the random ops, maybe a tracer.
        compared: nodes that are computed once; see `compared`.
        apart: nodes that are not joined with others; see `barriers`.
        wrong: of each node that takes by index, whether an index is out of range.
    """

    sizes: Mapping[str, int]
    start: Any
    seed: Any
    compared: Set[Node] = frozenset()
    apart: Set[Node] = frozenset()
    wrong: list[Array] = field(default_factory=list)

    @property
    def _binding(self) -> Binding:
        return Binding({}, self.sizes, 0, 0, ())

    def shape(self, node: Node) -> tuple[int, ...]:
        """Return the shape of a node at one step."""
        return self._binding.shape(node.type.shape)

    def steps(self, node: Node) -> int:
        """Return the number of steps of a per-step node."""
        return self.sizes[node.type.time or ""]

    def numbered(self, t: Array) -> Array:
        """Return the absolute number of a step."""
        return jnp.asarray(self.start, held("int64")) + t

    def attrs(self, node: Node) -> Mapping[str, Any]:
        """Return the attributes of a node, with named dimensions as numbers."""
        return self._binding.attrs(node.op, node.attrs)

    def value(self, node: Node, arrays: Sequence[Array], step: Array) -> Array:
        """Return the value of a node at one step.

        Args:
            step: its absolute number.
        """
        attrs = self.attrs(node)
        if node.op.contextual:
            attrs = {k: v for k, v in attrs.items() if k not in ("time", "at")}
            attrs |= {"step": step, "seed": self.seed}
        return applied(node, arrays, attrs)

    def settled(self, node: Node, value: Array) -> Array:
        """Return a value that XLA will not compute again where it is read, nor join."""
        if node in self.apart:
            value = jax.lax.optimization_barrier(value)
        return kernels.stored(value) if node in self.compared else value

    def check(self, node: Node, arrays: Sequence[Array]) -> Array | None:
        """Return whether an index is out of range; None: the node takes by none."""
        at = node.op.index_at
        if at is None:
            return None
        table, axis = indexed(node)
        length = self._binding.shape(table.type.shape)[axis]
        indices = kernels.counting(arrays[at])
        lowest = 0 if node.attrs.get("labels_of") else -length
        return jnp.any((indices < lowest) | (indices >= length))


def compared(nodes: Iterable[Node]) -> set[Node]:
    """Return the floats of which some node asks whether they are equal, or how near.

    XLA computes a value again where that is cheaper than to store it, and may round it
    otherwise there: then a maximum is none of the values that it is the maximum of. A
    product is not rounded where something is subtracted from it: large ones are then
    beyond their maximum, and their softmax is NaN.
    """
    found = set()
    for node in nodes:
        for x in map(seen, node.inputs) if node.op is EQUAL else _less_top(node):
            if x.type.is_float:
                found.add(x)
    return found


def _less_top(node: Node) -> list[Node]:
    """Return the product that a node takes its own maximum from, if it does."""
    if node.op not in (*_SHIFTING, SUBTRACT):
        return []
    x = seen(node.inputs[0])
    if node.op is SUBTRACT:
        top = seen(node.inputs[1])
        if top.op is not reductions.MAX or seen(top.inputs[0]) is not x:
            return []
    return [x] if x.op in _PRODUCTS else []


_SHIFTING = (reductions.SOFTMAX, reductions.LOG_SOFTMAX, reductions.LOGSUMEXP)
_PRODUCTS = (MULTIPLY, SQUARE)


def static(node: Node, arrays: Sequence[Array], call: Call) -> Array:
    """Return the value of a static node of static ones."""
    kinds = _OF_ALL_STEPS.get(node.op)
    if kinds is not None:
        count = len(arrays) // kinds
        parts = [arrays[i : i + count] for i in range(0, len(arrays), count)]
        return over_time(node, [jnp.stack(part) for part in parts], call)
    at = node.attrs.get("at") if node.op.contextual else None
    step = jnp.zeros((), held("int64")) if at is None else call.numbered(at)
    return call.value(node, arrays, step)


def over_time(node: Node, arrays: Sequence[Array], call: Call) -> Array:
    """Return the value of a per-step node, or of a static one of per-step ones."""
    if node.op in TIME_RULES:
        value = TIME_RULES[node.op](node, arrays, call)
        return value.astype(held(node.dtype))
    still = {i: x[0] for i, x in enumerate(arrays) if len(x) == 1}
    if len(still) == len(arrays) and not node.op.contextual:
        return call.value(node, list(still.values()), 0)[jnp.newaxis]
    moving = [i for i in range(len(arrays)) if i not in still]
    steps = call.numbered(jnp.arange(call.steps(node), dtype=held("int64")))

    def at_step(step: Array, *parts: Array) -> Array:
        given = still | dict(zip(moving, parts, strict=True))
        return call.value(node, [given[i] for i in range(len(arrays))], step)

    return jax.vmap(at_step)(steps, *[arrays[i] for i in moving])


def all_steps(x: Array, total: int) -> Array:
    """Return a value with one row for each step."""
    return jnp.broadcast_to(x, (total, *x.shape[1:]))


def slot_rows(node: Delay, arrays: Sequence[Array], call: Call) -> Array | None:
    """Return the |k| slots of a delay, `(|k|, *shape)`; None: the source repeats."""
    if node.outside == "replicate":
        return None
    kind = held(node.dtype)
    if node.outside == "history":
        return arrays[-1].astype(kind)
    return jnp.broadcast_to(
        arrays[-1].astype(kind), (abs(node.steps), *call.shape(node))
    )


def delayed(node: Node, arrays: Sequence[Array], call: Call) -> Array:
    """Return a delay outside every cycle: its source moved, and slots.

    Args:
        arrays: the source at all steps, and what is in the slots.
    """
    assert isinstance(node, Delay)
    total, k = call.steps(node), node.steps
    source, slots_ = arrays[0], slot_rows(node, arrays, call)
    where: Shift = shift(k, total)
    count = min(abs(k), total)
    if slots_ is None:
        edge = source[:1] if k > 0 else source[-1:]
        outside = all_steps(edge, count)
    else:
        outside = slots_[where.slots]
    whole = all_steps(source, total)[where.source]
    return jnp.concatenate([outside, whole] if k > 0 else [whole, outside])


def _summed(node: Node, arrays: Sequence[Array], call: Call) -> Array:
    (x,), total = arrays, call.steps(node.inputs[0])
    return x.sum(0, dtype=x.dtype) if len(x) == total else x[0] * total


def _at(node: Node, arrays: Sequence[Array], call: Call) -> Array:
    (x,) = arrays
    return x[node.attrs["t"]] if len(x) > 1 else x[0]


def _first_steps(node: Node, arrays: Sequence[Array], call: Call) -> Array:
    steps = node.attrs["steps"]
    x = all_steps(arrays[0], call.steps(node.inputs[0]))[:steps]
    return jnp.pad(x, [(0, steps - len(x)), *[(0, 0)] * (x.ndim - 1)])


def _last_steps(node: Node, arrays: Sequence[Array], call: Call) -> Array:
    steps = node.attrs["steps"]
    x = all_steps(arrays[0], call.steps(node.inputs[0]))[-steps:]
    return jnp.pad(x, [(steps - len(x), 0), *[(0, 0)] * (x.ndim - 1)])


def _edge(node: Node, arrays: Sequence[Array], call: Call) -> Array:
    total = call.steps(node.inputs[0])
    return all_steps(arrays[0], total)[handed_on(node.attrs["steps"])]


def _all(node: Node, arrays: Sequence[Array], call: Call) -> list[Array]:
    """Return operands with one row for each step, in a static op of all steps."""
    total = max(map(len, arrays))
    if node.inputs[0].type.time is not None:
        total = call.steps(node.inputs[0])
    return [all_steps(x, total) for x in arrays]


def _contract(node: Node, arrays: Sequence[Array], call: Call) -> Array:
    kind = held(node.dtype)
    return kernels.contract(*[x.astype(kind) for x in _all(node, arrays, call)])


def _collect(node: Node, arrays: Sequence[Array], call: Call) -> Array:
    indices, rows = _all(node, arrays, call)
    flat = rows.reshape(math.prod(rows.shape[:-1]), rows.shape[-1])
    length = call.attrs(node)["length"]
    return kernels.scatter_flat(indices.reshape(-1), flat, length)


def _taken(node: Node, arrays: Sequence[Array], call: Call) -> Array:
    indices = arrays[0].reshape(-1)
    ones = jnp.ones((len(indices), 1), held("int32"))
    return kernels.scatter_flat(indices, ones, call.attrs(node)["length"]) > 0


def _total(node: Node, arrays: Sequence[Array], call: Call) -> Array:
    (x,) = _all(node, arrays, call)
    axis, keepdims = node.attrs["axis"], node.attrs["keepdims"]
    whole = jnp.sum(x, (0, *axis), x.dtype, keepdims=keepdims)
    return whole[0] if keepdims else whole


TimeRule = Callable[[Node, Sequence[Array], Call], Array]

TIME_RULES: dict[Op, TimeRule] = {
    EVERY_STEP: lambda node, arrays, call: arrays[0][jnp.newaxis],
    DELAY: delayed,
    time.FIRST: lambda node, arrays, call: arrays[0][0],
    time.LAST: lambda node, arrays, call: arrays[0][-1],
    time.SUM_OVER_TIME: _summed,
    time.MAX_OVER_TIME: lambda node, arrays, call: jnp.max(arrays[0], 0),
    time.STACK_TIME: lambda node, arrays, call: all_steps(
        arrays[0], call.steps(node.inputs[0])
    ),
    time.UNSTACK: lambda node, arrays, call: arrays[0],
    AT: _at,
    slots.FIRST_STEPS: _first_steps,
    slots.LAST_STEPS: _last_steps,
    EDGE: _edge,
    contracting.CONTRACT: _contract,
    contracting.COLLECT: _collect,
    contracting.TAKEN: _taken,
    contracting.TOTAL: _total,
}
"""Op → its value of operands at all steps."""

_OF_ALL_STEPS = {
    contracting.CONTRACT: 2,
    contracting.COLLECT: 2,
    contracting.TAKEN: 1,
    contracting.TOTAL: 1,
}
"""Ops that an unrolled graph holds with their operands at each step one by one."""
