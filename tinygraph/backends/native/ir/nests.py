"""Which statements share loops: rows of one shape in one nest, elements in one loop.

A nest runs over the outer axes of its statements; its body is a sequence of row loops,
each over one row (or over single elements). What a statement reads at its own element
comes from the same loop, what it reads elsewhere in its row from an earlier row loop,
anything else from an earlier nest.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from tinygraph.backends.native.ir.indices import (
    ZERO,
    Index,
    Indices,
    aligned,
    variable,
)
from tinygraph.backends.native.ir.regions import Access, Region
from tinygraph.backends.native.ir.rules import (
    is_elementwise,
    rule_of,
    target_of,
    value_of,
)
from tinygraph.backends.native.ir.statements import Kind, Statement
from tinygraph.backends.native.kernels.expressions import LONG_FORMULAS
from tinygraph.core.nodes import Node
from tinygraph.core.types import Dim, Shape

INNER = "j"
"""The variable of the innermost loop."""
LONGEST = 128
"""Statements of a row loop: much longer ones do not become vectors."""
FORMULAS = 3
"""Long formulas of a row loop: the constants of more do not stay in registers."""
MANY_FORMULAS = 64
"""Long formulas of a region from beyond which that is given up: so many loops would
take twice as long to compile."""
ANYWHERE = Index("?", 0, frozenset("?"))


@dataclass
class RowLoop:
    """Statements over one row; `dim` is its length, None for single elements."""

    dim: Dim | None
    statements: list[tuple[Statement, Indices]] = field(default_factory=list)


@dataclass
class Nest:
    """Statements within the same outer loops; one call where `call` is set."""

    lag: int
    outer: Shape
    row_loops: list[RowLoop] = field(default_factory=list)
    call: Statement | None = None

    @property
    def statements(self) -> Iterator[tuple[Statement, Indices, int]]:
        """All statements, with the index of their loops and their row loop's number."""
        for i, row_loop in enumerate(self.row_loops):
            yield from ((each, index, i) for each, index in row_loop.statements)


@dataclass(frozen=True)
class Write:
    """Where a statement stands, and which element it writes there."""

    nest: int
    row_loop: int
    target: Indices
    by: Statement


Need = tuple[Access, list[Write]]
"""What a statement reads of its own iteration, and the statements that write it."""


def outer_name(place: int) -> str:
    """Return the variable of an outer loop."""
    return f"i{place}"


def nests_of(region: Region) -> list[Nest]:
    """Return the nests of a region, in the order in which they run."""
    return _NestBuilder(region).run()


def forms_of(statement: Statement) -> list[tuple[Shape, Dim | None, Indices]]:
    """Return the ways to loop: (outer lengths, row length, index of the loops)."""
    dims = statement.dims
    wide = [i for i, dim in enumerate(dims) if dim != 1]
    forms: list[tuple[list[int], Dim | None]] = []
    if dims and dims[-1] != 1:
        forms.append((wide[:-1], dims[-1]))
    if not forms or statement.kind not in (Kind.REDUCE, Kind.SEARCH):
        forms.append((wide, None))
    found: list[tuple[Shape, Dim | None, Indices]] = []
    for outer, row in forms:
        names = {axis: variable(outer_name(k)) for k, axis in enumerate(outer)}
        if row is not None:
            names[len(dims) - 1] = variable(INNER)
        index = tuple(names.get(axis, ZERO) for axis in range(len(dims)))
        found.append((tuple(dims[axis] for axis in outer), row, index))
    return found


class Recorder:
    """A scope that notes what is read."""

    def __init__(self, region: Region) -> None:
        self.region = region
        self.accesses: list[Access] = []

    def read(self, node: Node, index: Indices, past: bool = False) -> str:
        """Note an element."""
        self.accesses.append(self.region.resolve(node, index, past))
        return "_"

    def checked(self, text: str, index: Indices, dim: Dim, node: Node) -> Index:
        """Return an index that equals no other."""
        return ANYWHERE

    def named(self, text: str, node: Node) -> str:
        """Nothing is read."""
        return "_"

    def random_bits(self, node: Node, index: Indices, bits: int) -> str:
        """Nothing is read."""
        return "_"

    def step(self) -> str:
        """Nothing is read."""
        return "_"


def reads_of(region: Region, statement: Statement, index: Indices) -> list[Access]:
    """Return what a statement reads at an index of its loops."""
    recorder, node, kind = Recorder(region), statement.node, statement.kind
    if kind is Kind.PRODUCT:
        return [region.resolve(x, (ANYWHERE,) * x.ndim) for x in node.inputs]
    if kind is Kind.MAP and is_elementwise(node):
        return [region.resolve(x, aligned(x.type.shape, index)) for x in node.inputs]
    if kind is not Kind.FILL:
        if kind is not Kind.DIVIDE:
            value_of(statement, index, recorder)
        target = target_of(statement, index, recorder)
        over_fill = kind is Kind.INSERT and rule_of(node).start is not None
        if over_fill or kind in (Kind.ADD, Kind.DIVIDE):
            recorder.accesses.append(Access(node, target))
    return recorder.accesses


