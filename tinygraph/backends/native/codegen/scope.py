"""Reading and writing single elements in generated code, through rows."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygraph.backends.native.codegen.functions import Argument, Function
from tinygraph.backends.native.ir.indices import Index, Indices, size
from tinygraph.backends.native.ir.lowering import GUMBEL
from tinygraph.backends.native.ir.nests import INNER, outer_name
from tinygraph.backends.native.ir.regions import Access, Region, halo
from tinygraph.backends.native.ir.statements import Work, lowest, name_of
from tinygraph.backends.native.ir.storage import LONG, ROW, TOTAL
from tinygraph.core.building import CONSTANT
from tinygraph.core.delays import Delay
from tinygraph.core.nodes import Node
from tinygraph.core.shifts import repeating_code, slot_code
from tinygraph.core.types import Dim
from tinygraph.ops.philox import stable_hash
from tinygraph.ops.random import BERNOULLI, NORMAL

Located = tuple[str, list[str], list[Index]]
"""An array, its leading places (the step), and the places within."""


class Reader:
    """The body of a nest while it is written: a scope for `values`.

    A body is a sequence of stretches; each has statements before its loop, within it
    and behind it. What does not change within a row is read before the loop.
    """

    def __init__(self, region: Region, storage: dict[Node, str]) -> None:
        self.region = region
        self.storage = storage
        self.function = Function(f"region_{region.number}", region)
        self.arguments: dict[Any, Argument] = {}
        self.prelude: list[str] = []
        self.before: list[str] = []
        self.within: list[str] = []
        self.behind: list[str] = []
        self.dim: Dim | None = None
        self.past: Node | None = None
        self.row: dict[Any, str] = {}
        self.inner: dict[Any, str] = {}
        self._slices: dict[str, str] = {}
        self._names = 0
        self.argument("info", None, np.dtype(np.int64), 1)

    def begin_nest(self) -> None:
        """Forget what was read in another nest."""
        self.row, self._slices = {}, {}
        self.begin_stretch(None)

    def begin_stretch(self, dim: Dim | None) -> None:
        """Begin a loop over a row of `dim` elements (None: single elements)."""
        self.before, self.within, self.behind = [], [], []
        self.dim = dim
        self.inner = self.row if dim is None else {}

    def read(self, node: Node, index: Indices) -> str:
        """Return the source of an element of a node."""
        access = self.region.resolve(node, index, node is self.past)
        number = literal(access.node)
        if number is not None:
            return number
        for known in (self.inner, self.row):
            if access in known:
                return known[access]
        item = self.item(access)
        if self.dim is None or any(INNER in place.uses for place in access.index):
            return item
        name = self.fresh("s")
        self.before.append(f"{name} = {item}")
        self.row[access] = name
        return name

    def place(self, text: str, index: Indices, dim: Dim, work: Work) -> Index:
        """Write the test of an index found at run time; return the place."""
        uses = frozenset[str]().union(*(place.uses for place in index))
        deep = INNER in uses or self.dim is None
        known = self.inner if deep else self.row
        key = ("place", text, dim, _labels(work))
        if key not in known:
            known[key] = self.fresh("k")
            lines = self.within if deep else self.before
            lines += self._tested(known[key], text, size(dim), work)
        return Index(known[key], 0, uses)

    def _tested(self, name: str, text: str, length: str, work: Work) -> list[str]:
        return [
            f"{name} = np.int64({text})",
            *([] if _labels(work) else [f"if {name} < 0:", f"    {name} += {length}"]),
            f"if {name} < 0 or {name} >= {length}:",
            f"    info[0] = {self.failure(work)}",
            f"    info[1] = {text}",
            f"    info[2] = {length}",
            "    return 1",
        ]

    def draw(self, work: Work, element: Index) -> str:
        """Return the source of a random number."""
        node = work.node
        single = node.dtype == np.float32
        kind = "uniform" if single and node.op is not BERNOULLI else "uniform_64"
        kind = {NORMAL: "normal", GUMBEL: "gumbel"}.get(node.op, kind)
        key = stable_hash(node.attrs["key"].name)
        call = f"{kind}(seed, {key}, {self.step()}, {element})"
        return f"np.float32({call})" if single and node.op is not BERNOULLI else call

    def step(self) -> str:
        """Return the source of the absolute number of the step."""
        return "np.int64(start + t)"

    def fresh(self, letter: str) -> str:
        """Return a new name."""
        self._names += 1
        return f"{letter}{self._names}"

    def failure(self, work: Work) -> int:
        """Return a number under which a work's failure is reported."""
        self.function.failures.append(work)
        return len(self.function.failures) - 1

    def item(self, access: Access) -> str:
        """Return an element, by way of a slice of the row that it stands in."""
        array, lead, index = self.located(access)
        *front, last = index
        places = [*lead, *map(str, front)]
        along = self.dim is not None and last.text == INNER and last.offset >= 0
        if not along or any(INNER in place.uses for place in front):
            return f"{array}[{', '.join([*places, str(last)])}]"
        if last.offset and self.dim is not None:
            places.append(f"{last.offset} : {last.offset} + {size(self.dim)}")
        if not places:
            return f"{array}[{INNER}]"
        text = f"{array}[{', '.join(places)}]"
        if text not in self._slices:
            self._slices[text] = self.fresh("r")
            self.before.append(f"{self._slices[text]} = {text}")
        return f"{self._slices[text]}[{INNER}]"

    def located(self, access: Access) -> Located:
        """Return where an element stands."""
        node, index = access.node, list(access.index) or [Index()]
        if node not in self.region.computed:
            return self._entry(access, index)
        kind = self.storage[node]
        if kind == ROW:
            return self.buffer(node, ROW, 1), [], index[-1:]
        if kind == TOTAL:
            return self._total(node, len(index)), [], index
        if kind != LONG:
            return self.buffer(node, kind, len(index)), [], index
        array = self.buffer(node, LONG, len(index) + 1)
        if access.delay is not None:
            return self._delayed(access.delay, array, index)
        return array, [plus("t", halo(self.region, node)[0])], index

    def _total(self, node: Node, ndim: int) -> str:
        """Return the array of a sum over all steps, which begins with zeros."""
        new = (TOTAL, node) not in self.arguments
        array = self.buffer(node, TOTAL, ndim)
        if new:
            shape = node.type.shape or (1,)
            places = ", ".join(outer_name(k) for k in range(ndim))
            zero = f"{array}[{places}] = {lowest(node)}{note(node)}"
            self.prelude += looped(shape, [zero])
        return array

    def _entry(self, access: Access, index: list[Index]) -> Located:
        node = access.node
        if node.type.time is None and not access.unstacked:
            return self.entry(node, len(index)), [], index
        step = "t" if access.unstacked else self.step_of(node)
        key = "unstacked" if access.unstacked else "entry"
        array = self.argument("entry", node, node.dtype, len(index) + 1, key).name
        return array, [step], index

    def step_of(self, node: Node) -> str:
        """Return where the value of this step stands in an entry."""
        return "0" if node in self.region.fixed else "t"

    def _delayed(self, delay: Delay, array: str, index: list[Index]) -> Located:
        k, first = delay.steps, halo(self.region, delay.source)[0]
        if delay in self.region.halo[delay.source]:
            return array, [plus("t", first - k)], index
        if delay.kind == "replicate":
            return array, [plus(repeating_code(k), first)], index
        if delay not in self.row:
            self.row[delay] = self.fresh("d")
            slots = self.argument("slots", delay, delay.dtype, len(index) + 1).name
            inside, slot = slot_code(k)
            self.before += [
                f"if {inside}:",
                f"    {self.row[delay]} = {array}[{plus('t', first - k)}]",
                "else:",
                f"    {self.row[delay]} = {slots}[{slot}]",
            ]
        return self.row[delay], [], index

    def buffer(self, node: Node, role: str, ndim: int) -> str:
        """Return the array in which a computed node lives."""
        return self.argument(role, node, node.dtype, ndim).name

    def entry(self, node: Node, ndim: int) -> str:
        """Return the array of a node that is computed elsewhere."""
        return self.argument("entry", node, node.dtype, ndim).name

    def argument(
        self,
        role: str,
        node: Node | None,
        dtype: np.dtype[Any],
        ndim: int,
        key: Any = None,
    ) -> Argument:
        """Return an argument of the function, made where it is new."""
        known = (role if key is None else key, node)
        if known not in self.arguments:
            letter = _LETTERS.get(role, "w")
            name = role if role == "info" else f"{letter}{len(self.arguments)}"
            self.arguments[known] = Argument(name, role, node, dtype, ndim)
        return self.arguments[known]


