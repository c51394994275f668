"""stateful: the state of a graph goes in and comes out, so that chunks continue."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tinygraph.core.building import constant
from tinygraph.core.delays import Delay, open_delay
from tinygraph.core.errors import DuplicateNameError, MissingFeedError
from tinygraph.core.flattening import Entry, Flattened, restored
from tinygraph.core.graph import Graph, GraphLike, as_graph
from tinygraph.core.leaves import placeholder
from tinygraph.core.nodes import Node
from tinygraph.core.rebuilding import rebuild
from tinygraph.ops.arithmetic import minimum, where
from tinygraph.ops.comparing import less
from tinygraph.ops.indexing import take
from tinygraph.ops.joining import stack_nodes
from tinygraph.ops.shaping import broadcast_to
from tinygraph.ops.slots import last_steps
from tinygraph.ops.time import extent, first, last
from tinygraph.semantics.binding import Array, Feeds, Steps, bind
from tinygraph.semantics.interpreter import evaluate_by_definition


class Stateful(Graph):
    """A graph whose past delays take their history from leaves `state/<delay>`.

    Attributes:
        stateless: the graph it was made from.

    Example:
        >>> x, total = tg.sequence("x"), tg.delay("total", shape=())
        >>> y = total.close(total + x).source
        >>> tg.stateful({"y": y}).outputs["state/total"]
        <stack: float32[1] (static)>
    """

    def __init__(self, outputs: Mapping[str, Node], stateless: Graph) -> None:
        self.stateless = stateless
        super().__init__(outputs)

    def __reduce__(self) -> tuple[Any, ...]:
        flat = Flattened(self.nodes, self.stateless.nodes)
        return _unpickled, (self.stateless, flat.entries, flat.numbers(self.outputs))


def _unpickled(
    stateless: Graph, entries: Sequence[Entry], outputs: Mapping[str, int]
) -> Stateful:
    nodes = restored(entries, stateless.nodes)
    return Stateful({name: nodes[i] for name, i in outputs.items()}, stateless)


def stateful(graph: GraphLike) -> Stateful:
    """Return a graph in which every past delay takes a `history` leaf.

    The leaf and a new output are named `state/<delay>`, shape (k, *shape): the last
    k values of history followed by source. Feed one call's output to the next, with
    `start` moved on, and T steps at once equal T₁ and then T₂.
    `graph.initial_state(feeds)` gives the first one. A stateful graph stays itself.

    Raises:
        DuplicateNameError: an output or leaf is named as a state.

    Example:
        >>> x, total = tg.sequence("x"), tg.delay("total", shape=())
        >>> y = total.close(total + x).source
        >>> graph = tg.stateful({"y": y})
        >>> state = graph.initial_state()
        >>> run = tg.compile(graph, "numpy")
        >>> out = run({"x": [1.0, 2.0], **state})
        >>> out["y"], out["state/total"]
        (array([1., 3.], dtype=float32), array([3.], dtype=float32))
    """
    if isinstance(graph, Stateful):
        return graph
    graph = as_graph(graph)
    past = {node: name for node, name in graph.delay_names.items() if node.steps > 0}
    leaves = {
        node: placeholder(
            f"state/{name}", (node.steps, *node.type.shape), node.type.dtype
        )
        for node, name in past.items()
    }

    def make(node: Node, parts: tuple[Node, ...]) -> Node | None:
        if not isinstance(node, Delay) or node not in past:
            return None
        attrs = {**node.attrs, "outside": "history"}
        return open_delay((leaves[node],), node.type, attrs, past[node], node)

    states = {
        f"state/{name}": _last_values(node, leaves[node]) for node, name in past.items()
    }
    taken = [name for name in states if name in graph.outputs]
    if taken:
        raise DuplicateNameError(
            f"stateful: the graph has an output named {taken[0]!r} already, the name "
            "of a delay's state. Give the output another name.",
            name=taken[0],
            nodes=(graph.outputs[taken[0]],),
        )
    outputs = {**graph.outputs, **states}
    rebuilt = rebuild(outputs, make=make, touched=past.__contains__)
    return Stateful(rebuilt, graph)


def _last_values(node: Delay, history: Node) -> Node:
    """Return the last k values of history followed by source: (k, *shape)."""
    k, source = node.steps, node.source
    if k == 1:
        return stack_nodes([last(source)], 0)
    place = np.arange(k)
    total = extent(node.type.time or "t")
    kept = take(history, minimum(constant(place) + total, k - 1), axis=0)
    column = place.reshape(k, *(1,) * node.ndim)
    return where(less(constant(column) + total, k), kept, last_steps(source, k))


def initial_state(
    graph: Graph,
    feeds: Feeds,
    steps: Steps = None,
    parameters: Mapping[str, Array] | None = None,
    start: int = 0,
    seed: int = 0,
) -> dict[str, Array]:
    """Return the arrays `state/<delay>` before the first step; see Graph."""
    if isinstance(graph, Stateful):
        graph = graph.stateless
    nodes = {
        f"state/{name}": _first_values(node)
        for node, name in graph.delay_names.items()
        if node.steps > 0
    }
    if not nodes:
        return {}
    binding = bind(graph, feeds, steps, start, seed, parameters, partial=True)
    states = Graph(nodes)
    for leaf in states.leaves:
        if leaf not in binding.values:
            raise MissingFeedError(
                f"initial_state needs a feed for {leaf.describe()}, made at "
                f"{leaf.where}: an initial state depends on it",
                leaf=leaf,
            )
    for name, node in states.needed.items():
        if name not in binding.sizes:
            raise MissingFeedError(
                f"initial_state needs the size of {name!r} for {node.describe()}: feed "
                "a leaf that has it in its shape, or pass steps= for a time axis",
                name=name,
            )
    return evaluate_by_definition(states, binding)


def _first_values(node: Delay) -> Node:
    k, slot = node.steps, node.slot
    if node.outside == "history":
        assert slot is not None
        return slot
    value = first(node.source) if slot is None else slot
    return broadcast_to(value, (k, *node.type.shape))
