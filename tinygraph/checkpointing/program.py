"""A program that runs a graph by windows, on programs of a backend."""

import functools
from collections.abc import Callable, Mapping

import numpy as np

from tinygraph.checkpointing.execution import Call
from tinygraph.checkpointing.lengths import Lengths
from tinygraph.checkpointing.partition import Part
from tinygraph.checkpointing.plan import WindowPlan, is_whole
from tinygraph.core.graph import Graph
from tinygraph.runtime.program import OneCall, Program, Report, Version
from tinygraph.semantics.binding import Array, Binding


class WindowedProgram:
    """A graph run window by window; it holds no state of a call.

    Where one window would hold all steps, the graph is run as a whole.

    Args:
        plan: what to run.
        make: makes a program of a graph.
        lengths: how long the windows are.
    """

    def __init__(
        self, plan: WindowPlan, make: Callable[[Graph], Program], lengths: Lengths
    ) -> None:
        self.plan = plan
        self._rule = lengths
        self._last: tuple[Mapping[str, int], Mapping[str, int]] | None = None
        self._make = make
        self._programs = {part.graph: make(part.graph) for part in plan.parts}

    @functools.cached_property
    def whole(self) -> Program:
        """Runs all steps at once."""
        return self._make(self.plan.whole)

    def run(self, binding: Binding, version: Version | None) -> dict[str, Array]:
        """Return the outputs by name, each an array of its own.

        Args:
            version: of the parameters; None: they are those of this call alone.

        Raises:
            MemoryPlanError: no window is short enough for the budget.
        """
        lengths = self.lengths(binding.sizes)
        if is_whole(binding.sizes, lengths):
            return self.whole.run(binding, version)
        of_all_windows = OneCall() if version is None else version

        def run(part: Part, bound: Binding) -> Mapping[str, Array]:
            return self._programs[part.graph].run(bound, of_all_windows)

        first = np.asarray(binding.start, np.int64)
        values = {**binding.values, self.plan.start: first}
        call = Call(binding._replace(values=values), run, lengths)
        with np.errstate(all="ignore"):
            for stage, statics in enumerate(self.plan.statics):
                if statics is not None:
                    call.run_statics(statics)
                for sweep, part in self.plan.windows:
                    if sweep.stage == stage:
                        call.run_sweep(sweep, part)
        return call.results(self.plan.graph)

    def lengths(self, sizes: Mapping[str, int]) -> Mapping[str, int]:
        """Return how long the windows are, by time axis."""
        last = self._last
        if last is None or last[0] != sizes:
            last = self._last = (dict(sizes), self._rule(self.plan, sizes))
        return last[1]

    def source(self) -> str:
        """Return the source of the loops of all sweeps."""
        found = []
        for i, (sweep, part) in enumerate(self.plan.windows, 1):
            way = "backwards" if sweep.backwards else "forwards"
            title = f"# sweep {i} of {len(self.plan.windows)}, {way}"
            source = self._programs[part.graph].source()
            found.append(f"{title} over {sweep.time!r}\n{source}")
        return "\n".join(found)

    def report(self) -> Report:
        """Return what runs where one window holds all steps."""
        return self.whole.report()
