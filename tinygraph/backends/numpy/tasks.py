"""The tasks that NumPy runs: a node for all steps at once, or a loop step by step."""

from collections.abc import Collection, Set

from tinygraph.backends.linking.linker import Linker
from tinygraph.backends.linking.tasks import Task
from tinygraph.backends.numpy.loops import GeneratedLoop
from tinygraph.backends.numpy.vectorised import link_once
from tinygraph.core.nodes import Node
from tinygraph.runtime.program import Stepwise, Straight
from tinygraph.scheduling.order import Loop


class NodeTask(Task):
    """A node outside every cycle: all steps at once.

    Args:
        why: it is no part of a function, in a program that has functions.
    """

    def __init__(self, node: Node, why: str = "") -> None:
        self.node = node
        self.why = why
        self.reads = node.inputs
        self.writes = [node]
        self.bound = node.inputs[:1] if node.op.view else ()

    def link(self, linker: Linker, dying: Collection[Node] = ()) -> None:
        """Add the node's call to a frame."""
        link_once(linker, self.node, dying)

    def part(self) -> Straight:
        """Return what a report says of it."""
        return Straight([self.node], {self.node: self.why} if self.why else {})


class LoopTask(Task):
    """A cycle: step by step.

    Args:
        exported: nodes that something outside their loop reads.
        made: nodes outside loops that may be computed into any array.
        why: it is no function, in a program that has functions.
    """

    def __init__(
        self,
        loop: Loop,
        exported: set[Node],
        made: Set[Node] = frozenset(),
        why: str = "",
    ) -> None:
        self.generated = GeneratedLoop(loop, exported, made)
        self.why = why
        members = set(loop.members)
        self.reads = [
            x for node in loop.members for x in node.inputs if x not in members
        ]
        self.writes = self.generated.exported
        self.bound = self.generated.plan.entries
        self.adjacent = self.generated.adjacent

    def link(self, linker: Linker, dying: Collection[Node] = ()) -> None:
        """Add the loop's calls to a frame."""
        self.generated.link(linker)

    def part(self) -> Stepwise:
        """Return what a report says of it."""
        why = self.why and f"on NumPy: {self.why}"
        return Stepwise(self.generated.plan, self.generated.calls, why)
