"""Norms by run and number of steps, for the colours of the page."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from tinygraph.core.errors import DrawingError
from tinygraph.core.graph import Graph
from tinygraph.core.nodes import Node
from tinygraph.drawing.model.readings import Readings, read
from tinygraph.drawing.model.texts import printable


class NodeNorms(Protocol):
    """What `tg.gradient_flow` returns: arrays or norms by node."""

    @property
    def values(self) -> Mapping[Node, Any]:
        """Of each node's value."""

    @property
    def gradients(self) -> Mapping[Node, Any]:
        """Of the loss's gradient by each node."""


Run = Callable[[int], NodeNorms]
"""Number of steps → norms at that T."""

NormTable = dict[str, list[Any]]
"""`values` and `gradients`: for each datum a norm, one per step, or None."""


def asked(
    runs: Any, graph: Graph, data: Sequence[Any], steps: Sequence[int]
) -> dict[str, dict[int, NormTable]]:
    """Return the norms of every run at every number of steps.

    Args:
        runs: name → `Run`, as the user gave it.
        data: for each datum, the nodes whose norm it is.

    Raises:
        DrawingError: `runs` holds no functions, or one returns no norms, or arrays
            that do not fit the graph.
    """
    if not isinstance(runs, Mapping) or not all(map(callable, runs.values())):
        raise DrawingError(
            "runs maps names to functions from a number of steps to norms, such as "
            f"tg.gradient_flow returns, not {printable(repr(runs)[:60])}"
        )
    return {
        str(name): _without_beginnings(
            {count: _asked(name, run, graph, data, count) for count in steps}
        )
        for name, run in runs.items()
    }


def _without_beginnings(tables: dict[int, NormTable]) -> dict[int, NormTable]:
    """Return the tables with True for what begins the norms at the greatest T.

    Values as a rule do, for a longer run begins as a shorter one; gradients do not.
    """
    most = {name: [*norms] for name, norms in tables[max(tables)].items()}
    for count, own in tables.items():
        for name, norms in own.items():
            for i, (mine, all_) in enumerate(zip(norms, most[name], strict=True)):
                if not isinstance(mine, list) or not isinstance(all_, list):
                    continue
                begins = count < len(all_) and mine == all_[:count]
                norms[i] = True if begins else coded(mine)
    return tables


SIGNS = "".join(chr(code) for code in range(35, 127) if chr(code) not in "\\<")
"""Ninety signs that JSON in a page holds as they are: two of them are a norm."""
LEVELS, DECADES = 90, 44.5
"""Levels of a norm in a power of ten; the powers reach so far below and above 0."""
PLAIN = 8
"""Up to so many norms are numbers with three digits."""


def coded(norms: list[Any]) -> list[Any] | str:
    """Return many norms as a text, two signs each, with two digits kept; few as given.

    The last levels stand for 0, NaN, and for none.
    """
    if len(norms) <= PLAIN:
        return norms
    levels = map(_level, norms)
    return "".join(SIGNS[level // 90] + SIGNS[level % 90] for level in levels)


def _level(norm: float | str | None) -> int:
    if norm is None or norm == 0:
        return 8097 if norm == 0 else 8099
    if isinstance(norm, str):
        return 8098
    power = min(max(math.log10(norm), -DECADES), DECADES)
    return round((power + DECADES) * LEVELS)


def _asked(
    name: str, run: Run, graph: Graph, data: Sequence[Any], count: int
) -> NormTable:
    norms = run(count)
    if not hasattr(norms, "values") or not hasattr(norms, "gradients"):
        raise DrawingError(
            f"runs[{printable(repr(name))}] returned {printable(repr(norms)[:60])} for "
            f"{count} steps, which has no values and gradients: return what "
            "tg.gradient_flow does"
        )
    return _table(norms, graph, data, count)


def _table(
    norms: NodeNorms, graph: Graph, data: Sequence[Any], count: int
) -> NormTable:
    steps = dict.fromkeys(graph.times, count)
    return table(
        Readings(
            read(norms.values, graph, "values", steps),
            read(norms.gradients, graph, "gradients", steps),
        ),
        data,
        count,
    )


def table(readings: Readings, data: Sequence[Any], count: int) -> NormTable:
    """Return the norms of each datum, over `count` steps; 0: folded, all together."""
    found: NormTable = {"values": [], "gradients": []}
    for nodes in data:
        in_time = count > 0 and any(node.time is not None for node in nodes)
        steps = range(count) if in_time else [None]
        pairs = [readings.of(nodes, t) for t in steps]
        for i, name in enumerate(("values", "gradients")):
            norms = [_number(pair[i]) for pair in pairs]
            known = any(norm is not None for norm in norms)
            found[name].append((norms if in_time else norms[0]) if known else None)
    return found


def _number(norm: float | None) -> float | str | None:
    """Return a norm with three digits, as JSON can hold it."""
    if norm is None or math.isnan(norm):
        return None if norm is None else "nan"
    return float(f"{min(norm, 1e300):.3g}")
