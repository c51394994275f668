"""Lowering: composite ops become maps and reductions, which generated code knows.

Per-step nodes only.
"""

from tinygraph.backends.native.ir.rules import RULES
from tinygraph.core.graph import Graph
from tinygraph.core.nodes import Node
from tinygraph.core.rebuilding import substitute
from tinygraph.core.traversal import users


def lowered(graph: Graph) -> Graph:
    """Return the graph with softmax and the like taken apart."""
    found: dict[Node, Node] = {}
    for node in graph.nodes:
        rule = RULES.get(node.op)
        if rule is not None and rule.decomposed and node.type.time is not None:
            found[node] = rule.decomposed(node)
    if not found:
        return graph
    outputs, _ = substitute(graph.outputs, found, users(graph.nodes))
    return Graph(outputs)
