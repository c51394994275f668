"""The definition in plain loops: a second meaning, for a law against the first.

The interpreter and the unroller share `at_step`, and kernels with every backend; a
fault there none of their laws can see. Here time is a list of T values per node, filled
by going over all nodes and steps again and again until nothing is missing, and what an
op means is said by NumPy (`references`) or in plain integers (`drawing_lots`). Feeds
are taken as they are: there is nothing here that checks them.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from tinygraph.core.delays import Delay
from tinygraph.core.errors import LawError
from tinygraph.core.graph import Graph
from tinygraph.core.nodes import Node
from tinygraph.testing.comparing import assert_same_values
from tinygraph.testing.drawing_lots import drawn
from tinygraph.testing.feeding import feeds_for, steps_by_axis
from tinygraph.testing.laws import run
from tinygraph.testing.programs import Call
from tinygraph.testing.references import REFERENCES, reference

Array = np.ndarray[Any, Any]
TIME_OPS = (
    *("delay", "every_step", "first", "last", "sum_over_time", "max_over_time"),
    *("stack_time", "unstack", "step_index", "extent", "first_steps", "last_steps"),
    "at",
)
RANDOM_OPS = ("uniform", "normal", "bernoulli", "categorical")


def evaluate_plainly(
    graph: Graph,
    feeds: Mapping[Any, Any],
    steps: Mapping[str, int],
    start: int = 0,
    seed: int = 0,
) -> dict[str, Array]:
    """Return the outputs of a folded graph by name, from the definition alone.

    Args:
        feeds: an array for every sequence and placeholder, by leaf or by name; for
            parameters where their own value is not meant.
        steps: T by time axis.
        start, seed: as of a call.

    Raises:
        LawError: some value depends on itself, or has another shape than its type.

    Example:
        >>> x = tg.sequence("x", (), "float64")
        >>> before = tg.delay("before", shape=(), dtype="float64")
        >>> graph = tg.Graph({"y": before.close(before + x).source})
        >>> evaluate_plainly(graph, {"x": np.array([1.0, 2.0, 3.0])}, {"t": 3})
        {'y': array([1., 3., 6.])}
    """
    world = _World(graph, feeds, steps, start, seed)
    with np.errstate(all="ignore"):
        world.fill()
    results = {}
    for name, node in graph.outputs.items():
        values = world.values[node]
        results[name] = np.array(values[0] if node.time is None else values)
    return results


class _World:
    """All values: node → its T values (a static node has one)."""

    def __init__(
        self,
        graph: Graph,
        feeds: Mapping[Any, Any],
        steps: Mapping[str, int],
        start: int,
        seed: int,
    ) -> None:
        self.graph, self.start, self.seed = graph, start, seed
        self.feeds = {
            key.name if isinstance(key, Node) else key: value
            for key, value in feeds.items()
        }
        self.sizes = dict(steps)
        for leaf in graph.leaves:
            if leaf.name in self.feeds:
                dims = leaf.shape if leaf.time is None else (leaf.time, *leaf.shape)
                given = np.shape(self.feeds[leaf.name])
                self.sizes |= dict(zip(dims, given, strict=True))  # type: ignore[arg-type]
        self.values: dict[Node, list[Any]] = {
            node: [None] * self.length(node) for node in graph.nodes
        }
        self.shapes = {node: self.bound(node.shape) for node in graph.nodes}

    def length(self, node: Node) -> int:
        return 1 if node.time is None else self.sizes[node.time]

    def bound(self, dims: Any) -> Any:
        if isinstance(dims, tuple):
            return tuple([self.bound(dim) for dim in dims])
        return self.sizes[dims] if isinstance(dims, str) else dims

    def fill(self) -> None:
        """Go over all steps, forwards and backwards, until all nodes have a value."""
        steps = {node: self.length(node) for node in self.graph.nodes}
        longest, way = range(max(steps.values())), 1
        missing = [(n, t) for t in longest for n in steps if t < steps[n]]
        while missing:
            left = [place for place in missing if not self.set(*place)]
            if len(left) == len(missing):
                node, t = left[0]
                raise LawError(f"{node.describe()} depends on itself at step {t}")
            way = -way
            missing = sorted(left, key=lambda place: way * place[1])

    def set(self, node: Node, t: int) -> bool:
        """Set one value if what it needs is there; return True if it was."""
        value = self.value(node, t)
        if value is None:
            return False
        array = np.asarray(value)
        if array.shape != self.shapes[node]:
            raise LawError(
                f"{node.describe()} has shape {array.shape} by its definition, "
                f"made at {node.where}"
            )
        self.values[node][t] = array.astype(node.dtype)
        return True

    def at(self, node: Node, t: int) -> Any:
        """Return a value, None where it is not there yet; static ones have no t."""
        return self.values[node][0 if node.time is None else t]

    def value(self, node: Node, t: int) -> Any:
        """Return what a node is at a step, or None where something is missing."""
        name = node.op.name
        if node.op.leaf:
            return self.fed(node, t)
        if isinstance(node, Delay):
            return self.delayed(node, t)
        if name == "step_index":
            return self.start + t
        if name == "extent":
            return self.sizes[node.attrs["dim"]]
        if name in TIME_OPS:
            return self.over_time(node, t)
        arrays = [self.at(x, t) for x in node.inputs]
        if any(array is None for array in arrays):
            return None
        if name in RANDOM_OPS:
            step = 0 if node.time is None else self.start + t
            return drawn(node, arrays, self.shapes[node], step, self.seed)
        return reference(node, arrays, self.bound)

    def fed(self, node: Node, t: int) -> Any:
        if node.op.name == "constant" or node.name not in self.feeds:
            return node.attrs["value"]
        whole = np.asarray(self.feeds[node.name])
        return whole if node.time is None else whole[t]

    def delayed(self, node: Delay, t: int) -> Any:
        """y[t] = source[t - k] if 0 <= t - k < T, else a value from outside."""
        k, total = node.steps, self.length(node)
        if 0 <= t - k < total:
            return self.at(node.source, t - k)
        if node.outside == "replicate":
            return self.at(node.source, 0 if k > 0 else total - 1)
        outside = self.at(node.inputs[-1], 0)
        if outside is None:
            return None
        if node.outside == "history":
            return outside[t if k > 0 else t + abs(k) - total]
        return np.broadcast_to(outside, self.shapes[node])

    def over_time(self, node: Node, t: int) -> Any:
        """Return what leads into time or out of it."""
        (x,), name = node.inputs, node.op.name
        if name == "every_step":
            return self.at(x, 0)
        if name == "unstack":
            whole = self.at(x, 0)
            return None if whole is None else whole[t]
        values = self.values[x]
        if name == "first":
            return values[0]
        if name == "last":
            return values[-1]
        if name == "at":
            return values[node.attrs["t"]]
        if any(value is None for value in values):
            return None
        if name.endswith("_steps"):
            wanted, zero = node.attrs["steps"], np.zeros_like(values[0])
            if name == "first_steps":
                return np.array((values + [zero] * wanted)[:wanted])
            return np.array(([zero] * wanted + values)[-wanted:])
        if name == "sum_over_time":
            return np.sum(np.array(values), axis=0, dtype=node.dtype)
        return np.array(values) if name == "stack_time" else np.max(values, axis=0)


def is_known(node: Node) -> bool:
    """Return True where the definition in plain loops says what a node means."""
    own = {*TIME_OPS, *RANDOM_OPS, *REFERENCES}
    return node.op.leaf or node.op.name in own


def check_definition(
    graph: Graph,
    backend: str = "interpret",
    steps: Any = 3,
    feeds: Mapping[Any, Any] | None = None,
    *,
    start: int = 0,
    seed: int = 0,
) -> None:
    """A backend gives what the definition in plain loops gives.

    Args:
        graph: a folded graph.
        backend: the one to check; the reference interpreter by default.
        steps: T, or a dict by time axis.
        feeds: by leaf or by name; by default `feeds_for(graph, steps)`.
        start: absolute number of the first step.
        seed: of the feeds and the random ops.

    Raises:
        LawError: an output differs.

    Example:
        >>> x = tg.sequence("x", ("batch",), "float64")
        >>> before = tg.delay("before", shape=("batch",), dtype="float64")
        >>> y = before.close(tg.tanh(before + x)).source
        >>> testing.check_definition(tg.Graph({"y": y}))
    """
    given = feeds_for(graph, steps, seed=seed) if feeds is None else feeds
    known = steps_by_axis(graph, steps)
    assert_same_values(
        run(graph, given, steps, start, seed, backend),
        evaluate_plainly(graph, given, known, start, seed),
        law=f"{backend} = the definition",
        graph=graph,
        call=Call(given, known, start, seed),
    )
