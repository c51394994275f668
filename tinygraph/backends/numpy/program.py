"""The NumPy backend: a schedule is linked for the sizes of a call, and run.

A per-step value outside a loop is one array `(T, *shape)`, or `(1, *shape)` where
it is the same at every step. Loops are run by `tinygraph.backends.numpy.loops`.
"""

from dataclasses import dataclass

import numpy as np

from tinygraph.backends.linking.frame_pool import Pool
from tinygraph.backends.linking.frames import Frame
from tinygraph.backends.linking.linker import Linker
from tinygraph.backends.numpy.loops import LoopProgram
from tinygraph.backends.numpy.source import sources
from tinygraph.backends.numpy.vectorised import link_once
from tinygraph.core.graph import Graph
from tinygraph.core.nodes import Node
from tinygraph.runtime.blas import BLAS
from tinygraph.runtime.program import Report, Stepwise, Straight
from tinygraph.scheduling.horizontal import made_once
from tinygraph.scheduling.order import Loop, Once, Schedule, read_outside, schedule
from tinygraph.semantics.binding import Array, Binding

Task = tuple[Once | Loop, tuple[Node, ...]]
"""What to run, and the nodes whose values nobody needs afterwards."""


class NumpyProgram:
    """A graph ready to run on NumPy; it holds no state of a call.

    Args:
        threads: how many products may use outside loops; None: as many as BLAS may.
    """

    def __init__(self, graph: Graph, threads: int | None = None) -> None:
        self.graph = graph
        self.threads = threads
        plan = schedule(graph)
        exported = read_outside(graph, plan)
        made = made_once(graph, plan)
        self.prologue = [task.node for task in plan.prologue]
        self.tasks = [
            _OnceTask(task.node, done)
            if isinstance(task, Once)
            else _LoopTask(LoopProgram(task, exported, made), done)
            for task, done in _with_releases(graph, plan, exported)
        ]
        self._pool = Pool(self.link)

    def run(self, binding: Binding, version: int | None) -> dict[str, Array]:
        """Return the outputs by name, each an array of its own.

        Args:
            version: of the parameters: what depends on them alone is kept while it
                stays the same. None: recompute it.
        """
        with np.errstate(all="ignore"), BLAS.at_most(self.threads):
            frame = self._pool.take(binding)
            frame.alone = BLAS.size() == 1
            results = frame.run(binding, version)
            self._pool.give(frame)
        return results

    def link(self, binding: Binding, threads: int = 1) -> Frame:
        """Return a frame for the sizes of a call."""
        with np.errstate(all="ignore"):
            linker = Linker(binding, self._fresh(), self.prologue, threads)
            for task in self.tasks:
                task.ask(linker)
            linker.keeping = True
            for node in self.prologue:
                link_once(linker, node)
            linker.keeping = False
            for task in self.tasks:
                task.link(linker)
                linker.release(task.done)
            return linker.finish(self.graph.outputs)

    def source(self) -> str:
        """Return the source of all loops."""
        loops = [task.program for task in self.tasks if isinstance(task, _LoopTask)]
        return sources(loops, self.graph.nodes)

    def report(self) -> Report:
        """Return what runs once, and then each loop."""
        once = [task.node for task in self.tasks if isinstance(task, _OnceTask)]
        loops = [task.program for task in self.tasks if isinstance(task, _LoopTask)]
        steps = [Stepwise(loop.plan, loop.calls) for loop in loops]
        return Report(self.graph, self.prologue, [Straight(once), *steps])

    def _fresh(self) -> set[Node]:
        """Return the outputs that a call may compute straight into new arrays.

        Not those that a loop or a view reads: these look before a call computes.
        """
        loops = [task.program for task in self.tasks if isinstance(task, _LoopTask)]
        read = {node for loop in loops for node in loop.plan.entries}
        read |= {node.inputs[0] for node in self.graph.nodes if node.op.view}
        return set(self.graph.outputs.values()) - read


@dataclass(frozen=True)
class _OnceTask:
    """A node to run once, and the nodes whose values nobody needs afterwards."""

    node: Node
    done: tuple[Node, ...]

    def ask(self, linker: Linker) -> None:
        """It has no wishes."""

    def link(self, linker: Linker) -> None:
        link_once(linker, self.node, self.done)


@dataclass(frozen=True)
class _LoopTask:
    """A loop to run, and the nodes whose values nobody needs afterwards."""

    program: LoopProgram
    done: tuple[Node, ...]

    def ask(self, linker: Linker) -> None:
        self.program.ask(linker)

    def link(self, linker: Linker) -> None:
        self.program.link(linker)


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
