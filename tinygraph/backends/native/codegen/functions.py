"""A generated function: its source, and the arguments it takes."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tinygraph.backends.native.ir.indices import size
from tinygraph.backends.native.ir.regions import Region
from tinygraph.backends.native.ir.statements import Work
from tinygraph.core.delays import Delay
from tinygraph.core.nodes import Node

INTS = ("start", "seed", "first", "last")
"""The int arguments of every function: the number of the first step, the seed, and
the rows of a shard. The sizes follow."""

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
            a delay sees outside), "total", "long", "scratch" or "row".
        node: whose values it holds.
        ndim: axes, the step's included.
    """

    name: str
    role: str
    node: Node | None
    dtype: np.dtype[Any]
    ndim: int

    @property
    def layout(self) -> str:
        """How it lies in memory: "A" for anyhow, "C" for rows one after another."""
        return "A" if self.role == "weights" else "C"


@dataclass
class Function:
    """A generated function.

    Attributes:
        sizes: the named lengths that it takes, as ints.
        arrays: its array arguments, in order.
        failures: number → the work that reports it.
        shard: the dimension whose rows may be shared out among threads, if any.
        filled: the delays whose slots it writes itself.
    """

    name: str
    region: Region
    sizes: tuple[str, ...] = ()
    arrays: list[Argument] = field(default_factory=list)
    failures: list[Work] = field(default_factory=list)
    shard: str | None = None
    filled: list[Delay] = field(default_factory=list)
    source: str = ""

    @property
    def head(self) -> str:
        """The line that begins the source."""
        names = [*INTS, *map(size, self.sizes)]
        names += [argument.name for argument in self.arrays]
        return f"def {self.name}({', '.join(names)}):"
