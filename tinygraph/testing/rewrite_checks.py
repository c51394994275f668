"""check_rewrite: a graph and what a rewrite makes of it mean the same."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tinygraph.core.errors import LawError, TinygraphError
from tinygraph.core.graph import Graph, GraphLike, as_graph
from tinygraph.rewriting.driver import ROUNDS, Rewrite, until_none_fires
from tinygraph.semantics.interpreter import interpret
from tinygraph.testing.comparing import assert_same_values
from tinygraph.testing.describing import describe
from tinygraph.testing.extremes import extreme_feeds
from tinygraph.testing.feeding import Steps, feeds_for, restricted, steps_by_axis
from tinygraph.testing.laws import Feeds
from tinygraph.testing.programs import Call
from tinygraph.testing.tolerances import EXACT, VALUES

Change = Callable[[Graph], GraphLike]


def check_rewrite(
    before: GraphLike,
    after: GraphLike | Rewrite | Change,
    steps: Steps = 3,
    feeds: Feeds = None,
    *,
    exact: bool | None = None,
    seed: int = 0,
) -> Graph:
    """Check that a rewrite keeps names, types and values, extreme ones too, and ends.

    Both graphs run by the reference, on ordinary numbers and on zeros of both signs,
    ties, huge, tiny and infinite numbers and NaN.

    Args:
        before: a graph, or its outputs.
        after: what is made of it: a graph; or the rewrite, which must come to an end
            and then find nothing more: a `Rewrite`, or a function of a graph.
        steps: T, or T by time axis.
        feeds: ordinary numbers, by leaf or by name; by default `feeds_for(before)`.
        exact: True where values must be equal bit for bit, signs of zeros too; by
            default what a `Rewrite` says of itself.
        seed: of the numbers.

    Returns:
        The graph after it.

    Raises:
        LawError: a type or a value changes, or it does not come to an end.

    Example:
        >>> x = tg.placeholder("x", (3,))
        >>> testing.check_rewrite({"y": x + x}, {"y": 2 * x}, exact=True)
        <Graph of 3 nodes and 0 delays: y>
        >>> try:
        ...     testing.check_rewrite({"y": x - x}, {"y": tg.zeros_like(x)})
        ... except tg.LawError as error:
        ...     print(error.message.split(":")[0])
        the rewrite keeps NaN values
    """
    old = as_graph(before)
    new = _applied(old, after)
    if exact is None:
        exact = isinstance(after, Rewrite) and after.exact
    _check_types(old, new)
    ordinary = feeds_for(old, steps, seed=seed) if feeds is None else feeds
    cases = {"ordinary": restricted(ordinary, old)}
    cases |= extreme_feeds(old, steps, seed=seed)
    for kind, fed in cases.items():
        _check_values(old, new, f"the rewrite keeps {kind} values", fed, steps, exact)
    return new


def _applied(old: Graph, after: Any) -> Graph:
    if isinstance(after, Rewrite):
        try:
            return until_none_fires(old, [after], verify_each=True).graph
        except TinygraphError as problem:
            raise LawError(f"rewrite {after.name!r}: {problem}", graph=old) from problem
    if isinstance(after, Graph) or not callable(after):
        return as_graph(after)
    graph = old
    for _ in range(ROUNDS):
        changed = as_graph(after(graph))
        if describe(changed) == describe(graph):
            return changed
        graph = changed
    raise LawError(
        f"the rewrite does not come to an end: after {ROUNDS} rounds it still changes "
        f"the graph\n{describe(graph)}",
        graph=graph,
    )


def _check_types(old: Graph, new: Graph) -> None:
    if list(old.outputs) != list(new.outputs):
        raise LawError(
            f"the rewrite keeps the outputs: they are {', '.join(new.outputs)}, "
            f"wanted {', '.join(old.outputs)}"
        )
    for name, node in old.outputs.items():
        if new.outputs[name].type != node.type:
            raise LawError(
                f"the rewrite keeps types: {name!r} is "
                f"{new.outputs[name].type.describe()}, wanted {node.type.describe()}",
                output=name,
                graph=new,
            )


def _check_values(
    old: Graph,
    new: Graph,
    law: str,
    feeds: Mapping[str, Any],
    steps: Steps,
    exact: bool,
) -> None:
    known = steps_by_axis(old, steps)
    found = interpret(new, restricted(feeds, new), steps_by_axis(new, steps))
    wanted = interpret(old, feeds, known)
    kind = EXACT if exact else VALUES
    call = Call(feeds, known)
    assert_same_values(found, wanted, kind=kind, law=law, graph=new, call=call)
    if exact:
        signs = _signs(found), _signs(wanted)
        law = f"{law}, signs of zeros too"
        assert_same_values(*signs, law=law, graph=new, call=call)


def _signs(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return where floats are negative, zeros too; NaN has no sign that counts."""
    return {
        name: np.signbit(value) & ~np.isnan(value)
        for name, value in values.items()
        if np.asarray(value).dtype.kind == "f"
    }
