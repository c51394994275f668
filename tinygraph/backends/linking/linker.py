"""Linking: from a schedule and one set of sizes to a frame of bound instructions.

A node's value is *placed* (it stands in one array, call after call), or *late* (only a
call knows the array: feeds, parameters, and what it hands to the caller). Placed values
that depend on sizes and constants alone are *known* now.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygraph.backends.linking.arena import Arena, Block
from tinygraph.backends.linking.frames import Finder, Frame, Supply, execute
from tinygraph.core.leaves import PARAMETER
from tinygraph.core.nodes import Node
from tinygraph.semantics.binding import Array, Binding

Change = Callable[[Array], Any]


@dataclass(frozen=True)
class Late:
    """An argument that a call fills in: `change` of the value of a node."""

    node: Node
    change: Change | None = None

    def then(self, change: Change) -> "Late":
        """Return the argument with another change after its own."""
        first = self.change
        if first is None:
            return Late(self.node, change)
        return Late(self.node, lambda array: change(first(array)))


@dataclass(frozen=True)
class Row:
    """Nodes that shall stand side by side, and which of them stand there already."""

    nodes: tuple[Node, ...]
    placed: set[Node]


class Linker:
    """Builds a frame; tasks link themselves through it, in the order of work.

    Attributes:
        binding: sizes; the values of the call that gave them are not used.
        frame: what is built.
        keeping: True while the prologue is linked, whose values stay.
        early: nodes of the prologue.
        threads: among how many a loop may share out the rows of a batch.
        fresh: outputs that each call computes into an array of the caller's own.
    """

    def __init__(
        self,
        binding: Binding,
        fresh: Iterable[Node] = (),
        early: Iterable[Node] = (),
        threads: int = 1,
    ) -> None:
        self.threads = threads
        self.binding = binding
        self.early = set(early)
        self.frame = Frame()
        self.fresh = set(fresh)
        self.keeping = False
        self._arena = Arena()
        self._blocks: dict[Node, Block] = {}
        self._late: dict[Node, Late] = {}
        self._fixed: set[Node] = set()
        self._own: set[Node] = set()
        self._known: set[Node] = set()
        self._rows: dict[Node, Row] = {}
        self._copies: dict[tuple[Node, tuple[int, ...]], Array] = {}

    def finish(self, outputs: Mapping[str, Node]) -> Frame:
        """Return the frame, which hands out these nodes."""
        self.frame.nbytes += self._arena.nbytes
        for name, node in outputs.items():
            own = node in self._own
            steps = self.binding.sizes.get(node.type.time or "")
            arguments = [self.value(node)]
            self.patch(arguments)
            self.frame.outputs.append((name, arguments, own, steps))
        return self.frame

    def shape(self, node: Node) -> tuple[int, ...]:
        """Return the shape of a node's array: `(T, *shape)` if it is per step."""
        shape = self.binding.shape(node.type.shape)
        time = node.type.time
        return shape if time is None else (self.binding.sizes[time], *shape)

    def value(self, node: Node, change: Change | None = None) -> Any:
        """Return a node's value, changed, as an argument: an array or `Late`."""
        late = self._late.get(node)
        if late is not None:
            return late if change is None else late.then(change)
        array = self.frame.places[node]
        return array if change is None else change(array)

    def is_late(self, node: Node) -> bool:
        """Return True for what only a call knows."""
        return node in self._late

    def is_known(self, node: Node) -> bool:
        """Return True for what depends on sizes and constants alone."""
        return node in self._known

    def is_fixed(self, node: Node) -> bool:
        """Return True for a per-step value kept once, `(1, *shape)`."""
        if node in self._late:
            return node in self._fixed
        return node.type.time is not None and len(self.frame.places[node]) == 1

    def know(self, node: Node, array: Array) -> None:
        """Place a value that never changes."""
        self._known.add(node)
        self.frame.places[node] = array

    def find(self, node: Node, finder: Finder) -> None:
        """Let every call find a node's value."""
        self._late[node] = Late(node)
        self.frame.supplies[node] = Supply(finder, lasting=node.op is PARAMETER)

    def derive(self, node: Node, of: Late, *, fixed: bool) -> None:
        """Let every call make a node's value where it is read, from another's."""
        self._late[node] = of
        if fixed:
            self._fixed.add(node)

    def view(self, node: Node, of: Node, array: Array) -> None:
        """Place a node where its operand stands."""
        self.frame.places[node] = array
        if of in self._known:
            self._known.add(node)
        if of in self._blocks:
            self.hold(node, self._blocks[of], array)

    def new(self, node: Node, shape: tuple[int, ...]) -> Any:
        """Return where to compute a node: a place of its own, or `Late`."""
        if self.keeping:
            array = np.empty(shape, node.dtype)
            self.frame.nbytes += array.nbytes
            self.frame.places[node] = array
            return array
        if node in self.fresh:
            dtype = node.dtype
            self._own.add(node)
            if node.type.time is not None and shape[0] == 1:
                self._fixed.add(node)
            self.find(node, lambda _: np.empty(shape, dtype))
            return Late(node)
        row = self._rows.get(node)
        if row is not None and shape == self.shape(node):
            block, array = self._side_by_side(row, node)
        else:
            block = self.take(shape, node.dtype)
            array = block.shaped(shape, node.dtype)
        self.hold(node, block, array)
        return array

    def lay_out(self, nodes: tuple[Node, ...]) -> None:
        """Ask for per-step nodes of one type to stand side by side, if they can."""
        if self._rows.keys().isdisjoint(nodes) and len(set(nodes)) == len(nodes):
            self._rows.update(dict.fromkeys(nodes, Row(nodes, set())))

    def laid_out(self, nodes: tuple[Node, ...]) -> Array | None:
        """Return nodes that stand side by side, `(T, ..., count, n)`, or None."""
        row = self._rows.get(nodes[0])
        if row is None or row.nodes != nodes or row.placed != set(nodes):
            return None
        block = self._blocks[nodes[0]]
        return block.array

    def _side_by_side(self, row: "Row", node: Node) -> tuple[Block, Array]:
        (*heads, size), count = self.shape(node), len(row.nodes)
        shape = (*heads, count, size)
        placed = next(iter(row.placed), None)
        block = self.take(shape, node.dtype) if placed is None else self._blocks[placed]
        row.placed.add(node)
        whole = block.shaped(shape, node.dtype)
        return block, whole[..., row.nodes.index(node), :]

    def copy(
        self, node: Node, value: Any, shape: tuple[int, ...] | None = None
    ) -> Array:
        """Return a copy of a value, made again when the node's may change.

        Args:
            shape: what it is broadcast to; default: a static node's own.
        """
        shape = self.binding.shape(node.type.shape) if shape is None else shape
        array = np.empty(shape, node.dtype)
        self.frame.nbytes += array.nbytes
        before, self.keeping = self.keeping, node in self.early
        self.call(np.copyto, [array, value], node)
        self.keeping = before
        return array

    def near(self, node: Node, shape: tuple[int, ...]) -> Array:
        """Return the copy of a late value that all its readers share."""
        key = (node, shape)
        if key not in self._copies:
            self._copies[key] = self.copy(node, self.value(node), shape)
        return self._copies[key]

    def over(self, node: Node, dying: Node) -> Array | None:
        """Compute a node over an operand that nobody reads afterwards, if possible."""
        block = self._blocks.get(dying)
        if block is None or block.holders != 1:
            return None
        if node in self.fresh or node in self._rows:
            return None
        array = self.frame.places[dying]
        if array is not block.array:
            return None
        self.hold(node, block, array)
        return array

    def take(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Block:
        """Return memory from the arena."""
        return self._arena.take(math.prod(shape) * dtype.itemsize)

    def give(self, block: Block) -> None:
        """Give memory back, if no node holds it."""
        if not block.holders:
            self._arena.give(block)

    def hold(self, node: Node, block: Block, array: Array) -> None:
        """Place a node within a block, which stays taken until its release."""
        self.frame.places[node] = array
        self._blocks[node] = block
        block.holders += 1

    def release(self, nodes: Iterable[Node]) -> None:
        """Let go of nodes that nobody reads from here on."""
        for node in nodes:
            block = self._blocks.pop(node, None)
            if block is not None:
                block.holders -= 1
                self.give(block)

    def call(
        self, function: Callable[..., Any], arguments: list[Any], node: Node | None
    ) -> None:
        """Add an instruction; `Late` among its arguments is filled in by calls."""
        self.patch(arguments)
        program = self.frame.prologue if self.keeping else self.frame.main
        program.append((function, arguments, node))

    def patch(self, arguments: list[Any]) -> None:
        """Let calls fill in what is late in a list."""
        for place, argument in enumerate(arguments):
            if isinstance(argument, Late):
                arguments[place] = None
                supply = self.frame.supplies[argument.node]
                supply.patches.append((arguments, place, argument.change))

    def evaluate(
        self, node: Node, function: Callable[..., Any], arguments: list[Any]
    ) -> None:
        """Run an instruction now, once: its operands and its place are known."""
        execute([(function, arguments, node)])
