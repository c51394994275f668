"""Ops whose value no window has alone, made of ops whose windows can be merged."""

from tinygraph.core.graph import Graph
from tinygraph.core.nodes import Node
from tinygraph.core.rebuilding import rebuild


def made_for_windows(graph: Graph, start: Node) -> Graph:
    """Return the graph with each node whose op declares `in_windows` made so.

    Args:
        start: the leaf of the graph that takes the number of the first step.
    """

    def changes(node: Node) -> bool:
        return node.op.in_windows is not None

    def make(node: Node, parts: tuple[Node, ...]) -> Node | None:
        rule = node.op.in_windows
        return None if rule is None else rule(node, parts, start)

    if not any(map(changes, graph.nodes)):
        return graph
    return Graph(rebuild(graph.outputs, make=make, touched=changes))
