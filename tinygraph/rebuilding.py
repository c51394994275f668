"""Rebuild the part of a graph that depends on nodes made in another way."""

from collections.abc import Callable, Mapping

from tinygraph import sites
from tinygraph.building import EVERY_STEP, apply, lift
from tinygraph.delays import Delay, open_delay
from tinygraph.nodes import Node
from tinygraph.traversal import reach, topological_order, users

Make = Callable[[Node, tuple[Node, ...]], Node | None]
"""Given an old node and its new inputs, make the new node (None: as usual)."""


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
    sources = sources or {}
    order = topological_order([*outputs.values(), *sources.values()])
    starts = [node for node in order if node in sources]
    if touched is not None:
        starts += [node for node in order if touched(node)]
    consumers = users(order)
    changed = reach(starts, consumers.__getitem__)
    new: dict[Node, Node] = {}
    reopened: list[Delay] = []
    for node in order:
        if node not in changed:
            continue
        if isinstance(node, Delay):
            new[node] = _reopen(node, new, make)
            reopened.append(node)
        else:
            parts = tuple(new.get(part, part) for part in node.inputs)
            made = make(node, parts) if make else None
            new[node] = remake(node, parts) if made is None else made
    for node in reopened:
        source = sources.get(node, node.source)
        made = new[node]
        if isinstance(made, Delay) and made.is_open:
            made.close(new.get(source, source))
    return {name: new.get(node, node) for name, node in outputs.items()}


def _reopen(node: Delay, new: Mapping[Node, Node], make: Make | None) -> Node:
    slots = tuple(new.get(part, part) for part in node.inputs[1:])
    made = make(node, slots) if make else None
    if made is not None:
        return made
    return open_delay(slots, node.type, node.attrs, node.name, node)


def remake(node: Node, parts: tuple[Node, ...]) -> Node:
    """Apply a node's op to other inputs; the type rule runs only where it must."""
    if node.op is EVERY_STEP:
        return parts[0] if parts[0].type.time else lift(parts[0], node.attrs["time"])
    same = all(a.type == b.type for a, b in zip(parts, node.inputs, strict=True))
    if same:
        return Node(
            node.op, parts, node.type, node.attrs, node.name, like=node, weak=node.weak
        )
    with sites.made_for(node.scope, node.line):
        return apply(node.op, *parts, name=node.name, **node.attrs)
