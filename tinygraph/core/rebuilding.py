"""Rebuild the part of a graph that depends on what is read or made in another way.

One engine, `_anew`, for all that changes graphs: `rebuild` makes nodes anew,
`substitute` reads nodes in place of others, `core.replacing` does so with nodes that
stand within their own replacement.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from tinygraph.core import source_info
from tinygraph.core.building import EVERY_STEP, apply, lift
from tinygraph.core.delays import Delay, open_delay
from tinygraph.core.nodes import Node
from tinygraph.core.traversal import reach, resolve, topological_order

P = TypeVar("P")
"""A place in the graph as it is read: a node, or a node and more."""

Make = Callable[[Node, tuple[Node, ...]], Node | None]
"""Given an old node and its new inputs, make the new node (None: as usual). A delay
is given its slots alone; what is open in the end is closed on the new source."""


def rebuilt(
    order: Sequence[P],
    node_at: Callable[[P], Node],
    read: Callable[[P, Node], P],
    make: Make | None = None,
    touched: Callable[[Node], bool] | None = None,
) -> dict[P, Node]:
    """Return a new node for every place that reads something new, or is touched.

    Args:
        order: every place after what it reads, delays cut.
        node_at: the old node of a place.
        read: what a place reads where its node has an input.
        make: how to make a node.
        touched: nodes to make anew even where they read nothing new.
    """
    readers: dict[P, list[P]] = {place: [] for place in order}
    starts = []
    for place in order:
        node = node_at(place)
        new_here = touched is not None and touched(node)
        for part in node.inputs:
            found = read(place, part)
            readers[found].append(place)
            new_here |= node_at(found) is not part
        if new_here:
            starts.append(place)
    changed = reach(starts, readers.__getitem__)
    new: dict[P, Node] = {}

    def now(place: P, part: Node) -> Node:
        found = read(place, part)
        return new.get(found, node_at(found))

    _anew(new, [place for place in order if place in changed], node_at, now, make)
    return new


def _anew(
    new: dict[P, Node],
    changed: Iterable[P],
    node_at: Callable[[P], Node],
    now: Callable[[P, Node], Node],
    make: Make | None = None,
) -> None:
    """Make the nodes of the changed places, in order, over what they read now."""
    delays = []
    for place in changed:
        node = node_at(place)
        given = node.inputs[1:] if isinstance(node, Delay) else node.inputs
        made = new[place] = _made(node, tuple([now(place, x) for x in given]), make)
        if isinstance(node, Delay) and isinstance(made, Delay) and made.is_open:
            delays.append((place, node, made))
    for place, node, made in delays:
        made.close(now(place, node.source))


def rebuild(
    outputs: Mapping[str, Node],
    *,
    sources: Mapping[Delay, Node] | None = None,
    make: Make | None = None,
    touched: Callable[[Node], bool] | None = None,
) -> dict[str, Node]:
    """Return the outputs with some nodes remade and all that depends on them rebuilt.

    Args:
        outputs: name → node.
        sources: delay → its new source, given as a node of the *old* graph (its
            rebuilt form is what the delay gets) or a new one.
        make: how to make the copy of a node.
        touched: nodes to rebuild even where nothing below them changes.
    """
    given = dict[Node, Node]((sources or {}).items())

    def read(node: Node, part: Node) -> Node:
        own = isinstance(node, Delay) and part is node.source
        return given.get(node, part) if own else part

    def anew(node: Node) -> bool:
        return node in given or (touched is not None and touched(node))

    order = topological_order([*outputs.values(), *given.values()])
    new = rebuilt(order, _itself, read, make, anew)
    return {name: new.get(node, node) for name, node in outputs.items()}


def substitute(
    outputs: Mapping[str, Node],
    redirect: Mapping[Node, Node],
    readers: Mapping[Node, Sequence[Node]],
) -> tuple[dict[str, Node], list[Node]]:
    """Return the outputs with each node of `redirect` computed another way.

    Touches what reads a redirected node, directly or not, and what is new.

    Args:
        outputs: name → node.
        redirect: old node → a node of the same type over nodes of the same graph
            (which may be redirected themselves), not over the old node.
        readers: node of the outputs' graph → those that have it as an input.

    Returns:
        The outputs, and every node they need in topological order.
    """
    last = {old: resolve(old, redirect) for old in redirect}
    order = topological_order(outputs.values(), last)
    changed = _reading_new(order, last, readers)
    new: dict[Node, Node] = {}

    kept: list[Node] = []

    def now(_: Node, part: Node) -> Node:
        found = last.get(part, part)
        made = new.get(found)
        if made is None and found in changed:
            kept.append(found)
        return found if made is None else made

    _anew(new, [node for node in order if node in changed], _itself, now)
    tops = {name: now(node, node) for name, node in outputs.items()}
    nodes = [new.get(node, node) for node in order]
    if kept or len(set(nodes)) < len(nodes):  # one stays as it was, or two are one
        nodes = topological_order(tops.values())
    return tops, nodes


def _reading_new(
    order: Iterable[Node],
    last: Mapping[Node, Node],
    readers: Mapping[Node, Sequence[Node]],
) -> Mapping[Node, None]:
    """Return what reads a redirected node, and all that depends on it."""
    starts = [user for old in last for user in readers.get(old, ())]
    more: dict[Node, list[Node]] = {}
    for node in order:
        if node not in readers:
            for part in node.inputs:
                if part in last:
                    starts.append(node)
                more.setdefault(last.get(part, part), []).append(node)

    def onward(node: Node) -> Iterable[Node]:
        return (*readers.get(node, ()), *more.get(node, ()))

    return reach(starts, onward)


def _itself(node: Node) -> Node:
    return node


def _made(node: Node, parts: tuple[Node, ...], make: Make | None) -> Node:
    made = make(node, parts) if make else None
    if made is not None:
        return made
    if isinstance(node, Delay):
        return open_delay(parts, node.type, node.attrs, node.name, node)
    return remake(node, parts)


def remake(node: Node, parts: tuple[Node, ...]) -> Node:
    """Apply a node's op to other inputs; the type rule runs only where it must."""
    if node.op is EVERY_STEP:
        return parts[0] if parts[0].type.time else lift(parts[0], node.attrs["time"])
    if all(map(_alike, parts, node.inputs)):
        return Node(
            node.op, parts, node.type, node.attrs, node.name, like=node, weak=node.weak
        )
    with source_info.made_for(node.scope, node.line):
        return apply(node.op, *parts, name=node.name, **node.attrs)


def _alike(a: Node, b: Node) -> bool:
    return a is b or a.type is b.type or a.type == b.type
