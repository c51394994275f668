"""The schedule: only the cycle is sequential.

The folded graph is condensed into strongly connected components, in topological
order. What stands outside every cycle runs once, all T steps together; the members
of a cycle run step by step. A loop whose delays look back runs forwards, one whose
delays look ahead runs backwards; one that mixes both is retimed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tinygraph.core.delays import Delay
from tinygraph.core.graph import Graph
from tinygraph.core.leaves import holds_value
from tinygraph.core.nodes import Node
from tinygraph.core.traversal import consumers_first, potentials, strongly_connected
from tinygraph.core.verification import all_of_sign, edges_within


@dataclass(frozen=True, eq=False)
class Once:
    """A node outside every cycle."""

    node: Node


@dataclass(frozen=True, eq=False)
class Loop:
    """The members of one cycle, in the order of work within an iteration.

    Iteration i (0, 1, ...) runs member v at position i - lag(v), if that is a
    position: the position counts steps from the start, or from the end where
    `backwards`.
    """

    members: tuple[Node, ...]
    lags: tuple[int, ...]
    backwards: bool

    @property
    def time(self) -> str:
        """The time axis the loop runs along."""
        return self.members[0].type.time or ""


@dataclass(frozen=True)
class Schedule:
    """What runs when: the prologue depends on parameters alone."""

    prologue: tuple[Once, ...]
    main: tuple[Once | Loop, ...]


def schedule(graph: Graph) -> Schedule:
    """Return the order of work for a graph; it depends on the graph only."""
    position = {node: i for i, node in enumerate(graph.nodes)}
    prologue: list[Once] = []
    main: list[Once | Loop] = []
    early: set[Node] = set()
    if not graph.delays:
        components = [[node] for node in graph.nodes]
    else:
        components = strongly_connected(graph.nodes, lambda node: node.inputs)
    for component in components:
        node = component[0]
        if len(component) > 1 or node in node.inputs:
            main.append(_loop(sorted(component, key=position.__getitem__)))
        elif _is_early(node, early):
            early.add(node)
            prologue.append(Once(node))
        else:
            main.append(Once(node))
    return Schedule(tuple(prologue), tuple(main))


def read_outside(graph: Graph, order: Schedule) -> set[Node]:
    """Return the members of loops that something outside their loop reads."""
    home: dict[Node, Loop] = {}
    for task in order.main:
        if isinstance(task, Loop):
            home.update(dict.fromkeys(task.members, task))
    outside = {node for node in graph.outputs.values() if node in home}
    for node in graph.nodes:
        for part in node.inputs:
            if part in home and home.get(node) is not home[part]:
                outside.add(part)
    return outside


def _is_early(node: Node, early: set[Node]) -> bool:
    """Return True for what depends on parameters and constants alone."""
    if holds_value(node):
        return True
    op = node.op
    if not node.inputs or op.contextual or isinstance(node, Delay):
        return False
    if any(map(_has_names, (node.attrs[key] for key in op.dims))):
        return False
    leaves_time = node.type.time is None and node.inputs[0].type.time is not None
    return not leaves_time and all(x in early for x in node.inputs)


def _has_names(dims: Any) -> bool:
    return any(
        isinstance(dim, str) for dim in (dims if type(dims) is tuple else [dims])
    )


def _loop(component: Sequence[Node]) -> Loop:
    """Find direction, lags and order of a component.

    A member v at step t reads its input u at t - w, so u must run in the same
    iteration or an earlier one: lag(u) <= lag(v) + w, a system of difference
    constraints. Edges that leave no slack are ordered within the iteration.
    """
    edges = consumers_first(component, edges_within(component))
    backwards = not all_of_sign(component, edges, 1)
    signed = [(v, u, -w if backwards else w) for v, u, w in edges]
    lags, cycle = potentials(component, signed)
    assert cycle is None, "verification lets no such loop through"
    least = min(lags.values())
    before: dict[Node, list[Node]] = {node: [] for node in component}
    for v, u, w in signed:
        if lags[u] == lags[v] + w:
            before[v].append(u)
    order = [part[0] for part in strongly_connected(component, before.__getitem__)]
    return Loop(tuple(order), tuple(lags[v] - least for v in order), backwards)
