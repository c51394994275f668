"""explain: the schedule in words, so that a person sees why it is fast.

What depends on parameters alone, what runs once for all steps, what loops; which
matrix products there are and how large, what each step calls and where its values
live, which rewrites made it so.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from tinygraph.backends.registry import find
from tinygraph.checkpointing.policy import Memory
from tinygraph.compiling import CompiledFunction
from tinygraph.compiling import compile as compiled
from tinygraph.core.delays import Delay
from tinygraph.core.errors import BackendError, MemoryPlanError, TinygraphError
from tinygraph.core.graph import Graph
from tinygraph.core.leaves import is_leaf
from tinygraph.core.nodes import Node
from tinygraph.core.shifts import room
from tinygraph.core.types import names_in
from tinygraph.explaining.formulas import Words, counted, table, wrapped
from tinygraph.explaining.memory import told
from tinygraph.explaining.work import Work, costs_of, once, per_step
from tinygraph.ops.costs import Amount, category, total
from tinygraph.runtime.program import Fused, Part, Stepwise, Straight
from tinygraph.scheduling.horizontal import expansion
from tinygraph.scheduling.planning import Instruction, LoopPlan

MOST = 24
"""Matrix products listed one by one; of the others only their number is said."""


def explain(
    graph: Graph | Mapping[str, Node] | CompiledFunction,
    sizes: Mapping[str, int] | None = None,
    memory: Memory = None,
    backend: str | None = None,
    *,
    fast: bool = False,
) -> str:
    """Return the schedule of a graph as text: what a backend does.

    FLOPs and bytes are products of named dimensions and of the time axis (its number
    of steps), or numbers where `sizes` gives these. A matrix product counts 2nkm
    FLOPs, an elementwise op or a reduction one per element; bytes are those of
    operands and results.

    A value within a loop is "long" (one per step is kept) or "scratch" (overwritten at
    the next step). In a native function it may also be a "row" of the batch, a
    "variable" (one element), or a "total" to which each step adds; what NumPy runs
    between the functions stands with the reason.

    Args:
        graph: what to explain; a compiled function as it was compiled.
        sizes: name of a dimension or time axis → its size, for example
            `{"batch": 32, "t": 64}`.
        memory: as for `compile`: also tell what is stored and what is run again, and,
            where `sizes` names every dimension, how many bytes are planned.
        backend: as for `compile`; None: NumPy, or what a function was compiled for.
        fast: as for `compile`; a compiled function is explained as it was compiled.

    Raises:
        TinygraphError: `sizes` names what the graph does not have.
        BackendError: there is no such backend, or a compiled function has another.
        MemoryPlanError: `memory` is no plan, or a compiled function has another one.

    Example:
        >>> x = tg.placeholder("x", (3,))
        >>> print(tg.explain(tg.tanh(x * 2)).splitlines()[0])
        Schedule of output
    """
    if not isinstance(graph, CompiledFunction):
        function = compiled(graph, backend=backend or "numpy", memory=memory, fast=fast)
    else:
        function = _as_compiled(graph, memory, backend)
    _check_sizes(function.graph, sizes or {})
    return _Report(function, sizes or {}).text()


def _as_compiled(
    function: CompiledFunction, memory: Memory, backend: str | None
) -> CompiledFunction:
    if backend is not None and find(backend).name != function.backend:
        raise BackendError(
            f"the function was compiled for {function.backend!r}, not {backend!r}: "
            "explain its graph instead, run.graph"
        )
    if memory not in (None, function.memory):
        raise MemoryPlanError(
            f"the function was compiled with memory={function.memory!r}, not "
            f"{memory!r}: explain its graph instead, run.graph",
            memory=memory,
        )
    return function


def _check_sizes(graph: Graph, sizes: Mapping[str, int]) -> None:
    shapes = (names_in(node.type.shape) for node in graph)
    known = dict.fromkeys([*graph.times, *(n for names in shapes for n in names)])
    for name in sizes:
        if name not in known:
            raise TinygraphError(
                f"the graph has no dimension or time axis {name!r}; it has "
                f"{', '.join(map(repr, known)) or 'none'}"
            )


def _outermost(scopes: Collection[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Return the scopes that are in no other of them."""
    return [
        scope
        for scope in scopes
        if not any(scope[:depth] in scopes for depth in range(1, len(scope)))
    ]


def _title(function: CompiledFunction) -> str:
    return f"Schedule of {', '.join(function.graph.outputs)}"


