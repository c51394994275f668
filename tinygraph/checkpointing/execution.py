"""One call of a program that runs by windows: values handed on and put together."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from tinygraph.checkpointing.partition import Part
from tinygraph.checkpointing.stages import is_timed
from tinygraph.checkpointing.sweeps import Sweep
from tinygraph.core.building import CONSTANT
from tinygraph.core.delays import Delay
from tinygraph.core.graph import Graph
from tinygraph.core.leaves import SEQUENCE
from tinygraph.core.nodes import Node
from tinygraph.core.shifts import handed_on
from tinygraph.ops.windowing import edge_length
from tinygraph.semantics.binding import Array, Binding

Run = Callable[[Part, Binding], Mapping[str, Array]]
"""Runs a part of the graph on values of its leaves."""
Window = tuple[int, int]
"""Its first step, and the one after its last."""


class Call:
    """The state of one call.

    Args:
        binding: of the whole graph.
        run: runs a part.
        lengths: time axis → steps of its windows.
    """

    def __init__(self, binding: Binding, run: Run, lengths: Mapping[str, int]) -> None:
        self.binding = binding
        self._run = run
        self._lengths = lengths
        self._static: dict[Node, Array] = {}
        self._all_steps: dict[Node, Array] = {}
        self._histories: dict[Delay, list[Any]] = {}

    def run_statics(self, part: Part) -> None:
        """Compute the static nodes that a stage needs."""
        values = {leaf: self._value(node) for leaf, node in part.given.items()}
        found = self._run(part, self._bound(part, values, self.binding.sizes, 0))
        for name, node in part.outputs.items():
            self._static[node] = found[name]

    def run_sweep(self, sweep: Sweep, part: Part) -> None:
        """Run a sweep over all windows of its axis."""
        windows = self.windows(sweep.time)
        carried = {delay: self._outside(delay) for delay in sweep.carried}
        edges: dict[Delay, list[Any]] = {
            delay: [None] * len(windows) for delay in sweep.stored
        }
        fixed = {
            leaf: self._value(node)
            for leaf, node in part.given.items()
            if leaf.op is not SEQUENCE
        }
        numbers = range(len(windows))
        order = numbers[::-1] if sweep.backwards else numbers
        for i in order[:-1] if _only_stores(sweep) else order:
            values = dict(fixed)
            for leaf, delay in part.history.items():
                restored = delay not in carried
                values[leaf] = self._histories[delay][i] if restored else carried[delay]
            found = self._run(part, self._window(sweep, part, values, windows[i]))
            self._merge(sweep, part, found, windows[i])
            for name, delay in part.edges.items():
                if delay in edges:
                    edges[delay][i] = found[name]
                if delay in carried:
                    carried[delay] = _moved(carried[delay], found[name], delay.steps)
            del found  # so that the next window finds its arrays free
        for delay, found_edges in edges.items():
            self._histories[delay] = self._in_each_window(delay, found_edges)

    def results(self, graph: Graph) -> dict[str, Array]:
        """Return the outputs by name, each an array of its own."""
        shared = {id(array) for array in self.binding.values.values()}
        results: dict[str, Array] = {}
        for name, node in graph.outputs.items():
            array = self._all_steps.get(node)
            if array is None:
                array = self._value(node)
            if id(array) in shared or node.op is CONSTANT:
                array = np.array(array)
            shared.add(id(array))
            results[name] = array
        return results

    def windows(self, time: str) -> Sequence[Window]:
        """Return the windows of an axis, the first steps first."""
        total, length = self.binding.sizes[time], self._lengths[time]
        return [(a, min(a + length, total)) for a in range(0, total, length)]

    def _window(
        self, sweep: Sweep, part: Part, values: dict[Node, Any], window: Window
    ) -> Binding:
        """Return what one window is run with."""
        first, end = window
        for leaf in part.graph.sequences:
            whole = (
                self._value(part.given[leaf])
                if leaf in part.given
                else self.binding.values[leaf]
            )
            values[leaf] = whole[first:end]
        sizes = {**self.binding.sizes, sweep.time: end - first}
        for delay in (*sweep.carried, *sweep.stored):
            sizes[edge_length(delay.steps)] = min(abs(delay.steps), end - first)
        return self._bound(part, values, sizes, first)

    def _bound(
        self, part: Part, values: dict[Node, Any], sizes: Mapping[str, int], first: int
    ) -> Binding:
        fed = self.binding.values
        for leaf in part.graph.leaves:
            if leaf not in values:
                values[leaf] = fed[leaf]
        start = self.binding.start + first
        return Binding(values, sizes, start, self.binding.seed, ())

    def _merge(
        self, sweep: Sweep, part: Part, found: Mapping[str, Array], window: Window
    ) -> None:
        """Add what a window gave to what the windows before it gave."""
        total = self.binding.sizes[sweep.time]
        for name, node in part.outputs.items():
            if is_timed(node):
                self._collect(node, found[name], window, total)
            else:
                self._reduce(node, found[name], window, sweep)

    def _reduce(self, node: Node, value: Array, window: Window, sweep: Sweep) -> None:
        """Merge what a window made of its steps with what others made of theirs."""
        before, merge = self._static.get(node), node.op.merge
        assert merge is not None, f"no way to merge windows of {node.describe()}"
        if before is None:
            self._static[node] = value
        elif isinstance(merge, np.ufunc):
            merge(before, value, out=before)
        elif sweep.backwards:
            first, end = window
            rest = self.binding.sizes[sweep.time] - end
            self._static[node] = merge(value, before, (end - first, rest))
        else:
            first, end = window
            self._static[node] = merge(before, value, (first, end - first))

    def _collect(self, node: Node, value: Array, window: Window, total: int) -> None:
        """Put the values of a window among those of all steps."""
        if node not in self._all_steps:
            self._all_steps[node] = np.empty((total, *value.shape[1:]), value.dtype)
        self._all_steps[node][slice(*window)] = value

    def _in_each_window(self, delay: Delay, edges: list[Any]) -> list[Any]:
        """Return what a delay reads outside each window, given each window's edge."""
        past = delay.steps > 0
        history = self._outside(delay)
        found = [history]
        for edge in edges[:-1] if past else edges[:0:-1]:
            history = _moved(history, edge, delay.steps)
            found.append(history)
        return found if past else found[::-1]

    def _outside(self, delay: Delay) -> Any:
        """Return what a delay reads outside all steps."""
        assert delay.slot is not None
        value = self._value(delay.slot)
        if delay.outside == "history":
            return value
        shape = self.binding.shape(delay.type.shape)
        return np.broadcast_to(value, (abs(delay.steps), *shape))

    def _value(self, node: Node) -> Any:
        """Return the value of a static node."""
        if node in self._static:
            return self._static[node]
        if node.op is CONSTANT:
            return node.attrs["value"]
        if node.op.stacks_time:
            return self._all_steps[node.inputs[0]]
        return self.binding.values[node]


def _only_stores(sweep: Sweep) -> bool:
    """Return True if nobody reads what the last window of a sweep would give."""
    carried = all(delay in sweep.carried for delay in sweep.stored)
    return carried and not (sweep.reduced or sweep.collected)


def _moved(history: Any, edge: Any, steps: int) -> Any:
    """Return what a delay reads outside the next window."""
    if len(edge) == abs(steps):
        return edge
    parts = [history, edge] if steps > 0 else [edge, history]
    return np.concatenate(parts)[handed_on(steps)]
