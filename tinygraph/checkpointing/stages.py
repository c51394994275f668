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

from tinygraph.checkpointing.stage_set import StageSet
from tinygraph.core.delays import Delay
from tinygraph.core.graph import Graph
from tinygraph.core.nodes import Node
from tinygraph.core.traversal import strongly_connected

NOWHERE = StageSet()


def is_timed(node: Node) -> bool:
    """Return True for a node with a value per step."""
    return node.type.time is not None


def leaves_time(node: Node) -> bool:
    """Return True for a static node made of the values of all steps."""
    return node.type.time is None and any(map(is_timed, node.inputs))


def fits(delay: Delay, stage: int) -> bool:
    """Return True if a sweep at this stage meets a delay's source before the delay."""
    return (delay.steps > 0) == (stage % 2 == 0)


class Staging:
    """The stages of a graph's nodes.

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
            self._find_earliest(component)
        self.stages = 1 + max(self._earliest.values(), default=0)
        self._never = self.stages + 1
        self.demand: dict[Node, StageSet] = {}
        self._needed_from: dict[Node, int] = {}
        self.stored: dict[Delay, int] = {}
        self.runs: dict[Node, int] = {}
        self._plan()

    def _plan(self) -> None:
        loops = {
            node: StageSet.of(self._earliest[node])
            for component in self._components
            if _is_loop(component)
            for node in component
        }
        self._find_demand(loops, {})
        wanted = self._preferred()
        outputs = [node for node in self.graph.outputs.values() if is_timed(node)]
        self._find_demand({n: StageSet.of(wanted[n]) for n in outputs}, wanted)
        for node in outputs:
            self.runs[node] = wanted[node]

    def _find_earliest(self, component: Sequence[Node]) -> None:
        """Find the earliest stage of a component; its inputs' are found already."""
        inputs = chain.from_iterable(node.inputs for node in component)
        stage = max((self._earliest.get(x, 0) for x in inputs), default=0)
        delay = next((node for node in component if isinstance(node, Delay)), None)
        late = delay is not None and not fits(delay, stage)
        stage += late or leaves_time(component[0])
        self._earliest.update(dict.fromkeys(component, stage))

    def _find_demand(
        self, roots: Mapping[Node, StageSet], wanted: Mapping[Node, int]
    ) -> None:
        """Find for each per-step node the stages at which it is computed.

        Args:
            roots: per-step node → stages at which it is to be computed.
            wanted: static node made of all steps → its stage, if none needs it sooner;
                without a stage it demands nothing.
        """
        self.demand, self._needed_from = dict(roots), {}
        self.stored, self.runs = {}, {}
        for component in reversed(self._components):
            if is_timed(component[0]):
                self._pass_on_timed(component)
            else:
                self._pass_on_static(component[0], wanted)

    def _pass_on_static(self, node: Node, wanted: Mapping[Node, int]) -> None:
        """Demand of a static node's inputs what is demanded of it."""
        needed_from = self._needed_from.get(node, self._never)
        if not leaves_time(node):
            self._ask(node.inputs, NOWHERE, needed_from)
            return
        if node in wanted:
            stage = self.runs[node] = min(wanted[node], needed_from - 1)
            self._ask(node.inputs, StageSet.of(stage), stage)

    def _pass_on_timed(self, component: Sequence[Node]) -> None:
        """Demand of a component's inputs what is demanded of its members."""
        asked = NOWHERE
        for node in component:
            asked |= self.demand.get(node, NOWHERE)
        if not asked:
            return
        loops = _is_loop(component)
        with_storing = asked
        for node in component:
            if isinstance(node, Delay):
                with_storing |= self._store(node, asked, loops)
        own = with_storing if loops else asked
        self.demand.update(dict.fromkeys(component, own))
        members = set(component)
        for node in component:
            outside = [x for x in node.inputs if x not in members]
            self._ask(outside, with_storing, with_storing.first)

    def _store(self, delay: Delay, needed: StageSet, loops: bool) -> StageSet:
        """Choose where a delay's values at the edges are stored; return the stage.

        As a set; it is empty where every sweep that computes the delay carries them.
        """
        against = [stage for stage in needed if not fits(delay, stage)]
        if not against:
            return NOWHERE
        along = [stage for stage in needed if stage < against[0]]
        if along:
            stage = along[-1]
        elif loops:
            stage = against[0] - 1
        else:
            stage = max(self._earliest[x] for x in delay.inputs)
        self.stored[delay] = stage
        return StageSet.of(stage)

    def _ask(self, inputs: Sequence[Node], stages: StageSet, first: int) -> None:
        """Demand per-step inputs at some stages, static ones from a first one on."""
        for x in inputs:
            if is_timed(x):
                self.demand[x] = self.demand.get(x, NOWHERE) | stages
            else:
                known = self._needed_from.get(x, self._never)
                self._needed_from[x] = min(known, first)

    def _preferred(self) -> dict[Node, int]:
        """Return for each result the stage at which least is computed for it alone.

        That is one at which all it reads is computed for the loops anyway.
        """
        busy: dict[str | None, StageSet] = {}
        for node, stages in self.demand.items():
            busy[node.type.time] = busy.get(node.type.time, NOWHERE) | stages
        cheap: dict[Node, StageSet] = {}
        for component in self._components:
            for node in component:
                if is_timed(node):
                    cheap[node] = self.demand.get(node) or self._cheap(node, cheap)
        wanted = {}
        for node in self.graph.nodes:
            if leaves_time(node) or node in cheap:
                parts = [node] if node in cheap else list(filter(is_timed, node.inputs))
                earliest = max(self._earliest[x] for x in parts)
                found = StageSet.between(earliest, self.stages)
                for x in parts:
                    found &= cheap[x]
                best = found & busy.get(parts[0].type.time, NOWHERE) or found
                wanted[node] = best.first if best else earliest
        return wanted

    def _cheap(self, node: Node, cheap: Mapping[Node, StageSet]) -> StageSet:
        """Return the stages at which a node outside every loop costs no other."""
        earliest = self._earliest[node]
        found = StageSet.between(earliest, self.stages)
        for x in filter(is_timed, node.inputs):
            found &= cheap[x]
        return found or StageSet.of(earliest)


def _is_loop(component: Sequence[Node]) -> bool:
    return len(component) > 1 or component[0] in component[0].inputs
