"""Sweeps: which passes over the windows of a time axis compute what.

The stages of a run are numbered; at an even one the windows of every axis are passed
forwards, at an odd one backwards. A loop runs in sweeps of its own direction. In a
sweep of the other direction it is run again, within each window, from what its delays
held at the window's edge: an earlier sweep stores that, O(T / window) values. What
leaves time (a sum, the last value) is known one stage later than what it is made of.

So a causal recurrence and its gradient take two sweeps: forwards, storing the state
at each window's start; backwards, recomputing the window and running all else.

Three passes over the graph, each linear: the earliest stage of each node; what the
loops, each at its earliest stage, demand of the others; and, once each result is put
where what it reads is at hand anyway, what the results demand.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from tinygraph.delays import Delay
from tinygraph.graph import Graph
from tinygraph.nodes import Node
from tinygraph.ops.time import STACK_TIME
from tinygraph.traversal import strongly_connected

MOST = 24
"""More sweeps than any model needs: each may run again what the others ran."""


@dataclass(frozen=True)
class Sweep:
    """One pass over the windows of a time axis.

    Attributes:
        stage: its number; stages follow each other.
        time: the axis.
        computed: per-step nodes it runs.
        carried: delays whose values go from a window to the next one.
        recalled: delays whose values an earlier sweep stored.
        stored: delays whose values at each window's edge later sweeps need.
        reduced: static nodes made of all steps, added up over the windows.
        collected: per-step nodes whose values are kept for all steps.
    """

    stage: int
    time: str
    computed: tuple[Node, ...]
    carried: tuple[Delay, ...]
    recalled: tuple[Delay, ...]
    stored: tuple[Delay, ...]
    reduced: tuple[Node, ...]
    collected: tuple[Node, ...]

    @property
    def backwards(self) -> bool:
        """True where the last window comes first."""
        return self.stage % 2 == 1


@dataclass(frozen=True)
class Sweeps:
    """All sweeps, in order, and from which stage on each static node is known."""

    sweeps: tuple[Sweep, ...]
    known: Mapping[Node, int]
    stages: int


def leaves_time(node: Node) -> bool:
    """Return True for a static node made of the values of all steps."""
    return node.type.time is None and any(_timed(x) for x in node.inputs)


def obstacle(graph: Graph) -> str | None:
    """Return why a graph cannot be run by windows, or None."""
    if not graph.times:
        return "no value of the graph is per step"
    for component in strongly_connected(graph.nodes, lambda node: node.inputs):
        signs = {node.steps > 0 for node in component if isinstance(node, Delay)}
        if len(signs) > 1:
            names = ", ".join(n.label for n in component if isinstance(n, Delay))
            return f"one loop mixes past and future: {names}"
    stages = _Planner(graph).stages
    if stages > MOST:
        return f"it would take {stages} sweeps, each of which runs others again"
    for node in graph.nodes:
        if node.type.time is not None and node.type.time in node.type.shape:
            return (
                f"{node.describe()} has a value per step of {node.type.time!r}, each "
                "as long as that axis"
            )
    return None


def plan_sweeps(graph: Graph) -> Sweeps:
    """Return the sweeps of a graph without `obstacle` and without REPLICATE delays."""
    return _Planner(graph).planned()


def _timed(node: Node) -> bool:
    return node.type.time is not None


def _fits(delay: Delay, stage: int) -> bool:
    """Return True if a sweep at this stage meets a delay's source before the delay."""
    return (delay.steps > 0) == (stage % 2 == 0)


def _lowest(bits: int) -> int:
    return (bits & -bits).bit_length() - 1


