"""Laws 1, 2, 3 and 5: unrolling, its gradients, gradients, backends.

Each law is a function of a graph, for graphs of your own. It raises LawError where
the graph breaks it; `steps` is T or a dict by time axis, feeds are made where none
are given.
"""

import pickle
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tinygraph.compiling import compile
from tinygraph.core.delays import Delay
from tinygraph.core.errors import TinygraphError, UnknownNameError
from tinygraph.core.graph import Graph
from tinygraph.core.nodes import Node
from tinygraph.semantics.autodiff import grad
from tinygraph.semantics.interpreter import interpret
from tinygraph.semantics.unrolling import Unrolled, unroll
from tinygraph.testing.comparing import assert_same_values
from tinygraph.testing.feeding import Steps, feeds_for, restricted, steps_by_axis
from tinygraph.testing.gradients import check_grads
from tinygraph.testing.programs import Call
from tinygraph.testing.tolerances import EXACT, GRADIENTS

Feeds = Mapping[Any, Any] | None


def run(
    graph: Graph,
    feeds: Mapping[Any, Any],
    steps: Steps,
    start: int = 0,
    seed: int = 0,
    backend: str = "interpret",
) -> dict[str, Any]:
    """Run a graph with those of the feeds and steps that it knows."""
    function = compile(graph, backend)
    known = steps_by_axis(graph, steps)
    return function(restricted(feeds, graph), known, start, seed)


def check_unrolling(
    graph: Graph,
    steps: Steps = 3,
    feeds: Feeds = None,
    *,
    start: int = 0,
    seed: int = 0,
    backend: str = "interpret",
) -> None:
    """Law 1: run(unroll(G, T)) = run(G).

    Args:
        graph: folded.
        steps: T, or T by time axis.
        feeds: by leaf or by name; by default `feeds_for(graph, steps)`.
        start: absolute number of the first step.
        seed: of the feeds and the random ops.
        backend: that runs the graph.

    Raises:
        LawError: an output differs.

    Example:
        >>> x = tg.sequence("x", ("batch",), "float64")
        >>> before = tg.delay("before", shape=("batch",), dtype="float64")
        >>> y = before.close(tg.tanh(before + x)).source
        >>> graph = tg.Graph({"y": y})
        >>> testing.check_unrolling(graph)
    """
    given = feeds_for(graph, steps, seed=seed) if feeds is None else feeds
    unrolled = unroll(graph, steps_by_axis(graph, steps))
    assert_same_values(
        run(unrolled, given, steps, start, seed, backend),
        run(graph, given, steps, start, seed),
        law="law 1, run(unroll(G, T)) = run(G)",
        graph=graph,
        call=Call(given, steps, start, seed),
    )


def check_pickling(
    graph: Graph, steps: Steps = 3, *, start: int = 0, seed: int = 0
) -> None:
    """A graph that was pickled and loaded gives the same values, bit for bit.

    So does its unrolled form, pickled with it.

    Args:
        graph: folded.
        steps: T, or T by time axis.
        start: absolute number of the first step.
        seed: of the feeds and the random ops.

    Raises:
        LawError: an output differs.

    Example:
        >>> x = tg.sequence("x", ("batch",), "float64")
        >>> before = tg.delay("before", shape=("batch",), dtype="float64")
        >>> y = before.close(tg.tanh(before + x)).source
        >>> graph = tg.Graph({"y": y})
        >>> testing.check_pickling(graph)
    """
    feeds = feeds_for(graph, steps, seed=seed)
    unrolled = unroll(graph, steps_by_axis(graph, steps))
    again, unrolled_again = pickle.loads(pickle.dumps((graph, unrolled)))
    for kept, loaded in ((graph, again), (unrolled, unrolled_again)):
        assert_same_values(
            run(loaded, feeds, steps, start, seed),
            run(kept, feeds, steps, start, seed),
            law="run(load(dump(G))) = run(G)",
            graph=graph,
            call=Call(feeds, steps, start, seed),
            kind=EXACT,
        )


