"""check_grads and check_vjp: derivatives against central differences and jvp.

Both project on random directions: for a direction v the derivative of the loss is
<gradient, v>, which central differences (two runs) and jvp (one run) give without
it. A wrong entry shows in the product with probability one.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tinygraph.core.errors import TinygraphError
from tinygraph.core.graph import Graph
from tinygraph.core.nodes import Node
from tinygraph.core.types import TensorType
from tinygraph.ops.arithmetic import add_n
from tinygraph.testing.feeding import Steps, feeds_for, restricted
from tinygraph.testing.hand_vjp import Application
from tinygraph.testing.probing import Prober, inner
from tinygraph.testing.rewiring import leaf_like
from tinygraph.testing.widening import wide_feeds, widened

Wrt = Sequence[Node | str] | None


def check_grads(
    graph: Graph | Callable[..., Node],
    feeds: Mapping[Any, Any] | None = None,
    *,
    wrt: Wrt = None,
    order: int = 2,
    loss: str = "loss",
    steps: Steps = 3,
    start: int = 0,
    seed: int = 0,
    directions: int = 2,
    backend: str = "interpret",
) -> None:
    """Check derivatives of a loss against central differences and against jvp.

    All of it happens in float64: narrower floats of the graph are widened first.
    Second order checks v ↦ ∇<∇loss, v>, third order that of it, and so on. At
    kinks (relu at 0, ties) differences and derivative differ: feed other values.

    Args:
        graph: with a float scalar output `loss`; or a function of keyword leaves,
            one placeholder per feed, whose value is the loss.
        feeds: by leaf or by name; by default `feeds_for(graph, steps)`.
        wrt: float nodes or names: leaves, inner nodes, delays, members of a cycle;
            by default every float leaf. Above first order only leaves are checked.
        order: highest order of derivative.
        loss: name of the output.
        steps: T, or T by time axis.
        start, seed: as of a run.
        directions: random directions for each node.
        backend: that runs the graphs.

    Raises:
        LawError: a derivative is wrong; its data are `node`, `order`, `got` (the
            gradient's), `wanted` (by differences or jvp) and `graph`.

    Example:
        >>> x = tg.sequence("x", ("batch",), "float64")
        >>> before = tg.delay("before", shape=("batch",), dtype="float64")
        >>> y = before.close(tg.tanh(before + x)).source
        >>> graph = tg.Graph({"loss": tg.sum_over_time(tg.sum(y))})
        >>> testing.check_grads(graph)
    """
    whole = graph if isinstance(graph, Graph) else _traced(graph, feeds or {}, loss)
    given = feeds_for(whole, steps, seed=seed) if feeds is None else feeds
    targets = _targets(whole, wrt)
    wide, new = widened(whole)
    nodes = [new[node] for node in targets]
    prober = Prober(
        wide,
        wide_feeds(restricted(given, whole)),
        steps,
        start=start,
        seed=seed,
        directions=directions,
        backend=backend,
    )
    scalar = wide.outputs[loss]
    for number in range(1, order + 1):
        if nodes:
            scalar = prober.check(scalar, nodes, number)
        nodes = [node for node in nodes if not node.inputs]


def check_vjp(
    function: Callable[..., Any],
    *arrays: Any,
    backward: Callable[..., Any] | None = None,
    forward: Callable[..., Any] | None = None,
    order: int = 1,
    time: str | None = None,
    seed: int = 0,
    directions: int = 2,
) -> None:
    """Check the vjp and jvp of a function of nodes by random projection.

    `function` gets one leaf per array (float64 for floats) and returns one node, or
    several; the loss is their projection on random numbers. With `backward`, its
    backward pass written by hand in NumPy is checked too; see `check_backward` for a
    whole graph's.

    Args:
        arrays: where to check, away from kinks; ints and bools are held fixed.
        backward: gets the arrays and then the cotangent of each result, and returns
            the cotangent of each array, in order; None for what is held fixed.
        forward: gets the arrays and returns the value of each result.
        order: highest order of derivative.
        time: name of a time axis: arrays hold a value per step, steps first.
        seed: of projection and directions.
        directions: random directions for each input.

    Raises:
        LawError: a derivative is wrong; of one by hand the error says which argument,
            at which step and entry, and what it looks like.

    Example:
        >>> testing.check_vjp(lambda x: tg.tanh(x) * x, np.array([0.5, -1.0]))
        >>> def by_hand(x, dy):
        ...     return 2 * x * dy
        >>> testing.check_vjp(tg.square, np.array([0.5, -1.0]), backward=by_hand)
    """
    values = wide_feeds({f"x{i}": array for i, array in enumerate(arrays)})
    applied = _applied(function, values, time, seed)
    parts = [
        inner(y, ct) for y, ct in zip(applied.results, applied.cotangents, strict=True)
    ]
    loss = parts[0] if len(parts) == 1 else add_n(*parts)
    check_grads(
        Graph({"loss": loss, **{leaf.label: leaf for leaf in applied.leaves}}),
        applied.feeds,
        wrt=[leaf for leaf in applied.leaves if leaf.type.is_float],
        order=order,
        steps=applied.steps,
        seed=seed,
        directions=directions,
    )
    if forward is not None:
        applied.check_forward(forward)
    if backward is not None:
        applied.check_backward(backward)


def _applied(
    function: Callable[..., Any],
    values: Mapping[str, Any],
    time: str | None,
    seed: int,
) -> Application:
    """Return a function applied to one leaf per array, and a leaf for each result."""
    leaves = [_leaf(name, value, time) for name, value in values.items()]
    found = function(*leaves)
    results = [found] if isinstance(found, Node) else list(found)
    cotangents = [
        leaf_like(y.type, f"projection {i}" if i else "projection")
        for i, y in enumerate(results)
    ]
    steps = {time: len(next(iter(values.values())))} if time else 1
    seen = Graph({ct.label: ct for ct in cotangents})
    feeds = {**values, **feeds_for(seen, steps, seed=seed)}
    return Application(function, leaves, results, cotangents, feeds, steps)


def _leaf(name: str, value: Any, time: str | None) -> Node:
    shape = value.shape if time is None else value.shape[1:]
    return leaf_like(TensorType(shape, value.dtype, time), name)


def _traced(
    function: Callable[..., Node], feeds: Mapping[Any, Any], loss: str
) -> Graph:
    """Return the graph of a function of keyword leaves, which stay in it."""
    values = wide_feeds(feeds)
    leaves = {name: _leaf(name, value, None) for name, value in values.items()}
    kept = {f"leaf {name}": leaf for name, leaf in leaves.items()}
    return Graph({**kept, loss: function(**leaves)})


def _targets(graph: Graph, wrt: Wrt) -> list[Node]:
    if wrt is None:
        return [leaf for leaf in graph.leaves if leaf.type.is_float]
    known = set(graph.nodes)
    nodes = [graph[node] if isinstance(node, str) else node for node in wrt]
    for node in nodes:
        if node not in known:
            raise TinygraphError(f"wrt: {node.describe()} is not a node of the graph")
    return nodes
