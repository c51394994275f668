"""The program of the numba backend: regions of native code, the rest on NumPy."""

import importlib
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from tinygraph.backends.frames import Frame
from tinygraph.backends.linking import Linker
from tinygraph.backends.loops import LoopProgram
from tinygraph.backends.numba.calls import RegionCall
from tinygraph.backends.numba.functions import Function
from tinygraph.backends.numba.grouping import Group, Task, group
from tinygraph.backends.numba.lowering import lowered
from tinygraph.backends.numba.plain import namespace
from tinygraph.backends.numba.regions import Region
from tinygraph.backends.numba.works import is_view
from tinygraph.backends.numba.writing import write
from tinygraph.backends.pooling import Pool
from tinygraph.backends.straight import link_once
from tinygraph.binding import Array, Binding
from tinygraph.constancy import fixed_in_time
from tinygraph.graph import Graph
from tinygraph.nodes import Node
from tinygraph.scheduling import Loop, read_outside, schedule


class NumbaProgram:
    """A graph ready to run as native code; it holds no state of a call.

    Args:
        jit: False runs the generated source as plain Python.
    """

    def __init__(self, graph: Graph, jit: bool = True) -> None:
        self.graph = lowered(graph)
        plan = schedule(self.graph)
        self.prologue = [task.node for task in plan.prologue]
        self.tasks = _tasks(self.graph, plan, group(self.graph, plan))
        regions = [task for task in self.tasks if isinstance(task, RegionTask)]
        self.functions = [task.function for task in regions]
        self._library = _loaded(self.functions) if jit and regions else None
        native = self._library
        runs = native.functions if native else _interpreted(self.functions)
        for task in regions:
            task.run, task.native = runs[task.function.name], jit
        self.releases = _releases(self.graph, self.prologue, self.tasks)
        self._pool = Pool(self.link)

    def run(self, binding: Binding, version: int | None) -> dict[str, Array]:
        """Return the outputs by name, each an array of its own.

        Args:
            version: of the parameters; see `NumpyProgram.run`.
        """
        with np.errstate(all="ignore"):
            frame = self._pool.take(binding)
            results = frame.run(binding, version)
            self._pool.give(binding, frame)
        return results

    def link(self, binding: Binding) -> Frame:
        """Return a frame for the sizes of a call."""
        with np.errstate(all="ignore"):
            linker = Linker(binding, self._fresh(), self.prologue)
            linker.keeping = True
            for node in self.prologue:
                link_once(linker, node)
            linker.keeping = False
            for task, done in zip(self.tasks, self.releases, strict=True):
                task.link(linker)
                linker.release(done)
            return linker.finish(self.graph.outputs)

    def source(self) -> str:
        """Return the source of all regions."""
        return "\n".join(function.source for function in self.functions)

    def _fresh(self) -> set[Node]:
        """Return the outputs that a call may compute straight into new arrays."""
        nodes = {task.node for task in self.tasks if isinstance(task, NodeTask)}
        read = {x for task in self.tasks for x in task.reads}
        return (set(self.graph.outputs.values()) & nodes) - read


class RegionTask:
    """A region to run."""

    def __init__(self, region: Region) -> None:
        self.function: Function = write(region)
        self.run: Any = None
        self.native = False
        entries = [
            a.node for a in self.function.arrays if a.role in ("entry", "weights")
        ]
        slots = [d.slot for d in region.delays]
        self.reads = [x for x in (*entries, *slots) if x is not None]
        self.writes = list(region.exported)

    def link(self, linker: Linker) -> None:
        """Add the region to a frame."""
        RegionCall(self.function, self.run, self.native, linker)


class LoopTask:
    """A loop that NumPy runs."""

    def __init__(self, loop: Loop, exported: set[Node]) -> None:
        self.program = LoopProgram(loop, exported, set())
        members = set(loop.members)
        self.reads = [
            x for node in loop.members for x in node.inputs if x not in members
        ]
        self.writes = [node for node in loop.members if node in exported]

    def link(self, linker: Linker) -> None:
        """Add the loop to a frame."""
        self.program.link(linker)


