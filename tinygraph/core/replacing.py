"""Replace nodes of a graph: whoever reads the old node reads another one.

Nodes that are named in a replacement keep their own computation there, so that
`{y: f(y)}` puts f between y and its readers, on a cycle too.
"""

import itertools
from collections.abc import Mapping
from typing import Any

from tinygraph.core.delays import Delay, lifted_source
from tinygraph.core.errors import DelayFreeCycleError
from tinygraph.core.nodes import Node
from tinygraph.core.rebuilding import rebuilt
from tinygraph.core.traversal import inputs_before, reach, topological_order, users

Place = tuple[Node, Node | None]
"""A node, and the replaced node in whose replacement it stands (None: in none)."""


def replaced(
    outputs: Mapping[str, Node], replacements: Mapping[Node, Any]
) -> dict[str, Node]:
    """Return the outputs with nodes replaced; only what depends on them is rebuilt.

    Args:
        outputs: name → node.
        replacements: node of the outputs' graph → node or value. A scalar takes the
            type of the node, a static value stands for every step of a per-step one.

    Raises:
        DelayFreeCycleError: two replacements need each other.
        ShapeError, DTypeError: a replacement does not fit its readers.
    """
    by = {old: lifted_source(new, old.type) for old, new in replacements.items()}
    walk = _Walk(topological_order(outputs.values()), by)
    tops = {name: walk.read(None, node) for name, node in outputs.items()}
    order = walk.order(list(tops.values()))
    new = rebuilt(order, lambda place: place[0], walk.read)
    return {name: new.get(place, place[0]) for name, place in tops.items()}


class _Walk:
    """The graph as it is read after the replacement."""

    def __init__(self, nodes: list[Node], by: Mapping[Node, Node]) -> None:
        self.nodes = nodes
        self.known = set(nodes)
        self.by = by
        self._later: dict[Node, Mapping[Node, None]] = {}

    def read(self, reader: Place | None, part: Node) -> Place:
        """Return what a reader finds where it had an input."""
        within = None if reader is None else reader[1]
        ours = reader is None or reader[0] in self.known
        if ours and part in self.by and part is not within:
            return self._named(self.by[part], part)
        return self._named(part, within)

    def _named(self, node: Node, within: Node | None) -> Place:
        """Return the place of a node that is named in the replacement of `within`.

        What depends on the replaced node itself is read as it was: read anew, it
        would have to wait for the replacement that it is a part of.
        """
        if within is None or node not in self.known:
            return node, within
        own = node not in self.by and node in self._after(within)
        return node, within if own else None

    def _after(self, old: Node) -> Mapping[Node, None]:
        """Return what depends on a node; on a per-step one, without a delay."""
        if old not in self._later:
            if old.type.time is None:
                consumers = users(self.nodes)
            else:
                consumers = {node: [] for node in self.nodes}
                for node in self.nodes:
                    for part in inputs_before(node):
                        consumers[part].append(node)
            self._later[old] = reach([old], consumers.__getitem__)
        return self._later[old]

    def order(self, tops: list[Place]) -> list[Place]:
        """Return every place after what it reads, delays cut."""
        order: list[Place] = []
        done: dict[Place, bool] = {}
        waiting = tops[::-1]
        while waiting:
            stack, waiting = waiting[::-1], []
            while stack:
                place = stack[-1]
                if done.setdefault(place, False) is False and self._ready(
                    place, stack, done
                ):
                    done[place] = True
                    order.append(place)
                    if isinstance(place[0], Delay):
                        waiting.append(self.read(place, place[0].source))
                if done[place]:
                    stack.pop()
        return order

    def _ready(
        self, place: Place, stack: list[Place], done: Mapping[Place, bool]
    ) -> bool:
        """Return True if all that a place reads is done; else put it on the stack."""
        before = [self.read(place, part) for part in inputs_before(place[0])]
        for other in before:
            if done.get(other) is False:
                raise _circular(other, [at for at in stack if at in done])
        missing = [other for other in before if other not in done]
        stack += missing[::-1]
        return not missing


def _circular(again: Place, stack: list[Place]) -> DelayFreeCycleError:
    nodes = [node for node, _ in stack[stack.index(again) :]]
    walk = " -> ".join(node.label for node in [*nodes[::-1], nodes[-1]])
    return DelayFreeCycleError(
        f"replace: a replacement needs its own result without a delay\n  {walk}\n"
        f"{again[0].label} was made at {again[0].where}. Write the replacement without "
        "it, or with tg.delay between.",
        cycles=[[(v, u, 0) for v, u in itertools.pairwise([*nodes, nodes[0]])]],
    )