def check_backend(
    graph: Graph,
    backend: str,
    steps: Steps = 3,
    feeds: Feeds = None,
    *,
    start: int = 0,
    seed: int = 0,
) -> None:
    """Law 5: a backend gives what the reference interpreter gives.

    It is called again with other numbers, other steps, another start and seed,
    parameters overridden by feed and parameters updated, and what it returned first
    must stand: neither buffers that calls share nor what it keeps of a call or of
    parameters may show.

    Args:
        graph: folded.
        backend: the name of the backend.
        steps: T, or T by time axis.
        feeds: by leaf or by name; by default `feeds_for(graph, steps)`.
        start: absolute number of the first step.
        seed: of the feeds and the random ops.

    Raises:
        LawError: an output differs.

    Example:
        >>> x = tg.sequence("x", ("batch",), "float64")
        >>> before = tg.delay("before", shape=("batch",), dtype="float64")
        >>> y = before.close(tg.tanh(before + x)).source
        >>> graph = tg.Graph({"y": y})
        >>> testing.check_backend(graph, "numpy")
    """
    function = compile(graph, backend)
    known = steps_by_axis(graph, steps)
    given = feeds_for(graph, steps, seed=seed) if feeds is None else feeds
    plain = restricted(given, graph)
    fixed = graph.fixed_steps
    longer = {time: total + (time not in fixed) for time, total in known.items()}
    other = feeds_for(graph, longer, seed=seed + 1, parameters=True)
    first = Call(plain, known, start, seed)
    second = Call(other, longer, start + 2, seed + 1)
    calls = (first, second, first, first)
    found: list[dict[str, Any]] = []
    wanted: list[dict[str, Any]] = []
    for i, (fed, total, begin, key) in enumerate(calls):
        if i == 3:
            function.parameters.update(
                {name: other[name] for name in function.parameters}
            )
        values = function.parameters
        found.append(function(fed, total, begin, key))
        same = wanted[0] if i == 2 else interpret(graph, fed, total, begin, key, values)
        wanted.append(same)
    for i, (got, right, call) in enumerate(zip(found, wanted, calls, strict=True)):
        law = f"law 5, call {i + 1} of backend {backend!r} = the interpreter"
        assert_same_values(got, right, law=law, graph=graph, call=call)


def check_gradients(
    graph: Graph,
    steps: Steps = 3,
    feeds: Feeds = None,
    *,
    wrt: Sequence[Node | str] | None = None,
    loss: str = "loss",
    start: int = 0,
    seed: int = 0,
) -> None:
    """Law 3: grad = central differences = jvp; see `check_grads`.

    Args:
        graph: folded.
        steps: T, or T by time axis.
        feeds: by leaf or by name; by default `feeds_for(graph, steps)`.
        wrt: float nodes or names; by default the float leaves.
        loss: name of the output that is differentiated.
        start: absolute number of the first step.
        seed: of the feeds and the random ops.

    Raises:
        LawError: they disagree.

    Example:
        >>> x = tg.sequence("x", ("batch",), "float64")
        >>> before = tg.delay("before", shape=("batch",), dtype="float64")
        >>> y = before.close(tg.tanh(before + x)).source
        >>> graph = tg.Graph({"loss": tg.sum_over_time(tg.sum(y))})
        >>> testing.check_gradients(graph)
    """
    check_grads(
        graph,
        feeds,
        wrt=wrt,
        order=1,
        loss=loss,
        steps=steps,
        start=start,
        seed=seed,
    )


def gradient_graph(
    graph: Graph, wrt: Sequence[Node] | None = None, loss: str = "loss"
) -> Graph:
    """Return the graph with outputs `grad/0`, `grad/1`, ... added, one per node.

    Args:
        wrt: by default the float leaves.

    Example:
        >>> w = tg.parameter("w", 3.0)
        >>> testing.gradient_graph(tg.Graph({"loss": w * w})).outputs
        {'loss': <multiply: float32[] (static)>, 'grad/0': <add: float32[] (static)>}
    """
    nodes = float_leaves(graph) if wrt is None else list(wrt)
    found = grad(graph.outputs[loss], nodes, unconnected="zeros")
    named = {f"grad/{i}": node for i, node in enumerate(found)}
    return Graph({**graph.outputs, **named})


