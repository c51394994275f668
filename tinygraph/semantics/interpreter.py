"""The reference: value(node, t) on demand, by no schedule. This is the meaning."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tinygraph.core.building import CONSTANT
from tinygraph.core.errors import IndexRangeError
from tinygraph.core.graph import Graph, GraphLike, as_graph
from tinygraph.core.nodes import Node
from tinygraph.core.op import Meaning
from tinygraph.semantics.at_step import at_step
from tinygraph.semantics.binding import Array, Binding, Feeds, Steps, bind
from tinygraph.semantics.blame import blame, located

Place = tuple[Node, int | None]
Watch = Callable[[Node, int | None, Array], None]


def interpret(
    graph: GraphLike,
    feeds: Feeds | None = None,
    steps: Steps = None,
    start: int = 0,
    seed: int = 0,
    parameters: Mapping[str, Array] | None = None,
    *,
    cast: bool = False,
) -> dict[str, Array]:
    """Run a graph by its definition: slow, and right.

    Args:
        feeds: by leaf or by name; `(T, *shape)` for a sequence.
        steps: T, where no sequence fixes it (a dict by time axis, or one int).
        start: absolute number of the first step.
        seed: of the random ops.
        parameters: values that replace the parameters' defaults.
        cast: arrays may be rounded to a leaf's floats, as float64 to float32.

    Returns:
        The outputs by name; `(T, *shape)` for a per-step output.

    Raises:
        FeedError: the feeds do not fit the graph's leaves.
        IndexRangeError: an index is out of range.

    Example:
        >>> x, total = tg.sequence("x"), tg.delay("total", shape=())
        >>> y = total.close(total + x).source
        >>> tg.interpret({"y": y}, {"x": [1.0, 2.0, 3.0]})
        {'y': array([1., 3., 6.], dtype=float32)}
    """
    graph = as_graph(graph)
    binding = bind(graph, feeds, steps, start, seed, parameters, cast=cast)
    return evaluate_by_definition(graph, binding)


def evaluate_by_definition(
    graph: Graph, binding: Binding, watch: Watch | None = None
) -> dict[str, Array]:
    """Return the outputs; `watch(node, t, value)` sees each value as it is made.

    Raises:
        IndexRangeError: an index is out of range.
    """
    try:
        return _evaluated(graph, binding, watch)
    except IndexRangeError as problem:
        raise located(problem, graph) from None


def _evaluated(graph: Graph, binding: Binding, watch: Watch | None) -> dict[str, Array]:
    memo: dict[Place, Array] = {}
    results = {}
    with np.errstate(all="ignore"):
        for name, node in graph.outputs.items():
            time = node.type.time
            if time is None:
                results[name] = np.array(_value((node, None), binding, memo, watch))
                continue
            steps = range(binding.sizes[time])
            values = [_value((node, t), binding, memo, watch) for t in steps]
            results[name] = np.stack(values)
    return results


def _value(
    place: Place, binding: Binding, memo: dict[Place, Array], watch: Watch | None
) -> Array:
    stack: list[tuple[Place, Meaning | None]] = [(place, None)]
    while stack:
        current, meaning = stack.pop()
        if current in memo:
            continue
        node, t = current
        known = _known(node, t, binding) if meaning is None else None
        if known is None:
            if meaning is None:
                meaning = at_step(node, t, binding.sizes)
                missing = [arg for arg in meaning.args if arg not in memo]
                if missing:
                    stack.append((current, meaning))
                    stack += [(arg, None) for arg in missing[::-1]]
                    continue
            op, attrs, args = meaning
            arrays = [memo[arg] for arg in args]
            if op is None:
                known = arrays[0]
            else:
                try:
                    known = binding.call(op, attrs, arrays, t)
                except Exception as problem:
                    blame(problem, node, t)
                    raise
        memo[current] = known
        if watch is not None:
            watch(node, t, known)
    return memo[place]


def _known(node: Node, t: int | None, binding: Binding) -> Any:
    """Return the value of a leaf or constant, or None for other nodes."""
    op = node.op
    if op is CONSTANT:
        return node.attrs["value"]
    if op.leaf:
        value = binding.values[node]
        return value if t is None else value[t]
    return None
