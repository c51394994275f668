"""The tasks of a program of native code, in the order in which they run."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from tinygraph.backends.linking.linker import Linker
from tinygraph.backends.linking.tasks import Task
from tinygraph.backends.native.codegen.functions import ENTRIES, Function
from tinygraph.backends.native.codegen.writer import write
from tinygraph.backends.native.fusion.grouping import (
    Grouped,
    group,
    is_timeless,
    refusal,
)
from tinygraph.backends.native.fusion.groups import Group
from tinygraph.backends.native.ir.regions import Region
from tinygraph.backends.native.ir.rules import is_native, is_view
from tinygraph.backends.native.ir.storage import LONG, ROW, SCRATCH, TOTAL
from tinygraph.backends.native.machine.call import Executable, RegionCall
from tinygraph.backends.numpy.tasks import LoopTask, NodeTask
from tinygraph.core.graph import Graph
from tinygraph.core.nodes import Node
from tinygraph.ops.invariance import fixed_in_time
from tinygraph.runtime.program import Fused
from tinygraph.scheduling.order import Loop, Schedule, read_outside

Load = Callable[[Sequence[Function]], Mapping[str, Executable]]
"""Makes functions ready to run, by name."""


class RegionTask(Task):
    """A region: one function of native code.

    Args:
        function: of the region.
        executable: the same, ready to be called.
    """

    def __init__(self, function: Function, executable: Executable) -> None:
        self.function = function
        self.executable = executable
        entries = [a.node for a in function.arrays if a.role in ENTRIES]
        slots = [d.slot for d in function.region.delays]
        self.reads = [x for x in (*entries, *slots) if x is not None]
        self.writes = list(function.region.exported)
        self.bound = self.reads

    def part(self) -> Fused:
        """Return what a report says of it."""
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

    def link(self, linker: Linker, dying: Collection[Node] = ()) -> None:
        """Add the region's calls to a frame."""
        RegionCall(self.function, self.executable, linker)


def tasks_of(graph: Graph, plan: Schedule, load: Load) -> list[Task]:
    """Return what to run after the prologue, views that NumPy reads included."""
    grouped = group(graph, plan)
    exported = read_outside(graph, plan)
    loops = [each for each in grouped if isinstance(each, Loop)]
    opaque = frozenset(node for loop in loops for node in loop.members)
    wanted = _wanted(graph, grouped, opaque)
    fixed = frozenset(fixed_in_time(graph.nodes))
    early = frozenset(task.node for task in plan.prologue)
    functions: list[Function] = []
    for each in grouped:
        if isinstance(each, Group):
            known = early, fixed, opaque
            functions.append(write(_region(len(functions), each, wanted, *known)))
    executables = load(functions)
    regions = (RegionTask(each, executables[each.name]) for each in functions)
    found: list[Task] = []
    placed = set(early)
    for each in grouped:
        task: Task
        if isinstance(each, Group):
            task = next(regions)
        elif isinstance(each, Loop):
            task = LoopTask(each, exported, why=_why_not(each))
        else:
            why = refusal(each, fixed, is_timeless(graph))
            task = NodeTask(each, why or "the rest is large already")
        found += _seen(task.reads, placed)
        found.append(task)
        placed.update(task.writes)
    return [*found, *_seen(graph.outputs.values(), placed)]


def _why_not(loop: Loop) -> str:
    """Return why a loop is no function."""
    other = dict.fromkeys(n.op.name for n in loop.members if not is_native(n))
    return f"no generated code for {', '.join(other)}" if other else "too large"


def _region(
    number: int, group: Group, wanted: set[Node], *known: frozenset[Node]
) -> Region:
    backwards = group.loop is not None and group.loop.backwards
    exported = {n: None for n in group.nodes if n in wanted and not is_view(n)}
    return Region(number, group.time, backwards, group.nodes, exported, *known)


def _seen(nodes: Iterable[Node], placed: set[Node]) -> list[Task]:
    """Return tasks for the views among nodes that have no place yet."""
    found: list[Task] = []
    for node in nodes:
        chain = []
        while node not in placed:
            assert is_view(node), f"{node.describe()} is read before it is computed"
            chain.append(node)
            placed.add(node)
            extra = [x for x in node.inputs[1:] if x not in placed]
            found += _seen(extra, placed)
            node = node.inputs[0]
        found += [NodeTask(view, "a view") for view in reversed(chain)]
    return found


def _wanted(
    graph: Graph, tasks: Sequence[Grouped], opaque: frozenset[Node]
) -> set[Node]:
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
