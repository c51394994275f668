"""From a region to the source of its function."""

from collections.abc import Sequence

from tinygraph.backends.native.codegen.functions import Function
from tinygraph.backends.native.codegen.scope import (
    Reader,
    literal,
    looped,
    nested,
    note,
    plus,
    span,
)
from tinygraph.backends.native.ir.indices import ZERO, Indices, size
from tinygraph.backends.native.ir.lowering import TOP
from tinygraph.backends.native.ir.nests import (
    INNER,
    Nest,
    Stretch,
    nests_of,
    outer_name,
)
from tinygraph.backends.native.ir.regions import Access, Region, halo
from tinygraph.backends.native.ir.sharding import shard_dim
from tinygraph.backends.native.ir.statements import Work, count, lowest, name_of
from tinygraph.backends.native.ir.storage import LOCAL, LONG, storage_of
from tinygraph.backends.native.ir.values import target_of, value_of
from tinygraph.backends.native.kernels.expressions import expression
from tinygraph.core.building import EVERY_STEP
from tinygraph.core.nodes import Node
from tinygraph.core.types import Dim, names_in
from tinygraph.ops.reductions import ARGMIN, MAX, MEAN, MIN


def write(region: Region) -> Function:
    """Return the function of a region."""
    nests = nests_of(region)
    return _Writer(region, nests).write()


