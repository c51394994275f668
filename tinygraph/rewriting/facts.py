"""What rewrites need to know of a graph: who reads a node, and on which cycle it is."""

import functools
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from tinygraph.core import source_info
from tinygraph.core.building import CONSTANT, EVERY_STEP
from tinygraph.core.leaves import holds_value
from tinygraph.core.nodes import Node, Op
from tinygraph.core.rebuilding import substitute
from tinygraph.core.traversal import NOTHING, topological_order, users
from tinygraph.core.verification import cycles_of
from tinygraph.ops.arithmetic import ADD, ADD_N, MULTIPLY, SUBTRACT
from tinygraph.ops.elementwise import is_ufunc
from tinygraph.ops.invariance import fixed_in_time
from tinygraph.ops.joining import CONCAT, concat
from tinygraph.ops.linalg import MATMUL
from tinygraph.ops.shaping import BROADCAST_LIKE, BROADCAST_TO, RESHAPE
from tinygraph.rewriting.ranges import Ranges

SUMS: Mapping[Op, int] = {ADD: 1, ADD_N: 1, SUBTRACT: -1}
"""Sums → the sign with which operands after the first count: rewrites know algebra."""
_SPREADS = (EVERY_STEP, BROADCAST_LIKE, BROADCAST_TO, RESHAPE)
PLAIN_SUMS = tuple(op for op, sign in SUMS.items() if sign > 0)
SYMMETRIC = (*PLAIN_SUMS, MULTIPLY)
"""Ops whose operands may change places."""

Rule = Callable[[Node], Node | None]
Alike = Callable[[Node, Node], bool]
Find = Callable[["Facts"], Mapping[Node, Node]]


class Facts:
    """A graph, seen by a rewrite.

    Args:
        outputs: of the graph, by name.
        fast: what needs bounds is rewritten without them too.
        nodes: all of the graph in topological order, where that is known.
        ranges: those of some nodes, where they are known.
    """

    def __init__(
        self,
        outputs: Mapping[str, Node],
        *,
        fast: bool = False,
        nodes: Sequence[Node] | None = None,
        ranges: Ranges | None = None,
    ) -> None:
        self.outputs = outputs
        self.fast = fast
        self._numbers: dict[Node, int] = {}
        self.nodes = topological_order(outputs.values()) if nodes is None else nodes
        self.ranges = Ranges() if ranges is None else ranges

    def after(self, found: Mapping[Node, Node]) -> "Facts":
        """Return the facts of the graph in which nodes are computed another way.

        Args:
            found: old node → new node of the same type.
        """
        outputs, nodes = substitute(self.outputs, found, self.users)
        return Facts(outputs, fast=self.fast, nodes=nodes, ranges=self.ranges)

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
    def timeless(self) -> bool:
        """True where no node has a value per step, as in an unrolled graph."""
        return all(node.type.time is None for node in self.nodes)

    @cached_property
    def place(self) -> dict[Node, int]:
        """Node → its place in an order in which inputs come first."""
        return {node: i for i, node in enumerate(self.nodes)}

    @cached_property
    def there(self) -> set[Node]:
        """All nodes of the graph."""
        return set(self.nodes)

    @cached_property
    def fixed(self) -> set[Node]:
        """The per-step nodes that have one value for all steps."""
        return fixed_in_time(self.nodes)

    @cached_property
    def results(self) -> set[Node]:
        """The outputs of the graph."""
        return set(self.outputs.values())

    @cached_property
    def early(self) -> set[Node]:
        """The nodes without a value per step that parameters alone decide."""
        found: set[Node] = set()
        for node in self.nodes:
            made = node.inputs and not node.op.contextual and node.type.time is None
            if holds_value(node) or (made and found.issuperset(node.inputs)):
                found.add(node)
        return found

    def still(self, node: Node) -> Node | None:
        """Return the static node behind an operand that is the same at every step.

        In a graph without time: what parameters alone decide. None for other nodes.
        """
        if node.op is EVERY_STEP:
            return node.inputs[0]
        return node if self.timeless and node in self.early else None

    @cached_property
    def _multiplied_by(self) -> dict[Node, int]:
        """Node → the weights of all products that it is made of, a bit for each."""
        found: dict[Node, int] = {}
        for node in self.nodes:
            found[node] = 0
            for x in node.inputs:
                found[node] |= found.get(x, 0)
            if node.op is MATMUL:
                found[node] |= self._bit_of(node.inputs[1])
        return found

    def _bit_of(self, weight: Node) -> int:
        return 1 << self._numbers.setdefault(weight, len(self._numbers))

    def recurs(self, x: Node, weight: Node) -> bool:
        """Return True if x was multiplied by this weight before: a cycle written out.

        Of an unrolled graph, which has no time and no cycles.
        """
        return self.timeless and bool(self._multiplied_by[x] & self._bit_of(weight))

    def costs(self, node: Node) -> bool:
        """Return False for a concat without time, which counts as nothing.

        Native code writes its parts into it, and copying them takes NumPy less than the
        calls that it saves; see docs/decisions/forms.md.
        """
        return not (self.timeless and node.op is CONCAT)

    def used_once(self, node: Node) -> bool:
        """Return True if one node reads it, once, and no output is it."""
        return len(self.users[node]) == 1 and node not in self.results

    def multiplied(self, factors: Sequence[Node]) -> Sequence[Node]:
        """Return factors in an order in which they may be multiplied by themselves.

        None of them where their product might overflow, or underflow and be multiplied
        by something large later. It cannot where all but one lie within [-1, 1] and
        that one comes first: no product of some is larger than it, and what underflows
        stays below the rounding of 1 whatever it is multiplied by. Integers wrap, in
        every order to the same number.
        """
        large = [x for x in factors if self.may_exceed_one(x)]
        if len(large) > 1:
            return []
        return [*large, *[x for x in factors if x not in large]]

    def may_exceed_one(self, node: Node) -> bool:
        """Return True for floats that may lie outside [-1, 1]; fast: as if none did."""
        if self.fast or not node.type.is_float:
            return False
        return self.ranges[node].largest > 1

    def only_for(self, nodes: Iterable[Node]) -> dict[Node, None]:
        """Return the nodes, and those that nothing but these needs."""
        found = dict.fromkeys(nodes)
        stack = list(found)
        while stack:
            for part in stack.pop().inputs:
                needed = part in self.results or part in found
                if not needed and all(user in found for user in self.users[part]):
                    found[part] = None
                    stack.append(part)
        return found

    def joined(self, parts: Sequence[Node], axis: int) -> Node:
        """Return the concat of some nodes: the one that the graph has, if it has.

        [W₁; U₁] beside [W₂; U₂], two parameters that were cut alike, is [W; U].
        """
        if len(parts) == 1:
            return parts[0]
        for user in self.users.get(parts[0], ()):
            same = user.op is CONCAT and user.attrs["axis"] == axis
            if same and user.inputs == tuple(parts):
                return user
        stacks = [x.inputs for x in parts if x.op is CONCAT and x.attrs["axis"] == -2]
        rows = {tuple((x.type.shape[-2], x.dtype) for x in stack) for stack in stacks}
        if axis != -1 or parts[0].type.time or len(rows) != 1:
            return concat(parts, axis)
        if len(stacks) < len(parts):
            return concat(parts, axis)
        columns = [concat(each, -1) for each in zip(*stacks, strict=True)]
        return concat(columns, -2)


