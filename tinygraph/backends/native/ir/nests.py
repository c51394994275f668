"""Which works share loops: rows of one shape in one nest, elements in one loop.

A nest runs over the outer axes of its works; its body is a sequence of stretches,
each a loop over one row (or single elements). What a work reads at its own element
comes from the same loop, what it reads elsewhere in its row from an earlier stretch,
anything else from an earlier nest.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from tinygraph.backends.native.ir.indices import ZERO, Index, Indices, variable
from tinygraph.backends.native.ir.regions import Access, Region
from tinygraph.backends.native.ir.statements import FOLDS, Work
from tinygraph.backends.native.ir.values import target_of, value_of
from tinygraph.core.nodes import Node
from tinygraph.core.types import Dim, Shape
from tinygraph.ops.slicing import PAD, PUT_SLICE

INNER = "j"
"""The variable of the innermost loop."""
ANYWHERE = Index("?", 0, frozenset("?"))


@dataclass
class Stretch:
    """Works over one row; `dim` is its length, None for single elements."""

    dim: Dim | None
    works: list[tuple[Work, Indices]] = field(default_factory=list)


@dataclass
class Nest:
    """Works within the same outer loops; one call where `call` is set."""

    lag: int
    outer: Shape
    stretches: list[Stretch] = field(default_factory=list)
    call: Work | None = None

    @property
    def works(self) -> Iterator[tuple[Work, Indices, int]]:
        """All works, with the index of their loops and the number of their stretch."""
        for i, stretch in enumerate(self.stretches):
            yield from ((work, index, i) for work, index in stretch.works)


@dataclass(frozen=True)
class Written:
    """Where a work stands, and which element it writes there."""

    nest: int
    stretch: int
    target: Indices
    by: Work


def outer_name(place: int) -> str:
    """Return the variable of an outer loop."""
    return f"i{place}"


def nests_of(region: Region) -> list[Nest]:
    """Return the nests of a region, in the order in which they run."""
    return _Placing(region).run()


def forms_of(work: Work) -> list[tuple[Shape, Dim | None, Indices]]:
    """Return the ways to loop: (outer lengths, row length, index of the loops)."""
    dims = work.dims
    wide = [i for i, dim in enumerate(dims) if dim != 1]
    forms: list[tuple[list[int], Dim | None]] = []
    if dims and dims[-1] != 1:
        forms.append((wide[:-1], dims[-1]))
    if not forms or work.kind not in ("fold", "arg"):
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

    def __init__(self, region: Region, work: Work) -> None:
        self.region = region
        self.work = work
        self.accesses: list[Access] = []

    def read(self, node: Node, index: Indices) -> str:
        """Note an element."""
        past = self.work.kind == "copy" and node is self.work.node
        self.accesses.append(self.region.resolve(node, index, past))
        return "_"

    def place(self, text: str, index: Indices, dim: Dim, work: Work) -> Index:
        """Return an index that equals no other."""
        return ANYWHERE

    def draw(self, work: Work, element: Index) -> str:
        """Nothing is read."""
        return "_"

    def step(self) -> str:
        """Nothing is read."""
        return "_"


def reads_of(region: Region, work: Work, index: Indices) -> list[Access]:
    """Return what a work reads at an index of its loops."""
    recorder = Recorder(region, work)
    if work.kind == "call":
        whole = (ANYWHERE,) * 8
        return [region.resolve(x, whole[: x.ndim]) for x in work.node.inputs]
    if work.kind != "fill":
        if work.kind != "finish":
            value_of(work, index, recorder)
        target = target_of(work, index, recorder)
        over_fill = work.kind == "part" and work.node.op in (PAD, PUT_SLICE)
        if over_fill or work.kind in ("add", "finish"):
            recorder.accesses.append(Access(work.node, target))
    return recorder.accesses


class _Placing:
    def __init__(self, region: Region) -> None:
        self.region = region
        self.nests: list[Nest] = []
        self.written: dict[Node, list[Written]] = {}

    def run(self) -> list[Nest]:
        for work in _fills_first(self.region.works):
            if work.kind == "call":
                lag = self.region.lags[work.node]
                self._enter(work, Nest(lag, (), call=work), None, ())
            else:
                self._place(work)
        return self.nests

    def _place(self, work: Work) -> None:
        lag = self.region.lags[work.node]
        forms = forms_of(work)
        for outer, row, index in forms:
            needs = self._needs(work, index)
            low = max((self._after(n, lag) for n in needs), default=0)
            for number in range(len(self.nests) - 1, low - 1, -1):
                nest = self.nests[number]
                if nest.call is None and (nest.lag, nest.outer) == (lag, outer):
                    first = self._stretch_after(needs, number, index)
                    if first is not None:
                        self._join(work, number, row, index, first)
                        return
        outer, row, index = forms[0]
        nest = Nest(lag, outer)
        self._enter(work, nest, row, index)

    def _needs(self, work: Work, index: Indices) -> list[tuple[Access, list[Written]]]:
        """Return what of this iteration a work reads, and who writes it."""
        region, lag = self.region, self.region.lags[work.node]
        found = []
        for access in reads_of(region, work, index):
            if access.node not in region.lags:
                continue
            if access.delay is not None:
                k = access.delay.steps * (-1 if region.backwards else 1)
                reached = {region.lags[access.node] - lag - k}
                if access.delay.kind == "replicate":
                    reached.add(region.lags[access.node] - lag)
                if 0 not in reached:
                    continue
            elif region.lags[access.node] != lag:
                continue
            written = self.written.get(access.node, [])
            found.append((access, [w for w in written if w.by is not work]))
        return found

    def _after(self, need: tuple[Access, list[Written]], lag: int) -> int:
        """Return the first nest that can read; one that writes still, at best."""
        access, written = need
        last = max((each.nest for each in written), default=-1)
        direct = last >= 0 and access.delay is None and self.nests[last].call is None
        return last if direct and self.nests[last].lag == lag else last + 1

    def _stretch_after(
        self,
        needs: list[tuple[Access, list[Written]]],
        number: int,
        index: Indices,
    ) -> int | None:
        """Return the first stretch of a nest that can read; None if none can."""
        first = 0
        for access, written in needs:
            for each in written:
                if each.nest != number:
                    continue
                if not _same_row(each.target, access.index, self.nests[number].outer):
                    return None
                exact = (
                    each.by.kind in ("map", "copy", "part")
                    and each.target == access.index
                )
                first = max(first, each.stretch + (not exact))
        return first

    def _join(
        self, work: Work, number: int, row: Dim | None, index: Indices, first: int
    ) -> None:
        stretches = self.nests[number].stretches
        fitting = [i for i in range(first, len(stretches)) if stretches[i].dim == row]
        if not fitting:
            stretches.append(Stretch(row))
            fitting = [len(stretches) - 1]
        self._note(work, number, fitting[-1], index)

    def _enter(self, work: Work, nest: Nest, row: Dim | None, index: Indices) -> None:
        self.nests.append(nest)
        number = len(self.nests) - 1
        if nest.call is not None:
            written = Written(number, 0, (ANYWHERE,) * work.node.ndim, work)
            self.written.setdefault(work.node, []).append(written)
            return
        nest.stretches.append(Stretch(row))
        self._note(work, number, 0, index)

    def _note(self, work: Work, nest: int, stretch: int, index: Indices) -> None:
        self.nests[nest].stretches[stretch].works.append((work, index))
        target = target_of(work, index, Recorder(self.region, work))
        written = Written(nest, stretch, target, work)
        self.written.setdefault(work.node, []).append(written)


def _fills_first(works: Iterable[Work]) -> list[Work]:
    """Move what sums begin with to the front: they then join what they add up."""
    return sorted(
        works, key=lambda each: each.kind != "fill" or each.node.op not in FOLDS
    )


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
