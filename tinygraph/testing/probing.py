"""Prober: the derivative of a loss along a direction, found in three ways."""

from collections.abc import Mapping, Sequence
from typing import Any

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
        alone = self.seed % len(nodes) if order == 1 else -1
        forward = self.forward(loss, nodes, tangents, alone)
        zeros = {v.label: self.array(v, 0) for v in tangents}
        plain = self.compiled(loss, {})
        for i, node in enumerate(nodes):
            moving = self.moving(plain, node)
            for v in [self.array(tangents[i], d + 1) for d in range(self.directions)]:
                got = float(np.sum(exact[f"{i}"] * v))
                scale = float(np.sum(np.abs(exact[f"{i}"] * v)) + abs(exact["loss"]))
                moved = self.run(forward, {**zeros, tangents[i].label: v})
                found = [(GRADIENTS, moved["jvp"])]
                found += [(GRADIENTS, moved["alone"])] if i == alone else []
                found.append((DIFFERENCES, self.difference(*moving, v)))
                for kind, wanted in found:
                    self.compare(got, float(wanted), kind, scale, node, order)
        self.feeds.update({v.label: self.array(v, 1) for v in tangents})
        parts = [inner(g, v) for g, v in zip(gradients, tangents, strict=True)]
        return parts[0] if len(parts) == 1 else add_n(*parts)

    def forward(
        self, loss: Node, nodes: Sequence[Node], tangents: Sequence[Node], alone: int
    ) -> CompiledFunction:
        """Return a function of the jvp of all nodes, and of that of one alone.

        Where all have tangents, of which most are zeros, no op meets an operand that
        does not move.
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
        self, got: float, wanted: float, kind: str, scale: float, node: Node, order: int
    ) -> None:
        """Raise LawError where the gradient disagrees with another method."""
        allowed = TOLERANCES[kind, "float64"]
        bound = allowed.relative * abs(wanted) + allowed.absolute * max(1.0, scale)
        if abs(got - wanted) <= bound:
            return
        raise LawError(
            f"order {order}: the gradient with respect to {node.describe()}, made at "
            f"{node.where}, is {got:.12g} along a random direction, but {_NAMES[kind]} "
            f"give {wanted:.12g}\n{describe(self.graph)}",
            node=node,
            order=order,
            got=got,
            wanted=wanted,
            graph=self.graph,
        )