class _NestBuilder:
    def __init__(self, region: Region) -> None:
        self.region = region
        self.nests: list[Nest] = []
        self.alike: dict[tuple[int, Shape], list[int]] = {}
        long = sum(map(_is_long, region.statements))
        self.formulas = FORMULAS if long <= MANY_FORMULAS else LONGEST
        self.written: dict[Node, list[Write]] = {}

    def run(self) -> list[Nest]:
        for statement in _fills_first(self.region.statements):
            if statement.kind is Kind.PRODUCT:
                lag = self.region.lags[statement.node]
                self._enter(statement, Nest(lag, (), call=statement), None, ())
            else:
                self._place(statement)
        return self.nests

    def _place(self, statement: Statement) -> None:
        lag = self.region.lags[statement.node]
        forms = forms_of(statement)
        for outer, row, index in forms:
            needs = self._needs(statement, index)
            low = max((self._after(n, lag) for n in needs), default=0)
            for number in reversed(self.alike.get((lag, outer), ())):
                if number < low:
                    break
                first = self._row_loop_after(needs, number, index)
                if first is not None:
                    self._join(statement, number, row, index, first)
                    return
        outer, row, index = forms[0]
        nest = Nest(lag, outer)
        self._enter(statement, nest, row, index)

    def _needs(
        self, statement: Statement, index: Indices
    ) -> list[tuple[Access, list[Write]]]:
        """Return what of this iteration a statement reads, and who writes it."""
        region, lag = self.region, self.region.lags[statement.node]
        found = []
        for access in reads_of(region, statement, index):
            if access.node not in region.lags:
                continue
            if access.delay is not None:
                k = access.delay.steps * (-1 if region.backwards else 1)
                reached = {region.lags[access.node] - lag - k}
                if access.delay.outside == "replicate":
                    reached.add(region.lags[access.node] - lag)
                if 0 not in reached:
                    continue
            elif region.lags[access.node] != lag:
                continue
            written = self.written.get(access.node, [])
            found.append((access, [w for w in written if w.by is not statement]))
        return found

    def _after(self, need: Need, lag: int) -> int:
        """Return the first nest that can read; one that writes still, at best."""
        access, written = need
        last = max((each.nest for each in written), default=-1)
        direct = last >= 0 and access.delay is None and self.nests[last].call is None
        return last if direct and self.nests[last].lag == lag else last + 1

    def _row_loop_after(
        self, needs: list[Need], number: int, index: Indices
    ) -> int | None:
        """Return the first row loop of a nest that can read; None if none can."""
        first = 0
        for access, written in needs:
            for each in written:
                if each.nest != number:
                    continue
                if not _same_row(each.target, access.index, self.nests[number].outer):
                    return None
                exact = (
                    each.by.kind in (Kind.MAP, Kind.COPY, Kind.INSERT)
                    and each.target == access.index
                )
                first = max(first, each.row_loop + (not exact))
        return first

    def _join(
        self,
        statement: Statement,
        number: int,
        row: Dim | None,
        index: Indices,
        first: int,
    ) -> None:
        loops = self.nests[number].row_loops
        latest = reversed(range(first, len(loops)))
        place = next((i for i in latest if loops[i].dim == row), None)
        if place is None or self._is_full(loops[place], statement):
            place = len(loops)
            loops.append(RowLoop(row))
        self._note(statement, number, place, index)

    def _is_full(self, row_loop: RowLoop, statement: Statement) -> bool:
        """Return True for a loop that a statement had better not join."""
        inside = row_loop.statements
        if len(inside) >= LONGEST:
            return True
        long = _is_long(statement)
        return long and sum(_is_long(each) for each, _ in inside) >= self.formulas

    def _enter(
        self, statement: Statement, nest: Nest, row: Dim | None, index: Indices
    ) -> None:
        self.nests.append(nest)
        number = len(self.nests) - 1
        if nest.call is not None:
            written = Write(number, 0, (ANYWHERE,) * statement.node.ndim, statement)
            self.written.setdefault(statement.node, []).append(written)
            return
        self.alike.setdefault((nest.lag, nest.outer), []).append(number)
        nest.row_loops.append(RowLoop(row))
        self._note(statement, number, 0, index)

    def _note(
        self, statement: Statement, nest: int, row_loop: int, index: Indices
    ) -> None:
        self.nests[nest].row_loops[row_loop].statements.append((statement, index))
        target = target_of(statement, index, Recorder(self.region))
        written = Write(nest, row_loop, target, statement)
        self.written.setdefault(statement.node, []).append(written)


def _is_long(statement: Statement) -> bool:
    """Return True for a long formula in float32; wider ones gain nothing alone."""
    node = statement.node
    return node.op.name in LONG_FORMULAS and node.dtype == np.float32


def _fills_first(statements: Iterable[Statement]) -> list[Statement]:
    """Move what reductions begin with to the front: they then join what they add up."""

    def comes_later(each: Statement) -> bool:
        return each.kind is not Kind.FILL or not rule_of(each.node).reduces

    return sorted(statements, key=comes_later)


def _same_row(target: Indices, read: Indices, outer: Shape) -> bool:
    """Return True if what is read lies in the row that the nest's body writes."""
    seen = frozenset[str]()
    for wrote, place in zip(target, read, strict=True):
        if INNER in wrote.uses or "?" in wrote.uses:
            continue
        if wrote != place:
            return False
        seen |= wrote.uses
    return all(outer_name(k) in seen for k in range(len(outer)))