class _Writer(Reader):
    def __init__(self, region: Region, nests: Sequence[Nest]) -> None:
        storage = storage_of(region, nests)
        super().__init__(region, storage)
        self.function.shard = shard_dim(region, nests, storage)
        self.nests = nests

    def write(self) -> Function:
        """Return the function, source and arguments."""
        region = self.region
        lags = max(region.lags.values(), default=0)
        body: list[str] = []
        for nest in self.nests:
            lines = self._nest(nest)
            if lags:
                body.append(f"p = i - {nest.lag}")
                lines = nested("if 0 <= p < steps:", [self._time("p"), *lines])
            body += lines
        if not lags:
            body = [self._time("i"), *body]
        self._fill_slots()
        loop = nested(f"for i in range({plus('steps', lags)}):", body)
        way = "Backwards" if region.backwards else "Forwards"
        lines = [
            f"# {way} over {region.time!a}",
            f"steps = {size(region.time)}",
            *self.prelude,
            *loop,
            "return 0",
        ]
        self.function.sizes = self._sizes()
        self.function.arrays = list(self.arguments.values())
        self.function.source = "\n".join(nested(self.function.head, lines)) + "\n"
        return self.function

    def _fill_slots(self) -> None:
        """Write what delays see outside, where that is a number."""
        for delay in self.region.delays:
            number = literal(delay.inputs[-1])
            ndim = max(delay.ndim, 1) + 1
            if number is None or delay.inputs[-1].dtype != delay.dtype:
                continue
            if delay in self.region.halo[delay.source]:
                before = halo(self.region, delay.source)[0]
                array = self.buffer(delay.source, LONG, ndim)
                first = f"{before} + steps" if delay.steps < 0 else before - delay.steps
            elif ("slots", delay) in self.arguments:
                array, first = self.arguments["slots", delay].name, 0
            else:
                continue
            start = f"{first} + i0" if first else "i0"
            places = [start, *(outer_name(k) for k in range(1, ndim))]
            line = f"{array}[{', '.join(places)}] = {number}{note(delay)}"
            dims = (abs(delay.steps), *(delay.type.shape or (1,)))
            self.prelude += looped(dims, [line], self.function.shard)
            self.function.filled.append(delay)

    def _time(self, position: str) -> str:
        return (
            f"t = steps - 1 - {position}"
            if self.region.backwards
            else f"t = {position}"
        )

    def _sizes(self) -> tuple[str, ...]:
        nodes = [*self.region.lags]
        nodes += [x for node in self.region.lags for x in node.inputs]
        nodes += [
            each.node for each in self.arguments.values() if each.node is not None
        ]
        names = (name for node in nodes for name in names_in(node.type.shape))
        return tuple(dict.fromkeys([self.region.time, *names]))

    def _nest(self, nest: Nest) -> list[str]:
        self.begin_nest()
        if nest.call is not None:
            return self._product(nest.call)
        body: list[str] = []
        for stretch in nest.stretches:
            body += self._stretch(stretch)
        return looped(nest.outer, body, self.function.shard)

    def _stretch(self, stretch: Stretch) -> list[str]:
        self.begin_stretch(stretch.dim)
        for work, index in stretch.works:
            self.past = work.node if work.kind == "copy" else None
            self._work(work, index)
        within = self.within
        if stretch.dim is not None:
            places = span(stretch.dim, self.function.shard)
            within = nested(f"for {INNER} in {places}:", within)
        return [*self.before, *within, *self.behind]

    def _work(self, work: Work, index: Indices) -> None:
        node, target = work.node, target_of(work, index, self)
        if work.kind == "fill":
            self._store(node, target, lowest(node))
        elif work.kind == "finish":
            item = self.item(Access(node, target))
            self._store(node, target, f"{item} / {_count(node)}")
        elif work.kind == "fold":
            self._fold(work, index, target)
        elif work.kind == "arg":
            self._arg(work, index, target)
        elif work.kind == "add":
            self._add(work, index, target)
        else:
            value = self._named(value_of(work, index, self), node)
            self.inner[Access(node, target)] = value
            if self.storage[node] != LOCAL:
                self._store(node, target, value)

    def _named(self, text: str, node: Node) -> str:
        name = self.fresh("v")
        self.within.append(f"{name} = {text}{note(node)}")
        return name

    def _store(self, node: Node, target: Indices, value: str) -> None:
        self.within.append(f"{self.item(Access(node, target))} = {value}")

    def _add(self, work: Work, index: Indices, target: Indices) -> None:
        """Add to an element; one that stays while a row runs is kept in a variable."""
        node = work.node
        total = item = self.item(Access(node, target))
        if self.dim is not None and not any(INNER in place.uses for place in target):
            total = self.fresh("s")
            self.before.append(f"{total} = {item}{note(node)}")
            self.behind.append(f"{item} = {total}")
        value = self._joined(node, total, value_of(work, index, self))
        self.within.append(f"{total} = {value}")

    def _fold(self, work: Work, index: Indices, target: Indices) -> None:
        node, total = work.node, self.fresh("s")
        self.before.append(f"{total} = {lowest(node)}{note(node)}")
        value = value_of(work, index, self)
        self.within.append(f"{total} = {self._joined(node, total, value)}")
        if node.op is MEAN:
            self.behind.append(f"{total} = {total} / {_count(node)}")
        self._done(node, target, total)

    def _arg(self, work: Work, index: Indices, target: Indices) -> None:
        node, x = work.node, work.node.inputs[0]
        self._demand_some(node)
        best, place = self.fresh("s"), self.fresh("k")
        self.before += [
            f"{place} = -1{note(node)}",
            f"{best} = {lowest(node) if x.dtype.kind == 'b' else f'{name_of(x)}(0)'}",
        ]
        value = self._named(value_of(work, index, self), x)
        sign = "<" if node.op is ARGMIN else ">"
        test = f"{place} < 0 or {value} {sign} {best}"
        if x.dtype.kind == "f":
            test += f" or ({value} != {value} and {best} == {best})"
        at = INNER if self.dim is not None else "0"
        self.within += nested(f"if {test}:", [f"{best} = {value}", f"{place} = {at}"])
        self._done(node, target, place)

    def _done(self, node: Node, target: Indices, value: str) -> None:
        """Note a row's result, and store it behind the loop."""
        self.row[Access(node, target)] = value
        if self.storage[node] != LOCAL:
            item = self.item(Access(node, target))
            self.behind.append(f"{item} = {value}")

    def _joined(self, node: Node, total: str, value: str) -> str:
        """Return the source of a fold's next state."""
        kinds = [node.dtype] * 2
        if node.op in (MAX, MIN, TOP):
            if node.op is not TOP:
                self._demand_some(node)
            name = "minimum" if node.op is MIN else "maximum"
            return expression(name, [total, value], kinds, node.dtype) or ""
        if node.dtype.kind == "f":
            return f"plus({total}, {value})"
        return expression("add", [total, value], kinds, node.dtype) or ""

    def _demand_some(self, node: Node) -> None:
        """Fail before the loop where there is nothing to choose from."""
        for dim in count(node):
            if isinstance(dim, str) or dim == 0:
                number = self.failure(Work(node, "empty", ()))
                lines = [f"info[0] = {number}", "return 1"]
                self.prelude += nested(f"if {size(dim)} == 0:", lines)

    def _product(self, work: Work) -> list[str]:
        """Write a product: the right operand packed once if it stays the same."""
        node = work.node
        a, b = node.inputs
        heads = node.type.shape[:-2]
        early = b.op is EVERY_STEP and b.inputs[0] in self.region.early and b.ndim == 2
        role, kept = ("packed", b.inputs[0]) if early else ("panels", b)
        panels = self.argument(role, kept, b.dtype, 3, (work, role)).name
        left, out = self._matrix(a, heads), self._matrix(node, heads)
        call = f"product({left}, {panels}, {out}, False){note(node)}"
        if early:
            return [*self.before, *looped(heads, [call], self.function.shard)]
        pack = f"pack({self._matrix(b, heads)}, {panels}){note(b)}"
        if b.ndim == 2 and self._stays(b):
            self.prelude.append(pack)
            return [*self.before, *looped(heads, [call], self.function.shard)]
        return [*self.before, *looped(heads, [pack, call], self.function.shard)]

    def _stays(self, node: Node) -> bool:
        """Return True for an operand that is the same at every step."""
        return node.op is EVERY_STEP or node in self.region.fixed

    def _matrix(self, node: Node, heads: Sequence[Dim]) -> str:
        """Return one step's matrix of an operand or result of a product."""
        lead = node.ndim - 2
        own = range(len(heads) - lead, len(heads))
        dims = node.type.shape[:lead]
        places = [
            "0" if d == 1 else outer_name(k) for d, k in zip(dims, own, strict=True)
        ]
        if node in self.region.lags:
            array, front, _ = self.located(
                self.region.resolve(node, (ZERO,) * node.ndim)
            )
        elif node.op is EVERY_STEP:
            x = node.inputs[0]
            array, front = self.argument("weights", x, x.dtype, x.ndim).name, []
        else:
            array, front = self.entry(node, node.ndim + 1), [self.step_of(node)]
        inside = [*front, *places]
        if node.ndim > 1 and node.type.shape[-2] == self.function.shard:
            inside.append("first:last")
        return f"{array}[{', '.join(inside)}]" if inside else array


def _count(node: Node) -> str:
    """Return the source of how many elements a reduction takes together."""
    total = " * ".join(map(size, count(node))) or "1"
    return f"{name_of(node)}({total})"