class NodeTask:
    """A node that NumPy runs."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.reads = list(node.inputs)
        self.writes = [node]

    def link(self, linker: Linker) -> None:
        """Add the node to a frame."""
        link_once(linker, self.node)


AnyTask = RegionTask | LoopTask | NodeTask


def _loaded(functions: Sequence[Function]) -> Any:
    """Return native code; llvmlite is imported here, where something is native."""
    return importlib.import_module("tinygraph.backends.numba.loading").load(functions)


def _interpreted(functions: Sequence[Function]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for function in functions:
        space = namespace()
        exec(compile(function.source, f"<{function.name}>", "exec"), space)
        found[function.name] = space[function.name]
    return found


def _tasks(graph: Graph, plan: Any, grouped: Sequence[Task]) -> list[AnyTask]:
    """Return what to run, views that NumPy reads included."""
    exported = read_outside(graph, plan)
    fixed = frozenset(fixed_in_time(graph.nodes))
    opaque = frozenset(
        node for task in grouped if isinstance(task, Loop) for node in task.members
    )
    wanted = _wanted(graph, grouped, opaque)
    found: list[AnyTask] = []
    placed = {task.node for task in plan.prologue}
    number = 0
    for each in grouped:
        task: AnyTask
        if isinstance(each, Group):
            backwards = each.loop is not None and each.loop.backwards
            own = {n: None for n in each.nodes if n in wanted and not is_view(n)}
            region = Region(
                number,
                each.time,
                backwards,
                each.nodes,
                own,
                fixed=fixed,
                opaque=opaque,
            )
            number += 1
            task = RegionTask(region)
        elif isinstance(each, Loop):
            task = LoopTask(each, exported)
        else:
            task = NodeTask(each)
        found += _seen(task.reads, placed)
        found.append(task)
        placed.update(task.writes)
    return [*found, *_seen(graph.outputs.values(), placed)]


def _seen(nodes: Iterable[Node], placed: set[Node]) -> list[AnyTask]:
    """Return tasks for the views among nodes that have no place yet."""
    found: list[AnyTask] = []
    for node in nodes:
        chain = []
        while node not in placed:
            assert is_view(node), f"{node.describe()} is read before it is computed"
            chain.append(node)
            placed.add(node)
            extra = [x for x in node.inputs[1:] if x not in placed]
            found += _seen(extra, placed)
            node = node.inputs[0]
        found += [NodeTask(view) for view in reversed(chain)]
    return found


def _releases(
    graph: Graph, prologue: Sequence[Node], tasks: Sequence[AnyTask]
) -> list[list[Node]]:
    """Return for each task the nodes that nobody reads after it."""
    kept = {*prologue, *graph.outputs.values()}
    last: dict[Node, int] = {}
    for i, task in enumerate(tasks):
        last.update(dict.fromkeys([*task.writes, *task.reads], i))
    found: list[list[Node]] = [[] for _ in tasks]
    for node, i in last.items():
        if node not in kept:
            found[i].append(node)
    return found


def _wanted(graph: Graph, tasks: Sequence[Task], opaque: frozenset[Node]) -> set[Node]:
    """Return the nodes that are read outside the group that computes them."""
    home = {
        node: task for task in tasks if isinstance(task, Group) for node in task.nodes
    }
    wanted: set[Node] = set()

    def demand(node: Node, by: Any) -> None:
        stack = [node]
        while stack:
            node = stack.pop()
            if is_view(node) and node not in opaque:
                stack += node.inputs if by is None else node.inputs[:1]
            elif node in home and home[node] is not by:
                wanted.add(node)

    for node in graph.nodes:
        if is_view(node) and node not in home and node not in opaque:
            continue
        for part in node.inputs:
            demand(part, home.get(node))
    for node in graph.outputs.values():
        demand(node, None)
    return wanted
