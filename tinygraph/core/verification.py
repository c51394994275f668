"""Is this graph legal? Delays closed, names unique, the recurrence well-posed.

Well-posed for every T: no closed walk has total delay zero. Within one strongly
connected component that means: every cycle has a positive total delay, or every
one a negative total (otherwise a positive and a negative cycle, each walked often
enough, add up to zero).
"""

from collections.abc import Sequence
from typing import Any

from tinygraph.core.delays import Delay
from tinygraph.core.errors import (
    DelayFreeCycleError,
    DuplicateNameError,
    OpenDelayError,
    StaticCycleError,
)
from tinygraph.core.leaves import is_leaf
from tinygraph.core.nodes import Node
from tinygraph.core.traversal import (
    Edge,
    consumers_first,
    find_cycle,
    inputs_before,
    potentials,
    strongly_connected,
)

Cycle = list[Edge[Any]]


def verify(order: Sequence[Node]) -> None:
    """Check the nodes of a graph, given in topological order with delays cut.

    Raises:
        OpenDelayError, DuplicateNameError, StaticCycleError, DelayFreeCycleError.
    """
    _check_closed(order)
    _check_names(order)
    for component in cycles_of(order):
        _check_static(component)
        check_component(component, edges_within(component))


def cycles_of(order: Sequence[Node]) -> list[list[Node]]:
    """Return the components that hold a cycle, members in the given order."""
    delays: list[Node] = [node for node in order if isinstance(node, Delay)]
    components = [
        component
        for component in strongly_connected(delays, lambda node: node.inputs)
        if len(component) > 1 or component[0] in component[0].inputs
    ]
    if not components:
        return []
    place = {node: i for i, node in enumerate(order)}
    return [sorted(component, key=place.__getitem__) for component in components]


def edges_within(component: Sequence[Node]) -> list[Edge[Node]]:
    """Return the component's edges with their delays, consumers first.

    A REPLICATE delay counts also as an edge of delay 0: its first value is the
    source's first value.
    """
    members = set(component)
    edges = []
    for node in reversed(component):
        edges += [(node, x, 0) for x in inputs_before(node) if x in members]
        if isinstance(node, Delay) and node.source in members:
            edges.append((node, node.source, node.steps))
    return edges


def sign_of(component: Sequence[Node]) -> int:
    """Return 1 where the cycles of a legal component look back, -1 where ahead."""
    edges = edges_within(component)
    return 1 if all_of_sign(component, edges, 1) else -1


def all_of_sign(nodes: Sequence[Any], edges: Sequence[Edge[Any]], sign: int) -> bool:
    """Return True if every cycle of a component has a total delay of this sign.

    Over weights w(n+1) - 1 every cycle of total <= 0 is negative.
    """
    weights = {w for _, _, w in edges if w}
    if len({w > 0 for w in weights}) == 1:
        return all(w * sign > 0 for w in weights)
    scaled = _scaled(len(nodes), consumers_first(nodes, edges), sign)
    return potentials(nodes, scaled)[1] is None


def _scaled(n: int, edges: Sequence[Edge[Any]], sign: int) -> list[Edge[Any]]:
    return [(v, u, sign * w * (n + 1) - 1) for v, u, w in edges]


def witness(nodes: Sequence[Any], edges: Sequence[Edge[Any]]) -> list[Cycle]:
    """Return cycles that prove a component ill-posed; none where it is legal.

    One cycle of total delay zero, or one positive and one negative cycle.
    Linear where all delays share a sign; otherwise two shortest-path runs.
    """
    free = find_cycle(nodes, [edge for edge in edges if edge[2] == 0])
    if free is not None:
        return [free]
    if any(all_of_sign(nodes, edges, sign) for sign in (1, -1)):
        return []
    found = []
    for sign in (1, -1):
        cycle = potentials(nodes, _scaled(len(nodes), edges, sign))[1]
        assert cycle is not None, "some cycle has the other sign, or none"
        found.append(_unscaled(cycle, sign, len(nodes)))
    zero = [cycle for cycle in found if total_delay(cycle) == 0]
    return zero[:1] or found


