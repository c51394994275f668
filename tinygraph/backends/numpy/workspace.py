"""Workspaces: where the members of a loop live for one set of sizes, step by step."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from tinygraph.backends.linking.arena import ArenaBlock
from tinygraph.backends.linking.linker import Linker
from tinygraph.backends.numpy.over_time import run_over_time, views
from tinygraph.core.delays import Delay
from tinygraph.core.nodes import Node
from tinygraph.core.shifts import repeated_step, room, slot_at, slots_beside
from tinygraph.scheduling.halos import furthest
from tinygraph.scheduling.horizontal import side_by_side
from tinygraph.scheduling.planning import LoopPlan
from tinygraph.semantics.binding import Array, Binding

Lists = dict[Node, list[Any]]


class Workspace:
    """The memory of one loop's members, and the views of it at each step.

    Attributes:
        lists: member → its value at each step, a view into a buffer.
        fixed: members whose value stands in the same array at every step.
        slots: delay → what it gives at the steps that look outside, `(|k|, *shape)`.
    """

    def __init__(self, plan: LoopPlan, linker: Linker) -> None:
        self.plan = plan
        self.binding: Binding = linker.binding
        self.steps = self.binding.sizes[plan.loop.time]
        self.lists: Lists = {}
        self.fixed: set[Node] = set()
        self.slots: dict[Delay, Array] = {}
        self._linker = linker
        self._memory = linker.memory
        self._blocks: dict[Node, ArenaBlock] = {}
        self._temporaries: list[ArenaBlock] = []
        self._long: dict[Node, Array] = {}
        self._first: dict[Node, int] = {}
        self._allocate_long()
        self._allocate_scratch()
        self._allocate_slots()
        self._fill_lists()

    def _allocate_long(self) -> None:
        for node in self.plan.long:
            before, after = room(x.steps for x in self.plan.halo.get(node, ()))
            size = before + self.steps + after
            shape = (size, *self.binding.shape(node.type.shape))
            block = self._blocks[node] = self._memory.take(shape, node.dtype)
            buffer = block.shaped(shape, node.dtype)
            self._long[node], self._first[node] = buffer, before
            self.lists[node] = views(buffer[before : before + self.steps])

    def _allocate_scratch(self) -> None:
        slots = [self._temporary(x, ()) for x in self.plan.slots]
        for node, number in self.plan.scratch.items():
            self.lists[node] = [slots[number]] * self.steps
            self.fixed.add(node)
        for part, (whole, offset) in self.plan.within.items():
            key = part_key(whole, part, offset)
            self.lists[part] = [array[key] for array in self.lists[whole]]
            if whole in self.fixed:
                self.fixed.add(part)

    def _temporary(self, node: Node, lead: tuple[int, ...]) -> Array:
        """Return an array of a node's type that is free again after the loop."""
        shape = (*lead, *self.binding.shape(node.type.shape))
        block = self._memory.take(shape, node.dtype)
        self._temporaries.append(block)
        return block.shaped(shape, node.dtype)

    def _allocate_slots(self) -> None:
        for node in self.plan.loop.members:
            if not isinstance(node, Delay) or node.outside == "replicate":
                continue
            if self._shares(node):
                first = self._first[node.source]
                within = slots_beside(node.steps, first, self.steps)
                self.slots[node] = self._long[node.source][within]
            else:
                self.slots[node] = self._temporary(node, (abs(node.steps),))

    def _shares(self, node: Delay) -> bool:
        return node in self.plan.halo.get(node.source, ())

    def slots_to_fill(self) -> list[tuple[Delay, Array]]:
        """Return the slots that a call fills; what they hold of others' but once."""
        ends = furthest(self.plan.halo.values())
        return [
            (delay, array)
            for delay, array in self.slots.items()
            if delay in ends or not self._shares(delay)
        ]

    def _fill_lists(self) -> None:
        """Fill the lists of delays and views, in the order in which the loop runs."""
        loop, steps = self.plan.loop, self.steps
        slots = {node: views(array) for node, array in self.slots.items()}
        moving = [
            (node, lag)
            for node, lag in zip(loop.members, loop.lags, strict=True)
            if isinstance(node, Delay) or node in self.plan.views
        ]
        for node, _ in moving:
            self.lists[node] = [None] * steps
            if node.inputs[0] in self.fixed and not isinstance(node, Delay):
                self.fixed.add(node)
        for i in range(steps + max(loop.lags)):
            for node, lag in moving:
                at = i - lag
                if 0 <= at < steps:
                    t = steps - 1 - at if loop.backwards else at
                    value = (
                        self._delayed(node, t, slots)
                        if isinstance(node, Delay)
                        else self._viewed(node, t)
                    )
                    self.lists[node][t] = value

    def _viewed(self, node: Node, t: int) -> Any:
        attrs = self.binding.attrs(node.op, node.attrs)
        viewed, *others = node.inputs
        shapes = map(self._stand_in, others)
        return node.op.impl(self.lists[viewed][t], *shapes, **attrs)

    def _stand_in(self, node: Node) -> Any:
        """Return something of the shape of a node at one step, to look no further."""
        return np.broadcast_to(np.zeros((), node.dtype), self.binding.shape(node.shape))

    def _delayed(self, node: Delay, t: int, slots: Mapping[Delay, list[Any]]) -> Any:
        k, source = node.steps, self.lists[node.source]
        number = slot_at(t, k, self.steps)
        if number is None:
            return source[t - k]
        if node.outside == "replicate":
            return source[repeated_step(k, self.steps)]
        return slots[node][number]

    def joined(self, parts: tuple[Node, ...]) -> list[Any]:
        """Return neighbours within a concat as one view a step, `(..., count, n)`."""
        whole, offset = self.plan.within[parts[0]]
        end = offset + len(parts) * self.lists[parts[0]][0].shape[-1]
        return [
            side_by_side(array[..., offset:end], len(parts))
            for array in self.lists[whole]
        ]

    def export(self, node: Node) -> None:
        """Place a member's values of all steps, `(T, *shape)`, for others."""
        array, home = self._whole(node)
        if home is not None:
            self._linker.values.hold(node, self._blocks[home], array)
            return
        listed = self.lists[node]
        out = self._linker.values.new(node, (self.steps, *np.shape(listed[0])))
        self._linker.call(_gather, [listed, out], node)

    def finish(self) -> None:
        """Let go of what nobody reads after the loop."""
        for block in [*self._blocks.values(), *self._temporaries]:
            self._memory.give(block)

    def _whole(self, node: Node) -> tuple[Any, Node | None]:
        """Return all steps of a member, and in whose buffer; None: in none alone."""
        if node in self._long:
            first = self._first[node]
            return self._long[node][first : first + self.steps], node
        if node in self.plan.within:
            whole, offset = self.plan.within[node]
            array, home = self._whole(whole)
            return array[part_key(whole, node, offset)], home
        if node in self.plan.views:
            base, home = self._whole(node.inputs[0])
            if home is not None:
                shapes = [self._stand_in(x)[np.newaxis] for x in node.inputs[1:]]
                array = run_over_time(node, [base, *shapes], self.binding)
                if np.may_share_memory(array, base):
                    return array, home
        if isinstance(node, Delay) and self._shares(node):
            first = self._first[node.source] - node.steps
            return self._long[node.source][first : first + self.steps], node.source
        return None, None


def _gather(listed: list[Any], out: Array) -> None:
    np.stack(listed, out=out)


def part_key(whole: Node, part: Node, offset: int) -> Any:
    """Return the index of a part within a concat, whatever axes stand in front."""
    axis = whole.attrs["axis"]
    size = part.type.shape[axis]
    end = offset + size if isinstance(size, int) else None  # named: it is the whole
    return (..., slice(offset, end), *(slice(None),) * (-axis - 1))
