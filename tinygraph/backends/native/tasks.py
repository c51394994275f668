"""What a program is made of, in the order in which it runs."""

import itertools
from collections.abc import Iterable, Sequence
from typing import Any

from tinygraph.backends.linking.linker import Linker
from tinygraph.backends.native.codegen.functions import ENTRIES, Function
from tinygraph.backends.native.codegen.writer import write
from tinygraph.backends.native.fusion.grouping import Task, group, refusal
from tinygraph.backends.native.fusion.groups import Group
from tinygraph.backends.native.ir.regions import Region
from tinygraph.backends.native.ir.statements import is_native, is_view
from tinygraph.backends.native.ir.storage import LONG, ROW, SCRATCH, TOTAL
from tinygraph.backends.native.machine.call import RegionCall, Running
from tinygraph.backends.numpy.loops import LoopProgram
from tinygraph.backends.numpy.vectorised import link_once
from tinygraph.core.graph import Graph
from tinygraph.core.nodes import Node
from tinygraph.runtime.program import Fused, Part, Stepwise, Straight
from tinygraph.scheduling.invariance import fixed_in_time
from tinygraph.scheduling.order import Loop, Schedule, read_outside


class RegionTask:
    """A region to run."""

    def __init__(self, region: Region) -> None:
        self.function: Function = write(region)
        self.how: Running | None = None
        entries = [a.node for a in self.function.arrays if a.role in ENTRIES]
        slots = [d.slot for d in region.delays]
        self.reads = [x for x in (*entries, *slots) if x is not None]
        self.writes = list(region.exported)

    def part(self) -> Fused:
        """Return what is told of it."""
        region = self.function.region
        homes = dict.fromkeys(region.computed, "variable")
        reads = []
        for array in self.function.arrays:
            if array.node in homes and array.role in (TOTAL, LONG, SCRATCH, ROW):
                homes[array.node] = array.role
            elif array.node is not None and array.role in ENTRIES:
                reads.append(array.node)
        return Fused(
            self.function.name,
            region.time,
            region.backwards,
            region.lags,
            list(dict.fromkeys(reads)),
            homes,
            self.function.shard,
        )

    def link(self, linker: Linker) -> None:
        """Add the region to a frame."""
        assert self.how is not None
        RegionCall(self.function, self.how, linker)


class LoopTask:
    """A loop that NumPy runs."""

    def __init__(self, loop: Loop, exported: set[Node]) -> None:
        self.program = LoopProgram(loop, exported, set())
        members = set(loop.members)
        self.reads = [
            x for node in loop.members for x in node.inputs if x not in members
        ]
        self.writes = [node for node in loop.members if node in exported]
        other = dict.fromkeys(n.op.name for n in loop.members if not is_native(n))
        listed = ", ".join(other)
        self.why = f"no generated code for {listed}" if other else "too large"
        count = len(loop.members)
        self.note = f"# A loop of {count} nodes runs on NumPy: {self.why}.\n"

    def part(self) -> Stepwise:
        """Return what is told of it."""
        return Stepwise(self.program.plan, self.program.calls, self.why)

    def link(self, linker: Linker) -> None:
        """Add the loop to a frame."""
        self.program.link(linker)


class NodeTask:
    """A node that NumPy runs.

    Args:
        why: it is not part of a function.
    """

    def __init__(self, node: Node, why: str = "a view") -> None:
        self.node = node
        self.why = why
        self.reads = list(node.inputs)
        self.writes = [node]

    def link(self, linker: Linker) -> None:
        """Add the node to a frame."""
        link_once(linker, self.node)


AnyTask = RegionTask | LoopTask | NodeTask


def tasks_of(graph: Graph, plan: Schedule) -> list[AnyTask]:
    """Return what to run after the prologue, views that NumPy reads included."""
    grouped = group(graph, plan)
    exported = read_outside(graph, plan)
    loops = [each for each in grouped if isinstance(each, Loop)]
    opaque = frozenset(node for loop in loops for node in loop.members)
    wanted = _wanted(graph, grouped, opaque)
    fixed = frozenset(fixed_in_time(graph.nodes))
    early = frozenset(task.node for task in plan.prologue)
    found: list[AnyTask] = []
    placed = set(early)
    number = 0
    for each in grouped:
        task: AnyTask
        if isinstance(each, Group):
            region = _region(number, each, wanted)
            region.early, region.fixed, region.opaque = early, fixed, opaque
            task = RegionTask(region.analysed())
            number += 1
        elif isinstance(each, Loop):
            task = LoopTask(each, exported)
        else:
            task = NodeTask(each, refusal(each, fixed) or "the rest is large already")
        found += _seen(task.reads, placed)
        found.append(task)
        placed.update(task.writes)
    return [*found, *_seen(graph.outputs.values(), placed)]


def _region(number: int, group: Group, wanted: set[Node]) -> Region:
    backwards = group.loop is not None and group.loop.backwards
    exported = {n: None for n in group.nodes if n in wanted and not is_view(n)}
    return Region(number, group.time, backwards, group.nodes, exported)


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


def needed(
    prologue: Sequence[Node], graph: Graph, tasks: Sequence[AnyTask]
) -> list[Node]:
    """Return what of the prologue anything reads; regions see through much of it."""
    stack = [x for task in tasks for x in task.reads] + list(graph.outputs.values())
    found = set(stack)
    while stack:
        new = [x for x in stack.pop().inputs if x not in found]
        found.update(new)
        stack += new
    return [node for node in prologue if node in found]


def releases(
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


def parts_of(tasks: Sequence[AnyTask]) -> list[Part]:
    """Return what is told of tasks; nodes that NumPy runs in a row are one part."""
    found: list[Part] = []
    for alone, run in itertools.groupby(tasks, lambda task: isinstance(task, NodeTask)):
        if alone:
            nodes = {t.node: t.why for t in run if isinstance(t, NodeTask)}
            found.append(Straight(list(nodes), nodes))
        else:
            found += [task.part() for task in run if not isinstance(task, NodeTask)]
    return found
