"""A cycle whose state is affine, element by element, at all steps at once.

h[t] = a[t] h[t-1] + b[t] is an associative scan of pairs (a, b) (Blelloch, 1990): about
2 log T rounds of wide work for T steps one after the other. With several states a is a
small matrix an element. Which cycles are of this kind is read off what ops declare:
`rows` says that an op is elementwise, `jvp` whether its slope depends on the state.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp

from tinygraph.backends.jax.kernels import Array, held
from tinygraph.backends.jax.over_time import Call, all_steps, delayed, over_time
from tinygraph.core.delays import Delay
from tinygraph.core.leaves import sequence
from tinygraph.core.nodes import Node
from tinygraph.scheduling.order import Loop

MOST_STATES = 4
"""The matrices of more states are more work than steps one after the other."""


def why_in_order(loop: Loop) -> str | None:
    """Return why a cycle runs step by step; None: it is affine in its states."""
    members = set(loop.members)
    delays = [node for node in loop.members if isinstance(node, Delay)]
    for each in delays:
        if abs(each.steps) != 1:
            return f"{_named(each)} looks {each.steps} steps back, not one"
        if each.outside == "replicate":
            return f"{_named(each)} repeats its source's first value"
    if max(loop.lags):
        return f"{_named(delays[0])} and others look back and ahead"
    if len(delays) > MOST_STATES:
        return f"it has {len(delays)} states, more than {MOST_STATES}"
    for node in loop.members:
        why = _why_not_affine(node, members, delays[0])
        if why is not None:
            return f"{_named(node)} {why}"
    return None


def _named(node: Node) -> str:
    return f"{node.describe()}, made at {node.where},"


def _why_not_affine(node: Node, members: set[Node], state: Node) -> str | None:
    if node.type.shape != state.type.shape or not node.type.is_float:
        return f"is not of its state's type, {state.type}"
    if isinstance(node, Delay):
        return None
    op = node.op
    if op.rows is not None:
        return f"is no elementwise op, but {op.name}"
    moving = [i for i, x in enumerate(node.inputs) if x in members]
    if op.jvp is None or any(i in op.constant_in for i in moving):
        return f"hides the state from its slope ({op.name})"
    tangents: list[Node | None] = [None] * len(node.inputs)
    for i in moving:
        x = node.inputs[i].type
        tangents[i] = sequence(f"tangent {i}", x.shape, x.dtype, x.time)
    if _reads(op.jvp(node, tangents), members, {*node.inputs} - members):
        return f"is not linear in the state ({op.name})"
    return None


def _reads(top: Node, members: set[Node], known: set[Node]) -> bool:
    """Return True if a node depends on a member, `known` ones aside."""
    stack, seen = [top], set(known)
    while stack:
        node = stack.pop()
        if node in members:
            return True
        if node not in seen:
            seen.add(node)
            stack += node.inputs
    return False


class AffineLoop:
    """A cycle that is an associative scan.

    Args:
        loop: the members of a cycle, affine in its states.
        exported: nodes that something outside their loop reads.
    """

    def __init__(self, loop: Loop, exported: set[Node]) -> None:
        self.loop = loop
        self.exported = [node for node in loop.members if node in exported]
        self.delays = [node for node in loop.members if isinstance(node, Delay)]

    def run(self, values: Mapping[Node, Array], call: Call) -> dict[Node, Array]:
        """Return the values of the exported members at all steps.

        Args:
            values: of what the members read from outside, all steps or `(1, *shape)`.
        """
        total = call.sizes[self.loop.time]
        shape, kind = call.shape(self.delays[0]), held(self.delays[0].dtype)
        zero = jnp.zeros((total, *shape), kind)

        def sources(*states: Array) -> list[Array]:
            found = self._members(values, call, states)
            return [all_steps(found[x.source], total) for x in self.delays]

        zeros = [zero] * len(self.delays)
        offsets = sources(*zeros)
        slopes = []
        for j in range(len(zeros)):
            ones = [jnp.ones_like(zero) if i == j else zero for i in range(len(zeros))]
            slopes.append(jax.jvp(sources, tuple(zeros), tuple(ones))[1])
        matrix = [[column[i] for column in slopes] for i in range(len(zeros))]
        first = [self._first(node, values, call) for node in self.delays]
        edge = -1 if self.loop.backwards else 0
        known = [
            b.at[edge].add(sum(a[edge] * h for a, h in zip(row, first, strict=True)))
            for row, b in zip(matrix, offsets, strict=True)
        ]
        _, found = jax.lax.associative_scan(
            _composed, (matrix, known), reverse=self.loop.backwards
        )
        states = [
            delayed(node, [h, *(values[x] for x in node.inputs[1:])], call)
            for node, h in zip(self.delays, found, strict=True)
        ]
        members = self._members(values, call, states)
        return {node: all_steps(members[node], total) for node in self.exported}

    def _members(
        self, values: Mapping[Node, Array], call: Call, states: Sequence[Array]
    ) -> dict[Node, Array]:
        """Return the members' values at all steps, of those of their states."""
        members: dict[Node, Array] = {}
        members.update(zip(self.delays, states, strict=True))
        for node in self.loop.members:
            if node not in members:
                arrays = [
                    members[x] if x in members else values[x] for x in node.inputs
                ]
                members[node] = over_time(node, arrays, call)
        return members

    def _first(self, node: Delay, values: Mapping[Node, Array], call: Call) -> Array:
        """Return the state before the first iteration."""
        slot = values[node.inputs[1]].astype(held(node.dtype))
        slot = slot[0] if node.outside == "history" else slot
        return jnp.broadcast_to(slot, call.shape(node))


Affine = tuple[list[list[Array]], list[Array]]
"""A matrix and an offset, for each element of the state."""


def _composed(early: Affine, late: Affine) -> Affine:
    """Return one affine function after another."""
    (a, b), (c, d) = early, late
    places = range(len(b))
    product: list[list[Any]] = [
        [sum(c[i][k] * a[k][j] for k in places) for j in places] for i in places
    ]
    return product, [sum((c[i][k] * b[k] for k in places), d[i]) for i in places]
