"""What occurs in random graphs, counted by class."""

import functools
from collections import Counter

import numpy as np

import tinygraph as tg
from tests.fuzz.cases import Case
from tinygraph.core.verification import cycles_of

_HIDDEN = {"value", "scalar", "key", "slots", "name"}
_OWN = {"constant", "placeholder", "parameter", "sequence", "delay"}


@functools.cache
def _name(dtype):
    return dtype.name


class Occurred:
    """How many graphs hold each class of thing, by kind of class."""

    def __init__(self):
        self.graphs = 0
        self.nodes = 0
        self.found: dict[str, Counter] = {}

    def add(self, case: Case) -> None:
        self._count("calls", _call(case))
        self.add_graph(case.graph)

    def add_graph(self, graph: tg.Graph) -> None:
        self.graphs += 1
        self.nodes += len(graph)
        self._count("ops", {node.op.name for node in graph})
        self._count("dtypes", {_name(node.dtype) for node in graph})
        self._count("axes of a value", {f"{node.ndim}" for node in graph})
        self._count("attributes", {a for node in graph for a in attributes(node)})
        self._count("operands", {o for node in graph for o in _operands(node)})
        self._count("delays", {d for delay in graph.delays for d in _delay(delay)})
        self._count("loops", {each for p in cycles_of(graph.nodes) for each in loop(p)})

    def add_all(self, other: "Occurred") -> None:
        """Add what occurred in other graphs."""
        self.graphs += other.graphs
        self.nodes += other.nodes
        for kind, counts in other.found.items():
            self.found.setdefault(kind, Counter()).update(counts)

    def _count(self, kind: str, classes) -> None:
        self.found.setdefault(kind, Counter()).update(classes)

    def report(self) -> str:
        """Return all classes, the most frequent first, one line a kind."""
        lines = []
        for kind, counts in self.found.items():
            listed = [f"{name} {n}" for name, n in counts.most_common()]
            lines.append(f"{kind} ({len(counts)} classes): {', '.join(listed)}")
        return "\n".join(lines)


def _call(case):
    yield f"T = {case.steps['t']}"
    yield f"batch {case.sizes.get('batch', 'of 3 to 5')}"
    yield f"start {case.start}"
    yield f"{len(case.graph.times)} time axes"
    if any(abs(delay.steps) >= case.steps[delay.time] for delay in case.graph.delays):
        yield "a delay of T or longer"


def attributes(node):
    """An op, and the sign, length or value of each of its attributes."""
    if node.op.name in _OWN:
        return
    for key, value in node.attrs.items():
        if key not in _HIDDEN:
            yield f"{node.op.name} {key}={_class(value)}"


def _class(value) -> str:
    if isinstance(value, bool | np.bool_ | None):
        return repr(value)
    if isinstance(value, int | np.integer):
        return f"{value}" if -5 < value < 10 else "large"
    if isinstance(value, slice):
        return "a slice" if (value.step or 1) > 0 else "a slice backwards"
    if isinstance(value, tuple | list):
        inside = dict.fromkeys(map(_class, value)) if len(value) < 4 else ["..."]
        return f"{len(value)} of ({', '.join(inside)})"
    return type(value).__name__ if isinstance(value, float) else f"{value}"[:20]


def _operands(node):
    """Where operands differ: in dtype, or in which are spread along an axis."""
    kinds = sorted({_name(x.dtype) for x in node.inputs})
    if len(kinds) > 1:
        yield f"{node.op.name} of {' and '.join(kinds)}"
    if len(node.inputs) > 1 and node.op.rows is None:
        ranks = {x.ndim for x in node.inputs}
        if len(ranks) > 1:
            yield f"{node.op.name} of {min(ranks)} and {max(ranks)} axes"


def _delay(delay):
    yield f"k = {delay.steps:+}"
    slot = delay.slot
    origin = "" if slot is None else f" of a {slot.op.name}"
    if slot is not None and slot.op.name not in _OWN:
        origin = " of a computed node"
    yield f"{delay.kind}{origin}"
    yield f"of {delay.dtype.name}"
    yield f"{delay.ndim} axes"
    if isinstance(delay.source, tg.Delay):
        yield "in a row"
    if slot is not None and _over_time(slot):
        yield "init out of a time axis"


def _over_time(node) -> bool:
    """Return True where a static node reads a value of some step."""
    stack, seen = [node], set()
    while stack:
        for part in stack.pop().inputs:
            if part.time is not None:
                return True
            if part not in seen:
                seen.add(part)
                stack.append(part)
    return False


def loop(part):
    delays = [node for node in part if isinstance(node, tg.Delay)]
    signs = {delay.steps > 0 for delay in delays}
    way = "both ways" if len(signs) == 2 else "past" if True in signs else "future"
    yield f"of {way}"
    yield f"{len(delays)} delays"
    least = next(n for n in (1000, 40, 20, 10, 5, 3, 2, 1) if len(part) >= n)
    yield f"at least {least} nodes"
    yield from (f"through {node.op.name}" for node in part)
