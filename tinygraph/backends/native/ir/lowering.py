"""Lowering: composite ops become maps and reductions, which generated code knows.

Of a graph with time only what has a value per step.
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
        per_step = node.type.time is not None or not graph.times
        if rule is not None and rule.decomposed and per_step:
            found[node] = rule.decomposed(node)
    if not found:
        return graph
    outputs, _ = substitute(graph.outputs, found, users(graph.nodes))
    return Graph(outputs)
