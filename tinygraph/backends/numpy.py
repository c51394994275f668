"""The NumPy backend: runs a schedule; what stands outside cycles, vectorised.

A per-step value outside a loop is one array `(T, *shape)`, or `(1, *shape)` where
it is the same at every step. Loops are run by `tinygraph.backends.loops`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygraph.backends.listing import sources
from tinygraph.backends.loops import Call, LoopProgram
from tinygraph.backends.pooling import Pool
from tinygraph.backends.straight import Buffers, Runner, runner
from tinygraph.binding import Array, Binding, blame
from tinygraph.building import CONSTANT
from tinygraph.graph import Graph
from tinygraph.nodes import Node
from tinygraph.scheduling import Loop, Once, Schedule, read_outside, schedule

Values = dict[Node, Any]
Task = tuple[Once | Loop, tuple[Node, ...]]
"""What to run, and the nodes whose values nobody needs afterwards."""


class NumpyProgram:
    """A graph ready to run on NumPy; it holds no state of a call."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        plan = schedule(graph)
        exported = read_outside(graph, plan)
        loops = {
            task: LoopProgram(task, exported)
            for task in plan.main
            if isinstance(task, Loop)
        }
        entries = {node for loop in loops.values() for node in loop.plan.entries}
        self.prologue = [
            (task.node, runner(task.node, False)) for task in plan.prologue
        ]
        self.tasks = [
            _OnceTask(task.node, runner(task.node, task.node in entries), done)
            if isinstance(task, Once)
            else _LoopTask(loops[task], done)
            for task, done in _with_releases(graph, plan, exported)
        ]
        self._pool = Pool()

    def start(self, binding: Binding) -> Values:
        """Return the values of all that depends on parameters alone."""
        values: Values = {}
        with np.errstate(all="ignore"):
            for node, run in self.prologue:
                values[node] = _blaming(node, run, values, binding, {})
        return values

    def run(self, binding: Binding, prologue: Mapping[Node, Any]) -> dict[str, Array]:
        """Return the outputs by name, each an array of its own."""
        values = dict(prologue)
        with np.errstate(all="ignore"), self._pool.lend(binding.sizes) as buffers:
            for task in self.tasks:
                task.run(values, binding, buffers)
                for node in task.done:
                    del values[node]
            return self._results(values, binding, [prologue, buffers])

    def source(self) -> str:
        """Return the source of all loops."""
        loops = [task.program for task in self.tasks if isinstance(task, _LoopTask)]
        return sources(loops, self.graph.nodes)

    def _results(
        self, values: Values, binding: Binding, kept: Sequence[Mapping[Any, Any]]
    ) -> dict[str, Array]:
        """Return the outputs; what stays here or came as a feed is copied out."""
        holders = [binding.values, *kept]
        shared = {id(array) for holder in holders for array in holder.values()}
        results = {}
        for name, node in self.graph.outputs.items():
            array = values[node]
            time = node.type.time
            if time is not None and len(array) != binding.sizes[time]:
                array = np.broadcast_to(array, (binding.sizes[time], *array.shape[1:]))
            flags = getattr(array, "flags", None)
            own = flags is not None and flags.owndata and flags.writeable
            if not own or id(array) in shared or node.op is CONSTANT:
                array = np.array(array)
            shared.add(id(array))
            results[name] = array
        return results


@dataclass(frozen=True)
class _OnceTask:
    """A node to run once, and the nodes whose values nobody needs afterwards."""

    node: Node
    runner: Runner
    done: tuple[Node, ...]

    def run(self, values: Values, binding: Binding, buffers: Buffers) -> None:
        values[self.node] = _blaming(self.node, self.runner, values, binding, buffers)


@dataclass(frozen=True)
class _LoopTask:
    """A loop to run, and the nodes whose values nobody needs afterwards."""

    program: LoopProgram
    done: tuple[Node, ...]

    def run(self, values: Values, binding: Binding, buffers: Buffers) -> None:
        if self not in buffers:
            buffers[self] = self.program.workspace(values, binding)
        call = Call(values, binding, buffers)
        values.update(self.program.run(call, buffers[self]))


def _blaming(
    node: Node, run: Runner, values: Values, binding: Binding, buffers: Buffers
) -> Any:
    try:
        return run(values, binding, buffers)
    except Exception as problem:
        blame(problem, node)
        raise


def _with_releases(graph: Graph, plan: Schedule, exported: set[Node]) -> list[Task]:
    """Return the tasks, each with the nodes that are read by it last."""
    kept = set(graph.outputs.values()) | {task.node for task in plan.prologue}
    last: dict[Node, int] = {}
    for i, task in enumerate(plan.main):
        members = (task.node,) if isinstance(task, Once) else task.members
        for node in members:
            last[node] = i
            last.update(dict.fromkeys(node.inputs, i))
    inside = {
        node for task in plan.main if isinstance(task, Loop) for node in task.members
    } - exported
    releases: list[list[Node]] = [[] for _ in plan.main]
    for node, i in last.items():
        if node not in kept and node not in inside:
            releases[i].append(node)
    return [(task, tuple(releases[i])) for i, task in enumerate(plan.main)]
