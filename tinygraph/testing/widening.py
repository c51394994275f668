"""widened: a graph in float64, so that differences can check its derivatives."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from tinygraph.core.building import EVERY_STEP, lift
from tinygraph.core.delays import Delay, open_delay
from tinygraph.core.graph import Graph
from tinygraph.core.nodes import Node
from tinygraph.core.rebuilding import rebuild

_NARROW = {np.dtype("float16"), np.dtype("float32")}
_WIDE = np.dtype("float64")


def widened(graph: Graph) -> tuple[Graph, dict[Node, Node]]:
    """Return the graph with every float in float64, and old node → new node.

    Ops, names, delays and random keys stay; parameters and constants are cast. A
    graph without narrower floats is returned as it is.
    """
    if not any(node.type.dtype in _NARROW for node in graph):
        return graph, {node: node for node in graph}
    new: dict[Node, Node] = {}

    def make(node: Node, parts: tuple[Node, ...]) -> Node:
        new[node] = _wide(node, parts)
        return new[node]

    outputs = rebuild(graph.outputs, make=make, touched=lambda node: True)
    return Graph(outputs), new


def wide_feeds(feeds: Mapping[str, Any]) -> dict[str, Any]:
    """Return the feeds with every float array in float64."""
    arrays = {name: np.asarray(value) for name, value in feeds.items()}
    return {
        name: value.astype(_WIDE) if value.dtype.kind == "f" else value
        for name, value in arrays.items()
    }


def _wide(node: Node, parts: tuple[Node, ...]) -> Node:
    kind = node.type
    if kind.dtype in _NARROW:
        kind = kind.with_dtype(_WIDE)
    if isinstance(node, Delay):
        return open_delay(parts, kind, node.attrs, node.name, node)
    if node.op is EVERY_STEP:
        return lift(parts[0], node.attrs["time"])
    attrs = {key: _wide_attr(key, value) for key, value in node.attrs.items()}
    return Node(node.op, parts, kind, attrs, node.name, like=node, weak=node.weak)


def _wide_attr(key: str, value: Any) -> Any:
    if isinstance(value, np.ndarray) and value.dtype in _NARROW:
        wide = value.astype(_WIDE)
        wide.flags.writeable = False
        return wide
    if key == "dtype":  # which `apply` takes by name too
        return _WIDE if np.dtype(value) in _NARROW else value
    return value
