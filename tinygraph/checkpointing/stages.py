"""Staging: at which stages of a run by windows each node is computed.

At an even stage the windows of every axis are passed forwards, at an odd one backwards.
A loop runs at stages of its own direction. At one of the other direction it is run
again, within each window, from what its delays held at the window's edge: an earlier
stage stores that, O(T / window) values. What leaves time (a sum, the last value) is
known one stage later than what it is made of.

Three passes over the graph, each linear: the earliest stage of each node; what the
loops, each at its earliest stage, demand of the others; and, once each result is put
where what it reads is at hand anyway, what the results demand.
"""

from collections.abc import Mapping, Sequence
from itertools import chain

from tinygraph.core.delays import Delay
from tinygraph.core.graph import Graph
from tinygraph.core.nodes import Node
from tinygraph.core.traversal import strongly_connected


def is_timed(node: Node) -> bool:
    """Return True for a node with a value per step."""
    return node.type.time is not None


def leaves_time(node: Node) -> bool:
    """Return True for a static node made of the values of all steps."""
    return node.type.time is None and any(map(is_timed, node.inputs))


def fits(delay: Delay, stage: int) -> bool:
    """Return True if a sweep at this stage meets a delay's source before the delay."""
    return (delay.steps > 0) == (stage % 2 == 0)


def _lowest(bits: int) -> int:
    return (bits & -bits).bit_length() - 1


class Staging:
    """The stages of a graph's nodes; sets of stages are the bits of an int.

    Attributes:
        stages: how many there are.
        demand: per-step node → the stages at which it is computed.
        stored: delay → the stage at which its values at the windows' edges are kept.
        runs: result → the stage that gives it: static nodes made of all steps, and
            per-step outputs.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._components = strongly_connected(graph.nodes, lambda node: node.inputs)
        self._earliest: dict[Node, int] = {}
        for component in self._components:
            self._begin(component)
        self.stages = 1 + max(self._earliest.values(), default=0)
        self._never = self.stages + 1
        self.demand: dict[Node, int] = {}
        self._first: dict[Node, int] = {}
        self.stored: dict[Delay, int] = {}
        self.runs: dict[Node, int] = {}
        self._plan()

    def _plan(self) -> None:
        loops = {
            node: 1 << self._earliest[node]
            for component in self._components
            if _is_loop(component)
            for node in component
        }
        self._demand(loops, {})
        wanted = self._preferred()
        outputs = (node for node in self.graph.outputs.values() if is_timed(node))
        self._demand({node: 1 << wanted[node] for node in outputs}, wanted)
        for node in self.graph.outputs.values():
            if is_timed(node):
                self.runs[node] = wanted[node]

    def _begin(self, component: Sequence[Node]) -> None:
        """Find the earliest stage of a component, its inputs' known."""
        inputs = chain.from_iterable(node.inputs for node in component)
        stage = max((self._earliest.get(x, 0) for x in inputs), default=0)
        delay = next((node for node in component if isinstance(node, Delay)), None)
        late = delay is not None and not fits(delay, stage)
        stage += late or leaves_time(component[0])
        self._earliest.update(dict.fromkeys(component, stage))

    def _demand(self, roots: Mapping[Node, int], wanted: Mapping[Node, int]) -> None:
        """Find for each per-step node the stages at which it is computed.

        Args:
            roots: per-step node → stages at which it is to be computed.
            wanted: static node made of all steps → its stage, if none needs it sooner;
                without a stage it demands nothing.
        """
        self.demand, self._first = dict(roots), {}
        self.stored, self.runs = {}, {}
        for component in reversed(self._components):
            if is_timed(component[0]):
                self._demand_steps(component)
            else:
                self._demand_static(component[0], wanted)

    def _demand_static(self, node: Node, wanted: Mapping[Node, int]) -> None:
        first = self._first.get(node, self._never)
        if not leaves_time(node):
            self._ask(node.inputs, 0, first)
            return
        if node in wanted:
            stage = self.runs[node] = min(wanted[node], first - 1)
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
        against = [stage for stage in needed if not fits(delay, stage)]
        if not against:
            return 0
        along = [s for s in needed if s < against[0]]
        if along:
            stage = along[-1]
        elif loops:
            stage = against[0] - 1
        else:
            stage = max(self._earliest[x] for x in delay.inputs)
        self.stored[delay] = stage
        return 1 << stage

    def _ask(self, inputs: Sequence[Node], bits: int, first: int) -> None:
        for x in inputs:
            if is_timed(x):
                self.demand[x] = self.demand.get(x, 0) | bits
            else:
                self._first[x] = min(self._first.get(x, self._never), first)

    def _preferred(self) -> dict[Node, int]:
        """Return for each result the stage at which least is computed for it alone.

        That is one at which all it reads is computed for the loops anyway.
        """
        active: dict[str | None, int] = {}
        for node, bits in self.demand.items():
            active[node.type.time] = active.get(node.type.time, 0) | bits
        near: dict[Node, int] = {}
        for component in self._components:
            for node in component:
                if is_timed(node):
                    near[node] = self.demand.get(node, 0) or self._near(node, near)
        wanted = {}
        for node in self.graph.nodes:
            if leaves_time(node) or node in near:
                parts = (
                    [node] if node in near else [x for x in node.inputs if is_timed(x)]
                )
                found = -1
                for x in parts:
                    found &= near[x]
                earliest = max(self._earliest[x] for x in parts)
                found &= (1 << self.stages) - (1 << earliest)
                busy = found & active.get(parts[0].type.time, 0)
                wanted[node] = _lowest(busy or found or 1 << earliest)
        return wanted

    def _near(self, node: Node, near: Mapping[Node, int]) -> int:
        """Return the stages at which a node outside every loop costs no other."""
        begin = self._earliest[node]
        bits = (1 << self.stages) - (1 << begin)
        for x in node.inputs:
            if is_timed(x):
                bits &= near[x]
        return bits or 1 << begin


def _is_loop(component: Sequence[Node]) -> bool:
    return len(component) > 1 or component[0] in component[0].inputs
