"""Comparing results: which output differs, where, by how much."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from tinygraph.core.errors import LawError, TinygraphError
from tinygraph.core.graph import Graph
from tinygraph.core.traversal import reach
from tinygraph.testing.describing import describe
from tinygraph.testing.programs import Call, as_code
from tinygraph.testing.tolerances import VALUES, Tolerance, tolerance

Array = np.ndarray[Any, Any]


def assert_same_values(
    got: Mapping[str, Any],
    wanted: Mapping[str, Any],
    *,
    kind: str = VALUES,
    law: str = "two results are equal",
    graph: Graph | None = None,
    call: Call | None = None,
) -> None:
    """Raise LawError unless the arrays under every name agree.

    Shapes and dtypes must be equal; NaN equals NaN. What a graph computes by way of
    narrower floats is as exact as these. The data of the error are `output`, `index`,
    `got`, `wanted` and `graph`.

    Args:
        got, wanted: results by name.
        kind: row of the table of tolerances.
        law: what should have held, for the message.
        graph: printed with the message, and as a program that can be pasted and run.
        call: with what it was called.

    Example:
        >>> testing.assert_same_values({"y": np.ones(2)}, {"y": np.ones(2)})
    """
    if list(got) != list(wanted):
        raise LawError(
            f"{law}: the results are named {', '.join(got)}, wanted {', '.join(wanted)}"
        )
    for name in wanted:
        problem = difference(got[name], wanted[name], kind)
        if problem is not None and graph is not None:
            problem = difference(got[name], wanted[name], kind, _width(graph, name))
        if problem is not None:
            text, index = problem
            listed = "" if graph is None else _printed(graph, call)
            raise LawError(
                f"{law}: {name!r} {text}{listed}",
                output=name,
                index=index,
                got=got[name],
                wanted=wanted[name],
                graph=graph,
            )


def _width(graph: Graph, name: str) -> np.dtype[Any] | None:
    """Return the narrowest float that an output is made by way of."""
    ends = [graph.outputs[name]] if name in graph.outputs else graph.outputs.values()
    made_of = reach(list(ends), lambda node: node.inputs)
    floats = [node.type.dtype for node in made_of if node.type.is_float]
    return min(floats, key=lambda dtype: dtype.itemsize, default=None)


def _printed(graph: Graph, call: Call | None) -> str:
    """Return a graph as a list of nodes, and as a program."""
    listed = f"\n{graph!r}\n{describe(graph)}"
    try:
        code = as_code(graph) if call is None else as_code(graph, **call._asdict())
    except TinygraphError:  # an unrolled graph, or an op that has no name
        return listed
    return f"{listed}\n\nAs a program:\n\n{code}\n"


def difference(
    got: Any, wanted: Any, kind: str = VALUES, width: np.dtype[Any] | None = None
) -> tuple[str, tuple[int, ...] | None] | None:
    """Return how two arrays differ and where, or None if they agree.

    Args:
        kind: row of the table of tolerances.
        width: the narrowest float on the way; None: that of the result.
    """
    a, b = np.asarray(got), np.asarray(wanted)
    if a.shape != b.shape:
        return f"has shape {a.shape}, wanted {b.shape}", None
    if a.dtype != b.dtype:
        return f"is {a.dtype}, wanted {b.dtype}", None
    known = width if width is not None and b.dtype.kind == "f" else b.dtype
    wrong = ~within(a, b, tolerance(kind, known))
    if not wrong.any():
        return None
    index = tuple(int(i) for i in np.argwhere(wrong)[0])
    count = int(wrong.sum())
    where = f" at {index}" if index else ""
    more = f" ({count} of {wrong.size} entries differ)" if wrong.size > 1 else ""
    with np.errstate(all="ignore"):  # infinities
        off = float(np.abs(np.subtract(a, b, dtype=float))[index])
    return f"is {a[index]!r}{where}, wanted {b[index]!r}: off by {off:.3g}{more}", index


def within(got: Array, wanted: Array, allowed: Tolerance) -> Array:
    """Return where two arrays of one shape agree within a tolerance."""
    same: Array = np.asarray(got == wanted)
    if wanted.dtype.kind != "f" or same.all():
        return same
    same = np.asarray(same | ((got != got) & (wanted != wanted)))
    if same.all():
        return same
    finite = np.isfinite(wanted) & np.isfinite(got)
    size = np.abs(np.where(finite, wanted, 0)).astype(float)
    scale = max(1.0, float(size.max()))
    apart = np.where(finite, got, 0).astype(float) - np.where(finite, wanted, 0)
    bound = allowed.relative * size + allowed.absolute * scale
    near: Array = finite & (np.abs(apart) <= bound)
    return same | near
