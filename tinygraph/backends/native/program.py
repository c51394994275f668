"""The program of the numba backend: regions of native code, the rest on NumPy."""

import importlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygraph.backends.linking.frame_pool import Pool
from tinygraph.backends.linking.frames import Frame
from tinygraph.backends.linking.linker import Linker
from tinygraph.backends.native.codegen.functions import Function
from tinygraph.backends.native.codegen.python import namespace, packer
from tinygraph.backends.native.ir.lowering import lowered
from tinygraph.backends.native.machine.call import Running
from tinygraph.backends.native.tasks import (
    LoopTask,
    NodeTask,
    RegionTask,
    needed,
    parts_of,
    releases,
    tasks_of,
)
from tinygraph.backends.numpy.vectorised import link_once
from tinygraph.core.graph import Graph
from tinygraph.core.nodes import Node
from tinygraph.runtime.blas import BLAS
from tinygraph.runtime.program import Report
from tinygraph.scheduling.order import schedule
from tinygraph.semantics.binding import Array, Binding


class NumbaProgram:
    """A graph ready to run as native code; it holds no state of a call.

    Args:
        jit: False runs the generated source as plain Python.
        threads: how many a call may use; None: as many as BLAS may. Loops share out the
            rows of the batch; where one does, BLAS has one thread, for its idle ones
            would spin on the cores that the shards need.
    """

    def __init__(
        self, graph: Graph, jit: bool = True, threads: int | None = None
    ) -> None:
        self.threads = threads
        self.graph = lowered(graph)
        plan = schedule(self.graph)
        self.prologue = [task.node for task in plan.prologue]
        self.tasks = tasks_of(self.graph, plan)
        regions = [task for task in self.tasks if isinstance(task, RegionTask)]
        self.functions = [task.function for task in regions]
        self._library = _loaded(self.functions) if jit and regions else None
        native = self._library
        runs = native.functions if native else _interpreted(self.functions)
        for task in regions:
            run = runs[task.function.name]
            task.how = Running(run, native.packer if native else packer, jit)
        self.sharded = any(each.shard is not None for each in self.functions)
        self.prologue = needed(self.prologue, self.graph, self.tasks)
        self.releases = releases(self.graph, self.prologue, self.tasks)
        self._pool = Pool(self.link)

    def run(self, binding: Binding, version: int | None) -> dict[str, Array]:
        """Return the outputs by name, each an array of its own.

        Args:
            version: of the parameters; see `NumpyProgram.run`.
        """
        size = BLAS.size()
        threads = min(self.threads or size, size)
        wanted = 1 if self.sharded else threads
        if wanted == size:
            return self._run(binding, version, threads, wanted)
        with BLAS.at_most(wanted):
            return self._run(binding, version, threads, wanted)

    @np.errstate(all="ignore")
    def _run(
        self, binding: Binding, version: int | None, threads: int, products: int
    ) -> dict[str, Array]:
        """Run a frame for so many threads, in which products use so many."""
        frame = self._pool.take(binding, threads)
        frame.alone = products == 1
        results = frame.run(binding, version)
        self._pool.give(frame)
        return results

    def link(self, binding: Binding, threads: int = 1) -> Frame:
        """Return a frame for the sizes of a call."""
        with np.errstate(all="ignore"):
            linker = Linker(binding, self._fresh(), self.prologue, threads)
            linker.keeping = True
            for node in self.prologue:
                link_once(linker, node)
            linker.keeping = False
            for task, done in zip(self.tasks, self.releases, strict=True):
                task.link(linker)
                linker.release(done)
            return linker.finish(self.graph.outputs)

    def source(self) -> str:
        """Return the source of all regions; loops that NumPy runs are named."""
        notes = [t.note for t in self.tasks if isinstance(t, LoopTask)]
        return "\n".join([*notes, *(function.source for function in self.functions)])

    def report(self) -> Report:
        """Return the functions, and what NumPy runs between them and why."""
        return Report(self.graph, self.prologue, parts_of(self.tasks))

    def _fresh(self) -> set[Node]:
        """Return the outputs that a call may compute straight into new arrays."""
        nodes = {task.node for task in self.tasks if isinstance(task, NodeTask)}
        read = {x for task in self.tasks for x in task.reads}
        return (set(self.graph.outputs.values()) & nodes) - read


def _loaded(functions: Sequence[Function]) -> Any:
    """Return native code; llvmlite is imported here, where something is native."""
    return importlib.import_module("tinygraph.backends.native.machine.loader").load(
        functions
    )


def _interpreted(functions: Sequence[Function]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for function in functions:
        space = namespace()
        exec(compile(function.source, f"<{function.name}>", "exec"), space)
        found[function.name] = space[function.name]
    return found
