"""How much work a program has been given: FLOPs and bytes of a call, added up.

The bytes of a node that runs by itself are those of its operands and its result. A
generated function reads and writes what has a value per step; what is
overwritten at the next step stays in the cache.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from tinygraph.core.nodes import Node
from tinygraph.ops.costs import Amount, Costs, total
from tinygraph.runtime.program import Fused, Report, Stepwise, Straight
from tinygraph.scheduling.planning import LoopPlan


class Work(NamedTuple):
    """FLOPs, and bytes read and written."""

    flops: Amount
    size: Amount

    def at(self, sizes: Mapping[str, int]) -> "Work":
        """Return both with some names replaced by numbers."""
        return Work(self.flops.at(sizes), self.size.at(sizes))


def costs_of(report: Report) -> Costs:
    """Return what nodes of a program cost, by whether they run step by step."""
    loops = (p for p in report.parts if isinstance(p, Stepwise))
    members = [node for each in loops for node in each.plan.loop.members]
    members += [x for p in report.parts if isinstance(p, Fused) for x in p.lags]
    return Costs(report.graph.nodes, members)


def work(report: Report) -> Work:
    """Return the FLOPs and bytes of one call with new parameters."""
    costs = costs_of(report)
    done = [once(costs, report.prologue)]
    for part in report.parts:
        if isinstance(part, Straight):
            done.append(once(costs, part.nodes))
        elif isinstance(part, Stepwise):
            done.append(_times(per_step(costs, part.plan), part.plan.loop.time))
        else:
            done.append(_fused(costs, part))
    return _sum(done)


def once(costs: Costs, nodes: Iterable[Node]) -> Work:
    """Return the work of nodes that run by themselves."""
    return _sum(Work(costs.flops(node), costs.bytes(node)) for node in nodes)


def per_step(costs: Costs, plan: LoopPlan) -> Work:
    """Return the work of one step of a loop."""
    flops, moved = [], []
    for each in plan.instructions:
        node = each.node
        if each.copies is None:
            flops.append(costs.flops(node))
            moved.append(costs.bytes(node))
        else:
            part = costs.size(node.inputs[each.copies], node)
            moved.append(part + part)
    return Work(total(flops), total(moved))


def _fused(costs: Costs, part: Fused) -> Work:
    """Return the work of all steps of a generated function."""
    flops = total(map(costs.flops, part.homes)) * Amount.of(part.time)
    long = [_all_steps(node) for node, home in part.homes.items() if home == "long"]
    return Work(flops, total([*long, *long, *map(_all_steps, part.reads)]))


def _all_steps(node: Node) -> Amount:
    steps = (node.type.time,) if node.type.time is not None else ()
    return Amount.of(node.dtype.itemsize, *node.type.shape, *steps)


def _times(step: Work, time: str) -> Work:
    return Work(step.flops * Amount.of(time), step.size * Amount.of(time))


def _sum(parts: Iterable[Work]) -> Work:
    parts = list(parts)
    return Work(total(p.flops for p in parts), total(p.size for p in parts))
