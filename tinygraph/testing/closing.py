"""The delays of a random graph, closed: on a loop where there is one that is legal.

Whether a delay may be closed with a source is asked before it is done.
"""

from collections.abc import Iterator, Sequence

from tinygraph.core.building import CAST, cast, constant
from tinygraph.core.delays import Delay
from tinygraph.core.leaves import PARAMETER
from tinygraph.core.nodes import Node
from tinygraph.core.traversal import (
    Edge,
    inputs_before,
    reach,
    strongly_connected,
)
from tinygraph.core.verification import witness
from tinygraph.ops.functions import logical_not, tanh
from tinygraph.ops.shaping import broadcast_to
from tinygraph.testing.growing import Growth, fit
from tinygraph.testing.sample_moves import step_by


def depends_on(node: Node, other: Node) -> bool:
    """Return True if `other` is among what `node` is made from."""
    return other in reach([node], lambda part: part.inputs)


def closes_legally(delay: Delay, source: Node) -> bool:
    """Return True if an open delay makes no ill-posed cycle when it is closed.

    Others, on the same cycle too, may still be open.
    """
    if not depends_on(source, delay):
        return True

    def inputs_of(node: Node) -> Sequence[Node]:
        return (*node.inputs, source) if node is delay else node.inputs

    start: list[Node] = [delay]
    members = strongly_connected(start, inputs_of)[-1]
    if any(node.type.time is None for node in members):
        return False
    inside = set(members)
    edges = [
        edge
        for node in members
        for edge in _edges(node, source if node is delay else None)
        if edge[1] in inside
    ]
    return not witness(members, edges)


def _edges(node: Node, source: Node | None) -> list[Edge[Node]]:
    """Return a node's edges with their delays; `source` closes it in thought."""
    edges = [(node, part, 0) for part in inputs_before(node)]
    if isinstance(node, Delay):
        end = source if node.is_open else node.source
        if end is not None:
            edges.append((node, end, node.steps))
            if node.outside == "replicate":
                edges.append((node, end, 0))
    return edges


def close_delays(g: Growth) -> None:
    """Close every delay by a legal source, on a cycle where one is drawn."""
    for made in g.delays:
        sources = (_ready(g, made, node) for node in _sources(g, made))
        legal = (node for node in sources if closes_legally(made, node))
        made.close(next(legal, _plain_source(g, made)))


def _sources(g: Growth, made: Delay) -> Iterator[Node]:
    """Draw in which order to try sources; those that close a loop come first.

    Now and then it is the delay itself; where nothing else reads it, a step is made.
    """
    kind = made.type.dtype.kind
    known = {"f": g.floats, "b": g.bools}
    options = [n for n in known.get(kind, g.ints) if n is not made and n.op is not CAST]
    if g.wishes.loops is None and g.pick(range(24)) == 23:
        yield made
    looping = [node for node in options if depends_on(node, made)]
    others = [delay for delay in g.delays if delay is not made]
    coupled = [n for n in looping if any(depends_on(n, o) for o in others)]
    if not looping:
        yield _own_step(g, made)
    pools = [pool for pool in (options, looping, coupled) if pool]
    if pools:
        chosen: list[Node] = g.pick(pools[::-1])
        first = g.choices.below(len(chosen))
        yield from chosen[first:] + chosen[:first]


def _own_step(g: Growth, made: Delay) -> Node:
    """Return a step of a loop that holds no other delay."""
    if made.type.is_float:
        own = cast(made, g.dtype)
        way = g.pick(("alone", "with another", "with a weight"))
        if way == "alone":
            return tanh(own)
        weights = [node for node in g.floats if node.op is PARAMETER]
        if way == "with a weight" and weights:
            return tanh(own + fit(g.pick(weights), made.shape))
        return tanh(own + g.shaped(made.shape))
    if made.dtype == bool:
        return logical_not(made)
    return (made + 1) % 3


def _ready(g: Growth, made: Delay, node: Node) -> Node:
    """Return a source in the delay's shape and kind, by a way that is wished."""
    source = fit(node, made.shape)
    if g.wishes.loops is not None:
        source = step_by(g, g.pick(g.wishes.loops), source)
    return cast(fit(source, made.shape), made.dtype)


def _plain_source(g: Growth, made: Delay) -> Node:
    """Return a source that depends on nothing: a leaf, or a constant."""
    if made.type.is_float:
        return cast(fit(g.floats[0], made.shape), made.dtype)
    return broadcast_to(cast(constant(1), made.dtype), made.shape)
