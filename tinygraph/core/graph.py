"""Graph: the closure of named outputs, verified when it is built."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import Any

from tinygraph.core.building import EVERY_STEP
from tinygraph.core.delays import Delay
from tinygraph.core.errors import StepsError, TinygraphError, UnknownNameError
from tinygraph.core.flattening import Entry, Flattened, restored
from tinygraph.core.leaves import (
    PARAMETER,
    PLACEHOLDER,
    SEQUENCE,
    is_leaf,
    roots_behind,
)
from tinygraph.core.nodes import Node
from tinygraph.core.replacing import replaced
from tinygraph.core.traversal import topological_order
from tinygraph.core.types import names_in
from tinygraph.core.verification import verify


class Graph:
    """Named outputs and everything they need: a legal, possibly cyclic graph.

    Attributes:
        outputs: name → node, in the given order.
        nodes: every node, inputs first (a delay comes before its source).

    Raises:
        OpenDelayError: a delay was never closed.
        DelayFreeCycleError: the recurrence is not well-posed for every T.
        StaticCycleError: a static node stands on a cycle.
        DuplicateNameError: two leaves, delays or random nodes share a name.

    Example:
        >>> x = tg.sequence("x", ("batch", 3))
        >>> graph = tg.Graph({"y": tg.tanh(x), "last": tg.last(x)})
        >>> graph
        <Graph of 3 nodes and 0 delays: y, last>
        >>> graph["y"]
        <tanh: float32[batch, 3] (per step of 't')>
    """

    def __init__(self, outputs: Mapping[str, Any] | Node) -> None:
        named: Any = {"output": outputs} if isinstance(outputs, Node) else outputs
        if not isinstance(named, Mapping):
            raise TinygraphError(
                "a graph is made of a node or a dict of named nodes, not "
                f"{type(outputs).__name__}"
            )
        for name, node in named.items():
            if not isinstance(name, str) or not isinstance(node, Node):
                raise TinygraphError(
                    f"outputs map names to nodes, but {name!r} maps to {node!r}"
                )
        if not named:
            raise TinygraphError("a graph needs at least one output")
        self.outputs: dict[str, Node] = dict(named)
        self.nodes: list[Node] = topological_order(named.values())
        verify(self.nodes)

    def __getitem__(self, name: str) -> Node:
        """Return the output, or else the one node, of this name."""
        if name in self.outputs:
            return self.outputs[name]
        found = [node for node in self.nodes if node.name == name]
        named = [node for node in found if node.op is not EVERY_STEP]
        if len(named) != 1:
            many = "no node" if not named else f"{len(named)} nodes"
            raise UnknownNameError(
                f"{many} named {name!r}; the outputs are {', '.join(self.outputs)}"
            )
        return named[0]

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes)

    def __len__(self) -> int:
        return len(self.nodes)

    def __copy__(self) -> "Graph":
        return self

    def __deepcopy__(self, memo: Any) -> "Graph":
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        flat = Flattened(self.nodes)
        return _unpickled, (flat.entries, flat.numbers(self.outputs), self.unneeded)

    def __repr__(self) -> str:
        return (
            f"<Graph of {len(self)} nodes and {len(self.delays)} delays: "
            f"{', '.join(self.outputs)}>"
        )

    def _repr_mimebundle_(
        self, include: Any = None, exclude: Any = None
    ) -> dict[str, str]:
        """Return words, and for a notebook the picture that `tg.draw` makes."""
        from tinygraph.drawing.draw_function import shown_in_notebook

        return shown_in_notebook(self)

    @cached_property
    def leaves(self) -> list[Node]:
        """Sequences, placeholders and parameters."""
        return [node for node in self.nodes if is_leaf(node)]

    @cached_property
    def sequences(self) -> list[Node]:
        """Leaves with a value per step."""
        return [node for node in self.leaves if node.op is SEQUENCE]

    @cached_property
    def placeholders(self) -> list[Node]:
        """Leaves with one value in all, fed with every call."""
        return [node for node in self.leaves if node.op is PLACEHOLDER]

    @cached_property
    def parameters(self) -> list[Node]:
        """Trained leaves."""
        return [node for node in self.leaves if node.op is PARAMETER]

    @cached_property
    def delays(self) -> list[Delay]:
        """All delays, in order."""
        return [node for node in self.nodes if isinstance(node, Delay)]

    @cached_property
    def times(self) -> list[str]:
        """Names of the time axes, in order of appearance."""
        found = (node.type.time for node in self.nodes)
        return list(dict.fromkeys(time for time in found if time is not None))

    @cached_property
    def dims(self) -> list[str]:
        """Names of the dimensions that stand in the leaves' shapes."""
        leaves = (name for leaf in self.leaves for name in names_in(leaf.type.shape))
        return list(dict.fromkeys(leaves))

    @cached_property
    def fed(self) -> dict[str, Node]:
        """Name → leaf, as feeds name them: copies of a leaf stand under the origin."""
        roots = (leaf if leaf.origin is None else leaf.origin for leaf in self.leaves)
        return {root.label: root for root in roots}

    @cached_property
    def unneeded(self) -> dict[str, Node]:
        """Name → leaf, of what derivatives in the graph do not need but may be fed.

        The gradient of x · w + b needs no b; feeds of the loss are feeds of it too.
        """
        behind = roots_behind(self.nodes)
        return {name: leaf for name, leaf in behind.items() if name not in self.fed}

    @cached_property
    def fixed_steps(self) -> dict[str, int]:
        """Lengths of time axes that unrolling has fixed in this graph."""
        fixed: dict[str, int] = {}
        for node in self.nodes:
            told = None if node.op.fixes_steps is None else node.op.fixes_steps(node)
            if told is not None:
                fixed.setdefault(*told)
        return fixed

    @cached_property
    def needed(self) -> dict[str, Node]:
        """Names of dimensions and time axes a run needs, and the first node to."""
        found: dict[str, Node] = {}
        for node in self.nodes:
            if node.type.time is not None:
                found.setdefault(node.type.time, node)
            if isinstance(node, Delay) and node.outside == "init":
                for dim in names_in(node.type.shape):
                    found.setdefault(dim, node)
            for key in node.op.dims:
                value = node.attrs[key]
                for dim in value if isinstance(value, tuple) else (value,):
                    if isinstance(dim, str):
                        found.setdefault(dim, node)
        return found

    @cached_property
    def least_steps(self) -> dict[str, tuple[int, Node]]:
        """Time axis → how many steps a run needs, and the node that says so."""
        found: dict[str, tuple[int, Node]] = {}
        for node in self.nodes:
            if node.op.least_steps is not None:
                time = node.inputs[0].type.time or "t"
                least = node.op.least_steps(node)
                if least > found.get(time, (0, node))[0]:
                    found[time] = (least, node)
        return found

    @cached_property
    def delay_names(self) -> dict[Delay, str]:
        """A unique name for every delay; unnamed ones are numbered."""
        taken = {node.name for node in self.delays}
        names: dict[Delay, str] = {}
        count = 0
        for node in self.delays:
            name = node.name
            while name is None:
                if f"delay_{count}" not in taken:
                    name = f"delay_{count}"
                count += 1
            names[node] = name
        return names

    def delay(self, which: Delay | str) -> Delay:
        """Return a delay of this graph, given itself or its name.

        Args:
            which: the delay, or its name.

        Raises:
            UnknownNameError: the graph has no such delay.
        """
        for node, name in self.delay_names.items():
            if which is node or which == name:
                return node
        shown = which.label if isinstance(which, Node) else which
        raise UnknownNameError(
            f"the graph has no delay {shown!r}; it has "
            f"{', '.join(self.delay_names.values()) or 'none'}"
        )

    def replace(self, replacements: Mapping[Any, Any]) -> "Graph":
        """Return a new verified graph: readers of the old nodes read the new ones.

        Only what depends on a replaced node is rebuilt; leaves stay the same
        objects. A node named in a replacement keeps its own computation there:
        `{h: dropout(h)}` puts dropout between h and its readers, `{dropped: h}`
        takes it away again, on a cycle too.

        Args:
            replacements: node → node; or a value, which takes the node's type.

        Raises:
            UnknownNameError: a replaced node is not in the graph.
            DelayFreeCycleError: a replacement needs its own result.
            ShapeError, DTypeError: a replacement does not fit its readers.
        """
        known = set(self.nodes)
        for node in replacements:
            if node not in known:
                shown = node.describe() if isinstance(node, Node) else repr(node)
                raise UnknownNameError(f"{shown} is not a node of this graph")
        return Graph(replaced(self.outputs, replacements))

    def initial_state(
        self,
        feeds: Mapping[Any, Any] | None = None,
        steps: int | Mapping[str, int] | None = None,
        parameters: Mapping[str, Any] | None = None,
        start: int = 0,
        seed: int = 0,
    ) -> dict[str, Any]:
        """Return the first `state/<delay>` arrays of `tg.stateful(graph)`.

        Args:
            feeds: what the initial states depend on; other feeds of the graph
                are welcome, and bind named dimensions such as "batch".
            steps: T where no fed sequence says it and a state depends on it.
            parameters: values of the parameters that are not fed, such as
                `run.parameters` after training; by default their defaults.
            start: absolute number of the first step, as for `evaluate`.
            seed: of the random ops that an initial state depends on, as for
                `evaluate`.
        """
        from tinygraph.semantics.state import initial_state

        return initial_state(self, feeds or {}, steps, parameters, start, seed)


def _unpickled(
    entries: Sequence[Entry],
    outputs: Mapping[str, int],
    unneeded: Mapping[str, Node] = MappingProxyType({}),
) -> Graph:
    nodes = restored(entries)
    graph = Graph({name: nodes[i] for name, i in outputs.items()})
    graph.unneeded = dict(unneeded)
    return graph


GraphLike = Graph | Mapping[str, Node] | Node
"""A graph, or what one is made of."""


def as_graph(graph: GraphLike) -> Graph:
    """Return a graph itself, or one made of named outputs or of one node."""
    return graph if isinstance(graph, Graph) else Graph(graph)


def check_steps(graph: Graph, totals: Mapping[str, int]) -> None:
    """Refuse a T that is less than an op's `least_steps`.

    Raises:
        StepsError: names the node, the step and T.
    """
    for time, (least, node) in graph.least_steps.items():
        total = totals.get(time, least)
        if total < least:
            attrs = (f"{name}={value!r}" for name, value in node.attrs.items())
            called = f"{node.op.name}({', '.join([node.inputs[0].label, *attrs])})"
            raise StepsError(
                f"{node.describe()}, made at {node.where}, is {called}, but "
                f"there are {total} steps of {time!r}: it takes {least} at least",
                node=node,
            )
