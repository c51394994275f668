"""Workspaces: the buffers of a loop for one set of sizes, and the views into them."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from tinygraph.backends.vectorising import run_over_time, views
from tinygraph.binding import Array, Binding
from tinygraph.delays import Delay
from tinygraph.nodes import Node
from tinygraph.planning import LoopPlan

Lists = dict[Node, list[Any]]


class Workspace:
    """The buffers of one loop for one set of sizes; used by one call at a time.

    Attributes:
        lists: member → its value at each step, a view into a buffer.
        fixed: members whose value stands in the same place at every step.
    """

    def __init__(self, plan: LoopPlan, binding: Binding) -> None:
        self.plan = plan
        self.steps = binding.sizes[plan.loop.time]
        self.sizes = binding.sizes
        self.lists: Lists = {}
        self.fixed: set[Node] = set()
        self._long: dict[Node, Array] = {}
        self._first: dict[Node, int] = {}
        self._slots: dict[Delay, Array] = {}
        self._results: dict[Node, Array] = {}
        self._allocate_long(binding)
        self._allocate_scratch(binding)
        self._allocate_slots(binding)
        self._fill_lists(binding)

    def _allocate_long(self, binding: Binding) -> None:
        for node in self.plan.long:
            ahead = [delay.steps for delay in self.plan.halo.get(node, ())]
            before, after = max([0, *ahead]), -min([0, *ahead])
            shape = binding.shape(node.type.shape)
            buffer = np.zeros((before + self.steps + after, *shape), node.dtype)
            self._long[node], self._first[node] = buffer, before
            self.lists[node] = views(buffer[before : before + self.steps])

    def _allocate_scratch(self, binding: Binding) -> None:
        slots = [
            np.zeros(binding.shape(model.type.shape), model.dtype)
            for model in self.plan.slots
        ]
        for node, place in self.plan.scratch.items():
            self.lists[node] = [slots[place]] * self.steps
            self.fixed.add(node)
        for part, (whole, offset) in self.plan.within.items():
            key = part_key(whole, part, offset)
            self.lists[part] = [array[key] for array in self.lists[whole]]
            if whole in self.fixed:
                self.fixed.add(part)

    def _allocate_slots(self, binding: Binding) -> None:
        for node in self.plan.loop.members:
            if not isinstance(node, Delay) or node.kind == "replicate":
                continue
            k = node.steps
            if self._shares(node):
                buffer, first = self._long[node.source], self._first[node.source]
                end = first + self.steps
                within = slice(first - k, first) if k > 0 else slice(end, end - k)
                self._slots[node] = buffer[within]
            else:
                shape = binding.shape(node.type.shape)
                self._slots[node] = np.zeros((abs(k), *shape), node.dtype)

    def _shares(self, node: Delay) -> bool:
        return node in self.plan.halo.get(node.source, ())

    def _fill_lists(self, binding: Binding) -> None:
        """Fill the lists of delays and views, in the order in which the loop runs."""
        loop, steps = self.plan.loop, self.steps
        slots = {node: views(array) for node, array in self._slots.items()}
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
                        else self._viewed(node, t, binding)
                    )
                    self.lists[node][t] = value

    def _viewed(self, node: Node, t: int, binding: Binding) -> Any:
        attrs = binding.attrs(node.op, node.attrs)
        return node.op.impl(self.lists[node.inputs[0]][t], **attrs)

    def _delayed(self, node: Delay, t: int, slots: Mapping[Delay, list[Any]]) -> Any:
        k, source = node.steps, self.lists[node.source]
        if 0 <= t - k < self.steps:
            return source[t - k]
        if node.kind == "replicate":
            return source[0 if k > 0 else self.steps - 1]
        return slots[node][t if k > 0 else t - k - self.steps]

    def fill(self, values: Mapping[Node, Any]) -> None:
        """Write the delays' initial states of this call."""
        for node, slots in self._slots.items():
            slots[...] = values[node.inputs[-1]]

    def result(self, node: Node, binding: Binding) -> Array:
        """Return a member's values of all steps, `(T, *shape)`; mostly a view."""
        if node not in self._results:
            array, lasting = self._gathered(node, binding)
            if not lasting:
                return array
            self._results[node] = array
        return self._results[node]

    def _gathered(self, node: Node, binding: Binding) -> tuple[Array, bool]:
        """Return the values, and whether they are a view that stays valid."""
        if node in self._long:
            first = self._first[node]
            return self._long[node][first : first + self.steps], True
        if node in self.plan.within:
            whole, offset = self.plan.within[node]
            return self.result(whole, binding)[part_key(whole, node, offset)], True
        if node in self.plan.views:
            base = self.result(node.inputs[0], binding)
            array = run_over_time(node, [base], binding)
            stays = node.inputs[0] in self._results
            return array, stays and np.may_share_memory(array, base)
        if isinstance(node, Delay) and self._shares(node):
            first = self._first[node.source] - node.steps
            return self._long[node.source][first : first + self.steps], True
        return np.stack(self.lists[node]), False


def part_key(whole: Node, part: Node, offset: int) -> Any:
    """Return the index of a part within a concat, whatever axes stand in front."""
    axis = whole.attrs["axis"]
    size = part.type.shape[axis]
    end = offset + size if isinstance(size, int) else None  # named: it is the whole
    return (..., slice(offset, end), *(slice(None),) * (-axis - 1))
