"""The program of the native backend: regions of native code, the rest on NumPy."""

import importlib
from collections.abc import Mapping, Sequence
from typing import Any

from tinygraph.backends.linking.linked_program import LinkedProgram
from tinygraph.backends.linking.tasks import parts_of
from tinygraph.backends.native.codegen.functions import Function
from tinygraph.backends.native.ir.lowering import lowered
from tinygraph.backends.native.machine.call import Executable
from tinygraph.backends.native.tasks import RegionTask, tasks_of
from tinygraph.backends.numpy.tasks import LoopTask, NodeTask
from tinygraph.core.graph import Graph
from tinygraph.runtime.program import Report
from tinygraph.scheduling.order import schedule


class NativeProgram(LinkedProgram):
    """A graph ready to run as native code.

    Args:
        threads: how many a call may use; None: as many as BLAS may. Loops share out the
            rows of the batch.

    Attributes:
        functions: of the regions, in the order in which they run.
    """

    def __init__(self, graph: Graph, threads: int | None = None) -> None:
        graph = lowered(graph)
        plan = schedule(graph)
        tasks = tasks_of(graph, plan, _compiled)
        regions = [task for task in tasks if isinstance(task, RegionTask)]
        self.functions = [task.function for task in regions]
        prologue = [NodeTask(task.node) for task in plan.prologue]
        shares_rows = any(each.shard is not None for each in self.functions)
        super().__init__(
            graph,
            prologue,
            tasks,
            threads,
            shares_rows=shares_rows,
            packed_product=_packed_product() if regions else None,
        )

    def source(self) -> str:
        """Return the source of the regions as they run; NumPy's loops are named."""
        found = []
        for task in self.tasks:
            if isinstance(task, RegionTask):
                found.append(task.function.source)
            elif isinstance(task, LoopTask):
                count = len(task.generated.loop.members)
                found.append(f"# A loop of {count} nodes runs on NumPy: {task.why}.\n")
        return "\n".join(found)

    def report(self) -> Report:
        """Return the functions, and what NumPy runs between them and why."""
        return Report(self.graph, self.early, parts_of(self.tasks))


def _packed_product() -> Any:
    """Return what makes products of our own kernel, which needs llvmlite too."""
    products = importlib.import_module("tinygraph.backends.native.machine.products")
    return products.PackedProduct


def _compiled(functions: Sequence[Function]) -> Mapping[str, Executable]:
    """Return native code; llvmlite is imported here, where something is native."""
    if not functions:
        return {}
    loader = importlib.import_module("tinygraph.backends.native.machine.loader")
    library = loader.load(functions)
    return {
        name: Executable(run, library.packer, library)
        for name, run in library.functions.items()
    }
