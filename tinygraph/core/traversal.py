"""Walks over graphs: pure, iterative, deterministic.

Nothing here recurses, so a chain of a million nodes is as safe as a short one.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from math import inf
from types import MappingProxyType
from typing import TypeVar

from tinygraph.core.delays import Delay
from tinygraph.core.nodes import Node

V = TypeVar("V")

NOTHING: Mapping[Node, Node] = MappingProxyType({})

Edge = tuple[V, V, int]
"""(consumer, input, weight)."""


def inputs_before(node: Node) -> tuple[Node, ...]:
    """Return the inputs that must exist before the node: not a delay's source.

    The source of a REPLICATE delay must: its first value is the delay's first.
    """
    if isinstance(node, Delay) and not node.is_open and node.outside != "replicate":
        return node.inputs[1:]
    return node.inputs


def topological_order(
    outputs: Iterable[Node], redirect: Mapping[Node, Node] = NOTHING
) -> list[Node]:
    """Return every node the outputs need, each after its inputs.

    Delays are cut: a delay comes after its init but not after its source, unless
    it is a REPLICATE delay.

    Args:
        redirect: nodes read in place of others, wherever these are inputs.
    """
    order: list[Node] = []
    seen: set[Node] = set()
    waiting: list[Node] = []
    starts = [resolve(node, redirect) for node in outputs]
    kept = redirect.keys().isdisjoint
    while starts:
        first = len(order)
        stack: list[Node | None] = [*starts[::-1]]
        while stack:
            node = stack.pop()
            if node is None:  # all that the last one waited for is there
                order.append(waiting.pop())
            elif node not in seen:
                seen.add(node)
                parts = inputs_before(node) if isinstance(node, Delay) else node.inputs
                if redirect and not kept(parts):
                    parts = tuple([resolve(part, redirect) for part in parts])
                if seen.issuperset(parts):
                    order.append(node)
                else:
                    waiting.append(node)
                    stack.append(None)
                    stack += [part for part in parts[::-1] if part not in seen]
        closed = [x for x in order[first:] if isinstance(x, Delay) and not x.is_open]
        starts = [resolve(delay.source, redirect) for delay in closed]
    return order


def resolve(node: Node, redirect: Mapping[Node, Node]) -> Node:
    """Return what is read in place of a node, however many redirections later."""
    while node in redirect:
        node = redirect[node]
    return node


def users(order: Sequence[Node]) -> dict[Node, list[Node]]:
    """Return for each node those that have it as an input, delays included."""
    found: dict[Node, list[Node]] = {node: [] for node in order}
    for node in order:
        for part in node.inputs:
            found[part].append(node)
    return found


def reach(starts: Iterable[V], successors: Callable[[V], Iterable[V]]) -> dict[V, None]:
    """Return all that can be reached from `starts`, themselves included."""
    stack = list(starts)
    seen = dict.fromkeys(stack)
    while stack:
        for other in successors(stack.pop()):
            if other not in seen:
                seen[other] = None
                stack.append(other)
    return seen


def strongly_connected(
    nodes: Iterable[V], inputs_of: Callable[[V], Sequence[V]]
) -> list[list[V]]:
    """Return the strongly connected components, inputs' components first.

    Tarjan (1972), with an explicit stack.
    """
    index: dict[V, float] = {}
    lows: list[float] = []
    path: list[V] = []
    components: list[list[V]] = []
    calls: list[tuple[V, Iterator[V]]] = []

    def enter(node: V) -> None:
        lows.append(len(index))
        index[node] = lows[-1]
        path.append(node)
        calls.append((node, iter(inputs_of(node))))

    for root in nodes:
        if root not in index:
            enter(root)
        while calls:
            node, rest = calls[-1]
            low = lows[-1]
            for part in rest:
                at = index.get(part)
                if at is None:
                    lows[-1] = low
                    enter(part)
                    break
                if at < low:
                    low = at
            else:
                calls.pop()
                lows.pop()
                if low == index[node]:
                    components.append(_left(node, path, index))
                elif low < lows[-1]:
                    lows[-1] = low
    return components


def _left(node: V, path: list[V], index: dict[V, float]) -> list[V]:
    """Return the component of a node and take it off the path, for good."""
    component = []
    while True:
        member = path.pop()
        index[member] = inf
        component.append(member)
        if member is node or member == node:
            return component


def find_cycle(nodes: Iterable[V], edges: Sequence[Edge[V]]) -> list[Edge[V]] | None:
    """Return the edges of one cycle, consumer before input, or None."""
    onward: dict[V, list[Edge[V]]] = {node: [] for node in nodes}
    for edge in edges:
        onward[edge[0]].append(edge)
    done: set[V] = set()
    for root in onward:
        path: list[Edge[V]] = []
        place: dict[V, int] = {root: 0}
        calls = [(root, iter(onward[root] if root not in done else ()))]
        while calls:
            node, rest = calls[-1]
            for edge in rest:
                target = edge[1]
                if target in place:
                    return [*path[place[target] :], edge]
                if target not in done:
                    path.append(edge)
                    place[target] = len(path)
                    calls.append((target, iter(onward[target])))
                    break
            else:
                calls.pop()
                done.add(node)
                place.pop(node)
                if path:
                    path.pop()
    return None


def potentials(
    nodes: Sequence[V], edges: Sequence[Edge[V]]
) -> tuple[dict[V, int], list[Edge[V]] | None]:
    """Return p with p(input) <= p(consumer) + weight, or a negative cycle.

    Bellman-Ford from a virtual source. Few rounds are needed where the edges are in
    the order of `consumers_first`; which cycle is found depends on their order.
    """
    best: dict[V, int] = dict.fromkeys(nodes, 0)
    through: dict[V, Edge[V]] = {}
    for _ in range(len(best) + 1):
        changed: V | None = None
        for edge in edges:
            consumer, part, weight = edge
            reached = best[consumer] + weight
            if reached < best[part]:
                best[part] = reached
                through[part] = edge
                changed = part
        if changed is None:
            return best, None
        cycle = _cycle_of(changed, through)
        if cycle is not None:
            return best, cycle
    raise AssertionError("Bellman-Ford ends within one round per node")


def consumers_first(nodes: Sequence[V], edges: Sequence[Edge[V]]) -> list[Edge[V]]:
    """Return the edges, all of a consumer before those of its inputs where it can be.

    In the reverse postorder of a depth-first walk from consumers to inputs: what comes
    before its consumer closes a cycle.
    """
    onward: dict[V, list[Edge[V]]] = {node: [] for node in nodes}
    for edge in edges:
        onward[edge[0]].append(edge)
    finished: list[V] = []
    seen: set[V] = set()
    for root in onward:
        stack = [] if root in seen else [(root, iter(onward[root]))]
        seen.add(root)
        while stack:
            node, rest = stack[-1]
            part = next((x for _, x, _ in rest if x not in seen), None)
            if part is None:
                finished.append(node)
                stack.pop()
            else:
                seen.add(part)
                stack.append((part, iter(onward[part])))
    return [edge for node in reversed(finished) for edge in onward[node]]


def _cycle_of(start: V, through: dict[V, Edge[V]]) -> list[Edge[V]] | None:
    """Follow the last relaxed edges back from `start` until one repeats."""
    walked: list[Edge[V]] = []
    place: dict[V, int] = {}
    node = start
    while node in through and node not in place:
        place[node] = len(walked)
        walked.append(through[node])
        node = through[node][0]
    if node not in place:
        return None
    return walked[place[node] :][::-1]
