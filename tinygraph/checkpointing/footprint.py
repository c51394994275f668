"""How many bytes of activations a graph needs while it runs, by plan.

Buffers of loops stay as long as the program; of what runs once, the values alive at
one time count. Feeds, parameters, what depends on parameters alone, and what is handed
out are not counted.
"""

import math
from collections.abc import Mapping

from tinygraph.core.building import CONSTANT
from tinygraph.core.delays import Delay
from tinygraph.core.graph import Graph
from tinygraph.core.leaves import is_leaf
from tinygraph.core.nodes import Node
from tinygraph.core.shifts import room
from tinygraph.ops.elementwise import is_ufunc
from tinygraph.ops.invariance import fixed_in_time
from tinygraph.scheduling.order import Loop, Schedule, read_outside, schedule
from tinygraph.scheduling.planning import LoopPlan, plan_loop


class Footprint:
    """The bytes that a graph needs, for any sizes."""

    def __init__(self, graph: Graph) -> None:
        order = schedule(graph)
        exported = read_outside(graph, order)
        loops = [task for task in order.main if isinstance(task, Loop)]
        self._plans = [plan_loop(loop, exported) for loop in loops]
        self._fixed = fixed_in_time(graph.nodes)
        early = (task.node for task in order.prologue)
        self._free = {*early, *graph.outputs.values()}
        self._root = _roots(graph, order)
        entries = {x for plan in self._plans for x in plan.entries}
        self._lasting = {x for x in entries if is_ufunc(x.op)}
        self._made, self._gone = self._lives(order)

    def at(self, sizes: Mapping[str, int]) -> int:
        """Return the bytes for these sizes of dimensions and time axes."""
        alive = most = sum(self._buffers(plan, sizes) for plan in self._plans)
        for made, gone in zip(self._made, self._gone, strict=True):
            alive += sum(self.bytes(node, sizes) for node in made)
            most = max(most, alive)
            alive -= sum(self.bytes(node, sizes) for node in gone)
        return most

    def bytes(self, node: Node, sizes: Mapping[str, int]) -> int:
        """Return the bytes of a node's value, of all steps at once."""
        time = node.type.time
        steps = 1 if time is None or node in self._fixed else sizes[time]
        return steps * _step_bytes(node, sizes)

    def _lives(self, order: Schedule) -> tuple[list[list[Node]], list[list[Node]]]:
        """Return what each task makes, and what nobody reads after it."""
        made: list[list[Node]] = []
        last: dict[Node, int] = {}
        for i, task in enumerate(order.main):
            members = task.members if isinstance(task, Loop) else (task.node,)
            made.append([n for n in members if self._root.get(n) is n])
            for node in members:
                for x in (node, *node.inputs):
                    if x in self._root:
                        last[self._root[x]] = i
        made = [[node for node in nodes if node not in self._free] for nodes in made]
        gone: list[list[Node]] = [[] for _ in order.main]
        for nodes in made:
            for node in nodes:
                if node not in self._lasting:
                    gone[last[node]].append(node)
        return made, gone

    def _buffers(self, plan: LoopPlan, sizes: Mapping[str, int]) -> int:
        """Return the bytes of a loop's buffers."""
        steps = sizes[plan.loop.time]
        total = sum(_step_bytes(model, sizes) for model in plan.slots)
        for node in plan.long:
            outside = sum(room(delay.steps for delay in plan.halo.get(node, ())))
            total += (steps + outside) * _step_bytes(node, sizes)
        return total


def delay_bytes(delay: Delay, sizes: Mapping[str, int]) -> int:
    """Return the bytes of what a delay reads outside a window."""
    return abs(delay.steps) * _step_bytes(delay, sizes)


def _step_bytes(node: Node, sizes: Mapping[str, int]) -> int:
    dims = (sizes[d] if isinstance(d, str) else d for d in node.type.shape)
    return node.dtype.itemsize * math.prod(dims)


def _roots(graph: Graph, order: Schedule) -> dict[Node, Node]:
    """Return for each node that runs once the one whose memory it looks at.

    Leaves, constants and members of loops have none of their own here.
    """
    looping = {
        node for task in order.main if isinstance(task, Loop) for node in task.members
    }
    roots: dict[Node, Node] = {}
    for node in graph.nodes:
        if node in looping or is_leaf(node) or node.op is CONSTANT:
            continue
        if not node.op.view:
            roots[node] = node
        elif node.inputs[0] in roots:
            roots[node] = roots[node.inputs[0]]
    return roots
