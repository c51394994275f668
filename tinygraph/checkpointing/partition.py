"""Partition: a graph cut into parts, each a graph that runs on its own.

One part is run for each window of a sweep, one between two stages. What a part needs of
others becomes a leaf: a static node that is computed before, the rows of an unstacked
array that are the steps of the window, and for each delay the values just outside the
window, its `history`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from tinygraph.checkpointing.stages import leaves_time
from tinygraph.checkpointing.sweeps import Sweep, Sweeps
from tinygraph.core.building import CONSTANT, apply
from tinygraph.core.delays import Delay, open_delay
from tinygraph.core.graph import Graph
from tinygraph.core.leaves import is_leaf, placeholder, sequence
from tinygraph.core.nodes import Node
from tinygraph.core.rebuilding import rebuild
from tinygraph.ops.windowing import EDGE
from tinygraph.scheduling.order import schedule


@dataclass(frozen=True)
class Part:
    """A graph that runs on its own.

    Attributes:
        graph: with outputs named by `outputs`.
        outputs: name → node of the whole graph: made of all steps of the window, or
            per step.
        edges: name of an output → delay of the whole graph that hands these values to
            the next window.
        given: leaf → static node of the whole graph, whose value it takes; for a
            sequence, of which it takes the steps of the window.
        history: leaf → delay of the whole graph.
    """

    graph: Graph
    outputs: Mapping[str, Node]
    edges: Mapping[str, Delay]
    given: Mapping[Node, Node]
    history: Mapping[Node, Delay]


class Partition:
    """Cuts parts out of a graph.

    Args:
        graph: the whole.
        sweeps: over the windows of it.
    """

    def __init__(self, graph: Graph, sweeps: Sweeps) -> None:
        self.graph = graph
        self.sweeps = sweeps
        self._early = {task.node for task in schedule(graph).prologue}

    def of_window(self, sweep: Sweep) -> Part:
        """Return what a sweep runs for each window."""
        delays = dict.fromkeys([*sweep.carried, *sweep.stored])
        edges = {f"edge {i}": delay for i, delay in enumerate(delays)}
        results = [node for node in sweep.reduced if not node.op.stacks_time]
        results += sweep.collected
        outputs = {f"result {i}": node for i, node in enumerate(results)}
        tops = {
            name: apply(EDGE, delay.source, steps=delay.steps)
            for name, delay in edges.items()
        }
        tops |= outputs
        own = set(tops.values())
        leaves = _Leaves(self.graph)

        def make(node: Node, parts: tuple[Node, ...]) -> Node | None:
            if node.type.time == sweep.time and isinstance(node, Delay):
                attrs = {"steps": node.steps, "outside": "history"}
                slots = (leaves.history(node),)
                return open_delay(slots, node.type, attrs, node.name, node)
            return leaves.given(node) if cut(node) else None

        def cut(node: Node) -> bool:
            if node.type.time is not None:
                return node.op.unstacks_time and node.type.time == sweep.time
            return self._is_cut(node) and node not in own

        def touched(node: Node) -> bool:
            moves = node.type.time == sweep.time and isinstance(node, Delay)
            return moves or cut(node)

        return leaves.part(rebuild(tops, make=make, touched=touched), outputs, edges)

    def of_statics(self, stage: int) -> Part | None:
        """Return what computes the static nodes of a stage, before it runs; or None."""
        nodes = self._statics_by_stage[stage]
        outputs = {f"static {i}": node for i, node in enumerate(nodes)}
        if not outputs:
            return None
        leaves = _Leaves(self.graph)

        def cut(node: Node) -> bool:
            if node.type.time is not None or not self._is_cut(node):
                return False
            return leaves_time(node) or self.sweeps.known_from[node] < stage

        def make(node: Node, parts: tuple[Node, ...]) -> Node | None:
            return leaves.given(node) if cut(node) else None

        return leaves.part(rebuild(outputs, make=make, touched=cut), outputs, {})

    @cached_property
    def _statics_by_stage(self) -> list[dict[Node, None]]:
        """For each stage, and after the last, the static nodes to compute before it.

        All that sweeps, later static nodes or the caller read, but for what is made of
        all steps, which the sweeps give.
        """
        known = self.sweeps.known_from
        found: list[dict[Node, None]] = [{} for _ in range(self.sweeps.stages + 1)]

        def want(node: Node) -> None:
            if not (is_leaf(node) or node.op is CONSTANT or leaves_time(node)):
                found[known[node]][node] = None

        for node in self.graph.nodes:
            for x in node.inputs:
                if x.type.time is not None:
                    continue
                slot = isinstance(node, Delay)
                later = node.type.time is not None or known[node] > known[x]
                if slot or (later and self._is_cut(x)):
                    want(x)
        for node in self.graph.outputs.values():
            if node.type.time is None:
                want(node)
        return found

    def _is_cut(self, node: Node) -> bool:
        """Return True for a static node that is not made of parameters alone."""
        return not (node in self._early or is_leaf(node))


class _Leaves:
    """Makes the leaves of one part, each with a name that the graph has not."""

    def __init__(self, graph: Graph) -> None:
        self._taken = {node.name for node in graph.nodes}
        self._given: dict[Node, Node] = {}
        self._history: dict[Delay, Node] = {}

    def given(self, node: Node) -> Node:
        """Return the leaf that stands for a static node, or for its steps."""
        make: Callable[..., Node] = placeholder
        extra = {}
        static = node
        if node.op.unstacks_time:
            make, extra, static = sequence, {"time": node.type.time}, node.inputs[0]
        leaf = make(self._name("given"), node.type.shape, node.type.dtype, **extra)
        self._given[leaf] = static
        return leaf

    def history(self, delay: Delay) -> Node:
        """Return the leaf that holds what a delay reads outside the window."""
        shape = (abs(delay.steps), *delay.type.shape)
        leaf = placeholder(self._name("history"), shape, delay.type.dtype)
        self._history[delay] = leaf
        return leaf

    def part(
        self,
        tops: Mapping[str, Node],
        outputs: Mapping[str, Node],
        edges: Mapping[str, Delay],
    ) -> Part:
        """Return the part of these outputs, with the leaves that it has."""
        graph = Graph(tops)
        found = set(graph.leaves)
        return Part(
            graph,
            outputs,
            edges,
            {leaf: node for leaf, node in self._given.items() if leaf in found},
            {leaf: node for node, leaf in self._history.items() if leaf in found},
        )

    def _name(self, role: str) -> str:
        number = len(self._given) + len(self._history)
        name = f"{role} {number}"
        while name in self._taken:
            name += "'"
        self._taken.add(name)
        return name
