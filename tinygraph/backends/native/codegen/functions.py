"""A generated function: its source, and the arguments it takes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from tinygraph.backends.native.ir import storage
from tinygraph.backends.native.ir.indices import size
from tinygraph.backends.native.ir.regions import Region
from tinygraph.core.delays import Delay
from tinygraph.core.nodes import Node

INTS = ("start", "seed", "first", "last")
"""The int arguments of every function: the number of the first step, the seed, and
the rows of a shard. The sizes follow."""

Role = (
    Literal["info", "entry", "weights", "packed", "panels", "slots", "random"]
    | storage.Storage
)

ENTRIES = ("entry", "weights", "packed")
"""The roles of arrays that hold values from outside."""


@dataclass(frozen=True)
class Argument:
    """An array argument of a generated function.

    Attributes:
        name: in the source.
        role: what it is for: "info" (which failure, and its numbers), "entry" (a value
            from outside), "weights" (an entry that is packed), "panels" (for packed
            ones), "packed" (panels that stay while the parameters do), "slots" (what
            a delay sees outside), "random" (bits of a row), "total", "long", "scratch"
            or "row".
        node: whose values it holds.
        ndim: axes, the step's included.
        steps: the first axis is not the node's but counts steps.
    """

    name: str
    role: Role
    node: Node | None
    dtype: np.dtype[Any]
    ndim: int
    steps: bool = False

    @property
    def lengths(self) -> tuple[str | None, ...]:
        """The source of the length of each axis; None for one that differs by call."""
        if self.node is None or self.role in ("panels", "packed", "random"):
            return (None, *["0"] * (self.ndim - 1))
        shape = self.node.type.shape or (1,)
        if self.role == "row":
            shape = shape[-1:]
        found = [None] * self.steps + [*map(size, shape)]
        return tuple(found + ["1"] * (self.ndim - len(found)))

    @property
    def layout(self) -> str:
        """How it lies in memory: "A" for anyhow, "C" for rows one after another."""
        return "A" if self.role == "weights" else "C"


@dataclass(frozen=True)
class Failure:
    """A problem that a function reports by its number, and the node that has it.

    Attributes:
        empty: a reduction has no elements; else an index is out of range.
    """

    node: Node
    empty: bool


@dataclass(frozen=True)
class Function:
    """A generated function.

    Attributes:
        sizes: the named lengths that it takes, as ints.
        arrays: its array arguments, in order.
        failures: number → what it reports under this number.
        shard: the dimension whose rows may be shared out among threads, if any.
        filled: the delays whose slots it writes itself.
    """

    name: str
    region: Region
    source: str
    sizes: tuple[str, ...]
    arrays: Sequence[Argument]
    failures: Sequence[Failure]
    filled: Sequence[Delay]
    shard: str | None


def head(name: str, sizes: Sequence[str], arrays: Sequence[Argument]) -> str:
    """Return the line that begins the source of a function."""
    names = [*INTS, *map(size, sizes), *(each.name for each in arrays)]
    return f"def {name}({', '.join(names)}):"
