"""What a backend makes of a graph: a program that runs, and tells how it does."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from tinygraph.binding import Array, Binding
from tinygraph.graph import Graph
from tinygraph.nodes import Node
from tinygraph.planning import Instruction, LoopPlan


@dataclass(frozen=True)
class Straight:
    """Nodes that run one after the other, each for all steps together."""

    nodes: Sequence[Node]


@dataclass(frozen=True)
class Stepwise:
    """A cycle that runs step by step, each step a list of calls.

    Attributes:
        plan: what is called in a step, and where its results live.
        calls: the instructions of a step, in groups that are one call each.
    """

    plan: LoopPlan
    calls: Sequence[Sequence[Instruction]]


Part = Straight | Stepwise


@dataclass(frozen=True)
class Report:
    """How a program runs its graph: what `tg.explain` puts into words.

    Attributes:
        graph: as it is run; a backend may have taken ops apart.
        prologue: nodes that run once per change of the parameters.
        parts: what every call runs, in order.
        remark: a sentence in place of parts, where there is no plan to tell.
    """

    graph: Graph
    prologue: Sequence[Node] = ()
    parts: Sequence[Part] = ()
    remark: str = ""


class Program(Protocol):
    """A graph ready to run; it holds no state of a call."""

    def run(self, binding: Binding, version: int | None) -> dict[str, Array]:
        """Return the outputs by name, each an array of its own.

        Args:
            version: of the parameters: what depends on them alone is kept while it
                stays the same. None: recompute it.
        """

    def source(self) -> str:
        """Return the source of all loops; empty where none is generated."""

    def report(self) -> Report:
        """Return what runs, part by part."""
