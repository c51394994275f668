"""The NumPy backend: a schedule is linked for the sizes of a call, and run.

A per-step value outside a loop is one array `(T, *shape)`, or `(1, *shape)` where
it is the same at every step. Loops are run by `tinygraph.backends.numpy.loops`.
"""

from tinygraph.backends.linking.linked_program import LinkedProgram
from tinygraph.backends.linking.tasks import Task, parts_of
from tinygraph.backends.numpy.source import sources
from tinygraph.backends.numpy.tasks import LoopTask, NodeTask
from tinygraph.core.graph import Graph
from tinygraph.runtime.program import Report
from tinygraph.scheduling.horizontal import made_once
from tinygraph.scheduling.order import Once, Schedule, read_outside, schedule


class NumpyProgram(LinkedProgram):
    """A graph ready to run on NumPy.

    Args:
        threads: how many products may use outside loops; None: as many as BLAS may.
    """

    def __init__(self, graph: Graph, threads: int | None = None) -> None:
        plan = schedule(graph)
        prologue = [NodeTask(task.node) for task in plan.prologue]
        super().__init__(graph, prologue, _tasks(graph, plan), threads)

    def source(self) -> str:
        """Return the source of all loops, in the order in which they run."""
        loops = [task.generated for task in self.tasks if isinstance(task, LoopTask)]
        return sources(loops, self.graph.nodes)

    def report(self) -> Report:
        """Return the loops, and what runs before, between and after them."""
        return Report(self.graph, self.early, parts_of(self.tasks))


def _tasks(graph: Graph, plan: Schedule) -> list[Task]:
    exported = read_outside(graph, plan)
    made = made_once(graph, plan)
    return [
        NodeTask(task.node)
        if isinstance(task, Once)
        else LoopTask(task, exported, made)
        for task in plan.main
    ]
