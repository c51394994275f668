"""Prober: the derivative of a loss along a direction, found in three ways."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from tinygraph.compiling import CompiledFunction, compile
from tinygraph.core.errors import LawError
from tinygraph.core.graph import Graph
from tinygraph.core.leaves import is_leaf
from tinygraph.core.nodes import Node
from tinygraph.ops.arithmetic import add_n
from tinygraph.ops.reductions import sum as sum_of
from tinygraph.ops.time import sum_over_time
from tinygraph.semantics.autodiff import grad, jvp
from tinygraph.semantics.binding import Array, bind
from tinygraph.testing.describing import describe
from tinygraph.testing.feeding import Steps, random_array, restricted, steps_by_axis
from tinygraph.testing.rewiring import leaf_like, perturbed
from tinygraph.testing.tolerances import DIFFERENCES, GRADIENTS, STEP, TOLERANCES

_NAMES = {DIFFERENCES: "central differences", GRADIENTS: "jvp"}


def inner(a: Node, b: Node) -> Node:
    """Return <a, b>: the sum over all axes, time included."""
    product = sum_of(a * b)
    return product if product.type.time is None else sum_over_time(product)


class Slope(NamedTuple):
    """A gradient along a direction.

    Attributes:
        value: <gradient, direction>.
        scale: what its rounding is measured against.
    """

    value: float
    scale: float

    def is_near(self, wanted: float, kind: str) -> bool:
        """Return True where another method gives the same, as near as it can."""
        allowed = TOLERANCES[kind, "float64"]
        bound = allowed.relative * abs(wanted) + allowed.absolute * max(1.0, self.scale)
        return abs(self.value - wanted) <= bound


def _along(exact: Mapping[str, Any], number: int, v: Array) -> Slope:
    """Return the gradient of a node, by its number, along a direction."""
    product = exact[f"{number}"] * v
    scale = float(np.sum(np.abs(product)) + abs(exact["loss"]))
    return Slope(float(np.sum(product)), scale)


class Prober:
    """Runs a float64 graph at one point; `check` probes one order of derivative."""

    def __init__(
        self,
        graph: Graph,
        feeds: Mapping[str, Any],
        steps: Steps,
        *,
        start: int,
        seed: int,
        directions: int,
        backend: str,
    ) -> None:
        self.graph = graph
        self.feeds = dict(feeds)
        self.steps = steps
        self.start, self.seed = start, seed
        self.directions, self.backend = directions, backend
        wanted = steps_by_axis(graph, steps)
        self.sizes = bind(graph, feeds, wanted).sizes

    def check(self, loss: Node, nodes: Sequence[Node], order: int) -> Node:
        """Check the gradient of `loss`; return the next order's loss <∇loss, v>.

        The fixed random v joins the feeds.

        Raises:
            LawError: differences or jvp disagree with the gradient.
        """
        gradients: list[Node] = grad(loss, nodes, unconnected="zeros")
        tangents = [
            leaf_like(node.type, f"v{order}.{i}") for i, node in enumerate(nodes)
        ]
        exact = self.run(self.compiled(loss, dict(enumerate(gradients))), {})
        numbers = range(1, self.directions + 1)
        moves = [[self.array(v, d) for v in tangents] for d in numbers]
        slopes = [[_along(exact, i, v) for i, v in enumerate(each)] for each in moves]
        self.check_forward(loss, nodes, tangents, moves, slopes, order)
        plain = self.compiled(loss, {})
        for i, node in enumerate(nodes):
            moving = self.moving(plain, node)
            for d in range(self.directions):
                wanted = self.difference(*moving, moves[d][i])
                self.compare(slopes[d][i], wanted, DIFFERENCES, [node], order)
        self.feeds.update({v.label: self.array(v, 1) for v in tangents})
        parts = [inner(g, v) for g, v in zip(gradients, tangents, strict=True)]
        return parts[0] if len(parts) == 1 else add_n(*parts)

    def check_forward(
        self,
        loss: Node,
        nodes: Sequence[Node],
        tangents: Sequence[Node],
        moves: Sequence[Sequence[Array]],
        slopes: Sequence[Sequence[Slope]],
        order: int,
    ) -> None:
        """Compare jvp with gradients: where all nodes move at once, and where one does.

        Where these disagree each moves alone, beside zeros, to tell which node it is.

        Args:
            moves: for each direction, how each node moves.
            slopes: for each direction, the gradient of each node along it.
        """
        alone = self.seed % len(nodes) if order == 1 else -1
        forward = self.forward(loss, nodes, tangents, alone)
        names = [v.label for v in tangents]
        zeros = {v.label: self.array(v, 0) for v in tangents}
        for arrays, each in zip(moves, slopes, strict=True):
            moved = self.run(forward, dict(zip(names, arrays, strict=True)))
            if alone >= 0:
                found = float(moved["alone"])
                self.compare(each[alone], found, GRADIENTS, [nodes[alone]], order)
            whole = Slope(sum(s.value for s in each), sum(s.scale for s in each))
            if not whole.is_near(float(moved["jvp"]), GRADIENTS):
                for i, node in enumerate(nodes):
                    found = self.run(forward, {**zeros, names[i]: arrays[i]})["jvp"]
                    self.compare(each[i], float(found), GRADIENTS, [node], order)
                self.compare(whole, float(moved["jvp"]), GRADIENTS, nodes, order)

    def forward(
        self, loss: Node, nodes: Sequence[Node], tangents: Sequence[Node], alone: int
    ) -> CompiledFunction:
        """Return a function of the jvp of all nodes, and of that of one alone.

        Where all have tangents, no op meets an operand that does not move.
        """
        outputs = {"jvp": jvp(loss, nodes, tangents)}
        if alone >= 0:
            outputs["alone"] = jvp(loss, [nodes[alone]], [tangents[alone]])
        return self.compiled(loss, outputs)

    def compiled(self, loss: Node, outputs: Mapping[Any, Node]) -> CompiledFunction:
        """Return a function of these outputs; the graph's leaves bind all names."""
        kept = {f"leaf {i}": leaf for i, leaf in enumerate(self.graph.leaves)}
        named = {str(name): node for name, node in outputs.items()}
        return compile(Graph({**kept, "loss": loss, **named}), self.backend)

    def run(self, function: CompiledFunction, extra: Mapping[str, Any]) -> Any:
        """Return the outputs at the point, with `extra` feeds."""
        graph = function.graph
        return function(
            restricted({**self.feeds, **extra}, graph),
            steps_by_axis(graph, self.steps),
            self.start,
            self.seed,
        )

    def array(self, leaf: Node, direction: int) -> Array:
        """Return a random array for a leaf; zeros for direction 0."""
        time, dims = leaf.type.time, leaf.type.shape
        dims = dims if time is None else (time, *dims)
        shape = tuple(self.sizes[d] if isinstance(d, str) else d for d in dims)
        if not direction:
            return np.zeros(shape)
        return random_array(shape, "float64", f"{leaf.label} {direction}", self.seed)

    def moving(
        self, plain: CompiledFunction, node: Node
    ) -> tuple[CompiledFunction, str, Any]:
        """Return a function of the loss, the leaf that moves a node, and its value."""
        name = node.label
        if is_leaf(node):
            return plain, name, self.feeds.get(name, node.attrs.get("value"))
        name = "perturbation"
        return compile(perturbed(plain.graph, node, name), self.backend), name, 0.0

    def difference(
        self, function: CompiledFunction, name: str, at: Any, v: Array
    ) -> float:
        """Return (loss(at + h v) - loss(at - h v)) / 2h, of what a leaf moves."""
        ends = [self.run(function, {name: at + s * STEP * v}) for s in (1, -1)]
        return float(ends[0]["loss"] - ends[1]["loss"]) / (2 * STEP)

    def compare(
        self, slope: Slope, wanted: float, kind: str, nodes: Sequence[Node], order: int
    ) -> None:
        """Raise LawError where the gradient disagrees with another method.

        Args:
            nodes: what moves, all at once.
        """
        if slope.is_near(wanted, kind):
            return
        told = [f"{node.describe()}, made at {node.where}" for node in nodes]
        raise LawError(
            f"order {order}: the gradient with respect to {'; '.join(told)}, is "
            f"{slope.value:.12g} along a random direction, but "
            f"{_NAMES[kind]} give {wanted:.12g}\n{describe(self.graph)}",
            node=nodes[0],
            order=order,
            got=slope.value,
            wanted=wanted,
            graph=self.graph,
        )