class _Planner:
    """Sets of stages are the bits of an int."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.components = strongly_connected(graph.nodes, lambda node: node.inputs)
        self.earliest: dict[Node, int] = {}
        for component in self.components:
            self._begin(component)
        self.stages = 1 + max(self.earliest.values(), default=0)
        self.never = self.stages + 1
        self.demand: dict[Node, int] = {}
        self.first: dict[Node, int] = {}
        self.stored: dict[Delay, int] = {}
        self.runs: dict[Node, int] = {}

    def planned(self) -> Sweeps:
        """Return the sweeps."""
        loops = {
            node: 1 << self.earliest[node]
            for component in self.components
            if _is_loop(component)
            for node in component
        }
        self._demand(loops, {})
        wanted = self._preferred()
        outputs = (node for node in self.graph.outputs.values() if _timed(node))
        self._demand({node: 1 << wanted[node] for node in outputs}, wanted)
        for node in self.graph.outputs.values():
            if _timed(node):
                self.runs[node] = wanted[node]
        return Sweeps(tuple(self._sweeps()), self._known(), self.stages)

    def _begin(self, component: Sequence[Node]) -> None:
        """Find the earliest stage of a component, its inputs' known."""
        inputs = chain.from_iterable(node.inputs for node in component)
        stage = max((self.earliest.get(x, 0) for x in inputs), default=0)
        delay = next((node for node in component if isinstance(node, Delay)), None)
        late = delay is not None and not _fits(delay, stage)
        stage += late or leaves_time(component[0])
        self.earliest.update(dict.fromkeys(component, stage))

    def _demand(self, roots: Mapping[Node, int], wanted: Mapping[Node, int]) -> None:
        """Find for each per-step node the stages at which it is computed.

        Args:
            roots: per-step node → stages at which it is to be computed.
            wanted: static node made of all steps → its stage, if none needs it sooner.
        """
        self.demand, self.first = dict(roots), {}
        self.stored, self.runs = {}, {}
        for component in reversed(self.components):
            if _timed(component[0]):
                self._demand_steps(component)
            else:
                self._demand_static(component[0], wanted)

    def _demand_static(self, node: Node, wanted: Mapping[Node, int]) -> None:
        first = self.first.get(node, self.never)
        if not leaves_time(node):
            self._ask(node.inputs, 0, first)
            return
        stage = wanted.get(node, self.never)
        if first < self.never:
            stage = min(stage, first - 1)
        if stage < self.never:
            self.runs[node] = stage
            self._ask(node.inputs, 1 << stage, stage)

    def _demand_steps(self, component: Sequence[Node]) -> None:
        bits = 0
        for node in component:
            bits |= self.demand.get(node, 0)
        if not bits:
            return
        delays = [node for node in component if isinstance(node, Delay)]
        behind = bits
        for node in delays:
            behind |= self._store(node, bits, _is_loop(component))
        own = behind if _is_loop(component) else bits
        self.demand.update(dict.fromkeys(component, own))
        members = set(component)
        for node in component:
            outside = [x for x in node.inputs if x not in members]
            self._ask(outside, behind, _lowest(behind))

    def _store(self, delay: Delay, bits: int, loops: bool) -> int:
        """Choose where a delay's values at the edges are stored; return the stage.

        As a set; it is empty where every sweep that computes the delay carries them.
        """
        every = range(_lowest(bits), bits.bit_length())
        needed = [stage for stage in every if bits >> stage & 1]
        against = [stage for stage in needed if not _fits(delay, stage)]
        if not against:
            return 0
        along = [s for s in needed if s < against[0]]
        if along:
            stage = along[-1]
        elif loops:
            stage = against[0] - 1
        else:
            stage = max(self.earliest[x] for x in delay.inputs)
        self.stored[delay] = stage
        return 1 << stage

    def _ask(self, inputs: Sequence[Node], bits: int, first: int) -> None:
        for x in inputs:
            if _timed(x):
                self.demand[x] = self.demand.get(x, 0) | bits
            else:
                self.first[x] = min(self.first.get(x, self.never), first)

    def _preferred(self) -> dict[Node, int]:
        """Return for each result the stage at which least is computed for it alone.

        That is one at which all it reads is computed for the loops anyway.
        """
        active: dict[str | None, int] = {}
        for node, bits in self.demand.items():
            active[node.type.time] = active.get(node.type.time, 0) | bits
        near: dict[Node, int] = {}
        for component in self.components:
            for node in component:
                if _timed(node):
                    near[node] = self.demand.get(node, 0) or self._near(node, near)
        wanted = {}
        for node in self.graph.nodes:
            if leaves_time(node) or node in near:
                parts = (
                    [node] if node in near else [x for x in node.inputs if _timed(x)]
                )
                found = -1
                for x in parts:
                    found &= near[x]
                earliest = max(self.earliest[x] for x in parts)
                found &= (1 << self.stages) - (1 << earliest)
                busy = found & active.get(parts[0].type.time, 0)
                wanted[node] = _lowest(busy or found or 1 << earliest)
        return wanted

    def _near(self, node: Node, near: Mapping[Node, int]) -> int:
        """Return the stages at which a node outside every loop costs no other."""
        begin = self.earliest[node]
        bits = (1 << self.stages) - (1 << begin)
        for x in node.inputs:
            if _timed(x):
                bits &= near[x]
        return bits or 1 << begin

    def _sweeps(self) -> list[Sweep]:
        found = []
        outputs = set(self.graph.outputs.values())
        for stage in range(self.stages):
            for time in self.graph.times:
                computed = tuple(
                    node
                    for node in self.graph.nodes
                    if node.type.time == time and self.demand.get(node, 0) >> stage & 1
                )
                if computed:
                    found.append(self._sweep(stage, time, computed, outputs))
        return found

    def _sweep(
        self, stage: int, time: str, computed: tuple[Node, ...], outputs: set[Node]
    ) -> Sweep:
        delays = [node for node in computed if isinstance(node, Delay)]
        recalled = [d for d in delays if self.stored.get(d, stage) < stage]
        carried = [d for d in delays if d not in recalled and _fits(d, stage)]
        stored = [
            d for d, at in self.stored.items() if at == stage and d.type.time == time
        ]
        here = [
            node
            for node, at in self.runs.items()
            if at == stage and not _timed(node) and _axis(node) == time
        ]
        whole = [node.inputs[0] for node in here if node.op is STACK_TIME]
        whole += [n for n in computed if n in outputs and self.runs.get(n) == stage]
        return Sweep(
            stage,
            time,
            computed,
            tuple(carried),
            tuple(recalled),
            tuple(stored[::-1]),
            tuple(here[::-1]),
            tuple(dict.fromkeys(whole)),
        )

    def _known(self) -> dict[Node, int]:
        """Return for each static node the first stage at which it can be read."""
        known: dict[Node, int] = {}
        for node in self.graph.nodes:
            if node in self.runs and not _timed(node):
                known[node] = self.runs[node] + 1
            elif not _timed(node):
                known[node] = max((known[x] for x in node.inputs), default=0)
        return known


def _axis(node: Node) -> str | None:
    return next(x.type.time for x in node.inputs if _timed(x))


def _is_loop(component: Sequence[Node]) -> bool:
    return len(component) > 1 or component[0] in component[0].inputs