class _Report:
    """The text, section by section."""

    def __init__(self, function: CompiledFunction, sizes: Mapping[str, int]) -> None:
        self.function, self.sizes = function, sizes
        self.report = function.report()
        self.graph = self.report.graph
        self.early = self.report.prologue
        parts = self.report.parts
        self.once = [p for p in parts if isinstance(p, Straight)]
        self.loops = [p for p in parts if isinstance(p, Stepwise)]
        self.fused = [p for p in parts if isinstance(p, Fused)]
        self.costs = costs_of(self.report)
        self.words = Words(self.graph, self.early)

    def text(self) -> str:
        """Return all sections."""
        if self.report.remark:
            return f"{_title(self.function)}\n{self.report.remark}\n"
        lines = self._head()
        lines += self._flat("Prologue, once per change of the parameters", self.early)
        for part in self._parts():
            lines += self._part(part)
        lines += self._share()
        memory = self.function.memory
        if memory is not None:
            lines += told(self.function.optimised, memory, self.sizes)
        return "\n".join(lines) + "\n"

    def _parts(self) -> list[Part]:
        """Return what is told, in this order.

        Nodes that NumPy runs between loops are told together, before these: a reader
        wants to know what is left to the loops. Those that a function might have been
        expected to run stand where they run, with the reason.
        """
        parts = self.report.parts
        straight = (p for p in parts if isinstance(p, Straight))
        plain = [p for p in straight if not p.why and not p.title]
        once = Straight([node for part in plain for node in part.nodes])
        return [once, *(part for part in parts if part not in plain)]

    def _part(self, part: Part) -> list[str]:
        if isinstance(part, Straight):
            outside = "On NumPy" if part.why else "Once, outside every cycle"
            title = part.title or f"{outside}, all steps together"
            lines = self._flat(title, part.nodes)
            return [*lines, *self._reasons(part)]
        if isinstance(part, Fused):
            number = self.fused.index(part) + 1
            return self._function(f"Function {number} of {len(self.fused)}", part)
        number = self.loops.index(part) + 1
        lines = self._loop(f"Loop {number} of {len(self.loops)}", part)
        return [*lines, f"  {part.why}"] if part.why else lines

    def _reasons(self, part: Straight) -> list[str]:
        """Say why nodes are in no function."""
        found: dict[str, list[str]] = {}
        for node, why in part.why.items():
            if category(node) not in ("leaf", "view"):
                found.setdefault(why, []).append(self.words.name(node))
        return [x for why, names in found.items() for x in wrapped(f"{why}:", names)]

    def _function(self, title: str, part: Fused) -> list[str]:
        way = "backwards" if part.backwards else "forwards"
        counts = Counter(map(category, part.homes))
        lines = [
            "",
            f"{title}, {way} over {part.time!r}: {counted(counts)} a step, fused",
        ]
        lines += self._around(part.lags, part.reads)
        rows = [
            (self.words.line(node), self._type(node), home, self._late(node, part.lags))
            for node, home in part.homes.items()
        ]
        lines += ["  computes", *table(rows, indent=4)]
        flops = total(map(self.costs.flops, part.homes))
        who = "one thread"
        if part.shard is not None:
            who = f"threads may share out the rows of {part.shard!r}"
        return [
            *lines,
            f"  each step {self._amount(flops, 'FLOP')}",
            f"  buffers: {self._buffers(part, 'long')} long, "
            f"{self._buffers(part, 'scratch')} scratch; {who}",
        ]

    def _buffers(self, part: Fused, home: str) -> str:
        steps = Amount.of(part.time if home == "long" else 1)
        sizes = (
            Amount.of(node.dtype.itemsize, *node.type.shape) * steps
            for node, own in part.homes.items()
            if own == home
        )
        return self._amount(total(sizes), "B")

    def _around(self, members: Iterable[Node], reads: Iterable[Node]) -> list[str]:
        """Say from where members come, what they carry, and what they read."""
        members = list(members)
        scopes = _outermost({node.scope: None for node in members if node.scope})
        lines = []
        if scopes:
            lines += wrapped("of", [" / ".join(scope) for scope in scopes])
        delays = [node for node in members if isinstance(node, Delay)]
        if delays:
            lines += ["  carries", *(f"    {self.words.state(x)}" for x in delays)]
        entries = [x for x in reads if self.costs.moves(x)]
        if entries:
            lines += ["  reads", *(f"    {self._entry(node)}" for node in entries)]
        return lines

    def _late(self, node: Node, lags: Mapping[Node, int]) -> str:
        return f"{lags[node]} later" if lags[node] else ""

    def _head(self) -> list[str]:
        before, after = len(self.function.graph), len(self.function.optimised)
        counts = f"{before} nodes, {after} after rewriting"
        if self.graph is not self.function.optimised:
            counts += f", {len(self.graph)} as they are run"
        lines = [_title(self.function), counts]
        fired = self.function.fired
        if fired:
            lines += ["", "Rewrites, and how many nodes each replaced"]
            lines += [f"  {count:3}  {name}" for name, count in fired.items()]
        return lines

    def _flat(self, title: str, nodes: Sequence[Node]) -> list[str]:
        """Describe what runs once: its matrix products, and how many other calls."""
        busy = [node for node in nodes if category(node) not in ("leaf", "view")]
        if not busy:
            return []
        gemms = [node for node in busy if category(node) == "GEMM"]
        others = Counter(node.op.name for node in busy if category(node) != "GEMM")
        lines = ["", f"{title}: {counted(Counter(map(category, busy)))}"]
        lines += table([self._product(node) for node in gemms[:MOST]])
        if len(gemms) > MOST:
            lines.append(f"  and {len(gemms) - MOST} more products")
        if others:
            lines += wrapped(
                "other calls:", [f"{others[n]} {n}" for n in sorted(others)]
            )
        return [*lines, f"  {self._work(once(self.costs, busy))}"]

    def _product(self, node: Node) -> tuple[str, ...]:
        count, n, k, m = (each.at(self.sizes) for each in self.costs.gemm(node))
        many = "" if count.number == 1 else f"{count} × "
        flops = self._amount(self.costs.flops(node), "FLOP")
        return self.words.line(node), f"{many}({n}, {k}) @ ({k}, {m})", flops

    def _loop(self, title: str, part: Stepwise) -> list[str]:
        plan, groups = part.plan, part.calls
        loop = plan.loop
        way = "backwards" if loop.backwards else "forwards"
        counts: Counter[str] = Counter()
        for group in groups:
            steps = expansion(group[0].node)
            counts[_category(group[0]) if not steps else "ufunc"] += max(len(steps), 1)
        lines = ["", f"{title}, {way} over {loop.time!r}: {counted(counts)} a step"]
        lines += self._around(loop.members, plan.entries)
        lags = dict(zip(loop.members, loop.lags, strict=True))
        rows = [
            (*self._call(each, plan, lags), "same call" if i else "")
            for group in groups
            for i, each in enumerate(group)
        ]
        lines += ["  calls", *table(rows, indent=4)]
        return [*lines, *self._step(plan)]

    def _entry(self, node: Node) -> str:
        if isinstance(node, Delay):
            return self.words.state(node)
        return self.words.name(node) if is_leaf(node) else self.words.line(node)

    def _call(
        self, each: Instruction, plan: LoopPlan, lags: Mapping[Node, int]
    ) -> tuple[str, ...]:
        node = each.node
        if each.copies is not None:
            part = self.words.operand(node.inputs[each.copies])
            line = f"{self.words.name(node)} takes {part}"
        else:
            line = self.words.line(node)
        late = self._late(node, lags)
        return line, self._type(node), self._home(node, plan), late

    def _type(self, node: Node) -> str:
        bound = (self.sizes.get(str(dim), dim) for dim in node.type.shape)
        return f"{node.dtype}[{', '.join(map(str, bound))}]"

    def _home(self, node: Node, plan: LoopPlan) -> str:
        """Return where a member lives."""
        if node in plan.within:
            whole, offset = plan.within[node]
            size = node.type.shape[whole.attrs["axis"]]
            assert isinstance(size, int)
            return f"in {self.words.name(whole)}[{offset}:{offset + size}]"
        return "long" if node in plan.long else f"scratch {plan.scratch[node]}"

    def _step(self, plan: LoopPlan) -> list[str]:
        """Say what a step costs and how large the buffers are."""
        longer = [
            Amount.of(node.dtype.itemsize, *node.type.shape)
            * (Amount.of(plan.loop.time) + Amount.of(_slots(plan, node)))
            for node in plan.long
        ]
        scratch = [Amount.of(x.dtype.itemsize, *x.type.shape) for x in plan.slots]
        return [
            f"  each step {self._work(per_step(self.costs, plan))}",
            f"  buffers: {self._amount(total(longer), 'B')} long, "
            f"{self._amount(total(scratch), 'B')} scratch",
        ]

    def _share(self) -> list[str]:
        """Say how much work is left to the loops."""
        if not self.loops and not self.fused:
            return []
        nodes = [node for part in self.once for node in part.nodes]
        plans = [part.plan for part in self.loops]
        steps = [
            per_step(self.costs, plan).flops * Amount.of(plan.loop.time)
            for plan in plans
        ]
        steps += [
            self.costs.flops(node) * Amount.of(part.time)
            for part in self.fused
            for node in part.homes
        ]
        loops = total(steps)
        inside, outside = (
            loops.at(self.sizes),
            once(self.costs, nodes).flops.at(self.sizes),
        )
        line = (
            f"In all: {self._amount(outside, 'FLOP')} once, "
            f"{self._amount(inside, 'FLOP')} in loops"
        )
        if inside.number is not None and outside.number is not None:
            line += f" ({inside.number / (inside.number + outside.number):.0%})"
        return ["", line]

    def _amount(self, amount: Amount, unit: str) -> str:
        return amount.at(self.sizes).shown(unit)

    def _work(self, done: Work) -> str:
        flops, size = (
            self._amount(done.flops, "FLOP"),
            self._amount(done.size, "B"),
        )
        return f"{flops}, {size} read and written"


def _category(each: Instruction) -> str:
    return "copy" if each.copies is not None else category(each.node)


def _slots(plan: LoopPlan, node: Node) -> int:
    return sum(room(delay.steps for delay in plan.halo.get(node, ())))
