"""Unrolling: folded → acyclic, one copy of each per-step node per step."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from tinygraph.core.building import constant
from tinygraph.core.delays import Delay
from tinygraph.core.errors import StepsError, UnknownNameError
from tinygraph.core.flattening import Entry, Flattened, restored
from tinygraph.core.graph import Graph, GraphLike, as_graph, check_steps
from tinygraph.core.leaves import SEQUENCE
from tinygraph.core.nodes import Node
from tinygraph.core.op import Meaning
from tinygraph.core.traversal import reach, users
from tinygraph.core.types import TensorType
from tinygraph.ops.functions import IDENTITY
from tinygraph.ops.joining import STACK
from tinygraph.ops.time import EXTENT
from tinygraph.semantics.at_step import at_step

Place = tuple[Node, int | None]


class Unrolled(Graph):
    """The acyclic form of a graph over T steps.

    Attributes:
        folded: the graph it was made from.
        steps: T of each time axis.

    Args:
        outputs: name → node of the acyclic graph.
        copies: (folded node, step) → its copy.

    Example:
        >>> x, total = tg.sequence("x"), tg.delay("total", shape=())
        >>> y = total.close(total + x).source
        >>> unrolled = tg.unroll({"y": y}, 3)
        >>> unrolled.steps, unrolled.at(y, 1)
        ({'t': 3}, <add: float32[] (static)>)
    """

    def __init__(
        self,
        outputs: Mapping[str, Node],
        folded: Graph,
        steps: Mapping[str, int],
        copies: Mapping[Place, Node],
    ) -> None:
        self.folded = folded
        self.steps = dict(steps)
        self._copies = copies
        super().__init__(outputs)

    def __reduce__(self) -> tuple[Any, ...]:
        copies = self._copies
        within = [*self.nodes, *(node for node, _ in copies), *copies.values()]
        flat = Flattened(within, self.folded.nodes)
        place = flat.place
        numbers = [(place[n], t, place[copy]) for (n, t), copy in copies.items()]
        about = (self.folded, self.steps, flat.entries, numbers)
        return _unpickled, (*about, flat.numbers(self.outputs))

    @cached_property
    def fed(self) -> dict[str, Node]:
        """Name → leaf of the folded graph: feeds stay the same."""
        return self.folded.fed

    @cached_property
    def fixed_steps(self) -> dict[str, int]:
        """T of each time axis."""
        return self.steps

    def at(self, node: Node | str, t: int) -> Node:
        """Return the copy of a folded node at step t.

        A delay has no copy of its own: the copy of its source, k steps earlier,
        stands for it. A static node that depends on no time is its own copy.

        Args:
            node: per-step node of the folded graph, or its name.
            t: 0 <= t < T.

        Raises:
            StepsError: t is no step.
            UnknownNameError: no output needs the node at this step.
        """
        found = self.folded[node] if isinstance(node, str) else node
        time = found.type.time
        if time is None or time not in self.steps:
            kept = found if any(found is own for own in self.nodes) else None
            copy = self._copies.get((found, None), kept)
        elif not 0 <= t < self.steps[time]:
            raise StepsError(
                f"step {t} of {time!r} does not exist: T = {self.steps[time]}"
            )
        else:
            copy = self._copies.get((found, t))
        if copy is None:
            raise UnknownNameError(
                f"{found.describe()} has no copy at step {t}: no output needs it"
            )
        return copy


def _unpickled(
    folded: Graph,
    steps: Mapping[str, int],
    entries: Sequence[Entry],
    copies: Sequence[tuple[int, int | None, int]],
    outputs: Mapping[str, int],
) -> Unrolled:
    nodes = restored(entries, folded.nodes)
    return Unrolled(
        {name: nodes[i] for name, i in outputs.items()},
        folded,
        steps,
        {(nodes[i], t): nodes[copy] for i, t, copy in copies},
    )


def unroll(graph: GraphLike, steps: int | Mapping[str, int]) -> Unrolled:
    """Return the acyclic form of a graph over `steps` steps.

    Parameters, placeholders, constants and static nodes that depend on no time are
    the same objects. A sequence leaf becomes T leaves with `origin` and `step`;
    the feed stays one `(T, ...)` array. Per-step outputs are stacks. Only what the
    outputs need is made. Linear in nodes × steps.

    Args:
        graph: folded.
        steps: T, an int for all time axes or a dict by axis.

    Raises:
        StepsError: T is not a positive int, or an axis is unknown or missing.

    Example:
        >>> x, total = tg.sequence("x"), tg.delay("total", shape=())
        >>> y = total.close(total + x).source
        >>> unrolled = tg.unroll({"y": y}, 2)
        >>> len(unrolled.delays), tg.interpret(unrolled, {"x": [1.0, 2.0]})
        (0, {'y': array([1., 3.], dtype=float32)})
    """
    graph = as_graph(graph)
    totals = _totals(graph, steps)
    check_steps(graph, totals)
    unroller = _Unroller(graph, totals)
    outputs = {name: unroller.output(node) for name, node in graph.outputs.items()}
    return Unrolled(outputs, graph, totals, unroller.copies)


def _totals(graph: Graph, steps: int | Mapping[str, int]) -> dict[str, int]:
    times = graph.times
    wanted = dict(steps) if isinstance(steps, Mapping) else dict.fromkeys(times, steps)
    for time in times:
        total = wanted.get(time)
        good = isinstance(total, int | np.integer) and not isinstance(total, bool)
        if not good or total is None or total < 1:
            raise StepsError(
                f"unroll over time axis {time!r} needs an int of at least one step, "
                f"not {total!r}"
            )
    unknown = [time for time in wanted if time not in times]
    if unknown:
        raise StepsError(f"the graph has no time axis {unknown[0]!r}")
    return {time: int(total) for time, total in wanted.items()}


class _Unroller:
    def __init__(self, graph: Graph, totals: Mapping[str, int]) -> None:
        self.totals = totals
        self.copies: dict[Place, Node] = {}
        self.slot_copies: dict[tuple[Node, TensorType, Any], Node] = {}
        timed = [n for n in graph.nodes if n.type.time is not None or n.op is EXTENT]
        consumers = users(graph.nodes)
        self.moving = reach(timed, consumers.__getitem__)

    def output(self, node: Node) -> Node:
        """Return the copy of an output; a per-step one as a stack."""
        time = node.type.time
        if time is None:
            return self.copy((node, None))
        copies = [self.copy((node, t)) for t in range(self.totals[time])]
        value_type = STACK.infer(
            *[c.type for c in copies], axis=-node.ndim - 1, name=time
        )
        attrs = {"axis": -node.ndim - 1, "name": time}
        return Node(STACK, copies, value_type, attrs, node.name, like=node)

    def copy(self, wanted: Place) -> Node:
        """Return the copy of a node at a step, making all it needs first."""
        copies = self.copies
        stack: list[tuple[Place, Meaning | None]] = [(wanted, None)]
        while stack:
            place, meaning = stack.pop()
            if place in copies:
                continue
            node, t = place
            made = self._leaf(node, t) if meaning is None else None
            if made is None:
                if meaning is None:
                    meaning = at_step(node, t, self.totals)
                    missing = [arg for arg in meaning.args if arg not in copies]
                    if missing:
                        stack.append((place, meaning))
                        stack += [(arg, None) for arg in missing[::-1]]
                        continue
                parts = [copies[arg] for arg in meaning.args]
                made = self._make(node, t, meaning, parts)
            copies[place] = made
        return copies[wanted]

    def _leaf(self, node: Node, t: int | None) -> Node | None:
        """Return the copy of what has no inputs to unroll, or None."""
        if node not in self.moving:
            return node
        if node.op is EXTENT:
            total = self.totals.get(node.attrs["dim"])
            return node if total is None else constant(np.int64(total))
        if node.op is SEQUENCE:
            time = node.type.time
            attrs = {"time": time, "steps_of": self.totals[time or ""]}
            return self._copy(SEQUENCE, (), node, t, attrs, f"{node.name}[{t}]")
        return None

    def _make(
        self, node: Node, t: int | None, meaning: Meaning, parts: list[Node]
    ) -> Node:
        if meaning.op is not None:
            if isinstance(node, Delay):
                key = (parts[0], node.type, meaning.attrs.get("items"))
                if key not in self.slot_copies:
                    self.slot_copies[key] = self._copy(
                        meaning.op, parts, node, t, meaning.attrs, node.name
                    )
                return self.slot_copies[key]
            return self._copy(meaning.op, parts, node, t, meaning.attrs, node.name)
        if isinstance(node, Delay):
            return parts[0]
        return self._copy(IDENTITY, parts, node, t, {}, node.name)

    def _copy(
        self,
        op: Any,
        parts: Any,
        node: Node,
        t: int | None,
        attrs: Mapping[str, Any],
        name: str | None,
    ) -> Node:
        value_type = node.type.with_time(None)
        return Node(
            op,
            parts,
            value_type,
            attrs,
            name,
            weak=node.weak,
            like=node,
            origin=node,
            step=t,
        )
