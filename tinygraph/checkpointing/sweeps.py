"""Sweeps: which passes over the windows of a time axis compute, store and give what.

A causal recurrence and its gradient take two sweeps: forwards, storing the state at
each window's start; backwards, computing the window again and running all else. See
`tinygraph.checkpointing.stages` for how nodes are put into sweeps.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from tinygraph.checkpointing.stages import Staging, fits, is_timed, leaves_time
from tinygraph.core.delays import Delay
from tinygraph.core.graph import Graph
from tinygraph.core.nodes import Node
from tinygraph.core.verification import cycles_of

MOST_STAGES = 24
"""More than any model needs: each may run again what the others ran."""


@dataclass(frozen=True)
class Sweep:
    """One pass over the windows of a time axis.

    Attributes:
        stage: its number; stages follow each other.
        time: the axis.
        computed: per-step nodes it runs.
        carried: delays whose values go from a window to the next one.
        restored: delays whose values at each window's edge an earlier sweep stored.
        stored: delays whose values at each window's edge later sweeps need.
        reduced: static nodes made of all steps, merged over the windows.
        collected: per-step nodes whose values are kept for all steps.
    """

    stage: int
    time: str
    computed: tuple[Node, ...]
    carried: tuple[Delay, ...]
    restored: tuple[Delay, ...]
    stored: tuple[Delay, ...]
    reduced: tuple[Node, ...]
    collected: tuple[Node, ...]

    @property
    def backwards(self) -> bool:
        """True where the last window comes first."""
        return self.stage % 2 == 1


@dataclass(frozen=True)
class Sweeps:
    """All sweeps, in order.

    Attributes:
        sweeps: stage by stage.
        known_from: static node → the first stage at which its value is there.
        stages: how many there are.
    """

    sweeps: tuple[Sweep, ...]
    known_from: Mapping[Node, int]
    stages: int


def obstacle(graph: Graph) -> str | None:
    """Return why a graph cannot be run by windows, or None."""
    if not graph.times:
        return "no value of the graph is per step"
    for component in cycles_of(graph.nodes):
        delays = [node for node in component if isinstance(node, Delay)]
        if len({delay.steps > 0 for delay in delays}) > 1:
            names = ", ".join(delay.label for delay in delays)
            return f"one loop mixes past and future: {names}"
    for node in graph.nodes:
        time = axis_of(node)
        if time in node.type.shape and not node.op.stacks_time:
            return (
                f"{node.describe()}, made per step of {time!r}, is itself as long as "
                "that axis"
            )
    stages = Staging(graph).stages
    if stages > MOST_STAGES:
        return f"up to {stages} sweeps would be needed, each running others again"
    return None


def plan_sweeps(graph: Graph) -> Sweeps:
    """Return the sweeps of a graph that has no `obstacle` and is made for windows."""
    staging = Staging(graph)
    outputs = {node for node in graph.outputs.values() if is_timed(node)}
    found = []
    for stage in range(staging.stages):
        for time in graph.times:
            computed = tuple(
                node
                for node in graph.nodes
                if node.type.time == time and stage in staging.demand[node]
            )
            if computed:
                found.append(_sweep(staging, stage, time, computed, outputs))
    return Sweeps(tuple(found), _known_from(graph, staging), staging.stages)


def axis_of(node: Node) -> str | None:
    """Return the time axis on which a node, or what it is made of, has its values."""
    return next((x.type.time for x in (node, *node.inputs) if is_timed(x)), None)


def _sweep(
    staging: Staging,
    stage: int,
    time: str,
    computed: tuple[Node, ...],
    outputs: set[Node],
) -> Sweep:
    delays = [node for node in computed if isinstance(node, Delay)]
    restored = [d for d in delays if staging.stored.get(d, stage) < stage]
    given = [
        node
        for node, given_at in reversed(staging.runs.items())
        if given_at == stage and axis_of(node) == time
    ]
    reduced = [node for node in given if not is_timed(node)]
    whole = [node.inputs[0] for node in reduced if node.op.stacks_time]
    whole += [node for node in given if node in outputs]
    stored = [d for d, kept_at in reversed(staging.stored.items()) if kept_at == stage]
    return Sweep(
        stage,
        time,
        computed,
        tuple(d for d in delays if d not in restored and fits(d, stage)),
        tuple(restored),
        tuple(d for d in stored if d.type.time == time),
        tuple(reduced),
        tuple(dict.fromkeys(whole)),
    )


def _known_from(graph: Graph, staging: Staging) -> dict[Node, int]:
    """Return for each static node the first stage at which it can be read."""
    known: dict[Node, int] = {}
    for node in graph.nodes:
        if leaves_time(node):
            known[node] = staging.runs[node] + 1
        elif not is_timed(node):
            known[node] = max((known[x] for x in node.inputs), default=0)
    return known
