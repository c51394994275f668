"""Siblings become vectors: many states that do the same thing, side by side.

Scalars (or small values of one shape) that are computed alike get a new last axis:
h₁ = tanh(w₁ h₁ + b₁), ..., hₙ = tanh(wₙ hₙ + bₙ) become H = tanh(W H + B), in values
and in adjoints. What couples them is a permutation, a slice or a gather of H.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tinygraph.core import source_info
from tinygraph.core.building import EVERY_STEP, apply, constant, lift
from tinygraph.core.delays import DELAY, Delay, open_delay
from tinygraph.core.nodes import Node
from tinygraph.core.types import TensorType
from tinygraph.ops.elementwise import is_ufunc
from tinygraph.ops.indexing import take
from tinygraph.ops.joining import concat, stack_nodes
from tinygraph.ops.shaping import broadcast_to, expand_dims
from tinygraph.ops.slicing import FULL, INDEX
from tinygraph.rewriting.facts import Facts, needs
from tinygraph.rewriting.sibling_classes import (
    LEAST,
    Class,
    Kinds,
    Places,
    constant_of,
    may_be_siblings,
)
from tinygraph.rewriting.slices import cut


@needs(DELAY)
def vectors(facts: Facts) -> Mapping[Node, Node]:
    """hᵢ = f(aᵢ, bᵢ) for i = 1 ... n → H = f(A, B), hᵢ = H[..., i].

    Rounding: kernels may round a vector and a number in two ways.

    Where at least four states on cycles are siblings; see `sibling_classes`. Each
    firing leaves fewer delays, so the rule ends.
    """
    delays, places = facts.by_op.get(DELAY, ()), Places(facts)
    if not may_be_siblings(delays, places):
        return {}
    chosen = _Chosen(facts, places)
    if not any(isinstance(x, Delay) and x in facts.home for x in chosen.at):
        return {}
    return _Vectors(chosen).run()


@dataclass
class _Piece:
    """Places [start, stop) of a class; or, where `group` is None, one other node."""

    node: Node
    group: int | None
    start: int
    stop: int


class _Chosen:
    """The classes whose operands can be laid side by side.

    Attributes:
        classes: number → siblings.
        at: sibling → (number of its class, place in it).
    """

    def __init__(self, facts: Facts, places: Places) -> None:
        self.facts, self.depth = facts, places.depth
        self.depth_in_step = places.depth_in_step
        self.kinds = Kinds(facts, places)
        self.classes = dict(enumerate(self.kinds.classes()))
        self.at = {
            node: (number, place)
            for number, group in self.classes.items()
            for place, node in enumerate(group)
        }
        open_to_doubt = list(self.classes)
        while open_to_doubt:
            number = open_to_doubt.pop()
            group = self.classes.get(number)
            if group is not None and not self._fits(group):
                del self.classes[number]
                for node in group:
                    del self.at[node]
                users = (user for node in group for user in facts.users[node])
                found = dict.fromkeys(self.at[x][0] for x in users if x in self.at)
                open_to_doubt += found

    def columns(self, group: Class) -> list[list[Node]]:
        """Return for each operand the nodes that siblings have there."""
        rows = (self.kinds.operands[node] for node in group)
        return [list(column) for column in zip(*rows, strict=True)]

    def pieces(self, column: Iterable[Node]) -> list[_Piece]:
        """Return nodes in stretches of one class."""
        found: list[_Piece] = []
        for node in column:
            group, place = self.at.get(node, (None, 0))
            last = found[-1] if found else None
            if last and group is not None and (last.group, last.stop) == (group, place):
                last.stop += 1
            else:
                found.append(_Piece(node, group, place, place + 1))
        return found

    def _fits(self, group: Class) -> bool:
        columns = self.columns(group)
        one = [is_one(column) for column in columns]
        if one[0] if isinstance(group[0], Delay) else all(one):
            return False
        return all(
            shared or self._joins(group, column)
            for shared, column in zip(one, columns, strict=True)
        )

    def _joins(self, group: Class, column: list[Node]) -> bool:
        """Return True where it costs little to lay one operand side by side."""
        depth = self.depth
        homes = {self.at[x][0] if x in self.at else None for x in column}
        if len(homes) == 1 and None not in homes:
            return True
        if all(x.type.time is None or x.op is EVERY_STEP or x.op.leaf for x in column):
            return True
        outside = all(depth[x] != depth[group[0]] for x in column)
        if outside and group[0] in self.facts.home:
            return True
        return len(self.pieces(column)) <= few(len(group))


def few(siblings: int) -> int:
    """Return how many pieces their vector may be joined from."""
    return max(siblings // LEAST, 3)


def is_one(column: Sequence[Node]) -> bool:
    """Return True for one node throughout, or equal constants."""
    if all(x is column[0] for x in column):
        return True
    value = constant_of(column[0])
    return value is not None and all(constant_of(x) == value for x in column)


class _Vectors:
    def __init__(self, chosen: _Chosen) -> None:
        self.chosen = chosen
        self.made: dict[int, Node] = {}

    def run(self) -> dict[Node, Node]:
        """Return sibling → its element of the vector."""
        classes, depth = self.chosen.classes, self.chosen.depth
        within = self.chosen.depth_in_step

        def at(number: int) -> tuple[int, int]:
            first = classes[number][0]
            return depth[first], within.get(first, 0)

        for number in sorted(classes, key=at):
            self.made[number] = self._vector(classes[number])
        for number, vector in self.made.items():
            if isinstance(vector, Delay):
                column = self.chosen.columns(classes[number])[0]
                vector.close(self._joined(column))
        found = {}
        for number, group in classes.items():
            for place, node in enumerate(group):
                items = (*(FULL,) * node.ndim, place)
                with source_info.made_for(node.scope, node.line):
                    found[node] = apply(INDEX, self.made[number], items=items)
        return found

    def _vector(self, group: Class) -> Node:
        first, columns = group[0], self.chosen.columns(group)
        with source_info.made_for(first.scope, first.line):
            shape = (*first.type.shape, len(group))
            if not isinstance(first, Delay):
                operands = [self._joined(column) for column in columns]
                if first.type.time is not None and not is_ufunc(first.op):
                    operands = [broadcast_to(x, shape) for x in operands]
                return apply(first.op, *operands, **first.attrs)
            value_type = TensorType(shape, first.dtype, first.type.time)
            slots = tuple(self._joined(column) for column in columns[1:])
            return open_delay(slots, value_type, first.attrs, like=first)

    def _joined(self, column: list[Node]) -> Node:
        """Return one operand of all siblings, side by side along a new last axis."""
        first = column[0]
        if is_one(column):
            return expand_dims(first, -1) if first.ndim else first
        pieces = self.chosen.pieces(column)
        if len({piece.group for piece in pieces}) == 1:
            if pieces[0].group is not None:
                return self._gathered(pieces[0].group, column, pieces)
            if first.op is EVERY_STEP:
                under = stack_nodes([x.inputs[0] for x in column], -1)
                return lift(under, first.type.time or "")
            return stack_nodes(column, -1)
        return concat([self._piece(each) for each in pieces], -1)

    def _gathered(self, number: int, column: list[Node], pieces: list[_Piece]) -> Node:
        if len(pieces) <= few(len(column)):
            parts = [self._piece(each) for each in pieces]
            return parts[0] if len(parts) == 1 else concat(parts, -1)
        places = [self.chosen.at[node][1] for node in column]
        return take(self.made[number], constant(places), axis=-1)

    def _piece(self, piece: _Piece) -> Node:
        if piece.group is None:
            return expand_dims(piece.node, -1)
        return cut(self.made[piece.group], piece.start, piece.stop)
