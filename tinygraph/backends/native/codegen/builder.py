"""A function while it is written: its arguments, its first lines, its names."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygraph.backends.native.codegen.functions import (
    Argument,
    Failure,
    Function,
    Role,
    head,
)
from tinygraph.backends.native.codegen.text import looped, nested, note
from tinygraph.backends.native.ir.indices import size
from tinygraph.backends.native.ir.nests import LONGEST, outer_name
from tinygraph.backends.native.ir.regions import Region
from tinygraph.backends.native.ir.rules import start_of
from tinygraph.backends.native.ir.storage import LONG, TOTAL, Storage
from tinygraph.core.delays import Delay
from tinygraph.core.nodes import Node
from tinygraph.core.types import Dim, names_in

_LETTERS = {"entry": "x", "weights": "x", "panels": "p", "slots": "z", "long": "b"}


class FunctionBuilder:
    """Collects what the function of a region needs besides its loop over the steps.

    Attributes:
        storage: node → where it lives; see `ir.storage`.
        shard: the dimension whose rows may be shared out among threads, if any.
        prelude: lines that run once, before the first step.
        filled: the delays whose slots the function writes itself.
    """

    def __init__(
        self, region: Region, storage: dict[Node, Storage], shard: str | None
    ) -> None:
        self.region = region
        self.storage = storage
        self.shard = shard
        self.prelude: list[str] = []
        self._starts: dict[tuple[Sequence[Dim], str | None], list[str]] = {}
        self.filled: list[Delay] = []
        self._arguments: dict[Any, Argument] = {}
        self._failures: list[Failure] = []
        self._names = 0
        self.argument("info", None, np.dtype(np.int64), 1)

    def finish(self, loop: Sequence[str]) -> Function:
        """Return the function around its loop over the steps."""
        region, sizes = self.region, self._sizes()
        arrays = list(self._arguments.values())
        way = "Backwards" if region.backwards else "Forwards"
        lines = [
            f"# {way} over {region.time!a}" if region.time else "# Once",
            f"steps = {size(region.time or 1)}",
            *self.prelude,
            *self._begun(),
            *loop,
            "return 0",
        ]
        name = f"region_{region.number}"
        return Function(
            name,
            region,
            source="\n".join(nested(head(name, sizes, arrays), lines)) + "\n",
            sizes=sizes,
            arrays=arrays,
            failures=self._failures,
            filled=self.filled,
            shard=self.shard,
        )

    def begin(self, dims: Sequence[Dim], line: str, shard: str | None = None) -> None:
        """Write what an element begins with, before the first step.

        Arrays of one shape begin together: hundreds of loops of a few numbers would
        take longer to compile than what they begin.
        """
        self._starts.setdefault((tuple(dims), shard), []).append(line)

    def _begun(self) -> list[str]:
        return [
            line
            for (dims, shard), lines in self._starts.items()
            for first in range(0, len(lines), LONGEST)
            for line in looped(dims, lines[first : first + LONGEST], shard)
        ]

    def _sizes(self) -> tuple[str, ...]:
        nodes = [*self.region.lags]
        nodes += [x for node in self.region.lags for x in node.inputs]
        nodes += [x.node for x in self._arguments.values() if x.node is not None]
        names = (name for node in nodes for name in names_in(node.type.shape))
        return tuple(dict.fromkeys(filter(None, [self.region.time, *names])))

    def fresh(self, letter: str) -> str:
        """Return a new name."""
        self._names += 1
        return f"{letter}{self._names}"

    def failure(self, node: Node, empty: bool) -> int:
        """Return the number under which a failure of a node is reported."""
        self._failures.append(Failure(node, empty))
        return len(self._failures) - 1

    def argument(
        self,
        role: Role,
        node: Node | None,
        dtype: np.dtype[Any],
        ndim: int,
        key: Any = None,
    ) -> Argument:
        """Return an argument of the function, made where it is new."""
        known = (role if key is None else key, node)
        if known not in self._arguments:
            letter = _LETTERS.get(role, "w")
            name = role if role == "info" else f"{letter}{len(self._arguments)}"
            steps = node is not None and self._has_steps(role, node, key)
            self._arguments[known] = Argument(name, role, node, dtype, ndim, steps)
        return self._arguments[known]

    @staticmethod
    def _has_steps(role: Role, node: Node, key: Any) -> bool:
        """Return True if an array holds values of several steps, or slots."""
        of_steps = role == "entry" and key != "unstacked" and node.type.time is not None
        return of_steps or role in (LONG, "slots")

    def has(self, role: Role, node: Node) -> bool:
        """Return True if an array of this role was asked for."""
        return (role, node) in self._arguments

    def array(self, role: Role, node: Node, ndim: int) -> str:
        """Return the name of the array that holds a node in this role."""
        return self.argument(role, node, node.dtype, ndim).name

    def total(self, node: Node, ndim: int) -> str:
        """Return the array of a sum over all steps, which begins with zeros."""
        new = not self.has(TOTAL, node)
        array = self.array(TOTAL, node, ndim)
        if new:
            shape = node.type.shape or (1,)
            places = ", ".join(outer_name(k) for k in range(ndim))
            start = f"{array}[{places}] = {start_of(node)}{note(node)}"
            self.begin(shape, start)
        return array
