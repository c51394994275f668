"""Horizontal fusion: which instructions of a step are computed by one call.

z̄ = [c̄ k₁, c̄ k₂, c̄ k₃, h̄ k₄] of an LSTM's adjoint, with kᵢ from outside the loop: where
k₁, k₂, k₃ stand side by side too, one product with c̄ makes the first three.
"""

from collections.abc import Set
from dataclasses import dataclass
from typing import Any

from tinygraph.core.graph import Graph
from tinygraph.core.leaves import is_leaf
from tinygraph.core.nodes import Node, Ufuncs
from tinygraph.ops.elementwise import is_ufunc
from tinygraph.ops.invariance import fixed_in_time
from tinygraph.scheduling.order import Once, Schedule
from tinygraph.scheduling.planning import Instruction, LoopPlan


@dataclass(frozen=True)
class Siblings:
    """What can be computed in one call, if the given values stand side by side.

    Attributes:
        shared: the operand they share, a member of the loop.
        given: their other operands, from outside the loop.
        parts: the results, one behind the other in a concat.
        first: True where the shared operand is the first one.
    """

    shared: Node
    given: tuple[Node, ...]
    parts: tuple[Node, ...]
    first: bool


def made_once(graph: Graph, order: Schedule) -> set[Node]:
    """Return what runs once and is computed, not viewed: its place may be chosen."""
    nodes = [task.node for task in order.main if isinstance(task, Once)]
    fixed = fixed_in_time(graph.nodes)
    return {
        node
        for node in nodes
        if not is_leaf(node)
        and not node.op.view
        and node.type.time is not None
        and node not in fixed
    }


def calls(plan: LoopPlan, made: Set[Node]) -> list[tuple[Instruction, ...]]:
    """Return the instructions of a step, in groups that one call may compute.

    Args:
        made: nodes outside loops whose place may be chosen.
    """
    runs: dict[Node, list[Instruction]] = {}
    groups: list[list[Instruction]] = []
    for each in plan.instructions:
        previous = _before(plan, each)
        if previous in runs and _alike(plan, made, runs[previous][0], each):
            runs[previous].append(each)
            runs[each.node] = runs.pop(previous)
            continue
        group = [each]
        groups.append(group)
        if each.node in plan.within and each.copies is None:
            runs[each.node] = group
    return [tuple(group) for group in groups]


def siblings(plan: LoopPlan, group: tuple[Instruction, ...]) -> Siblings | None:
    """Return what a group of several instructions computes; None for one alone."""
    if len(group) == 1:
        return None
    members = set(plan.loop.members)
    parts = tuple(each.node for each in group)
    first = parts[0].inputs[0] in members
    given = tuple(part.inputs[1 if first else 0] for part in parts)
    return Siblings(parts[0].inputs[0 if first else 1], given, parts, first)


def _before(plan: LoopPlan, each: Instruction) -> Node | None:
    """Return the part that lies in front of one in its concat; None if none does.

    An input of the concat that lives in another one, or is copied in, lies nowhere.
    """
    if each.copies is not None or each.node not in plan.within:
        return None
    whole, offset = plan.within[each.node]
    before = 0
    for part in whole.inputs:
        size = part.type.shape[whole.attrs["axis"]]
        if not isinstance(size, int):
            return None
        if before + size == offset:
            return part if plan.within.get(part) == (whole, before) else None
        before += size
    return None


def _alike(
    plan: LoopPlan, made: Set[Node], first: Instruction, each: Instruction
) -> bool:
    """Return True if two parts are one op on one member and a value from outside."""
    a, b = first.node, each.node
    lag = dict(zip(plan.loop.members, plan.loop.lags, strict=True))
    if a.op is not b.op or a.type != b.type or lag[a] != lag[b]:
        return False
    if (
        not is_ufunc(a.op)
        or len(a.inputs) != 2
        or plan.within[a][0].attrs["axis"] != -1
    ):
        return False
    for i, (x, y) in enumerate(zip(a.inputs, b.inputs, strict=True)):
        others = {a.inputs[1 - i], b.inputs[1 - i]}
        if x is y and x in lag and len(others) == 2 and others <= made:
            return {x.type, *(other.type for other in others)} == {a.type}
    return False


def expansion(node: Node) -> Ufuncs:
    """Return the ufuncs that make a node in its place; none if it is not made so."""
    return [] if node.op.ufuncs is None else node.op.ufuncs(node)


def side_by_side(array: Any, count: int) -> Any:
    """Return `(..., count · n)` as `(..., count, n)`."""
    return array.reshape(*array.shape[:-1], count, array.shape[-1] // count)
