"""The NumPy backend: runs a schedule; what stands outside cycles, vectorised.

A per-step value outside a loop is one array `(T, *shape)`, or `(1, *shape)` where
it is the same at every step. Loops are run by `tinygraph.backends.loops`.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from tinygraph.backends.loops import LoopProgram
from tinygraph.backends.pooling import Pool
from tinygraph.backends.vectorising import run_over_time
from tinygraph.binding import Array, Binding, blame
from tinygraph.building import CONSTANT
from tinygraph.delays import Delay
from tinygraph.graph import Graph
from tinygraph.leaves import is_leaf
from tinygraph.nodes import Node
from tinygraph.scheduling import Loop, Once, Schedule, schedule

Values = dict[Node, Any]
Task = tuple[Once | Loop, tuple[Node, ...]]
"""What to run, and the nodes whose values nobody needs afterwards."""


class NumpyProgram:
    """A graph ready to run on NumPy; it holds no state of a call."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        plan = schedule(graph)
        self.prologue = plan.prologue
        exported = _read_outside(graph, plan)
        self.tasks = _with_releases(graph, plan, exported)
        self.loops = {
            id(task): LoopProgram(task, exported)
            for task in plan.main
            if isinstance(task, Loop)
        }
        self._pool = Pool()

    def start(self, binding: Binding) -> Values:
        """Return the values of all that depends on parameters alone."""
        values: Values = {}
        with np.errstate(all="ignore"):
            for task in self.prologue:
                values[task.node] = _run_once(task.node, values, binding)
        return values

    def run(self, binding: Binding, prologue: Mapping[Node, Any]) -> dict[str, Array]:
        """Return the outputs by name, each an array of its own."""
        values = dict(prologue)
        with np.errstate(all="ignore"), self._pool.lend(binding.sizes) as workspaces:
            for task, done in self.tasks:
                if isinstance(task, Once):
                    values[task.node] = _run_once(task.node, values, binding)
                else:
                    program = self.loops[id(task)]
                    if id(task) not in workspaces:
                        workspaces[id(task)] = program.workspace(values, binding)
                    values.update(program.run(values, binding, workspaces[id(task)]))
                for node in done:
                    del values[node]
            return self._results(values, binding, prologue)

    def _results(
        self, values: Values, binding: Binding, prologue: Mapping[Node, Any]
    ) -> dict[str, Array]:
        shared = {id(array) for array in binding.values.values()}
        shared |= {id(array) for array in prologue.values()}
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


def _read_outside(graph: Graph, plan: Schedule) -> set[Node]:
    """Return the members of loops that something outside their loop reads."""
    home: dict[Node, Loop] = {}
    for task in plan.main:
        if isinstance(task, Loop):
            home.update(dict.fromkeys(task.members, task))
    outside = {node for node in graph.outputs.values() if node in home}
    for node in graph.nodes:
        for part in node.inputs:
            if part in home and home.get(node) is not home[part]:
                outside.add(part)
    return outside


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


def _run_once(node: Node, values: Values, binding: Binding) -> Any:
    if is_leaf(node):
        return binding.values[node]
    if node.op is CONSTANT:
        return node.attrs["value"]
    try:
        if isinstance(node, Delay):
            return _shift(node, values[node.source], values, binding)
        arrays = [values[x] for x in node.inputs]
        timed = node.type.time is not None or _any_timed(node)
        if timed:
            return run_over_time(node, arrays, binding)
        return binding.call(node.op, node.attrs, arrays, None)
    except Exception as problem:
        blame(problem, node)
        raise


def _any_timed(node: Node) -> bool:
    return any(x.type.time is not None for x in node.inputs)


def _shift(node: Delay, source: Array, values: Values, binding: Binding) -> Array:
    """Return a delay over all steps at once: the source moved by k, and slots."""
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
