"""WindowPlan: the sweeps of a graph, what each runs, how many bytes they need."""

from collections.abc import Mapping
from functools import cached_property

from tinygraph.checkpointing.footprint import Footprint, delay_bytes
from tinygraph.checkpointing.in_windows import made_for_windows
from tinygraph.checkpointing.partition import Part, Partition
from tinygraph.checkpointing.replicate import without_replicate
from tinygraph.checkpointing.sweeps import plan_sweeps
from tinygraph.core.graph import Graph

Sizes = Mapping[str, int]


class WindowPlan:
    """How a graph is run by windows; it depends on the graph only.

    Attributes:
        whole: the graph that was given.
        graph: the graph that is cut into parts, made of what windows can compute: it
            has no REPLICATE delay, and no op that declares `in_windows`.
        start: the leaf of it that takes the number of the first step.
        windows: each sweep, and what it runs for each window.
        statics: for each stage, and after the last, what runs before it; or None.

    Args:
        graph: one without `obstacle`.
    """

    def __init__(self, graph: Graph) -> None:
        self.whole = graph
        plain, self.start = without_replicate(graph)
        self.graph = made_for_windows(plain, self.start)
        sweeps = plan_sweeps(self.graph)
        cut = Partition(self.graph, sweeps)
        self.windows = [(sweep, cut.of_window(sweep)) for sweep in sweeps.sweeps]
        self.statics = [cut.of_statics(stage) for stage in range(sweeps.stages + 1)]

    @property
    def parts(self) -> list[Part]:
        """All that is to be run."""
        statics = [part for part in self.statics if part is not None]
        return [*(part for _, part in self.windows), *statics]

    def bytes(self, sizes: Sizes, lengths: Sizes | None = None) -> int:
        """Return the bytes of activations that a run needs, by plan.

        What is asked for as an output is not counted.

        Args:
            sizes: of all named dimensions and time axes.
            lengths: time axis → steps of a window; None: all steps at once.
        """
        if lengths is None or is_whole(sizes, lengths):
            return self._footprint.at(sizes)
        total = 0
        outputs = set(self.graph.outputs.values())
        for (sweep, _), footprint in zip(self.windows, self._footprints, strict=True):
            steps = lengths[sweep.time]
            total += footprint.at({**sizes, sweep.time: min(steps, sizes[sweep.time])})
            count = -(-sizes[sweep.time] // steps)
            total += count * sum(delay_bytes(delay, sizes) for delay in sweep.stored)
            for node in sweep.reduced:
                if node.op.stacks_time and node not in outputs:
                    total += footprint.bytes(node, sizes)
        return total + max((each.at(sizes) for each in self._between), default=0)

    @cached_property
    def _footprint(self) -> Footprint:
        return Footprint(self.whole)

    @cached_property
    def _footprints(self) -> list[Footprint]:
        return [Footprint(part.graph) for _, part in self.windows]

    @cached_property
    def _between(self) -> list[Footprint]:
        return [Footprint(part.graph) for part in self.statics if part is not None]


def is_whole(sizes: Sizes, lengths: Sizes) -> bool:
    """Return True if one window holds all steps of every axis."""
    return all(length >= sizes[time] for time, length in lengths.items())
