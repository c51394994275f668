"""Where the value of each node is found while a program is linked.

A value is *placed*: it stands in one array, call after call. Or it is *late*: only a
call knows the array, as those of feeds, of parameters, and of what the caller is given.
A placed value that depends on sizes and constants alone is *known* while linking.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygraph.backends.linking.arena import ArenaBlock
from tinygraph.backends.linking.frames import Finder, LateValue
from tinygraph.backends.linking.memory import Memory
from tinygraph.backends.linking.recycling import arrays_of
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

    @property
    def lasting(self) -> bool:
        """True for the value of a parameter, which many calls bring unchanged."""
        return self.node.op is PARAMETER


class Values:
    """The values of nodes: placed, late, known.

    Args:
        binding: its sizes.
        memory: where values are placed.
        for_caller: outputs that each call computes into an array of the caller's own.
        prologue: nodes whose values stay while the parameters do.

    Attributes:
        arrays: node → its value, if it is placed.
        late: node → how a call finds its value, for those from which others derive.
        given: outputs that are computed into the caller's own array.
    """

    def __init__(
        self,
        binding: Binding,
        memory: Memory,
        for_caller: Iterable[Node],
        prologue: Iterable[Node],
    ) -> None:
        self.arrays: dict[Node, Array] = {}
        self.late: dict[Node, LateValue] = {}
        self.given: set[Node] = set()
        self._binding = binding
        self._memory = memory
        self._for_caller = set(for_caller)
        self._prologue = set(prologue)
        self._arguments: dict[Node, Late] = {}
        self._fixed: set[Node] = set()
        self._known: set[Node] = set()

    def shape(self, node: Node) -> tuple[int, ...]:
        """Return the shape of a node's array: `(T, *shape)` if it is per step."""
        shape = self._binding.shape(node.type.shape)
        time = node.type.time
        return shape if time is None else (self._binding.sizes[time], *shape)

    def of(self, node: Node, change: Change | None = None) -> Any:
        """Return a node's value, changed, as an argument: an array or `Late`."""
        late = self._arguments.get(node)
        if late is not None:
            return late if change is None else late.then(change)
        array = self.arrays[node]
        return array if change is None else change(array)

    def is_late(self, node: Node) -> bool:
        """Return True for what only a call knows."""
        return node in self._arguments

    def is_known(self, node: Node) -> bool:
        """Return True for what depends on sizes and constants alone."""
        return node in self._known

    def is_fixed(self, node: Node) -> bool:
        """Return True for a per-step value kept once, `(1, *shape)`."""
        if node in self._arguments:
            return node in self._fixed
        return node.type.time is not None and len(self.arrays[node]) == 1

    def is_of_prologue(self, node: Node) -> bool:
        """Return True for what stays while the parameters do."""
        return node in self._prologue

    def know(self, node: Node, array: Array) -> None:
        """Place a value that never changes."""
        self._known.add(node)
        self.arrays[node] = array

    def find(self, node: Node, finder: Finder) -> None:
        """Let every call find a node's value."""
        late = self._arguments[node] = Late(node)
        self.late[node] = LateValue(finder, late.lasting)

    def derive(self, node: Node, of: Late, *, fixed: bool) -> None:
        """Let every call make a node's value where it is read, from another's."""
        self._arguments[node] = of
        if fixed:
            self._fixed.add(node)

    def view(self, node: Node, of: Node, array: Array) -> None:
        """Place a node where its operand stands."""
        self.arrays[node] = array
        if of in self._known:
            self._known.add(node)
        block = self._memory.block_of(of)
        if block is not None:
            self._memory.hold(node, block)

    def hold(self, node: Node, block: ArenaBlock, array: Array) -> None:
        """Place a node within a block, which stays taken until its release."""
        self.arrays[node] = array
        self._memory.hold(node, block)

    def new(self, node: Node, shape: tuple[int, ...]) -> Any:
        """Return where to compute a node: an array of the frame, or `Late`."""
        if node in self._prologue:
            array = self._memory.keep(np.empty(shape, node.dtype))
        elif node in self._for_caller:
            return self._new_for_caller(node, shape)
        elif self._memory.is_laid_out(node) and shape == self.shape(node):
            array = self._memory.room_beside(node, shape)
        else:
            array = self._memory.room(node, shape)
        self.arrays[node] = array
        return array

    def _new_for_caller(self, node: Node, shape: tuple[int, ...]) -> Late:
        dtype = node.dtype
        self.given.add(node)
        if node.type.time is not None and shape[0] == 1:
            self._fixed.add(node)
        array = arrays_of(shape, dtype)
        self.find(node, lambda _: array())
        return Late(node)

    def is_for_caller(self, node: Node) -> bool:
        """Return True for an output that may be computed into the caller's array."""
        return node in self._for_caller

    def new_within(self, node: Node, steps: int, first: int) -> Late:
        """Return an array of the caller's, of which a per-step node is a stretch.

        Args:
            steps: of the array; its others have the shape of the node.
            first: the step where the node begins.
        """
        self.given.add(node)
        count, *shape = self.shape(node)
        array = arrays_of((steps, *shape), node.dtype)
        self.find(node, lambda _: array()[first : first + count])
        return Late(node, lambda stretch: stretch.base)

    def over(self, node: Node, dying: Node) -> Array | None:
        """Compute a node over an operand that nobody reads afterwards, if possible."""
        block = self._memory.block_of(dying)
        if block is None or block.holders != 1:
            return None
        if node in self._for_caller or self._memory.is_laid_out(node):
            return None
        array = self.arrays[dying]
        if array is not block.array:
            return None
        self.hold(node, block, array)
        return array