_LETTERS = {"entry": "x", "weights": "x", "panels": "p", "slots": "z", "long": "b"}


def nested(head: str, lines: Sequence[str]) -> list[str]:
    """Return lines within a compound statement."""
    return [head, *[f"    {line}" for line in lines]]


def looped(dims: Sequence[Dim], body: list[str], shard: str | None = None) -> list[str]:
    """Return statements within loops over outer axes."""
    for k in range(len(dims) - 1, -1, -1):
        body = nested(f"for {outer_name(k)} in {span(dims[k], shard)}:", body)
    return body


def span(dim: Dim, shard: str | None) -> str:
    """Return the source of the places along an axis: a shard's, or all."""
    return "range(first, last)" if dim == shard else f"range({size(dim)})"


def note(node: Node) -> str:
    """Return a comment that names a node, whatever its name is made of."""
    return f"  # {ascii(node.label)[1:-1]}"


def _labels(work: Work) -> bool:
    """Return True where indices are labels: negative ones are out of range."""
    return bool(work.node.attrs.get("labels_of"))


def plus(text: str, offset: int) -> str:
    """Return the source of a sum with a number."""
    if not offset:
        return text
    return f"{text} + {offset}" if offset > 0 else f"{text} - {-offset}"


def literal(node: Node) -> str | None:
    """Return the source of a constant scalar; None for other nodes."""
    if node.op is not CONSTANT or node.ndim:
        return None
    value = node.attrs["value"][()]
    if node.dtype.kind == "b":
        return str(bool(value))
    if node.dtype.kind != "f":
        return f"{name_of(node)}({int(value)})"
    if np.isfinite(value):
        return f"{name_of(node)}({float(value)!r})"
    text = "np.nan" if np.isnan(value) else "np.inf" if value > 0 else "-np.inf"
    return f"{name_of(node)}({text})"
