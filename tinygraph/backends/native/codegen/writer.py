"""From a region to the source of its function."""

from collections.abc import Sequence

from tinygraph.backends.native.codegen.builder import FunctionBuilder
from tinygraph.backends.native.codegen.functions import Function, Role
from tinygraph.backends.native.codegen.scope import NestNames, Scope
from tinygraph.backends.native.codegen.text import literal, looped, nested, note, plus
from tinygraph.backends.native.ir.collapsing import collapsed
from tinygraph.backends.native.ir.indices import ZERO, Indices, size
from tinygraph.backends.native.ir.nests import (
    INNER,
    Nest,
    RowLoop,
    nests_of,
    outer_name,
)
from tinygraph.backends.native.ir.regions import Access, Region, halo
from tinygraph.backends.native.ir.rules import (
    rule_of,
    start_of,
    target_of,
    value_of,
)
from tinygraph.backends.native.ir.sharding import shard_dim
from tinygraph.backends.native.ir.statements import (
    Kind,
    Statement,
    dtype_name,
    reduced_dims,
    zero,
)
from tinygraph.backends.native.ir.storage import LOCAL, LONG, storage_of
from tinygraph.backends.native.kernels.expressions import expression
from tinygraph.core.building import EVERY_STEP
from tinygraph.core.nodes import Node
from tinygraph.core.types import Dim
from tinygraph.scheduling.halos import furthest


def write(region: Region) -> Function:
    """Return the function of a region."""
    nests = nests_of(region)
    storage = storage_of(region, nests)
    builder = FunctionBuilder(region, storage, shard_dim(region, nests, storage))
    return builder.finish(_steps(builder, collapsed(region, nests, storage)))


def _steps(builder: FunctionBuilder, nests: Sequence[Nest]) -> list[str]:
    """Return the loop over the steps, in which each nest runs with its lag."""
    region = builder.region
    lags = max(region.lags.values(), default=0)
    body: list[str] = [] if lags else [_step(region, "i")]
    for nest in nests:
        lines = _nest(builder, nest)
        if lags:
            body.append(f"p = i - {nest.lag}")
            lines = nested("if 0 <= p < steps:", [_step(region, "p"), *lines])
        body += lines
    _fill_slots(builder)
    return nested(f"for i in range({plus('steps', lags)}):", body)


def _step(region: Region, position: str) -> str:
    """Return the line that finds the step, counted from the start of the run."""
    if region.backwards:
        return f"t = steps - 1 - {position}"
    return f"t = {position}"


def _fill_slots(builder: FunctionBuilder) -> None:
    """Write what delays see outside, where that is a number; once, where they share."""
    region = builder.region
    ends = furthest(region.halo.values())
    for delay in region.delays:
        number = literal(delay.inputs[-1])
        ndim = max(delay.ndim, 1) + 1
        if number is None or delay.inputs[-1].dtype != delay.dtype:
            continue
        if delay in region.halo[delay.source]:
            builder.filled.append(delay)
            if delay not in ends:
                continue
            before = halo(region, delay.source)[0]
            array = builder.array(LONG, delay.source, ndim)
            first = f"{before} + steps" if delay.steps < 0 else before - delay.steps
        elif builder.has("slots", delay):
            array, first = builder.array("slots", delay, ndim), 0
            builder.filled.append(delay)
        else:
            continue
        start = f"{first} + i0" if first else "i0"
        places = [start, *(outer_name(k) for k in range(1, ndim))]
        line = f"{array}[{', '.join(places)}] = {number}{note(delay)}"
        dims = (abs(delay.steps), *(delay.type.shape or (1,)))
        builder.begin(dims, line, builder.shard)


def _nest(builder: FunctionBuilder, nest: Nest) -> list[str]:
    names = NestNames()
    if nest.call is not None:
        return _product(Scope(builder, names), nest.call.node)
    lines: list[str] = []
    for row_loop in nest.row_loops:
        lines += _RowWriter(Scope(builder, names, row_loop.dim)).write(row_loop)
    return looped(nest.outer, lines, builder.shard)


