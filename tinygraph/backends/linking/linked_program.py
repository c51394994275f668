"""A linked program: a graph as tasks that are linked for the sizes of a call, and run.

What the backends share. A backend says which tasks a graph is, and what it tells of
them.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from tinygraph.backends.linking.frame_pool import FramePool
from tinygraph.backends.linking.frames import Frame
from tinygraph.backends.linking.linker import Linker, PackedProduct
from tinygraph.backends.linking.tasks import Task, last_reads, needed
from tinygraph.core.graph import Graph
from tinygraph.core.nodes import Node
from tinygraph.runtime.blas import BLAS
from tinygraph.runtime.program import Report, Version
from tinygraph.semantics.binding import Array, Binding


class LinkedProgram(ABC):
    """A graph ready to run; it holds no state of a call.

    Args:
        graph: as it is run.
        prologue: tasks that depend on parameters alone.
        tasks: all others, in the order in which they run.
        threads: how many a call may use; None: as many as BLAS may.
        shares_rows: True where tasks share out rows among threads; large products do so
            too. Then BLAS has one thread: idle ones of its own would spin on the cores
            that tasks need.
        packed_product: what multiplies large matrices; None: BLAS.

    Attributes:
        prologue: the tasks of the prologue that anything needs.
        early: the nodes of the prologue.
        frames: those kept for later calls.
    """

    def __init__(
        self,
        graph: Graph,
        prologue: Sequence[Task],
        tasks: Sequence[Task],
        threads: int | None,
        *,
        shares_rows: bool = False,
        packed_product: Callable[[int, int, Any, int], PackedProduct] | None = None,
    ) -> None:
        self.graph = graph
        self.tasks = tasks
        self.threads = threads
        self.shares_rows = shares_rows
        self._packed_product = packed_product
        outputs = graph.outputs.values()
        self.prologue = needed(prologue, [*outputs, *_all(t.reads for t in tasks)])
        self.early = _all(task.writes for task in self.prologue)
        self._dying = last_reads(tasks, {*outputs, *self.early})
        bound = set(_all(task.bound for task in tasks))
        self._for_caller = [node for node in outputs if node not in bound]
        self.frames = FramePool(self.link)

    def run(self, binding: Binding, version: Version | None) -> dict[str, Array]:
        """Return the outputs by name, each an array of its own.

        Args:
            version: of the parameters: what depends on them alone is kept while it
                stays the same. None: recompute it.
        """
        size = BLAS.size()
        threads = min(self.threads or size, size)
        if not self.shares_rows:
            products, sharing = threads, 1
        else:
            products, sharing = 1, threads
        with BLAS.at_most(products, size), np.errstate(all="ignore"):
            frame = self.frames.take(binding, sharing)
            results = frame.run(binding, version, one_thread=products == 1)
            self.frames.give(frame)
        return results

    def link(self, binding: Binding, threads: int = 1) -> Frame:
        """Return a frame for the sizes of a call.

        Args:
            threads: among how many a task may share out rows.
        """
        with np.errstate(all="ignore"):
            linker = Linker(
                binding, self._for_caller, self.early, threads, self._packed_product
            )
            for task in self.tasks:
                for nodes in task.adjacent:
                    linker.memory.lay_out(nodes)
            with linker.prologue():
                for task in self.prologue:
                    task.link(linker)
            for task, dying in zip(self.tasks, self._dying, strict=True):
                task.link(linker, dying)
                linker.memory.release(dying)
            return linker.finish(self.graph.outputs)

    @abstractmethod
    def source(self) -> str:
        """Return the source of all loops, in the order in which they run."""

    @abstractmethod
    def report(self) -> Report:
        """Return what runs, part by part."""


def _all(groups: Iterable[Iterable[Node]]) -> list[Node]:
    return [node for group in groups for node in group]
