"""The plan of a loop: where each member lives, and what runs at each step.

Decided from the graph alone; sizes come later and pick a workspace. A member lives

- `long`: in a buffer of T slots, if something outside the loop reads it, or a delay,
  or a member that runs at another iteration. A delay owns no storage: it shares its
  source's buffer, which has |k| slots more for what lies outside;
- `scratch`: in one slot that others reuse as soon as its last reader has run;
- `within` a concat that it is a part of, so that joining costs nothing;
- nowhere, if it is a view of another member.
"""

import inspect
from dataclasses import dataclass, field

import numpy as np

from tinygraph.core.delays import Delay
from tinygraph.core.nodes import Node, Op
from tinygraph.ops.elementwise import is_ufunc
from tinygraph.scheduling.halos import halos_of
from tinygraph.scheduling.order import Loop


@dataclass(frozen=True)
class Instruction:
    """One call per step: `node` is computed into where it lives.

    `copies` is the part of a concat that has to be copied into it; else None.
    """

    node: Node
    copies: int | None = None


@dataclass
class LoopPlan:
    """What `plan_loop` decides.

    Attributes:
        loop: whose plan it is.
        long: members with a buffer of T slots.
        scratch: member → number of the scratch slot it lives in.
        slots: for each scratch slot the member that fixes its shape and dtype.
        within: part of a concat → (concat, offset along its axis).
        views: members that are views of another member.
        halo: long member → the delays that share its buffer; see `halos_of`.
        instructions: what runs at each step, in order.
    """

    loop: Loop
    long: dict[Node, None] = field(default_factory=dict)
    scratch: dict[Node, int] = field(default_factory=dict)
    slots: list[Node] = field(default_factory=list)
    within: dict[Node, tuple[Node, int]] = field(default_factory=dict)
    views: dict[Node, None] = field(default_factory=dict)
    halo: dict[Node, list[Delay]] = field(default_factory=dict)
    instructions: list[Instruction] = field(default_factory=list)

    @property
    def entries(self) -> list[Node]:
        """What the instructions read from outside the loop."""
        members = set(self.loop.members)
        read = (x for each in self.instructions for x in each.node.inputs)
        return list(dict.fromkeys(x for x in read if x not in members))


def takes_out(op: Op) -> bool:
    """Return True for a kernel that writes its result where it is told to."""
    if isinstance(op.impl, np.ufunc):
        return True
    try:
        return "out" in inspect.signature(op.impl).parameters
    except (TypeError, ValueError):
        return False


def plan_loop(loop: Loop, exported: set[Node]) -> LoopPlan:
    """Return the plan of a loop.

    Args:
        exported: nodes that something outside their loop reads.
    """
    plan = LoopPlan(loop)
    members = dict.fromkeys(loop.members)
    _find_parts(plan, members)
    base = _find_views(plan, members)
    _find_long(plan, members, base, exported)
    _find_halos(plan)
    _list_instructions(plan)
    _share_scratch(plan, base)
    return plan


def _find_parts(plan: LoopPlan, members: dict[Node, None]) -> None:
    """Let the parts of each concat live within it, where nothing forbids it."""
    for node in members:
        if not node.op.joins:
            continue
        offset = 0
        for part in node.inputs:
            size = part.type.shape[node.attrs["axis"]]
            if not isinstance(size, int):  # of a named length there is one part only
                continue
            free = part in members and part not in plan.within
            computed = not (part.op.view or part.op.joins or isinstance(part, Delay))
            own = free and computed
            if own and node.inputs.count(part) == 1 and part.dtype == node.dtype:
                plan.within[part] = (node, offset)
            offset += size


def _find_views(plan: LoopPlan, members: dict[Node, None]) -> dict[Node, Node]:
    """Find the members that are views; return member → what it is a view of."""
    base: dict[Node, Node] = {}
    for node in members:
        viewed = node.inputs[0] if node.op.view else None
        if viewed is None or viewed not in base:
            base[node] = node
            continue
        flat = base[viewed] is viewed and viewed not in plan.within
        if node.op.in_one_piece and not (flat and not isinstance(viewed, Delay)):
            base[node] = node
            continue
        plan.views[node] = None
        base[node] = base[viewed]
    return base


def _find_long(
    plan: LoopPlan,
    members: dict[Node, None],
    base: dict[Node, Node],
    exported: set[Node],
) -> None:
    lag = dict(zip(plan.loop.members, plan.loop.lags, strict=True))
    wanted: dict[Node, None] = {}
    for node in members:
        if node in exported:
            wanted[base[node]] = None
        for part in node.inputs:
            if part not in members:
                continue
            if isinstance(node, Delay) or lag[part] != lag[node]:
                wanted[base[part]] = None
    for node in members:
        home = plan.within.get(node)
        if home is not None and (node in wanted or home[0] in wanted):
            wanted[home[0]] = None
    for node in members:
        if node in wanted and not isinstance(node, Delay) and node not in plan.within:
            plan.long[node] = None


def _find_halos(plan: LoopPlan) -> None:
    delays = [node for node in plan.loop.members if isinstance(node, Delay)]
    plan.halo.update(halos_of(node for node in delays if node.source in plan.long))


def _list_instructions(plan: LoopPlan) -> None:
    for node in plan.loop.members:
        if isinstance(node, Delay) or node in plan.views:
            continue
        if not node.op.joins:
            plan.instructions.append(Instruction(node))
            continue
        for i, part in enumerate(node.inputs):
            if plan.within.get(part, (None,))[0] is not node:
                plan.instructions.append(Instruction(node, copies=i))


def _share_scratch(plan: LoopPlan, base: dict[Node, Node]) -> None:
    """Give the other members scratch slots, reused after the last reader."""
    dying = _dying(plan, base)
    free: list[int] = []
    for i, instruction in enumerate(plan.instructions):
        node = _home(plan, instruction.node)
        over = is_ufunc(instruction.node.op) and instruction.node is node
        if over:
            free += [plan.scratch[n] for n in dying[i] if n in plan.scratch]
        if node not in plan.long and node not in plan.scratch:
            plan.scratch[node] = _slot_for(plan, node, free)
        if not over:
            free += [plan.scratch[n] for n in dying[i] if n in plan.scratch]


def _home(plan: LoopPlan, node: Node) -> Node:
    """Return the member in whose storage a node lives."""
    return plan.within[node][0] if node in plan.within else node


def _slot_for(plan: LoopPlan, node: Node, free: list[int]) -> int:
    for slot in free:
        model = plan.slots[slot]
        if (model.type.shape, model.dtype) == (node.type.shape, node.dtype):
            free.remove(slot)
            return slot
    plan.slots.append(node)
    return len(plan.slots) - 1


def _dying(plan: LoopPlan, base: dict[Node, Node]) -> list[list[Node]]:
    """Return for each instruction the stored members nobody reads after it."""
    last: dict[Node, int] = {}
    for i, instruction in enumerate(plan.instructions):
        node = instruction.node
        last[_home(plan, node)] = i
        for part in node.inputs:
            if part in base:
                last[_home(plan, base[part])] = i
    dying: list[list[Node]] = [[] for _ in plan.instructions]
    for node, i in last.items():
        dying[i].append(node)
    return dying
