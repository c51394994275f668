"""rewired: the same graph, but whoever reads a node reads something else."""

from collections.abc import Callable, Mapping

from tinygraph.delays import Delay, open_delay
from tinygraph.graph import Graph
from tinygraph.leaves import placeholder, sequence
from tinygraph.nodes import Node
from tinygraph.rebuilding import rebuild, remake
from tinygraph.types import TensorType

Change = Callable[[Node], Node]


def rewired(graph: Graph, changes: Mapping[Node, Change]) -> Graph:
    """Return the graph in which every reader of a node reads `change(node)`.

    Unlike `graph.replace` this also works for the members of a cycle and for
    delays: the node itself stays, with its inputs rebuilt.

    Args:
        changes: node → function from its rebuilt form to a node of equal type.
    """
    own = set(graph.nodes)
    made: dict[Node, Node] = {}

    def read(old: Node, new: Node) -> Node:
        if old not in changes:
            return new
        if new not in made:
            made[new] = changes[old](new)
        return made[new]

    def make(node: Node, parts: tuple[Node, ...]) -> Node | None:
        if node not in own:
            return None
        old = node.inputs[1:] if isinstance(node, Delay) else node.inputs
        if not any(part in changes for part in old):
            return None
        seen = tuple(map(read, old, parts))
        if isinstance(node, Delay):
            return open_delay(seen, node.type, node.attrs, node.name, node)
        return remake(node, seen)

    sources = {d: read(d.source, d.source) for d in graph.delays if d.source in changes}
    kept = {f"{i}": node for i, node in enumerate(changes)}
    plain = {f"output {name}": node for name, node in graph.outputs.items()}
    rebuilt = rebuild(
        {**plain, **kept},
        sources=sources,
        make=make,
        touched=lambda node: any(part in changes for part in node.inputs),
    )
    return Graph(
        {
            name: read(node, rebuilt[f"output {name}"])
            for name, node in graph.outputs.items()
        }
    )


def leaf_like(kind: TensorType, name: str) -> Node:
    """Return a new leaf of exactly this type."""
    if kind.time is None:
        return placeholder(name, kind.shape, kind.dtype)
    return sequence(name, kind.shape, kind.dtype, kind.time)


def perturbed(graph: Graph, node: Node, name: str) -> Graph:
    """Return the graph in which every reader of `node` reads node + a leaf `name`."""
    leaf = leaf_like(node.type, name)
    return rewired(graph, {node: lambda new: new + leaf})
