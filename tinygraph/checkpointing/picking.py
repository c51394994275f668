"""`at` in other words: a window that does not hold the step adds nothing."""

from tinygraph.core.building import cast
from tinygraph.core.graph import Graph
from tinygraph.core.nodes import Node
from tinygraph.core.rebuilding import rebuild
from tinygraph.ops.arithmetic import equal, where
from tinygraph.ops.picking import AT
from tinygraph.ops.time import extent, step_index, sum_over_time


def without_picks(graph: Graph, start: Node) -> Graph:
    """Return the graph with Σₜ where(t is the step, x, 0) for each pick of a step.

    Args:
        start: the leaf of the graph that takes the number of the first step.
    """

    def picks(node: Node) -> bool:
        return node.op is AT

    def make(node: Node, parts: tuple[Node, ...]) -> Node | None:
        return _summed(parts[0], node.attrs["t"], start) if picks(node) else None

    if not any(map(picks, graph.nodes)):
        return graph
    return Graph(rebuild(graph.outputs, make=make, touched=picks))


def _summed(x: Node, t: int, start: Node) -> Node:
    time = x.type.time or "t"
    place = step_index(time) - start
    chosen = equal(place, t if t >= 0 else extent(time) + t)
    return cast(sum_over_time(where(chosen, x, 0)), x.dtype)
