"""rewired: the same graph, but whoever reads a node reads something else."""

from collections.abc import Callable, Mapping

from tinygraph.core.delays import Delay, open_delay
from tinygraph.core.graph import Graph
from tinygraph.core.leaves import placeholder, sequence
from tinygraph.core.nodes import Node
from tinygraph.core.rebuilding import rebuild, remake
from tinygraph.core.types import TensorType

Change = Callable[[Node], Node]


def rewired(graph: Graph, changes: Mapping[Node, Change]) -> Graph:
    """Return the graph in which every reader of a node reads `change(node)`.

    The node itself stays, with its inputs rebuilt: on a cycle, or a delay, too. It
    is what `graph.replace({node: change(node)})` gives, by another way.

    Args:
        changes: node → function from its rebuilt form to a node of equal type.
    """
    reading = _Reading(graph, changes)
    outputs = {f"output {name}": node for name, node in graph.outputs.items()}
    kept = {f"changed {i}": node for i, node in enumerate(changes)}
    rebuilt = rebuild(
        {**outputs, **kept},
        sources={
            delay: reading.read(delay.source, delay.source)
            for delay in graph.delays
            if delay.source in changes
        },
        make=reading.make,
        touched=lambda node: any(part in changes for part in node.inputs),
    )
    return Graph(
        {
            name: reading.read(node, rebuilt[f"output {name}"])
            for name, node in graph.outputs.items()
        }
    )


class _Reading:
    """What a reader finds where it had an input."""

    def __init__(self, graph: Graph, changes: Mapping[Node, Change]) -> None:
        self.own = set(graph.nodes)
        self.changes = changes
        self.made: dict[Node, Node] = {}

    def read(self, old: Node, new: Node) -> Node:
        """Return what stands for `old`, given its rebuilt form."""
        if old not in self.changes:
            return new
        if new not in self.made:
            self.made[new] = self.changes[old](new)
        return self.made[new]

    def make(self, node: Node, parts: tuple[Node, ...]) -> Node | None:
        """Return the copy of a reader; None for what reads nothing changed."""
        old = node.inputs[1:] if isinstance(node, Delay) else node.inputs
        if node not in self.own or not any(part in self.changes for part in old):
            return None
        seen = tuple(map(self.read, old, parts))
        if isinstance(node, Delay):
            return open_delay(seen, node.type, node.attrs, node.name, node)
        return remake(node, seen)


def leaf_like(kind: TensorType, name: str) -> Node:
    """Return a new leaf of exactly this type."""
    if kind.time is None:
        return placeholder(name, kind.shape, kind.dtype)
    return sequence(name, kind.shape, kind.dtype, kind.time)


def perturbed(graph: Graph, node: Node, name: str) -> Graph:
    """Return the graph in which every reader of `node` reads node + a leaf `name`."""
    leaf = leaf_like(node.type, name)
    return rewired(graph, {node: lambda new: new + leaf})
