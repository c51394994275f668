"""What a backend makes of a graph: a program that runs, and tells how it does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from tinygraph.core.graph import Graph
from tinygraph.core.nodes import Node
from tinygraph.scheduling.planning import Instruction, LoopPlan
from tinygraph.semantics.binding import Array, Binding


class OneCall:
    """The version of parameters that one call overrides: equal to no other one."""


Version = int | OneCall
"""Which values the parameters have: equal versions, equal values."""


@dataclass(frozen=True)
class Straight:
    """Nodes that run one after the other, each for all steps together.

    Attributes:
        why: node → why it is none of a function that others are in.
        title: what they are, if neither of these; without a final colon.
    """

    nodes: Sequence[Node]
    why: Mapping[Node, str] = field(default_factory=dict)
    title: str = ""


@dataclass(frozen=True)
class Stepwise:
    """A cycle that runs step by step, each step a list of calls.

    Attributes:
        plan: what is called in a step, and where its results live.
        calls: the instructions of a step, in groups that are one call each.
        why: it runs in this way, where it might run in a better one.
    """

    plan: LoopPlan
    calls: Sequence[Sequence[Instruction]]
    why: str = ""


@dataclass(frozen=True)
class Fused:
    """Nodes that one generated function runs, step by step, without a call a node.

    Attributes:
        name: of the function, in the source.
        time: the axis along which it runs.
        backwards: from the last step to the first.
        lags: node → by how many iterations it runs later than the first ones.
        reads: what it is given.
        homes: computed node → "long" (a value per step is kept), "scratch" (one value,
            overwritten at the next step), "row" (one row of it), "variable" (one
            element), or "total" (added up as the steps run).
        shard: the dimension whose rows threads may share out; None: none.
    """

    name: str
    time: str
    backwards: bool
    lags: Mapping[Node, int]
    reads: Sequence[Node]
    homes: Mapping[Node, str]
    shard: str | None


Part = Straight | Stepwise | Fused


@dataclass(frozen=True)
class Report:
    """How a program runs its graph: what `tg.explain` puts into words.

    Attributes:
        graph: as it is run; a backend may have taken ops apart.
        prologue: nodes that run once per change of the parameters.
        parts: what every call runs, in this order.
        remark: a sentence in place of parts, where there is no plan to tell.
    """

    graph: Graph
    prologue: Sequence[Node] = ()
    parts: Sequence[Part] = ()
    remark: str = ""


class Program(Protocol):
    """A graph ready to run; it holds no state of a call."""

    def run(self, binding: Binding, version: Version | None) -> dict[str, Array]:
        """Return the outputs by name, each an array of its own.

        Args:
            version: of the parameters: what depends on them alone is kept while it
                stays the same. None: recompute it.
        """

    def source(self) -> str:
        """Return the source of all loops; empty where none is generated."""

    def report(self) -> Report:
        """Return what runs, part by part."""
