"""check_backward: a backward pass written by hand in NumPy, against the graph's.

For those who learn back-propagation through time by writing it: the error says which
gradient is wrong, at which step and entry, and what it looks like.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from tinygraph.compiling import compile
from tinygraph.core.building import EVERY_STEP
from tinygraph.core.errors import TinygraphError
from tinygraph.core.graph import Graph
from tinygraph.core.nodes import Node
from tinygraph.semantics.autodiff import grad
from tinygraph.testing.feeding import Steps, feeds_for, restricted, steps_by_axis
from tinygraph.testing.hand_comparing import Array, check_gradient, check_value
from tinygraph.testing.widening import wide_feeds, widened


def check_backward(
    graph: Graph,
    backward: Callable[..., Mapping[str, Any]],
    feeds: Mapping[Any, Any] | None = None,
    *,
    forward: Callable[..., Any] | None = None,
    wrt: Collection[str] | None = None,
    loss: str = "loss",
    steps: Steps | None = None,
    start: int = 0,
    seed: int = 0,
) -> None:
    """Check gradients of a loss that are computed by hand, with NumPy.

    Both functions get the value of every leaf under its name, as keyword arguments:
    floats in float64, and of a sequence all steps, (T, ...). All is compared in
    float64.

    Args:
        graph: with a float scalar output `loss`.
        backward: returns name of a leaf → gradient of the loss, of the leaf's shape.
        feeds: by leaf or by name; by default `feeds_for(graph, steps)`.
        forward: returns the loss; checked first where it is given.
        wrt: names of leaves whose gradients must be there; by default all parameters.
            What else `backward` returns is checked too.
        loss: name of the output.
        steps: T, or T by time axis; by default as the feeds say, and 3 without any.
        start, seed: as of a run.

    Raises:
        LawError: the loss or a gradient is wrong; its data are `node`, `index`, `got`
            (by hand), `wanted` (the graph's) and `graph`.
        TinygraphError: a gradient is missing, or is named like no float leaf.

    Example:
        >>> x = tg.sequence("x", ("batch",))
        >>> w = tg.parameter("w", 2.0)
        >>> graph = tg.Graph({"loss": tg.sum_over_time(tg.sum(w * x))})
        >>> testing.check_backward(graph, lambda x, w: {"w": x.sum()})
    """
    wide, _ = widened(graph)
    if feeds is None:
        steps = 3 if steps is None else steps
        feeds = feeds_for(graph, steps, seed=seed)
    leaves = {leaf.label: leaf for leaf in wide.leaves}
    values = {p.label: p.attrs["value"] for p in wide.parameters}
    values |= wide_feeds(restricted(feeds, graph))
    if forward is not None:
        run = compile(Graph({loss: wide.outputs[loss]}), "numpy")
        axes = _axes(run.graph, steps)
        wanted = run(restricted(values, run.graph), axes, start, seed)[loss]
        check_value(loss, forward(**values), wanted, graph)
    found = backward(**values)
    asked = [p.label for p in wide.parameters] if wrt is None else list(wrt)
    _check_names(found, asked, leaves)
    by_name = {leaf.label: leaf for leaf in graph.leaves}
    nodes = [leaves[name] for name in found]
    exact, shares = _exact(wide, loss, nodes, values, (steps, start, seed))
    for name, got in found.items():
        node, share = by_name[name], shares[name]
        check_gradient(repr(name), got, exact[name], node, graph, share)


def _check_names(found: Any, asked: Sequence[str], leaves: Mapping[str, Node]) -> None:
    if not isinstance(found, Mapping):
        raise TinygraphError(
            f"backward must return a dict of name → gradient, not {found!r:.60}"
        )
    floats = [name for name, leaf in leaves.items() if leaf.type.is_float]
    for name in found:
        if name not in floats:
            raise TinygraphError(
                f"backward returns a gradient of {name!r}; the float leaves of the "
                f"graph are {', '.join(floats)}"
            )
    for name in asked:
        if name not in found:
            raise TinygraphError(
                f"backward returns no gradient of {name!r}, but of "
                f"{', '.join(found) or 'nothing'}; wrt= says which must be there"
            )


def _exact(
    graph: Graph,
    loss: str,
    nodes: Sequence[Node],
    values: Mapping[str, Any],
    call: tuple[Steps | None, int, int],
) -> tuple[dict[str, Array], dict[str, Array | None]]:
    """Return the graph's gradients by name, and of static leaves each step's share."""
    steps, start, seed = call
    scalar = graph.outputs[loss]
    lifts = {node: _lift(graph, node) for node in nodes}
    asked = [*nodes, *(lift for lift in lifts.values() if lift is not None)]
    gradients = dict(zip(asked, grad(scalar, asked, "zeros"), strict=True))
    outputs = {f"{i}": node for i, node in enumerate(gradients.values())}
    kept = {f"leaf {i}": leaf for i, leaf in enumerate(graph.leaves)}
    run = compile(Graph({**kept, **outputs}), "numpy")
    axes = _axes(run.graph, steps)
    out = run(restricted(values, run.graph), axes, start, seed)
    numbers = {node: out[f"{i}"] for i, node in enumerate(gradients)}
    exact = {node.label: numbers[node] for node in nodes}
    shares = {
        node.label: None if lift is None else numbers[lift]
        for node, lift in lifts.items()
    }
    return exact, shares


def _axes(graph: Graph, steps: Steps | None) -> dict[str, int] | None:
    return None if steps is None else steps_by_axis(graph, steps)


def _lift(graph: Graph, leaf: Node) -> Node | None:
    """Return the one node that hands a static leaf to every step, if that is all."""
    readers = [node for node in graph.nodes if leaf in node.inputs]
    alone = leaf.time is None and len(readers) == 1 and readers[0].op is EVERY_STEP
    return readers[0] if alone else None
