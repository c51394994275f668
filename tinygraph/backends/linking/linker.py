"""The linker: records bound calls on the values of nodes, and makes a frame of them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import Any, Protocol

import numpy as np

from tinygraph.backends.linking.frames import BoundCall, CallState, Frame, Output
from tinygraph.backends.linking.memory import Memory
from tinygraph.backends.linking.recycling import arrays_of
from tinygraph.backends.linking.values import Late, Values
from tinygraph.core.nodes import Node
from tinygraph.semantics.binding import Array, Binding


class PackedProduct(Protocol):
    """A product with a right operand that is packed once for many rows.

    Attributes:
        panels: room for the packed operand.
        pack: packs it.
    """

    panels: Array
    pack: Callable[[Array], None]

    def __call__(self, a: Array, out: Array) -> None:
        """Write the product."""


class Linker:
    """Builds a frame; tasks link themselves through it, in the order of work.

    Args:
        for_caller: outputs that each call computes into an array of the caller's own.
        prologue: nodes whose values stay while the parameters do.
        packed_product: from the shape and dtype of a right operand, and a number of
            threads, to what multiplies many rows by it; None: BLAS does.

    Attributes:
        binding: sizes; the values of the call that gave them are not used.
        threads: among how many a task may share out the rows of a batch.
        memory: of the frame.
        values: where the values of nodes are found.
        state: what bound calls may ask about the call that runs.
    """

    def __init__(
        self,
        binding: Binding,
        for_caller: Iterable[Node] = (),
        prologue: Iterable[Node] = (),
        threads: int = 1,
        packed_product: Callable[[int, int, Any, int], PackedProduct] | None = None,
    ) -> None:
        self.binding = binding
        self.packed_product = packed_product
        self.threads = threads
        self.memory = Memory()
        self.values = Values(binding, self.memory, for_caller, prologue)
        self.state = CallState()
        self._prologue: list[BoundCall] = []
        self._main: list[BoundCall] = []
        self._recording = self._main
        self._copies: dict[tuple[Node, tuple[int, ...]], Array] = {}

    @contextmanager
    def prologue(self) -> Iterator[None]:
        """Record what is called only when the parameters have changed."""
        before, self._recording = self._recording, self._prologue
        try:
            yield
        finally:
            self._recording = before

    def call(
        self, function: Callable[..., Any], arguments: list[Any], node: Node | None
    ) -> None:
        """Record a call; `Late` among its arguments is filled in by calls."""
        self.fill_in(arguments)
        self._recording.append((function, arguments, node))

    def fill_in(self, arguments: list[Any]) -> None:
        """Let calls fill in what is `Late` in a list."""
        for position, argument in enumerate(arguments):
            if isinstance(argument, Late):
                arguments[position] = None
                late = self.values.late[argument.node]
                late.patches.append((arguments, position, argument.change))

    def copy(
        self, node: Node, value: Any, shape: tuple[int, ...] | None = None
    ) -> Array:
        """Return a copy of a value, made again when the node's may change.

        Args:
            shape: what it is broadcast to; default: a static node's own.
        """
        shape = self.binding.shape(node.type.shape) if shape is None else shape
        array = self.memory.keep(np.empty(shape, node.dtype))
        stays = self.values.is_of_prologue(node)
        with self.prologue() if stays else nullcontext():
            self.call(np.copyto, [array, value], node)
        return array

    def shared_copy(self, node: Node, shape: tuple[int, ...]) -> Array:
        """Return the copy of a late value that all its readers share."""
        key = (node, shape)
        if key not in self._copies:
            self._copies[key] = self.copy(node, self.values.of(node), shape)
        return self._copies[key]

    def finish(self, outputs: Mapping[str, Node]) -> Frame:
        """Return the frame, which hands out these nodes."""
        handed_out = []
        for name, node in outputs.items():
            arguments = [self.values.of(node)]
            self.fill_in(arguments)
            steps = self.binding.sizes.get(node.type.time or "")
            own = node in self.values.given
            copy = arrays_of(self.values.shape(node), node.dtype)
            handed_out.append(Output(name, arguments, own, steps, copy))
        return Frame(
            (self.threads, self.binding.sizes),
            self._prologue,
            self._main,
            self.values.late,
            handed_out,
            self.state,
            self.values.arrays,
            self.memory.nbytes,
        )
