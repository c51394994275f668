"""REPLICATE delays, made of loops: each carries the value that the delay repeats.

A REPLICATE delay repeats its source's first value (k < 0: its last). Most windows do
not hold that step, so a loop carries the value through all of them.
"""

import numpy as np

from tinygraph.core.building import constant
from tinygraph.core.delays import Delay, delay, open_delay
from tinygraph.core.graph import Graph
from tinygraph.core.leaves import placeholder
from tinygraph.core.nodes import Node
from tinygraph.core.rebuilding import rebuild
from tinygraph.ops.arithmetic import where
from tinygraph.ops.comparing import equal
from tinygraph.ops.time import extent, step_index


def without_replicate(graph: Graph) -> tuple[Graph, Node]:
    """Return the graph without REPLICATE delays, and the leaf to feed `start` to.

    y = delay(x, k) becomes where(t < k, held, delay(x, k, init=0)), where
    held = where(t == 0, x, delay(held, 1)); for k < 0 the same from the other end.
    """
    taken = {node.name for node in graph.nodes}
    name = "start"
    while name in taken:
        name += "'"
    start = placeholder(name, (), "int64")
    while any(map(_repeats, graph.nodes)):
        graph = _without_first(graph, start)
    return graph, start


def _without_first(graph: Graph, start: Node) -> Graph:
    """Return the graph without those REPLICATE delays that repeat no other one."""
    plain: list[Delay] = []

    def is_first(node: Node) -> bool:
        return _repeats(node) and not _repeats(node.inputs[0])

    def make(node: Node, parts: tuple[Node, ...]) -> Node | None:
        if not is_first(node):
            return None
        zero = constant(np.zeros((), node.dtype))
        attrs = {**node.attrs, "outside": "init"}
        made = open_delay((zero,), node.type, attrs, node.name, node)
        plain.append(made)
        return made

    rebuilt = Graph(rebuild(graph.outputs, make=make, touched=is_first))
    return rebuilt.replace({node: _held_outside(node, start) for node in plain})


def _repeats(node: Node) -> bool:
    return isinstance(node, Delay) and node.outside == "replicate"


def _held_outside(node: Delay, start: Node) -> Node:
    """Return a delay with init 0 whose first |k| values are the carried one instead."""
    time, k, source = node.type.time or "t", node.steps, node.source
    from_edge = step_index(time) - start
    if k < 0:
        from_edge = extent(time) - 1 - from_edge
    before = delay(
        steps=1 if k > 0 else -1,
        init=constant(np.zeros((), node.dtype)),
        shape=node.type.shape,
        dtype=node.dtype,
        time=time,
    )
    held = where(equal(from_edge, 0), source, before)
    before.close(held)
    return where(from_edge < abs(k), held, node)
