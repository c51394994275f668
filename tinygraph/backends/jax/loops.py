"""A cycle as `lax.scan`: its members step by step, in its direction.

Iteration i runs member v at position i - lag(v); positions count steps from the start,
or from the end where the loop runs backwards. Iterations in which the same members are
active are one scan, so a loop that mixes past and future is a few of them.
"""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp

from tinygraph.backends.jax.kernels import Array, held
from tinygraph.backends.jax.over_time import Call, slot_rows
from tinygraph.backends.jax.rings import Ring
from tinygraph.core.delays import Delay
from tinygraph.core.nodes import Node
from tinygraph.core.shifts import repeated_step
from tinygraph.scheduling.order import Loop

Scan = Callable[..., tuple[Any, Any]]
"""`lax.scan`, or what keeps less of it for the gradient."""

Values = Mapping[Node, Array]


@dataclass(frozen=True)
class Read:
    """What a member reads of another: its value, so many iterations ago."""

    source: Node
    ago: int


Key = tuple[Node, bool]
"""What a ring is of: a member's own values; or (True) a delay's, slots before them."""


class LoweredLoop:
    """A loop ready to run.

    Args:
        loop: the members of a cycle.
        exported: nodes that something outside their loop reads.

    Attributes:
        lags: member → by how many iterations it runs later than the first ones.
        mixed: True where members look back and ahead.
        reads: member → for each operand what it reads of a member; None: from outside.
        rings: what is carried of earlier iterations.
        repeated: the REPLICATE delays.
        checked: members that take by index.
    """

    def __init__(self, loop: Loop, exported: set[Node]) -> None:
        self.loop = loop
        self.lags = dict(zip(loop.members, loop.lags, strict=True))
        self.exported = [node for node in loop.members if node in exported]
        self.mixed = max(loop.lags) > 0
        self.reads = {node: self._reads_of(node) for node in loop.members}
        self.rings = self._rings()
        delays = [x for x in loop.members if isinstance(x, Delay)]
        self.repeated = [x for x in delays if x.outside == "replicate"]
        self.checked = [x for x in loop.members if x.op.index_at is not None]

    def run(self, values: Values, call: Call, scan: Scan) -> dict[Node, Array]:
        """Return the values of the exported members at all steps.

        Args:
            values: of what the members read from outside, all steps or `(1, *shape)`.
            scan: runs the iterations of a segment.
        """
        return _Run(self, values, call).all(scan)

    def key(self, node: Node, read: Read) -> Key:
        """Return the ring in which a member finds what it reads."""
        return (node, True) if self.holds_slots(node) else (read.source, False)

    def holds_slots(self, node: Node) -> bool:
        """Return True for a delay whose ring begins with its slots."""
        if self.mixed or not isinstance(node, Delay):
            return False
        return node.outside != "replicate"

    def _reads_of(self, node: Node) -> list[Read | None]:
        is_delay = isinstance(node, Delay)
        k = node.steps if isinstance(node, Delay) else 0
        shift = -k if self.loop.backwards else k
        found: list[Read | None] = []
        for x in node.inputs[:1] if is_delay else node.inputs:
            inside = x in self.lags
            ago = self.lags[node] + shift - self.lags[x] if inside else 0
            found.append(Read(x, ago) if inside else None)
        return found

    def _rings(self) -> dict[Key, Ring]:
        depths: dict[Key, int] = {}
        for node in self.loop.members:
            for read in self.reads[node]:
                if read is not None and read.ago:
                    key = self.key(node, read)
                    depths[key] = max(depths.get(key, 0), read.ago)
        return {key: Ring(depth) for key, depth in depths.items()}


def pushed_into(key: Key) -> Node:
    """Return the member whose values go into a ring."""
    node, is_delayed = key
    return node.inputs[0] if is_delayed else node


@dataclass(frozen=True)
class Carried:
    """What one iteration hands to the next, all in the order of `LoweredLoop`.

    Attributes:
        rings: values of earlier iterations.
        edges: the source's value that REPLICATE delays repeat, once it is known.
        wrong: an index was out of range.
    """

    rings: list[Array]
    edges: list[Array]
    wrong: Array


jax.tree_util.register_dataclass(Carried, ["rings", "edges", "wrong"], [])


class _Run:
    """One run of a loop, while it is traced."""

    def __init__(self, lowered: LoweredLoop, values: Values, call: Call) -> None:
        self.lowered = lowered
        self.loop = lowered.loop
        self.values = values
        self.call = call
        self.total = call.sizes[self.loop.time]
        self.slots: dict[Node, Array | None] = {
            node: slot_rows(node, [values[x] for x in node.inputs[1:]], call)
            for node in self.loop.members
            if isinstance(node, Delay)
        }

    def all(self, scan: Scan) -> dict[Node, Array]:
        """Return the values of the exported members at all steps."""
        parts: dict[Node, list[Array]] = {x: [] for x in self.lowered.exported}
        carry = self._at_first()
        ends = {0, self.total + max(self.loop.lags)}
        for lag in self.loop.lags:
            ends |= {lag, self.total + lag}
        for start, stop in itertools.pairwise(sorted(ends)):
            segment = Segment(self, start, stop)
            numbers = jnp.arange(start, stop, dtype=jnp.int32)
            if self.loop.backwards:
                numbers = numbers[::-1]
            given = (numbers, list(segment.taken.values()))
            carry, made = scan(segment.body, carry, given, self.loop.backwards)
            for node, rows in zip(segment.exported, made, strict=True):
                parts[node].append(rows)
        if self.lowered.checked:
            self.call.wrong.append(carry.wrong)
        return {node: self._joined(rows) for node, rows in parts.items()}

    def _joined(self, rows: list[Array]) -> Array:
        ordered = rows[::-1] if self.loop.backwards else rows
        return ordered[0] if len(rows) == 1 else jnp.concatenate(ordered)

    def _at_first(self) -> Carried:
        rings = []
        for (node, holds_slots), ring in self.lowered.rings.items():
            rows = self.slots.get(node) if holds_slots else None
            if rows is None:
                rings.append(ring.empty(self.call.shape(node), held(node.dtype)))
            else:
                rings.append(ring.made(rows[::-1] if self.loop.backwards else rows))
        edges = [
            jnp.zeros(self.call.shape(node), held(node.dtype))
            for node in self.lowered.repeated
        ]
        return Carried(rings, edges, jnp.asarray(False))


