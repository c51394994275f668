"""Reverse mode: cotangents against the graph.

Cut every delay and walk the rest in reverse topological order, adding cotangents. Each
delay met gives its source an open delay of -k, closed when the delay's own cotangent is
known: a causal loop yields one anti-causal loop, the adjoint network.
"""

from collections.abc import Sequence
from functools import cached_property

from tinygraph.core import source_info
from tinygraph.core.building import cast, constant
from tinygraph.core.delays import Delay, open_delay
from tinygraph.core.errors import GradientError
from tinygraph.core.nodes import Node
from tinygraph.core.traversal import reach, topological_order
from tinygraph.core.verification import (
    check_component,
    cycles_of,
    edges_within,
    sign_of,
)
from tinygraph.ops.delay_cotangents import replicate_cotangent, slot_cotangent
from tinygraph.semantics.autodiff.paths import active, adjoint_scope, flows, total


class Reverse:
    """One reverse walk; `reaching` holds what the outputs depend on at all."""

    def __init__(
        self, tops: Sequence[Node], targets: Sequence[Node], seeds: Sequence[Node]
    ) -> None:
        self.order = topological_order(tops)
        self.reaching = dict.fromkeys(self.order)
        below = reach([top for top in tops if top.type.is_float], flows)
        moving = active(self.order, targets)
        self.active = {node for node in self.order if node in moving and node in below}
        self.parts: dict[Node, list[Node]] = {node: [] for node in self.active}
        self.opened: dict[Delay, Delay] = {}
        for top, seed in zip(tops, seeds, strict=True):
            if top in self.active:
                self.parts[top].append(seed)

    @cached_property
    def _signs(self) -> dict[Node, int]:
        """REPLICATE delay on a cycle → the sign of that cycle's total delay.

        A loop that is still open may yet pass through any of them, in its direction.

        Raises:
            DelayFreeCycleError: one of them reads itself at the same step.
        """
        repeating = [n for n in self.order if isinstance(n, Delay) and n.slot is None]
        found: dict[Node, int] = {}
        if any(isinstance(n, Delay) and n.is_open for n in self.order):
            found = {n: 1 if n.steps > 0 else -1 for n in repeating}
        for component in cycles_of(self.order):
            inside = set(component)
            members = [node for node in repeating if node in inside]
            if members:
                check_component(component, edges_within(component))
                sign = sign_of(component)
                found.update((node, sign) for node in members)
        return found

    def run(self) -> dict[Node, Node]:
        """Return the total cotangent of every active node."""
        for node in self.order:
            if isinstance(node, Delay) and node in self.active:
                self._open(node)
        found: dict[Node, Node] = {}
        for node in reversed(self.order):
            if node not in self.active:
                continue
            with source_info.made_for(adjoint_scope(node), node.line):
                ct = total(self.parts.pop(node), node)
                found[node] = ct
                self._pull(node, ct)
        return found

    def _open(self, node: Delay) -> None:
        """Give the source its part: delay(ct, -k), whose ct is not known yet.

        A REPLICATE delay comes after its source in the order, so its cotangent is
        known in time and nothing is left open.
        """
        if node.outside == "replicate" or node.source not in self.active:
            return
        with source_info.made_for(adjoint_scope(node), node.line):
            zero = cast(constant(0.0), node.type.dtype)
            attrs = {"steps": -node.steps, "outside": "init"}
            back = open_delay((zero,), node.type, attrs)
        self.opened[node] = back
        self.parts[node.source].append(back)

    def _pull(self, node: Node, ct: Node) -> None:
        """Hand the cotangent of a node on to its inputs."""
        if isinstance(node, Delay):
            self._pull_delay(node, ct)
            return
        wanted = [x in self.active for x in node.inputs]
        if not any(wanted) or node.op.vjp is None:
            return
        pulled = node.op.vjp(node, ct)
        for x, part, want in zip(node.inputs, pulled, wanted, strict=True):
            if want and part is not None:
                self.parts[x].append(_of_type(x, part, node))

    def _pull_delay(self, node: Delay, ct: Node) -> None:
        slot = node.slot
        if node in self.opened:
            self.opened[node].close(ct)
        elif slot is None and node.source in self.active:
            sign = self._signs.get(node, 0)
            self.parts[node.source].append(replicate_cotangent(node, ct, sign))
        if slot is not None and slot in self.active:
            self.parts[slot].append(cast(slot_cotangent(node, ct), slot.type.dtype))


def _of_type(x: Node, part: Node, user: Node) -> Node:
    """Return a part of x's cotangent in x's dtype; all else must be right already."""
    result = cast(part, x.type.dtype)
    if result.type != x.type:
        raise GradientError(
            f"the vjp of {user.op.name!r} gives {part.type.describe()} for an operand "
            f"of type {x.type.describe()}: a cotangent has its node's type",
            node=user,
        )
    return result
