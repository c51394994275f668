"""Laws 6 and 8: a run in chunks, and truncated backpropagation through time."""

import functools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tinygraph.core.building import EVERY_STEP
from tinygraph.core.delays import Delay
from tinygraph.core.errors import InapplicableLawError
from tinygraph.core.graph import Graph
from tinygraph.core.nodes import Node
from tinygraph.core.traversal import reach, users
from tinygraph.ops.arithmetic import where
from tinygraph.ops.comparing import less
from tinygraph.ops.functions import stop_gradient
from tinygraph.ops.time import EXTENT, SUM_OVER_TIME, step_index
from tinygraph.semantics.state import stateful
from tinygraph.testing.comparing import assert_same_values
from tinygraph.testing.feeding import feeds_for, restricted
from tinygraph.testing.laws import Feeds, float_leaves, gradient_graph, run
from tinygraph.testing.programs import Call
from tinygraph.testing.rewiring import rewired
from tinygraph.testing.tolerances import GRADIENTS


def check_chunking(
    graph: Graph,
    steps: int = 5,
    feeds: Feeds = None,
    *,
    chunks: Sequence[int] | None = None,
    start: int = 0,
    seed: int = 0,
    backend: str = "interpret",
) -> None:
    """Law 6: T steps at once = T₁ then T₂ with `stateful` and `start`.

    Per-step outputs are concatenated, outputs that are a `sum_over_time` add up, and
    the states at the end are equal. Outputs that see the whole sequence otherwise
    (other reductions over time, T itself) are left out.

    Args:
        graph: with one time axis and no future delays.
        chunks: lengths that add up to `steps`; by default two halves.
        steps: T.
        feeds: by leaf or by name; by default `feeds_for(graph, steps)`.
        start: absolute number of the first step.
        seed: of the feeds and the random ops.
        backend: that runs the graph.

    Raises:
        LawError: an output differs.
        InapplicableLawError: the law says nothing about this graph.

    Example:
        >>> x = tg.sequence("x", ("batch",), "float64")
        >>> before = tg.delay("before", shape=("batch",), dtype="float64")
        >>> y = before.close(tg.tanh(before + x)).source
        >>> graph = tg.Graph({"y": y})
        >>> testing.check_chunking(graph)
    """
    _demand_causal(graph, "check_chunking")
    lengths = [steps // 2, steps - steps // 2] if chunks is None else list(chunks)
    given = feeds_for(graph, steps, seed=seed) if feeds is None else feeds
    named, how = restricted(given, graph), (start, seed, backend)
    carried = stateful(graph)
    parts = _chunk_runs(graph, carried, named, [n for n in lengths if n], how)
    whole = _chunk_runs(graph, carried, named, [steps], how)[0]
    plain = run(graph, named, steps, *how)
    got = {
        name: _join(node, [part[name] for part in parts])
        for name, node in graph.outputs.items()
        if adds_up(graph, node)
    }
    got |= {name: parts[-1][name] for name in _states(graph)}
    wanted = {**whole, **plain}
    assert_same_values(
        got,
        {name: wanted[name] for name in got},
        law=f"law 6, {steps} steps at once = {' then '.join(map(str, lengths))}",
        graph=graph,
        call=Call(named, steps, start, seed),
    )


def check_truncation(
    graph: Graph,
    steps: int = 6,
    feeds: Feeds = None,
    *,
    chunk: int = 2,
    wrt: Sequence[Node] | None = None,
    loss: str = "loss",
    seed: int = 0,
) -> None:
    """Law 8: TBPTT = grad of the graph whose delays are cut every `chunk` steps.

    Left: the gradients of chunks, run with carried, detached state, added up (for
    sequence leaves: concatenated). Right: `grad` of the graph in which each delay d
    is read as where(step_index % chunk < k, stop_gradient(d), d).

    Args:
        graph: with one time axis and no future delays; its loss is a sum over time.
        chunk: steps in a chunk.
        wrt: by default the float leaves.
        steps: T.
        feeds: by leaf or by name; by default `feeds_for(graph, steps)`.
        loss: name of the output that is differentiated.
        seed: of the feeds and the random ops.

    Raises:
        LawError: a gradient differs.
        InapplicableLawError: the law says nothing about this graph.

    Example:
        >>> x = tg.sequence("x", ("batch",), "float64")
        >>> before = tg.delay("before", shape=("batch",), dtype="float64")
        >>> y = before.close(tg.tanh(before + x)).source
        >>> graph = tg.Graph({"loss": tg.sum_over_time(tg.sum(y))})
        >>> testing.check_truncation(graph)
    """
    _demand_causal(graph, "check_truncation")
    if not adds_up(graph, graph.outputs[loss]):
        raise InapplicableLawError(
            f"check_truncation: the loss must be a sum_over_time, whose chunks add up; "
            f"{loss!r} is {graph.outputs[loss].op.name}"
        )
    leaves = float_leaves(graph) if wrt is None else list(wrt)
    given = feeds_for(graph, steps, seed=seed) if feeds is None else feeds
    named, how = restricted(given, graph), (0, seed, "interpret")
    lengths = [min(chunk, steps - at) for at in range(0, steps, chunk)]
    carried = gradient_graph(stateful(graph), leaves, loss)
    parts = _chunk_runs(graph, carried, named, lengths, how)
    right = run(gradient_graph(_cut(graph, chunk), leaves, loss), named, steps, *how)
    grads = {f"grad/{i}": leaf for i, leaf in enumerate(leaves)}
    assert_same_values(
        {k: _join(leaf, [p[k] for p in parts], add=True) for k, leaf in grads.items()},
        {name: right[name] for name in grads},
        kind=GRADIENTS,
        law=f"law 8, TBPTT in chunks of {chunk} = grad of the cut graph",
        graph=graph,
        call=Call(named, steps, 0, seed),
    )


def _chunk_runs(
    graph: Graph,
    carried: Graph,
    feeds: Mapping[str, Any],
    lengths: Sequence[int],
    how: tuple[int, int, str],
) -> list[dict[str, Any]]:
    """Run a stateful form of `graph` chunk by chunk, each from the last one's state."""
    start, seed, backend = how
    state = graph.initial_state(feeds, sum(lengths), start=start, seed=seed)
    parts, at = [], 0
    for length in lengths:
        here = {**_piece(graph, feeds, at, length), **state}
        parts.append(run(carried, here, length, start + at, seed, backend))
        state = {name: parts[-1][name] for name in state}
        at += length
    return parts


def _states(graph: Graph) -> list[str]:
    """Return the names of the states that the chunks reach as the whole does."""
    whole = _sees_all(graph)
    names = graph.delay_names.items()
    return [f"state/{name}" for delay, name in names if delay not in whole]


def _cut(graph: Graph, chunk: int) -> Graph:
    def cut(delay: Node, k: int, time: str) -> Node:
        early = less(step_index(time) % chunk, k)
        return where(early, stop_gradient(delay), delay)

    return rewired(
        graph,
        {
            delay: functools.partial(cut, k=delay.steps, time=delay.type.time or "t")
            for delay in graph.delays
            if delay.type.is_float
        },
    )


def _demand_causal(graph: Graph, law: str) -> None:
    ahead = [delay.label for delay in graph.delays if delay.steps < 0]
    if ahead:
        raise InapplicableLawError(
            f"{law} says nothing about future delays, which see later chunks: "
            f"{', '.join(ahead)}"
        )
    if len(graph.times) > 1:
        raise InapplicableLawError(
            f"{law} cuts one time axis, but the graph has {', '.join(graph.times)}"
        )


def _crosses_time(node: Node) -> bool:
    """Return True for what brings values out of time, or a static one into it."""
    if isinstance(node, Delay) or node.op is EVERY_STEP:
        return False
    return any(x.type.time != node.type.time for x in node.inputs)


def _sees_all(graph: Graph) -> dict[Node, None]:
    """Return the nodes whose value depends on where the sequence ends or begins."""
    times = set(graph.times)
    starts = [
        node
        for node in graph.nodes
        if _crosses_time(node)
        or (node.op is EXTENT and node.attrs["dim"] in times)
        or any(dim in times for dim in node.type.shape)
    ]
    return reach(starts, users(graph.nodes).__getitem__)


def adds_up(graph: Graph, node: Node) -> bool:
    """Return True for an output that the chunks' outputs make up."""
    whole = _sees_all(graph)
    return node not in whole or (
        node.op is SUM_OVER_TIME and node.inputs[0] not in whole
    )


def _piece(
    graph: Graph, feeds: Mapping[str, Any], at: int, length: int
) -> dict[str, Any]:
    """Return the feeds of some steps: sequences cut, the rest whole."""
    return {
        name: np.asarray(value)[at : at + length]
        if graph.fed[name].type.time is not None
        else value
        for name, value in feeds.items()
    }


def _join(node: Node, values: list[Any], add: bool = False) -> Any:
    if node.type.time is not None:
        return np.concatenate(values)
    if add or node.op is SUM_OVER_TIME:
        return functools.reduce(np.add, values)
    return values[0]
