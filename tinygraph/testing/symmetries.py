"""Law 7: what permuting the batch and reversing time do to a graph's outputs."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from tinygraph.core.errors import InapplicableLawError
from tinygraph.core.graph import Graph
from tinygraph.core.nodes import Node
from tinygraph.semantics.reversal import reverse_time
from tinygraph.testing.comparing import assert_same_values
from tinygraph.testing.feeding import Steps, feeds_for, restricted
from tinygraph.testing.laws import Feeds, run
from tinygraph.testing.programs import Call
from tinygraph.testing.rows import not_row_wise


def check_batch_permutation(
    graph: Graph,
    dim: str = "batch",
    steps: Steps = 3,
    feeds: Feeds = None,
    *,
    start: int = 0,
    seed: int = 0,
    backend: str = "interpret",
) -> None:
    """Law 7: permuted rows in, permuted rows out; reduced outputs stay the same.

    For graphs whose ops all treat `dim` row by row or sum it away, and that draw no
    random numbers.

    Args:
        dim: the named dimension whose rows are permuted.
        steps: T, or T by time axis.
        feeds: by leaf or by name; by default `feeds_for(graph, steps)`.
        start: absolute number of the first step.
        seed: of the feeds and the random ops.
        backend: that runs the graph.

    Raises:
        LawError: an output differs.
        InapplicableLawError: some op mixes the rows, so the law says nothing.

    Example:
        >>> x = tg.sequence("x", ("batch",), "float64")
        >>> before = tg.delay("before", shape=("batch",), dtype="float64")
        >>> y = before.close(tg.tanh(before + x)).source
        >>> graph = tg.Graph({"y": y})
        >>> testing.check_batch_permutation(graph)
    """
    problem = not_row_wise(graph, dim)
    if problem is not None:
        raise InapplicableLawError(
            f"check_batch_permutation says nothing here: {problem}"
        )
    given = feeds_for(graph, steps, seed=seed) if feeds is None else feeds
    named = {k: np.asarray(v) for k, v in restricted(given, graph).items()}
    order = moving_order(_length(graph, named, dim), seed)
    moved = _permuted(graph.fed, named, dim, order)
    plain = run(graph, named, steps, start, seed, backend)
    assert_same_values(
        run(graph, moved, steps, start, seed, backend),
        _permuted(graph.outputs, plain, dim, order),
        law=f"law 7, rows of {dim!r} permuted by {order.tolist()}",
        graph=graph,
        call=Call(named, steps, start, seed),
    )


def moving_order(length: int, seed: int) -> Any:
    """Return a permutation that moves something where something can move."""
    order = np.random.default_rng(seed).permutation(length)
    return np.roll(order, 1) if (order == np.arange(length)).all() else order


def _length(graph: Graph, values: dict[str, Any], dim: str) -> int:
    for name, value in values.items():
        shape = graph.fed[name].type.shape
        if dim in shape:
            return int(value.shape[shape.index(dim) - len(shape)])
    raise InapplicableLawError(
        f"check_batch_permutation says nothing here: no leaf has the dimension {dim!r}"
    )


def _permuted(
    nodes: Mapping[str, Node], values: Mapping[str, Any], dim: str, order: Any
) -> dict[str, Any]:
    """Return the values by name, rows of `dim` permuted where a node has them."""
    result = dict(values)
    for name, value in values.items():
        shape = nodes[name].type.shape
        if dim in shape:
            result[name] = np.take(value, order, axis=shape.index(dim) - len(shape))
    return result


def check_reverse_time(
    graph: Graph,
    steps: Steps = 3,
    feeds: Feeds = None,
    *,
    seed: int = 0,
    backend: str = "interpret",
) -> None:
    """Law 7: `reverse_time(graph)` gives reversed outputs on reversed feeds.

    For graphs without random per-step nodes: those draw by the step's number.

    Args:
        graph: folded.
        steps: T, or T by time axis.
        feeds: by leaf or by name; by default `feeds_for(graph, steps)`.
        seed: of the feeds and the random ops.
        backend: that runs the graph.

    Raises:
        LawError: an output differs.
        InapplicableLawError: the graph draws random numbers step by step.

    Example:
        >>> x = tg.sequence("x", ("batch",), "float64")
        >>> before = tg.delay("before", shape=("batch",), dtype="float64")
        >>> y = before.close(tg.tanh(before + x)).source
        >>> graph = tg.Graph({"y": y})
        >>> testing.check_reverse_time(graph)
    """
    drawn = [n for n in graph if n.op.random and n.type.time]
    if drawn:
        raise InapplicableLawError(
            "check_reverse_time says nothing about random per-step nodes: "
            f"{drawn[0].describe()}"
        )
    given = feeds_for(graph, steps, seed=seed) if feeds is None else feeds
    named = restricted(given, graph)
    turned = {
        name: _turned(graph.fed[name], np.asarray(value))
        for name, value in named.items()
    }
    plain = run(graph, named, steps, 0, seed, backend)
    assert_same_values(
        run(reverse_time(graph), turned, steps, 0, seed, backend),
        {name: _turned(graph.outputs[name], value) for name, value in plain.items()},
        law="law 7, reverse_time(graph) on reversed feeds",
        graph=graph,
        call=Call(named, steps, 0, seed),
    )


def _turned(node: Node, value: Any) -> Any:
    return value if node.type.time is None else value[::-1]