def needs(*ops: Op | tuple[Op, ...]) -> Callable[[Find], Find]:
    """Let a rewrite look only at graphs that hold ops without which it finds nothing.

    Args:
        ops: each of them, of several one.
    """
    wanted = [op if isinstance(op, tuple) else (op,) for op in ops]

    def guarded(find: Find) -> Find:
        @functools.wraps(find)
        def found(facts: Facts) -> Mapping[Node, Node]:
            held = facts.by_op
            for choices in wanted:
                if held.keys().isdisjoint(choices):
                    return NOTHING
            return find(facts)

        return found

    return guarded


def scalar_of(node: Node) -> Any:
    """Return the number that all elements are, of a constant; None for other nodes.

    It may be lifted, reshaped and broadcast: see its type for what it spreads to.
    """
    while node.op in _SPREADS:
        node = node.inputs[0]
    if node.op is CONSTANT and not node.type.shape:
        return node.attrs["value"].item()
    return None


def unlifted(node: Node) -> Node | None:
    """Return the static node under a lift; None for other nodes."""
    return node.inputs[0] if node.op is EVERY_STEP else None


def each_node(facts: Facts, op: Op, rule: Rule) -> Mapping[Node, Node]:
    """Return what a local rule finds at the nodes of an op."""
    return _each_of(facts.by_op.get(op, ()), rule)


def each_reader(facts: Facts, op: Op, rule: Rule) -> Mapping[Node, Node]:
    """Return what a local rule finds at the ufuncs that read the nodes of an op.

    Those that read them lifted too.
    """
    made = facts.by_op.get(op, ())
    users = dict.fromkeys(user for node in made for user in facts.users[node])
    lifted = [user for user in users if user.op is EVERY_STEP]
    users |= dict.fromkeys(user for node in lifted for user in facts.users[node])
    return _each_of([node for node in users if is_ufunc(node.op)], rule)


def _each_of(nodes: Sequence[Node], rule: Rule) -> Mapping[Node, Node]:
    found: dict[Node, Node] = {}
    if not nodes:
        return found
    with source_info.made_for(nodes[0].scope, nodes[0].line) as place:
        for node in nodes:
            place.move(node.scope, node.line)
            new = rule(node)
            if new is not None and new is not node:
                found[node] = new
    return found


def is_inner(facts: Facts, node: Node, ops: Collection[Op], alike: Alike) -> bool:
    """Return True if a node is an inner node of a tree of these ops.

    Its one reader applies one of them, is on the same cycle or like it on none, and
    is alike.
    """
    if not facts.used_once(node):
        return False
    (user,) = facts.users[node]
    same = facts.home.get(user) == facts.home.get(node)
    return user.op in ops and same and alike(user, node)


def operands(
    facts: Facts, root: Node, ops: Collection[Op], alike: Alike
) -> list[tuple[Node, bool]]:
    """Return the operands of a tree of ops, from left to right.

    Each with True where it counts as it is, False where it is subtracted.

    Args:
        root: applies one of the ops; on a cycle, the tree ends where that does.
        alike: whether an inner node belongs to the tree of its reader.
    """
    home = facts.home.get(root)
    found: list[tuple[Node, bool]] = []
    stack = [(root, True)]
    while stack:
        node, positive = stack.pop()
        within = node.op in ops and facts.home.get(node) == home
        if node is root or (within and is_inner(facts, node, ops, alike)):
            flips = SUMS.get(node.op, 1) < 0
            signs = [positive, *[positive != flips] * (len(node.inputs) - 1)]
            stack.extend(list(zip(node.inputs, signs, strict=True))[::-1])
        else:
            found.append((node, positive))
    return found


def same_type(a: Node, b: Node) -> bool:
    """Return True for two nodes of one type."""
    return a.type == b.type


def same_dtype(a: Node, b: Node) -> bool:
    """Return True for two nodes of one dtype, whatever their shapes."""
    return a.type.dtype == b.type.dtype
