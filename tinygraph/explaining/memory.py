"""What `memory=` does to a graph, in words: what each sweep stores and runs again."""

from collections import Counter
from collections.abc import Mapping

from tinygraph.checkpointing.lengths import by_budget, by_root
from tinygraph.checkpointing.plan import WindowPlan, is_whole
from tinygraph.checkpointing.policy import Memory
from tinygraph.checkpointing.sweeps import Sweep, obstacle
from tinygraph.core.graph import Graph
from tinygraph.core.types import names_in
from tinygraph.explaining.formulas import Words, wrapped
from tinygraph.ops.costs import Amount


def told(graph: Graph, memory: Memory, sizes: Mapping[str, int]) -> list[str]:
    """Return lines on how a graph is kept within its memory.

    Args:
        graph: as the backend runs it.
        memory: not None.
        sizes: where they name every dimension and time axis, planned bytes are told.

    Raises:
        MemoryPlanError: a budget is too small for the sizes.
    """
    why = obstacle(graph)
    if why is not None:
        return ["", *wrapped("Memory: all steps at once:", [why], 0)]
    plan = WindowPlan(graph)
    words = Words(plan.graph, ())
    much = (
        "of about √T steps"
        if isinstance(memory, str)
        else f"that fit into {Amount.of(int(memory or 0)).shown('B')}"
    )
    lines = ["", f"Memory: windows {much}, in {_count(len(plan.windows), 'sweep')}"]
    run: Counter[str] = Counter()
    for i, (sweep, _) in enumerate(plan.windows, 1):
        lines += _sweep(i, sweep, words, run)
    return [*lines, *_whole(plan, words), *_planned(plan, memory, sizes)]


def _sweep(number: int, sweep: Sweep, words: Words, run: Counter[str]) -> list[str]:
    """Describe one sweep; `run` counts by name what was run before."""
    way = "backwards" if sweep.backwards else "forwards"
    names = [f"{sweep.time} {words.name(node)}" for node in sweep.computed]
    again = sum(run[name] > 0 for name in names)
    run.update(names)
    lines = [
        f"  sweep {number}, {way} over {sweep.time!r}: "
        f"{_count(len(names), 'node')} per step"
        + (f", {again} of them again" if again else "")
    ]
    for title, nodes in (
        ("stores at the edge of each window", sweep.stored),
        ("recalls", sweep.restored),
        ("hands from window to window", sweep.carried),
        ("gives", sweep.reduced),
    ):
        if nodes:
            listed = list(dict.fromkeys(words.name(node) for node in nodes))
            lines += wrapped(title, listed, 4)
    return lines


def _whole(plan: WindowPlan, words: Words) -> list[str]:
    """Say what is kept for all steps."""
    kept = [node for sweep, _ in plan.windows for node in sweep.collected]
    listed = list(dict.fromkeys(words.name(node) for node in kept))
    return wrapped("kept for all steps:", listed) if listed else []


def _planned(plan: WindowPlan, memory: Memory, sizes: Mapping[str, int]) -> list[str]:
    """Say how many bytes are planned, where all sizes are known."""
    graph = plan.graph
    names = {name for node in graph for name in names_in(node.type.shape)}
    if not names | set(graph.times) <= sizes.keys():
        return []
    rule = by_root if isinstance(memory, str) else by_budget(int(memory or 0))
    lengths = rule(plan, sizes)
    plain = f"{Amount.of(plan.bytes(sizes)).shown('B')} for all steps at once"
    if is_whole(sizes, lengths):
        return [f"  planned: {plain}, which is what runs"]
    windows = " and ".join(
        f"{-(-sizes[time] // length)} windows of {_count(length, 'step')} of {time!r}"
        for time, length in lengths.items()
    )
    needed = Amount.of(plan.bytes(sizes, lengths)).shown("B")
    return [f"  planned: {needed} by {windows}; {plain}"]


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"
