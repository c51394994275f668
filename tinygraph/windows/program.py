"""A program that runs a graph by windows, on programs of a backend."""

import functools
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Protocol

import numpy as np

from tinygraph.binding import Array, Binding
from tinygraph.graph import Graph
from tinygraph.leaves import PARAMETER
from tinygraph.windows.cutting import Part
from tinygraph.windows.lengths import Lengths
from tinygraph.windows.plan import WindowPlan, is_whole
from tinygraph.windows.running import Call


class Program(Protocol):
    """A graph ready to run; it holds no state of a call."""

    def start(self, binding: Binding) -> dict[Any, Any]:
        """Return the values of all that depends on parameters alone."""

    def run(self, binding: Binding, prologue: Mapping[Any, Any]) -> dict[str, Array]:
        """Return the outputs by name, each an array of its own."""

    def source(self) -> str:
        """Return the source of all loops."""


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
        self.lengths = lengths
        self._make = make
        self._programs = {part.graph: make(part.graph) for part in plan.parts}

    @functools.cached_property
    def whole(self) -> Program:
        """Runs all steps at once."""
        return self._make(self.plan.whole)

    def start(self, binding: Binding) -> dict[Any, Any]:
        """Return a place for the prologues of all programs, each made when needed."""
        values = binding.values.items()
        fixed = {leaf: array for leaf, array in values if leaf.op is PARAMETER}
        return {None: Binding(fixed, {}, 0, 0, ())}

    def run(self, binding: Binding, prologue: Mapping[Any, Any]) -> dict[str, Array]:
        """Return the outputs by name, each an array of its own.

        Raises:
            MemoryPlanError: no window is short enough for the budget.
        """
        lengths = self.lengths(self.plan, binding.sizes)
        if is_whole(binding.sizes, lengths):
            return self.whole.run(binding, _prologue(self.whole, prologue))

        def run(part: Part, bound: Binding) -> Mapping[str, Array]:
            program = self._programs[part.graph]
            return program.run(bound, _prologue(program, prologue))

        first = np.asarray(binding.start, np.int64)
        values = {**binding.values, self.plan.start: first}
        call = Call(replace(binding, values=values), run, lengths)
        with np.errstate(all="ignore"):
            for stage, statics in enumerate(self.plan.statics):
                if statics is not None:
                    call.statics(statics)
                for sweep, part in self.plan.windows:
                    if sweep.stage == stage:
                        call.sweep(sweep, part)
        return call.results(self.plan.graph)

    def source(self) -> str:
        """Return the source of the loops of all sweeps."""
        found = []
        for i, (sweep, part) in enumerate(self.plan.windows, 1):
            way = "backwards" if sweep.backwards else "forwards"
            title = f"# sweep {i} of {len(self.plan.windows)}, {way}"
            source = self._programs[part.graph].source()
            found.append(f"{title} over {sweep.time!r}\n{source}")
        return "\n".join(found)


def _prologue(program: Program, known: Mapping[Any, Any]) -> Mapping[Any, Any]:
    """Return the prologue of one program, kept among those of its siblings."""
    assert isinstance(known, dict)
    if program not in known:
        known[program] = program.start(known[None])
    prologue: Mapping[Any, Any] = known[program]
    return prologue