def _unscaled(cycle: Cycle, sign: int, n: int) -> Cycle:
    return [(v, u, sign * (w + 1) // (n + 1)) for v, u, w in cycle]


def total_delay(cycle: Cycle) -> int:
    """Return the sum of the delays along a cycle."""
    return sum(weight for _, _, weight in cycle)


def check_component(nodes: Sequence[Node], edges: Sequence[Edge[Node]]) -> None:
    """Raise DelayFreeCycleError where `witness` finds the component ill-posed."""
    cycles = witness(nodes, edges)
    if cycles:
        raise DelayFreeCycleError(_free_message(cycles), cycles=cycles)


def _free_message(cycles: list[Cycle]) -> str:
    lines = []
    if len(cycles) == 2:
        lines.append(
            "delay-free closed walk: two cycles of one component have total delays "
            f"of {total_delay(cycles[0]):+d} and {total_delay(cycles[1]):+d}, and "
            "walked often enough they add up to zero"
        )
    else:
        count = len(cycles[0])
        lines.append(f"delay-free cycle of {count} node{'s' * (count > 1)}")
        if any(weight for _, _, weight in cycles[0]):
            lines[0] += ": its delays add up to zero"
        elif any(isinstance(v, Delay) for v, _, _ in cycles[0]):
            lines[0] += ": init=REPLICATE reads its source at the same step"
    for cycle in cycles:
        lines.append(_walk(cycle))
    made = dict.fromkeys(node for cycle in cycles for _, node, _ in reversed(cycle))
    lines += [f"  {node.label} was made at {node.where}" for node in made]
    consumer, part, _ = min(cycles[0], key=lambda edge: abs(edge[2]))
    lines.append(
        "Every cycle must pass through at least one delay, otherwise no node on it "
        "can run first."
    )
    lines.append(
        "Break it with tg.delay(init=...), for example on the edge "
        f"{part.label} -> {consumer.label}."
    )
    return "\n".join(lines)


def _walk(cycle: Cycle) -> str:
    """Return the cycle in the direction of the data, with its delays."""
    parts = ["  " + cycle[-1][1].describe()]
    for consumer, _, weight in reversed(cycle):
        arrow = f"-[z^{-weight}]->" if weight else "->"
        parts.append(f"{arrow} {consumer.describe()}")
    return " ".join(parts)


def _check_closed(order: Sequence[Node]) -> None:
    open_delays = [n for n in order if isinstance(n, Delay) and n.is_open]
    if not open_delays:
        return
    listed = "\n".join(
        f"  {node.describe()}, made at {node.where}" for node in open_delays
    )
    raise OpenDelayError(
        f"{len(open_delays)} delay{'s' * (len(open_delays) > 1)} left open:\n{listed}\n"
        "Tie each loop with delay.close(source) before building the graph.",
        delays=open_delays,
    )


def _check_names(order: Sequence[Node]) -> None:
    seen: dict[tuple[Any, ...], Node] = {}
    for node in order:
        if isinstance(node, Delay):
            name = node.name
            what = "delays"
        elif is_leaf(node) or (node.op.name == "constant" and node.name is not None):
            name = node.name
            what = "leaves"
        elif node.op.random:
            name = node.attrs["key"].name
            what = "random nodes"
        else:
            continue
        if name is None:
            continue
        first = seen.setdefault((what, *_identity(node, name)), node)
        if first is not node and not _are_copies(first, node):
            raise DuplicateNameError(
                f"two {what} of the graph are named {name!r}: one made at "
                f"{first.where}, one at {node.where}. Give one of them another name.",
                name=name,
                nodes=(first, node),
            )


def _identity(node: Node, name: str) -> tuple[Any, ...]:
    """Return what must be unique: a leaf's copy is its origin's name and its step."""
    if node.origin is None or not is_leaf(node):
        return (name,)
    return (node.origin.name, node.step)


def _are_copies(a: Node, b: Node) -> bool:
    """Copies of one random node draw the same numbers and may share its name."""
    both = a.op.random and b.op.random
    return both and a.attrs["key"] is b.attrs["key"]


def _check_static(component: Sequence[Node]) -> None:
    static = next((node for node in component if node.type.time is None), None)
    if static is None:
        return
    cycle = _cycle_through(static, component)
    raise StaticCycleError(
        f"static node {static.label!r}, made at {static.where}, stands on a cycle: it "
        f"has one value in all, so it cannot depend on itself through time\n"
        f"{_walk(cycle)}\n"
        "Use a per-step node there: a delay instead of tg.last, or a running sum "
        "instead of tg.sum_over_time.",
        node=static,
        cycles=[cycle],
    )


def _cycle_through(start: Node, component: Sequence[Node]) -> Cycle:
    """Return a shortest cycle through `start` (breadth first)."""
    members = set(component)
    consumer_of: dict[Node, Node] = {}
    queue = [start]
    for node in queue:
        for part in node.inputs:
            if part in members and part not in consumer_of:
                consumer_of[part] = node
                queue.append(part)
    cycle: Cycle = []
    part = start
    while not cycle or part is not start:
        consumer = consumer_of[part]
        delayed = isinstance(consumer, Delay) and consumer.source is part
        cycle.append((consumer, part, consumer.attrs["steps"] if delayed else 0))
        part = consumer
    return cycle[::-1]
