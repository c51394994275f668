"""Which nodes are siblings: as many of them do the same thing at the same place.

Two nodes are alike if they apply one op to operands that are alike, seen up to delays,
leaves and ops that are not element by element; and if neither can need the other: they
stand at the same depth of the condensed graph, on a cycle also at the same depth of a
step. So a class of them is one node of a legal graph.
"""

import math
from collections import Counter
from collections.abc import Hashable, Sequence
from functools import cached_property

from tinygraph.core.building import CONSTANT, EVERY_STEP
from tinygraph.core.delays import Delay
from tinygraph.core.nodes import Node
from tinygraph.core.traversal import inputs_before, strongly_connected
from tinygraph.rewriting.facts import SYMMETRIC, Facts
from tinygraph.rewriting.sharing import frozen

LEAST = 4
"""Siblings that are worth a vector."""
SMALL = 16
"""Elements that one of them may have, named dimensions aside."""

Class = list[Node]


class Places:
    """Where each node of a graph stands; siblings stand at one place."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    @cached_property
    def depth(self) -> dict[Node, int]:
        """Node → the longest way to it through the condensed graph."""
        found: dict[Node, int] = {}
        for part in strongly_connected(self.facts.nodes, lambda node: node.inputs):
            inside = set(part)
            inputs = (x for node in part for x in node.inputs if x not in inside)
            found.update(
                dict.fromkeys(part, max((found[x] + 1 for x in inputs), default=0))
            )
        return found

    @cached_property
    def depth_in_step(self) -> dict[Node, int]:
        """Member of a cycle → the longest way to it within a step."""
        home, found = self.facts.home, dict[Node, int]()
        for node in self.facts.nodes:
            if node in home:
                before = [x for x in inputs_before(node) if home.get(x) == home[node]]
                found[node] = max((found[x] + 1 for x in before), default=0)
        return found

    @cached_property
    def sign(self) -> dict[int, int]:
        """Number of a cycle → 1 if all its delays look back, -1 if ahead, else 0."""
        found: dict[int, int] = {}
        for node, home in self.facts.home.items():
            if isinstance(node, Delay):
                own = 1 if node.steps > 0 else -1
                found[home] = own if found.get(home, own) == own else 0
        return found

    def __getitem__(self, node: Node) -> Hashable:
        home = self.facts.home.get(node)
        if home is None:
            return self.depth[node]
        return self.depth[node], self.sign[home], self.depth_in_step[node]


def _many_alike(delays: Sequence[Node]) -> list[Node]:
    """Return the delays that are declared alike, where they are as many as siblings."""
    if len(delays) < LEAST:
        return []
    small = [node for node in delays if is_small(node)]
    declared = Counter(map(_declared, small))
    return [node for node in small if declared[_declared(node)] >= LEAST]


def may_be_siblings(delays: Sequence[Node], places: Places) -> bool:
    """Return False where too few delays on cycles are alike, whatever they read."""
    states = [x for x in _many_alike(delays) if x in places.facts.home]
    found = Counter((_declared(node), places[node]) for node in states)
    return max(found.values(), default=0) >= LEAST


class Kinds:
    """What kind each node of a graph is of, and the classes of siblings.

    Attributes:
        kind: node → a number, equal for nodes that are alike.
        operands: node → its inputs; where they may change places, sorted by kind.
    """

    def __init__(self, facts: Facts, places: Places) -> None:
        self.facts, self.places = facts, places
        self.kind: dict[Node, int] = {}
        self.operands: dict[Node, Sequence[Node]] = {}
        self._numbers: dict[Hashable, int] = {}
        for node in facts.nodes:
            self.operands[node] = self._sorted(node)
            self.kind[node] = self._number(self._key(node))

    def classes(self) -> list[Class]:
        """Return the classes of siblings in the order of the graph.

        Delays are in the order of their sources, which they then take over as it is.
        """
        place = {node: i for i, node in enumerate(self.facts.nodes)}
        found: dict[Hashable, Class] = {}
        for node in self.facts.nodes:
            if is_small(node) and self._may_join(node):
                key: Hashable = self.kind[node]
                if isinstance(node, Delay):
                    slot = None if node.slot is None else node.slot.type
                    key = key, self.kind[node.source], slot
                found.setdefault(key, []).append(node)
        for group in found.values():
            if isinstance(group[0], Delay):
                group.sort(key=lambda node: place[node.inputs[0]])
        split = (part for group in found.values() for part in self._by_place(group))
        return [group for group in split if len(group) >= LEAST]

    def _by_place(self, group: Class) -> list[Class]:
        """Part siblings by what reads them alone, and at which place.

        Only where most are in parts that are large enough for themselves; the others
        are then siblings of none.
        """
        parts: dict[Hashable, Class] = {}
        for node in group:
            users = self.facts.users[node]
            place = None
            if len(users) == 1:
                place = self.kind[users[0]], self.operands[users[0]].index(node)
            parts.setdefault(place, []).append(node)
        large = [part for part in parts.values() if len(part) >= LEAST]
        return large if 2 * sum(map(len, large)) > len(group) else [group]

    def _number(self, key: Hashable) -> int:
        return self._numbers.setdefault(key, len(self._numbers))

    def _sorted(self, node: Node) -> Sequence[Node]:
        if node.op not in SYMMETRIC:
            return node.inputs
        return sorted(node.inputs, key=self.kind.__getitem__)

    def _key(self, node: Node) -> Hashable:
        inside = node in self.facts.home
        if not is_small(node) or not self._may_join(node):
            return "other", node.type, node.op is EVERY_STEP, inside
        key = _declared(node), self.places[node]
        if isinstance(node, Delay):
            return key
        return *key, *(self.kind[x] for x in self.operands[node])

    def _may_join(self, node: Node) -> bool:
        """Return True for what works element by element, on numbers side by side."""
        home = self.facts.home.get(node)
        if home is not None and not self.places.sign[home]:
            return False
        if isinstance(node, Delay):
            return node.outside != "replicate"
        op = node.op
        if node.type.time is None:  # it takes each element out of time by itself
            return op.merge is not None and op.rows is None
        moves = op.over_time is not None or op.at_step is not None
        alone = op.contextual or op.leaf or op.dims or not node.inputs
        return op.rows is None and not moves and not alone


def is_small(node: Node) -> bool:
    """Return True for few elements, named dimensions aside, but some."""
    sizes = (dim for dim in node.type.shape if isinstance(dim, int))
    return 0 < math.prod(sizes) <= SMALL


def _declared(node: Node) -> Hashable:
    return node.op, node.type, frozen(node.attrs)


def constant_of(node: Node) -> bytes | None:
    """Return the numbers of a small constant, lifted or not; None for other nodes."""
    if node.op is EVERY_STEP:
        node = node.inputs[0]
    if node.op is not CONSTANT or node.attrs["value"].size > SMALL:
        return None
    numbers: bytes = node.attrs["value"].tobytes()
    return numbers