class _RowWriter:
    """Writes the statements of one row loop into the body of its scope."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.body = scope.body
        self.builder = scope.builder

    def write(self, row_loop: RowLoop) -> list[str]:
        """Return the lines of the loop."""
        for statement, index in row_loop.statements:
            self._statement(statement, index)
        return self.body.lines(self.builder.shard)

    def _statement(self, statement: Statement, index: Indices) -> None:
        node, kind = statement.node, statement.kind
        target = target_of(statement, index, self.scope)
        if kind is Kind.FILL:
            self._store(node, target, start_of(node))
        elif kind is Kind.DIVIDE:
            item = self.scope.item(Access(node, target))
            self._store(node, target, f"{item} / {_count(node)}")
        elif kind is Kind.REDUCE:
            self._reduce(statement, index, target)
        elif kind is Kind.SEARCH:
            self._search(statement, index, target)
        elif kind is Kind.ADD:
            self._add(statement, index, target)
        else:
            value = self.scope.named(value_of(statement, index, self.scope), node)
            self.scope.inner[Access(node, target)] = value
            if self.builder.storage[node] != LOCAL:
                self._store(node, target, value)

    def _store(self, node: Node, target: Indices, value: str) -> None:
        self.body.within.append(f"{self.scope.item(Access(node, target))} = {value}")

    def _add(self, statement: Statement, index: Indices, target: Indices) -> None:
        """Add to an element; one that stays while a row runs is kept in a variable."""
        node, body = statement.node, self.body
        total = item = self.scope.item(Access(node, target))
        if body.dim is not None and not any(INNER in place.uses for place in target):
            total = self.builder.fresh("s")
            body.before.append(f"{total} = {item}{note(node)}")
            body.behind.append(f"{item} = {total}")
        value = self._combined(node, total, value_of(statement, index, self.scope))
        body.within.append(f"{total} = {value}")

    def _reduce(self, statement: Statement, index: Indices, target: Indices) -> None:
        node, total = statement.node, self.builder.fresh("s")
        self.body.before.append(f"{total} = {start_of(node)}{note(node)}")
        value = value_of(statement, index, self.scope)
        self.body.within.append(f"{total} = {self._combined(node, total, value)}")
        if rule_of(node).averages:
            self.body.behind.append(f"{total} = {total} / {_count(node)}")
        self._finish_row(node, target, total)

    def _search(self, statement: Statement, index: Indices, target: Indices) -> None:
        node, x = statement.node, statement.node.inputs[0]
        _demand_elements(self.builder, node)
        best, place = self.builder.fresh("s"), self.builder.fresh("k")
        self.body.before += [
            f"{place} = -1{note(node)}",
            f"{best} = {start_of(node) if x.dtype.kind == 'b' else zero(x)}",
        ]
        value = self.scope.named(value_of(statement, index, self.scope), x)
        sign = "<" if rule_of(node).combine == "minimum" else ">"
        test = f"{place} < 0 or {value} {sign} {best}"
        if x.dtype.kind == "f":
            test += f" or ({value} != {value} and {best} == {best})"
        at = INNER if self.body.dim is not None else "0"
        better = [f"{best} = {value}", f"{place} = {at}"]
        self.body.within += nested(f"if {test}:", better)
        self._finish_row(node, target, place)

    def _finish_row(self, node: Node, target: Indices, value: str) -> None:
        """Remember a row's result, and store it behind the loop."""
        self.scope.names.known[Access(node, target)] = value
        if self.builder.storage[node] != LOCAL:
            item = self.scope.item(Access(node, target))
            self.body.behind.append(f"{item} = {value}")

    def _combined(self, node: Node, total: str, value: str) -> str:
        """Return the source of a reduction's result so far, with one element more."""
        rule, dtype = rule_of(node), node.dtype
        if rule.nonempty:
            _demand_elements(self.builder, node)
        if rule.combine == "add" and dtype.kind == "f":
            return f"plus({total}, {value})"
        return expression(rule.combine, [total, value], [dtype, dtype], dtype) or ""


def _demand_elements(builder: FunctionBuilder, node: Node) -> None:
    """Fail before the first step where there is nothing to choose from."""
    for dim in reduced_dims(node):
        if isinstance(dim, str) or dim == 0:
            lines = [f"info[0] = {builder.failure(node, empty=True)}", "return 1"]
            builder.prelude += nested(f"if {size(dim)} == 0:", lines)


def _product(scope: Scope, node: Node) -> list[str]:
    """Write a product: the right operand packed once if it stays the same."""
    builder = scope.builder
    a, b = node.inputs
    heads = node.type.shape[:-2]
    early = b.op is EVERY_STEP and b.inputs[0] in builder.region.early and b.ndim == 2
    role: Role = "packed" if early else "panels"
    kept = b.inputs[0] if early else b
    panels = builder.argument(role, kept, b.dtype, 3, (node, role)).name
    left, out = _matrix(scope, a, heads), _matrix(scope, node, heads)
    call = f"product({left}, {panels}, {out}){note(node)}"
    if early:
        return [*scope.body.before, *looped(heads, [call], builder.shard)]
    pack = f"pack({_matrix(scope, b, heads)}, {panels}){note(b)}"
    stays = b.op is EVERY_STEP or b in builder.region.fixed
    if b.ndim == 2 and stays:
        builder.prelude.append(pack)
        return [*scope.body.before, *looped(heads, [call], builder.shard)]
    return [*scope.body.before, *looped(heads, [pack, call], builder.shard)]


def _matrix(scope: Scope, node: Node, heads: Sequence[Dim]) -> str:
    """Return one step's matrix of an operand or result of a product."""
    builder, region = scope.builder, scope.region
    lead = node.ndim - 2
    own = range(len(heads) - lead, len(heads))
    dims = node.type.shape[:lead]
    places = ["0" if d == 1 else outer_name(k) for d, k in zip(dims, own, strict=True)]
    if node in region.lags:
        array, front, _ = scope.located(region.resolve(node, (ZERO,) * node.ndim))
    elif node.op is EVERY_STEP:
        x = node.inputs[0]
        array, front = builder.array("weights", x, x.ndim), []
    else:
        array = builder.array("entry", node, node.ndim + 1)
        front = [scope.step_of(node)]
    inside = [*front, *places]
    if node.ndim > 1 and node.type.shape[-2] == builder.shard:
        inside.append("first:last")
    return f"{array}[{', '.join(inside)}]" if inside else array


def _count(node: Node) -> str:
    """Return the source of how many elements a reduction takes together."""
    total = " * ".join(map(size, reduced_dims(node))) or "1"
    return f"{dtype_name(node)}({total})"
