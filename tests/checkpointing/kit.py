"""Runs by windows of a given length, compared with runs of all steps at once."""

import tinygraph as tg
from tinygraph.backends.numpy.program import NumpyProgram
from tinygraph.checkpointing.plan import WindowPlan
from tinygraph.checkpointing.program import WindowedProgram
from tinygraph.checkpointing.sweeps import obstacle
from tinygraph.rewriting import optimise
from tinygraph.semantics.binding import bind
from tinygraph.testing import assert_same_values, feeds_for
from tinygraph.testing.feeding import restricted, steps_by_axis


def windowed(graph, length, make=NumpyProgram):
    """The program that runs the optimised graph by windows of so many steps."""
    return _windowed(optimise(graph).graph, length, make)


def _windowed(optimised, length, make=NumpyProgram):
    def lengths(plan, sizes):
        return dict.fromkeys(plan.graph.times, length)

    return WindowedProgram(WindowPlan(optimised), make, lengths)


def sweeps(graph):
    """Direction, axis and names of what is stored, sweep by sweep."""
    plan = WindowPlan(optimise(graph).graph)
    return [
        (
            "backwards" if sweep.backwards else "forwards",
            sweep.time,
            sorted(delay.label for delay in sweep.stored),
        )
        for sweep, _ in plan.windows
    ]


def same_by_windows(graph, steps, length, feeds=None, start=0, seed=0):
    """Check windows of one length against the interpreter; False if they cannot be."""
    graph = graph if isinstance(graph, tg.Graph) else tg.Graph(graph)
    optimised = optimise(graph).graph
    if obstacle(optimised) is not None:
        return False
    known = steps_by_axis(graph, steps)
    given = feeds_for(graph, steps, seed=seed) if feeds is None else feeds
    given = restricted(given, graph)
    wanted = tg.compile(graph, backend="interpret")(given, known, start, seed)
    program = _windowed(optimised, length)
    for version in (1, 1, 2):
        binding = bind(graph, given, known, start, seed)
        found = program.run(binding, version)
        law = f"windows of {length} = all steps at once"
        assert_same_values(found, wanted, law=law, graph=graph)
    return True