def float_leaves(graph: Graph) -> list[Node]:
    """Return the leaves that have gradients."""
    return [leaf for leaf in graph.leaves if leaf.type.is_float]


def check_gradient_unrolling(
    graph: Graph,
    steps: Steps = 3,
    feeds: Feeds = None,
    *,
    wrt: Sequence[Node] | None = None,
    loss: str = "loss",
    start: int = 0,
    seed: int = 0,
) -> None:
    """Law 2: run(unroll(grad(G))) = run(grad(unroll(G))).

    For a per-step node the right-hand side is the stack of its copies' gradients.

    Args:
        wrt: by default the float leaves. A delay has no copy of its own, so it
            cannot be among them; `tg.identity` of it can.
        steps: T, or T by time axis.
        feeds: by leaf or by name; by default `feeds_for(graph, steps)`.
        loss: name of the output that is differentiated.
        start: absolute number of the first step.
        seed: of the feeds and the random ops.

    Raises:
        LawError: a gradient differs.

    Example:
        >>> x = tg.sequence("x", ("batch",), "float64")
        >>> before = tg.delay("before", shape=("batch",), dtype="float64")
        >>> y = before.close(tg.tanh(before + x)).source
        >>> graph = tg.Graph({"loss": tg.sum_over_time(tg.sum(y))})
        >>> testing.check_gradient_unrolling(graph)
    """
    nodes = float_leaves(graph) if wrt is None else list(wrt)
    _refuse_delays(nodes)
    given = feeds_for(graph, steps, seed=seed) if feeds is None else feeds
    folded = gradient_graph(graph, nodes, loss)
    left = run(unroll(folded, steps_by_axis(folded, steps)), given, steps, start, seed)
    right = run(folded, given, steps, start, seed)
    law = "law 1 for the gradient, run(unroll(grad(G))) = run(grad(G))"
    call = Call(given, steps, start, seed)
    assert_same_values(left, right, kind=GRADIENTS, law=law, graph=graph, call=call)
    unrolled = unroll(graph, steps_by_axis(graph, steps))
    wanted = {name: left[name] for name in left if name.startswith("grad/")}
    assert_same_values(
        wanted,
        _gradients_of_copies(unrolled, nodes, loss, wanted, (given, start, seed)),
        kind=GRADIENTS,
        law="law 2, run(unroll(grad(G))) = run(grad(unroll(G)))",
        graph=graph,
        call=call,
    )


def _refuse_delays(nodes: Sequence[Node]) -> None:
    for node in nodes:
        if isinstance(node, Delay):
            raise TinygraphError(
                f"delay {node.label!r} has no copies in the unrolled graph: ask for "
                "tg.identity of it"
            )


def _gradients_of_copies(
    unrolled: Unrolled,
    nodes: Sequence[Node],
    loss: str,
    like: Mapping[str, Any],
    how: tuple[Mapping[Any, Any], int, int],
) -> dict[str, Any]:
    """Return run(grad(unroll(G))); what has no copy at a step gets zeros there."""
    copies: dict[tuple[int, int | None], Node] = {}
    for i, node in enumerate(nodes):
        time = node.type.time
        places = [None] if time is None else range(unrolled.steps[time])
        for t in places:
            try:
                copies[i, t] = unrolled.at(node, t or 0)
            except UnknownNameError:
                continue
    found = grad(unrolled.outputs[loss], list(copies.values()), unconnected="zeros")
    outputs = {f"{i}": each for i, each in enumerate(found)}
    graph = Graph(
        {**{f"output {k}": v for k, v in unrolled.outputs.items()}, **outputs}
    )
    feeds, start, seed = how
    values = run(graph, feeds, unrolled.steps, start, seed)
    results = {name: np.zeros_like(value) for name, value in like.items()}
    for n, (i, t) in enumerate(copies):
        results[f"grad/{i}"][... if t is None else t] = values[f"{n}"]
    return results
