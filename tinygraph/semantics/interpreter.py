"""The reference: value(node, t) on demand, by no schedule. This is the meaning."""

from collections.abc import Callable, Mapping
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from tinygraph.core.building import CONSTANT
from tinygraph.core.errors import IndexRangeError
from tinygraph.core.graph import Graph, GraphLike, as_graph
from tinygraph.core.nodes import Node
from tinygraph.core.op import NO_ATTRS, Meaning, Op
from tinygraph.semantics.at_step import at_step
from tinygraph.semantics.binding import Array, Binding, Feeds, Steps, bind
from tinygraph.semantics.blame import blame, located

Place = tuple[Node, int | None]
Watch = Callable[[Node, int | None, Array], None]
Sizes = tuple[tuple[str, int], ...]


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
    made, numbers = _asked_for(graph, binding.sizes)
    values: list[Array] = []
    with np.errstate(all="ignore"):
        for node, t, op, attrs, parts in made:
            if op is not None:
                try:
                    value = binding.call(op, attrs, [values[i] for i in parts], t)
                except Exception as problem:
                    blame(problem, node, t)
                    raise
            else:
                value = values[parts[0]] if parts else _known(node, t, binding)
            values.append(value)
            if watch is not None:
                watch(node, t, value)
    return {
        name: np.array(values[number])
        if isinstance(number, int)
        else np.stack([values[i] for i in number])
        for name, number in numbers.items()
    }


def _known(node: Node, t: int | None, binding: Binding) -> Array:
    """Return the value of a leaf or constant."""
    if node.op is CONSTANT:
        constant: Array = node.attrs["value"]
        return constant
    value = binding.values[node]
    return value if t is None else value[t]


Made = tuple[Node, int | None, Op | None, Mapping[str, Any], list[int]]
"""A value of a node at a step: an op, its attributes, and the numbers of its operands.

These were made before. No op: it is known, or the value of its one operand.
"""


Numbers = dict[str, int | list[int]]
"""Output → the number of its value, or of its values at all steps."""

Order = tuple[list[Made], Numbers]

_ORDERS: WeakKeyDictionary[Graph, dict[Sizes, Order]] = WeakKeyDictionary()
"""Graph → the orders of its last calls, which depend on sizes and not on values."""
_KEPT = 4
_MOST = 10**5


def _asked_for(graph: Graph, sizes: Mapping[str, int]) -> Order:
    """Return all values that the outputs need, in the order in which they ask."""
    kept, key = _ORDERS.setdefault(graph, {}), tuple(sizes.items())
    if key not in kept:
        made = _asked_anew(graph, sizes)
        if len(made[0]) > _MOST:
            return made
        if len(kept) == _KEPT:
            kept.clear()
        kept[key] = made
    return kept[key]


def _asked_anew(graph: Graph, sizes: Mapping[str, int]) -> Order:
    made: list[Made] = []
    place: dict[Place, int] = {}
    numbers: Numbers = {}
    for name, node in graph.outputs.items():
        time = node.type.time
        if time is None:
            numbers[name] = _ask((node, None), sizes, made, place)
        else:
            every = [(node, t) for t in range(sizes[time])]
            numbers[name] = [_ask(each, sizes, made, place) for each in every]
    return made, numbers


def _ask(
    wanted: Place, sizes: Mapping[str, int], made: list[Made], place: dict[Place, int]
) -> int:
    """Return the number of a value, after all that it asks for."""
    stack: list[Place | None] = [wanted]
    waiting: list[tuple[Place, Meaning]] = []
    while stack:
        current = stack.pop()
        if current in place:
            continue
        if current is None:  # all that the last one waited for is there
            current, meaning = waiting.pop()
        else:
            node, t = current
            meaning = KNOWN if node.op.leaf else at_step(node, t, sizes)
            missing = [arg for arg in meaning.args if arg not in place]
            if missing:
                waiting.append((current, meaning))
                stack.append(None)
                stack += missing[::-1]
                continue
        op, attrs, args = meaning
        place[current] = len(made)
        made.append((*current, op, attrs, [place[arg] for arg in args]))
    return place[wanted]


KNOWN = Meaning(None, NO_ATTRS, [])
"""The meaning of leaves and constants: they ask for nothing."""
