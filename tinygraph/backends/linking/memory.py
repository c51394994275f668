"""The memory of a frame: blocks of an arena, and the nodes that stand in them."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tinygraph.backends.linking.arena import Arena, ArenaBlock
from tinygraph.core.nodes import Node
from tinygraph.semantics.binding import Array


@dataclass(frozen=True)
class SideBySide:
    """Nodes that shall share a block, and which of them are in it already."""

    nodes: tuple[Node, ...]
    placed: set[Node] = field(default_factory=set)


class Memory:
    """Hands out memory while a frame is linked, and takes back what nobody needs.

    A block is taken as long as a node is held in it.
    """

    def __init__(self) -> None:
        self._arena = Arena()
        self._blocks: dict[Node, ArenaBlock] = {}
        self._beside: dict[Node, SideBySide] = {}
        self._kept = 0

    @property
    def nbytes(self) -> int:
        """How much memory there is in all."""
        return self._arena.nbytes + self._kept

    def keep(self, array: Array) -> Array:
        """Count and return an array of its own, which nothing else will use."""
        self._kept += array.nbytes
        return array

    def take(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> ArenaBlock:
        """Return a block of the arena."""
        return self._arena.take(math.prod(shape) * dtype.itemsize)

    def give(self, block: ArenaBlock) -> None:
        """Give a block back, if no node is held in it."""
        if not block.holders:
            self._arena.give(block)

    def hold(self, node: Node, block: ArenaBlock) -> None:
        """Keep a block until a node that stands in it is released."""
        self._blocks[node] = block
        block.holders += 1

    def release(self, nodes: Iterable[Node]) -> None:
        """Let go of nodes that nobody reads from here on."""
        for node in nodes:
            block = self._blocks.pop(node, None)
            if block is not None:
                block.holders -= 1
                self.give(block)

    def block_of(self, node: Node) -> ArenaBlock | None:
        """Return the block in which a node is held; None: in none of the arena."""
        return self._blocks.get(node)

    def lay_out(self, nodes: tuple[Node, ...]) -> None:
        """Ask for per-step nodes of one type to stand side by side, if they can."""
        if self._beside.keys().isdisjoint(nodes) and len(set(nodes)) == len(nodes):
            self._beside.update(dict.fromkeys(nodes, SideBySide(nodes)))

    def is_laid_out(self, node: Node) -> bool:
        """Return True for a node that shall stand beside others."""
        return node in self._beside

    def laid_out(self, nodes: tuple[Node, ...]) -> Array | None:
        """Return nodes that stand side by side, `(T, ..., count, n)`, or None."""
        beside = self._beside.get(nodes[0])
        if beside is None or beside.nodes != nodes or beside.placed != set(nodes):
            return None
        return self._blocks[nodes[0]].array

    def room(self, node: Node, shape: tuple[int, ...]) -> Array:
        """Return an array of the arena for a node."""
        block = self.take(shape, node.dtype)
        self.hold(node, block)
        return block.shaped(shape, node.dtype)

    def room_beside(self, node: Node, shape: tuple[int, ...]) -> Array:
        """Return an array for a node that shall stand beside others."""
        beside = self._beside[node]
        (*heads, size), count = shape, len(beside.nodes)
        first = next(iter(beside.placed), None)
        whole = (*heads, count, size)
        block = self.take(whole, node.dtype) if first is None else self._blocks[first]
        beside.placed.add(node)
        self.hold(node, block)
        return block.shaped(whole, node.dtype)[..., beside.nodes.index(node), :]
