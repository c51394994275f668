"""A node as statements: the loops that write it, and which elements they write.

A map writes each element once; a reduction along rows is kept in a variable; other sums
are added up in place, after a fill. A product is one call on whole arrays.
"""

import functools
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Protocol

import numpy as np

from tinygraph.backends.native.ir.indices import Index, Indices
from tinygraph.core.nodes import Node
from tinygraph.core.types import Dim, Shape


class Kind(Enum):
    """What a statement does at each index of its loops."""

    MAP = auto()
    """Computes an element of the node."""
    COPY = auto()
    """Stores an element that a view or a delay reads elsewhere."""
    INSERT = auto()
    """Writes an element of one operand into its place in the result."""
    FILL = auto()
    """Writes what a sum, or a result with gaps, begins with."""
    ADD = auto()
    """Combines an element with what the result holds already."""
    DIVIDE = auto()
    """Divides a finished sum by the number of its elements."""
    REDUCE = auto()
    """Combines the elements of a row in a variable, stored behind the row."""
    SEARCH = auto()
    """Finds where in a row the extreme element stands."""
    PRODUCT = auto()
    """Calls the matrix product, without loops of its own."""


@dataclass(frozen=True, eq=False)
class Statement:
    """One loop nest (or call) that writes a node or a part of it.

    Attributes:
        node: what it writes.
        dims: the lengths of its loops, the innermost last.
        operand: the number of the input that it reads, where it reads one alone.
    """

    node: Node
    kind: Kind
    dims: Shape
    operand: int = 0


class Scope(Protocol):
    """Where the source of a statement reads elements; notes them, or writes code."""

    def read(self, node: Node, index: Indices, past: bool = False) -> str:
        """Return the source of an element of a node: a name or an item.

        Args:
            past: read what a view or a delay reads, not its own copy.
        """

    def checked(self, text: str, index: Indices, dim: Dim, node: Node) -> Index:
        """Return an index found at run time, negative ones counted from the end."""

    def named(self, text: str, node: Node) -> str:
        """Return a name for what a text gives: a part of a node's element."""

    def random_bits(self, node: Node, index: Indices, bits: int) -> str:
        """Return the source of 32 or 64 random bits of an element of a node."""

    def step(self) -> str:
        """Return the source of the absolute number of the step."""


def mapped(node: Node) -> list[Statement]:
    """Write each element of the node once."""
    return [Statement(node, Kind.MAP, node.type.shape)]


def reduced(node: Node) -> list[Statement]:
    """Combine elements along `axis`: in a variable for rows, else in place."""
    x, axis = node.inputs[0], node.attrs["axis"]
    if axis == (-1,):
        return [Statement(node, Kind.REDUCE, x.type.shape)]
    fill = Statement(node, Kind.FILL, node.type.shape)
    return [fill, Statement(node, Kind.ADD, x.type.shape)]


def averaged(node: Node) -> list[Statement]:
    """Add up along `axis` and divide."""
    found = reduced(node)
    if len(found) == 1:
        return found
    return [*found, Statement(node, Kind.DIVIDE, node.type.shape)]


def searched(node: Node) -> list[Statement]:
    """Look for the extreme along `axis`, which becomes the innermost loop."""
    shape, (axis,) = node.inputs[0].type.shape, node.attrs["axis"]
    at = axis + len(shape)
    dims = (*shape[:at], *shape[at + 1 :], shape[at])
    return [Statement(node, Kind.SEARCH, dims)]


def joined(node: Node) -> list[Statement]:
    """Write operand after operand into the result."""
    return [
        Statement(node, Kind.INSERT, x.type.shape, i) for i, x in enumerate(node.inputs)
    ]


def inserted(node: Node) -> list[Statement]:
    """Fill the result, then write the operand into a part of it."""
    fill = Statement(node, Kind.FILL, node.type.shape)
    return [fill, Statement(node, Kind.INSERT, node.inputs[0].type.shape)]


def scattered(node: Node) -> list[Statement]:
    """Fill the result, then add the second operand's elements where indices say."""
    fill = Statement(node, Kind.FILL, node.type.shape)
    return [fill, Statement(node, Kind.ADD, node.inputs[1].type.shape, 1)]


def added(node: Node) -> list[Statement]:
    """Add the elements of each step to a sum over all steps."""
    return [Statement(node, Kind.ADD, node.inputs[0].type.shape)]


def collected(node: Node) -> list[Statement]:
    """Add the second operand's rows of each step to a sum over all steps."""
    return [Statement(node, Kind.ADD, node.inputs[1].type.shape, 1)]


def multiplied(node: Node) -> list[Statement]:
    """Call the matrix product."""
    return [Statement(node, Kind.PRODUCT, ())]


def source_index(statement: Statement, index: Indices) -> Indices:
    """Return the operand's index from that of the loops of a reduction."""
    if statement.kind is not Kind.SEARCH:
        return index
    at = statement.node.attrs["axis"][0] + len(index)
    return (*index[:at], index[-1], *index[at:-1])


def reduced_dims(node: Node) -> list[Dim]:
    """Return the lengths of the axes that a reduction sums over."""
    shape = node.inputs[0].type.shape
    return [shape[axis] for axis in node.attrs["axis"]]


def zero(node: Node) -> str:
    """Return the source of 0 of a node's dtype."""
    return f"{dtype_name(node)}(0)"


def one(node: Node) -> str:
    """Return the source of 1 of a node's dtype."""
    return f"{dtype_name(node)}(1)"


def least(node: Node) -> str:
    """Return the source of the least number of a node's dtype."""
    return _extreme(node, least=True)


def greatest(node: Node) -> str:
    """Return the source of the greatest number of a node's dtype."""
    return _extreme(node, least=False)


def _extreme(node: Node, least: bool) -> str:
    if node.dtype.kind == "f":
        return f"{dtype_name(node)}({'-' * least}np.inf)"
    if node.dtype.kind == "b":
        return str(not least)
    limits = np.iinfo(node.dtype)
    return f"{dtype_name(node)}({limits.min if least else limits.max})"


def dtype_name(node: Node) -> str:
    """Return the source of a node's dtype."""
    return _name(node.dtype)


@functools.cache
def _name(dtype: np.dtype[Any]) -> str:
    return "np.bool_" if dtype.kind == "b" else f"np.{dtype.name}"
