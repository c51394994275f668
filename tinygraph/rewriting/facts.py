"""What rewrites need to know of a graph: who reads a node, and on which cycle it is."""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from tinygraph import sites
from tinygraph.building import CONSTANT, EVERY_STEP
from tinygraph.nodes import Node, Op
from tinygraph.traversal import topological_order, users
from tinygraph.verification import cycles_of

Rule = Callable[[Node], Node | None]


class Facts:
    """A graph, seen by a rewrite."""

    def __init__(self, outputs: Mapping[str, Node]) -> None:
        self.outputs = outputs
        self.nodes = topological_order(outputs.values())

    @cached_property
    def by_op(self) -> dict[Op, list[Node]]:
        """Op → its nodes, in order."""
        found: dict[Op, list[Node]] = {}
        for node in self.nodes:
            found.setdefault(node.op, []).append(node)
        return found

    @cached_property
    def users(self) -> dict[Node, list[Node]]:
        """Node → those that have it as an input."""
        return users(self.nodes)

    @cached_property
    def home(self) -> dict[Node, int]:
        """Node → the number of its cycle; absent outside every cycle."""
        cycles = cycles_of(self.nodes)
        return {node: i for i, members in enumerate(cycles) for node in members}

    @cached_property
    def results(self) -> set[Node]:
        """The outputs of the graph."""
        return set(self.outputs.values())

    def used_once(self, node: Node) -> bool:
        """Return True if one node reads it, once, and no output is it."""
        return len(self.users[node]) == 1 and node not in self.results


def scalar_of(node: Node) -> Any:
    """Return the value of a constant scalar, lifted or not; None for other nodes."""
    if node.op is EVERY_STEP:
        node = node.inputs[0]
    if node.op is CONSTANT and not node.type.shape:
        return node.attrs["value"].item()
    return None


def unlifted(node: Node) -> Node | None:
    """Return the static node under a lift; None for other nodes."""
    return node.inputs[0] if node.op is EVERY_STEP else None


def each_node(facts: Facts, op: Op, rule: Rule) -> Mapping[Node, Node]:
    """Return what a local rule finds at the nodes of an op."""
    found = {}
    for node in facts.by_op.get(op, ()):
        with sites.made_for(node.scope, node.line):
            new = rule(node)
        if new is not None and new is not node:
            found[node] = new
    return found
