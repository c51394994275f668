"""What `memory=` asks for: all steps at once, √T windows, or a budget of bytes."""

from collections.abc import Callable
from typing import Any

import numpy as np

from tinygraph.checkpointing.lengths import by_budget, by_root
from tinygraph.checkpointing.plan import WindowPlan
from tinygraph.checkpointing.program import WindowedProgram
from tinygraph.checkpointing.sweeps import obstacle
from tinygraph.core.error_data import did_you_mean
from tinygraph.core.errors import MemoryPlanError
from tinygraph.core.graph import Graph
from tinygraph.runtime.program import Program

CHECKPOINT = "checkpoint"
Memory = str | int | None


def check_memory(memory: Any, backend: str, *, windows: bool) -> None:
    """Refuse what is no plan for memory.

    Args:
        windows: whether the backend may be given a graph of some of the steps.

    Raises:
        MemoryPlanError: `memory` is none, or the backend has no plan.
    """
    if memory is None:
        return
    number = isinstance(memory, int | np.integer) and not isinstance(memory, bool)
    if memory != CHECKPOINT and not number:
        hint = did_you_mean(memory, [CHECKPOINT])
        raise MemoryPlanError(
            f"no memory plan {memory!r}{hint}: there are None (all steps are kept), "
            f"{CHECKPOINT!r} (windows of about √T steps, recomputed), or a budget for "
            "activations in bytes, an int",
            memory=memory,
        )
    if number and memory < 1:
        raise MemoryPlanError(
            f"memory={memory}: a budget is a number of bytes, >= 1", memory=memory
        )
    if not windows:
        raise MemoryPlanError(
            f"memory={memory!r} is for backends that follow a schedule; {backend!r} "
            "keeps every value it meets. Leave one of the two out",
            memory=memory,
        )


def checkpointed(
    graph: Graph, make: Callable[[Graph], Program], memory: str | int
) -> Program:
    """Return a program that runs a graph by windows, on the programs that `make` makes.

    A graph that cannot be run by windows is run as a whole, where no budget is given.

    Raises:
        MemoryPlanError: a budget is given, but the graph cannot be run by windows.
    """
    why = obstacle(graph)
    if why is None:
        rule = by_root if isinstance(memory, str) else by_budget(int(memory))
        return WindowedProgram(WindowPlan(graph), make, rule)
    if not isinstance(memory, str):
        raise MemoryPlanError(
            f"memory={memory}: the graph cannot be run by windows, so its memory grows "
            f"with T as it does without a budget: {why}. Leave memory out",
            memory=memory,
        )
    return make(graph)