class Segment:
    """Iterations in which the same members are active: the body of a scan.

    Attributes:
        active: the members that run.
        exported: those of them whose values are handed out.
        taken: what is read from outside step by step: (node, lag) → its rows.
    """

    def __init__(self, run: _Run, start: int, stop: int) -> None:
        self.run = run
        self.lowered = run.lowered
        lags = self.lowered.lags
        self.active = [
            x for x in lags if lags[x] <= start and stop <= run.total + lags[x]
        ]
        self.exported = [x for x in self.lowered.exported if x in set(self.active)]
        self.taken: dict[tuple[Node, int], Array] = {}
        for node in self.active:
            reads = self.lowered.reads[node]
            for x, read in zip(node.inputs, reads, strict=False):
                if read is None and len(run.values[x]) > 1:
                    stretch = self._stretch(lags[node], start, stop)
                    self.taken[x, lags[node]] = run.values[x][stretch]

    def _stretch(self, lag: int, start: int, stop: int) -> slice:
        """Return the steps at which iterations run what has this lag."""
        total = self.run.total
        if self.run.loop.backwards:
            return slice(total - stop + lag, total - start + lag)
        return slice(start - lag, stop - lag)

    def body(
        self, carried: Carried, given: tuple[Array, list[Array]]
    ) -> tuple[Carried, list[Array]]:
        """Run one iteration."""
        call, (i, rows) = self.run.call, given
        taken = dict(zip(self.taken, rows, strict=True))
        found: dict[Node, Array] = {}
        wrong = carried.wrong
        for node in self.active:
            if isinstance(node, Delay):
                found[node] = self._delayed(node, i, found, carried)
                continue
            arrays = self._operands(node, i, found, carried, taken)
            step = call.numbered(self._step(node, i))
            found[node] = call.settled(node, call.value(node, arrays, step))
            out_of_range = call.check(node, arrays)
            wrong = wrong if out_of_range is None else wrong | out_of_range
        behind = Carried(
            self._pushed(i, found, carried), self._edges(i, found, carried), wrong
        )
        return behind, [found[x] for x in self.exported]

    def _pushed(self, i: Array, found: Values, carried: Carried) -> list[Array]:
        """Return the rings behind an iteration."""
        rings = []
        for (key, ring), old in zip(
            self.lowered.rings.items(), carried.rings, strict=True
        ):
            value = found.get(pushed_into(key))
            rings.append(old if value is None else ring.pushed(old, i, value))
        return rings

    def _edges(self, i: Array, found: Values, carried: Carried) -> list[Array]:
        pairs = zip(self.lowered.repeated, carried.edges, strict=True)
        return [self._edge(node, i, found, old) for node, old in pairs]

    def _step(self, node: Node, i: Array) -> Array:
        """Return at which step an iteration runs a member."""
        position = i - self.lowered.lags[node]
        return self.run.total - 1 - position if self.run.loop.backwards else position

    def _operands(
        self,
        node: Node,
        i: Array,
        found: Values,
        carried: Carried,
        taken: Mapping[tuple[Node, int], Array],
    ) -> list[Array]:
        lag = self.lowered.lags[node]
        arrays = []
        for x, read in zip(node.inputs, self.lowered.reads[node], strict=True):
            if read is not None:
                arrays.append(self._read(node, read, i, found, carried))
            elif (x, lag) in taken:
                arrays.append(taken[x, lag])
            else:
                arrays.append(self.run.values[x][0])
        return arrays

    def _read(
        self, node: Node, read: Read, i: Array, found: Values, carried: Carried
    ) -> Array:
        """Return a value of this iteration or of one before."""
        if not read.ago:
            return found[read.source]
        key = self.lowered.key(node, read)
        number = list(self.lowered.rings).index(key)
        return self.lowered.rings[key].read(carried.rings[number], i, read.ago)

    def _delayed(self, node: Delay, i: Array, found: Values, carried: Carried) -> Array:
        """Return the source's value where there is such a step, else a slot."""
        (read,) = self.lowered.reads[node]
        assert read is not None, "a delay on a cycle has its source there"
        if self.lowered.holds_slots(node):
            return self._read(node, read, i, found, carried)
        t, k, total = self._step(node, i), node.steps, self.run.total
        slots = self.run.slots[node]
        if slots is None:
            number = self.lowered.repeated.index(node)
            slot = self._edge(node, i, found, carried.edges[number])
        else:
            place = jnp.clip(t if k > 0 else t - k - total, 0, abs(k) - 1)
            slot = jax.lax.dynamic_index_in_dim(slots, place, 0, keepdims=False)
        if not read.ago and read.source not in found:
            return slot
        outside = t < k if k > 0 else t >= total + k
        return jnp.where(outside, slot, self._read(node, read, i, found, carried))

    def _edge(self, node: Delay, i: Array, found: Values, old: Array) -> Array:
        """Return the value that the slots of a REPLICATE delay have, once known."""
        value = found.get(node.source)
        if value is None:
            return old
        at = repeated_step(node.steps, self.run.total)
        return jnp.where(self._step(node.source, i) == at, value, old)
