"""Reading and writing single elements in generated code, through slices of rows."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tinygraph.backends.native.codegen.builder import FunctionBuilder
from tinygraph.backends.native.codegen.text import literal, nested, note, plus, span
from tinygraph.backends.native.ir.indices import (
    Index,
    Indices,
    flattened,
    size,
    variable,
)
from tinygraph.backends.native.ir.nests import INNER
from tinygraph.backends.native.ir.regions import Access, halo
from tinygraph.backends.native.ir.storage import LONG, ROW, TOTAL
from tinygraph.core.delays import Delay
from tinygraph.core.nodes import Node
from tinygraph.core.shifts import repeating_code, slot_code
from tinygraph.core.types import Dim
from tinygraph.ops.philox import stable_hash

Located = tuple[str, list[str], list[Index]]
"""An array, its leading places (the step), and the places within."""


@dataclass
class Body:
    """The lines of a row loop.

    Attributes:
        dim: the length of the row; None for single elements, without a loop.
        before: lines before the loop.
        within: lines that run for each element.
        behind: lines after the loop.
    """

    dim: Dim | None
    before: list[str] = field(default_factory=list)
    within: list[str] = field(default_factory=list)
    behind: list[str] = field(default_factory=list)

    def lines(self, shard: str | None) -> list[str]:
        """Return the loop, and what stands before and behind it."""
        within = self.within
        if self.dim is not None:
            within = nested(f"for {INNER} in {span(self.dim, shard)}:", within)
        return [*self.before, *within, *self.behind]


@dataclass
class NestNames:
    """Names that the row loops of a nest share.

    Attributes:
        known: what was read or computed once for a whole row → its name.
        slices: source of a row → its name.
    """

    known: dict[Any, str] = field(default_factory=dict)
    slices: dict[str, str] = field(default_factory=dict)


class Scope:
    """Where the statements of one row loop read their elements.

    What does not change within a row is read before its loop, and once.

    Attributes:
        body: the lines so far.
        inner: what was computed or read for the element → its name.
    """

    def __init__(
        self, builder: FunctionBuilder, names: NestNames, dim: Dim | None = None
    ) -> None:
        self.builder = builder
        self.region = builder.region
        self.names = names
        self.body = Body(dim)
        self.inner: dict[Any, str] = names.known if dim is None else {}

    def read(self, node: Node, index: Indices, past: bool = False) -> str:
        """Return the source of an element of a node."""
        access = self.region.resolve(node, index, past)
        number = literal(access.node)
        if number is not None:
            return number
        for known in (self.inner, self.names.known):
            if access in known:
                return known[access]
        item = self.item(access)
        changes = any(INNER in place.uses for place in access.index)
        if self.body.dim is None or changes:
            return item
        name = self.builder.fresh("s")
        self.body.before.append(f"{name} = {item}")
        self.names.known[access] = name
        return name

    def checked(self, text: str, index: Indices, dim: Dim, node: Node) -> Index:
        """Write the test of an index found at run time; return the index.

        Negative ones are counted from the end, but for labels.
        """
        uses = frozenset[str]().union(*(place.uses for place in index))
        deep = INNER in uses or self.body.dim is None
        known = self.inner if deep else self.names.known
        labels = bool(node.attrs.get("labels_of"))
        key = ("place", text, dim, labels)
        if key not in known:
            known[key] = name = self.builder.fresh("k")
            length = size(dim)
            back = [f"if {name} < 0:", f"    {name} += {length}"]
            lines = self.body.within if deep else self.body.before
            lines += [
                f"{name} = np.int64({text})",
                *([] if labels else back),
                f"if {name} < 0 or {name} >= {length}:",
                f"    info[0] = {self.builder.failure(node, empty=False)}",
                f"    info[1] = {text}",
                f"    info[2] = {length}",
                "    return 1",
            ]
        return Index(known[key], 0, uses)

    def named(self, text: str, node: Node) -> str:
        """Write a line that names what a text gives; return the name."""
        name = self.builder.fresh("v")
        self.body.within.append(f"{name} = {text}{note(node)}")
        return name

    def random_bits(self, node: Node, index: Indices, bits: int) -> str:
        """Return the source of random bits: of a row drawn before, or drawn here."""
        key, step = stable_hash(node.attrs["key"].name), self.step()
        shape, last = node.type.shape, index[-1:]
        if self.body.dim is None or last != (variable(INNER),):
            name = {32: "half", 64: "word"}[bits]
            return f"{name}(seed, {key}, {step}, {flattened(shape, index)})"
        per, dtype = 256 // bits, np.dtype(f"int{bits}")
        row = self.builder.argument("random", node, dtype, 1).name
        count, before = size(self.body.dim), flattened(shape[:-1], index[:-1])
        first = f"{before} * {count}" if before.text else "0"
        drawn = f"draw({row}, seed, {key}, start + t, {first}, {count})"
        self.body.before.append(f"{drawn}{note(node)}")
        if isinstance(self.body.dim, int) and self.body.dim % per == 0:
            return f"{row}[{INNER}]"
        name, skipped = self.builder.fresh("r"), f"{first} % {per}"
        self.body.before.append(f"{name} = {row}[{skipped} : {skipped} + {count}]")
        return f"{name}[{INNER}]"

    def step(self) -> str:
        """Return the source of the absolute number of the step."""
        return "np.int64(start + t)"

    def item(self, access: Access) -> str:
        """Return an element, by way of a slice of the row that it stands in."""
        array, lead, index = self.located(access)
        *front, last = index
        places = [*lead, *map(str, front)]
        dim, slices = self.body.dim, self.names.slices
        along = dim is not None and last.text == INNER and last.offset >= 0
        if not along or any(INNER in place.uses for place in front):
            return f"{array}[{', '.join([*places, str(last)])}]"
        if last.offset and dim is not None:
            places.append(f"{last.offset} : {last.offset} + {size(dim)}")
        if not places:
            return f"{array}[{INNER}]"
        text = f"{array}[{', '.join(places)}]"
        if text not in slices:
            slices[text] = self.builder.fresh("r")
            self.body.before.append(f"{slices[text]} = {text}")
        return f"{slices[text]}[{INNER}]"

    def located(self, access: Access) -> Located:
        """Return where an element stands."""
        node, index = access.node, list(access.index) or [Index()]
        if node not in self.region.computed:
            return self._entry(access, index)
        storage = self.builder.storage[node]
        if storage == ROW:
            return self.builder.array(ROW, node, 1), [], index[-1:]
        if storage == TOTAL:
            return self.builder.total(node, len(index)), [], index
        if storage != LONG:
            return self.builder.array(storage, node, len(index)), [], index
        array = self.builder.array(LONG, node, len(index) + 1)
        if access.delay is not None:
            return self._delayed(access.delay, array, index)
        return array, [plus("t", halo(self.region, node)[0])], index

    def _entry(self, access: Access, index: list[Index]) -> Located:
        node = access.node
        if node.type.time is None and not access.unstacked:
            return self.builder.array("entry", node, len(index)), [], index
        step = "t" if access.unstacked else self.step_of(node)
        key = "unstacked" if access.unstacked else "entry"
        ndim = len(index) + 1
        array = self.builder.argument("entry", node, node.dtype, ndim, key).name
        return array, [step], index

    def step_of(self, node: Node) -> str:
        """Return where the value of this step stands in an entry."""
        return "0" if node in self.region.fixed else "t"

    def _delayed(self, delay: Delay, array: str, index: list[Index]) -> Located:
        k, first = delay.steps, halo(self.region, delay.source)[0]
        if delay in self.region.halo[delay.source]:
            return array, [plus("t", first - k)], index
        if delay.outside == "replicate":
            return array, [plus(repeating_code(k), first)], index
        known = self.names.known
        if delay not in known:
            known[delay] = self.builder.fresh("d")
            slots = self.builder.array("slots", delay, len(index) + 1)
            inside, slot = slot_code(k)
            self.body.before += [
                f"if {inside}:",
                f"    {known[delay]} = {array}[{plus('t', first - k)}]",
                "else:",
                f"    {known[delay]} = {slots}[{slot}]",
            ]
        return known[delay], [], index
