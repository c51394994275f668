"""Which nodes run in one function: a cycle, or elementwise work beside it.

Tasks are ordered as late as their readers allow. Then nodes are placed from the last
to the first: into a loop if all their readers are there (so that they are not stored
for every step), else into a group that runs before them, if one is open to it, else
into a group of their own; some then move (`moves`). What generated code cannot do runs
on NumPy.
"""

import bisect
from collections.abc import Collection, Iterable

from tinygraph.backends.native.fusion import moves
from tinygraph.backends.native.fusion.groups import Group, Groups, Key
from tinygraph.backends.native.ir.rules import is_native, is_view, statements_of
from tinygraph.backends.native.ir.statements import Kind
from tinygraph.core.building import CONSTANT, EVERY_STEP
from tinygraph.core.delays import Delay
from tinygraph.core.graph import Graph
from tinygraph.core.leaves import is_leaf
from tinygraph.core.nodes import Node
from tinygraph.ops.invariance import fixed_in_time
from tinygraph.ops.linalg import MATMUL
from tinygraph.scheduling.order import Loop, Once, Schedule

LARGEST = 20_000
"""Nodes in one function: compiling takes a millisecond for each, and more in larger
ones. Larger loops run on NumPy."""
MOST = 100_000
"""Nodes in all functions of a program; NumPy runs what is left."""
NEAR = 16
"""Groups that a node is tried in, the latest first."""
WORTH = 64
"""Nodes of a graph without time from which on it is worth compiling: a few of NumPy's
calls take less than a function's compilation does."""

Grouped = Group | Loop | Node
"""A group; a loop or a node that NumPy runs."""


def group(graph: Graph, plan: Schedule) -> list[Grouped]:
    """Return what runs after the prologue, in order; views are left out."""
    return _Grouping(graph, plan).run()


def refusal(node: Node, fixed: Collection[Node], timeless: bool) -> str | None:
    """Return why NumPy runs a node outside every cycle; None where a function may.

    Args:
        fixed: nodes with one value for all steps.
        timeless: no node of the graph has a value per step, and there are many.
    """
    if node.type.time is None and (not timeless or node.op.contextual):
        return "one value in all"
    if node in fixed:
        return "the same at every step"
    if isinstance(node, Delay):
        return "a delay outside every cycle"
    if node.op is MATMUL:
        return "one product" if timeless else "one product for all steps"
    return None if statements_of(node) is not None else "no generated code"


def is_timeless(graph: Graph) -> bool:
    """Return True for a graph without time that is worth compiling."""
    return not graph.times and len(graph.nodes) >= WORTH


def _members(task: Once | Loop) -> tuple[Node, ...]:
    return (task.node,) if isinstance(task, Once) else task.members


class _Grouping(Groups):
    def __init__(self, graph: Graph, plan: Schedule) -> None:
        super().__init__(graph, {task.node for task in plan.prologue})
        self.fixed = fixed_in_time(graph.nodes)
        self.timeless = is_timeless(graph)
        self.tasks = self._latest_first(plan)
        self.place: dict[Node, int] = {}
        self.open: list[Group] = []
        self.count = 0
        self.end: Key = (len(self.tasks), 1, 0)

    def run(self) -> list[Grouped]:
        """Return the tasks in order."""
        for i, task in enumerate(self.tasks):
            self._enter(i, task)
        alone: dict[Node, Key] = {}
        others: list[tuple[Key, Grouped]] = []
        for i, task in reversed(list(enumerate(self.tasks))):
            if isinstance(task, Loop):
                if task.members[0] not in self.home:
                    others.append(((i, 1, 0), task))
            elif self._is_fusable(task.node):
                self._put(task.node)
            elif not is_view(task.node):
                alone[task.node] = (i, 1, 0)
        for node in moves.move(self, LARGEST):
            alone.pop(node, None)
        others += [(key, node) for node, key in alone.items()]
        for each in self._filled():
            others.append((each.key, each if each.native else next(iter(each.nodes))))
        return [task for _, task in sorted(others, key=lambda pair: pair[0])]

    def _latest_first(self, plan: Schedule) -> list[Once | Loop]:
        """Return the tasks ordered by how many others have to run after them."""
        home = {node: task for task in plan.main for node in _members(task)}
        rest: dict[Once | Loop, int] = {}
        for task in reversed(plan.main):
            own = _members(task)
            users = {home[user] for node in own for user in self.readers[node]}
            rest[task] = max((rest[u] + 1 for u in users if u is not task), default=0)
        place = {task: i for i, task in enumerate(plan.main)}
        return sorted(plan.main, key=lambda task: (-rest[task], place[task]))

    def _enter(self, i: int, task: Once | Loop) -> None:
        """Note when a task's values are there; a loop that fits becomes a group."""
        own = _members(task)
        self.place.update(dict.fromkeys(own, i))
        if isinstance(task, Loop):
            self.after.update(dict.fromkeys(own, i))
            self.count += len(own) if len(own) <= LARGEST else 0
            if len(own) <= LARGEST and self.count <= MOST and all(map(is_native, own)):
                lags = dict(zip(own, task.lags, strict=True))
                made = Group((i, 1, 0), task.time, task, nodes=lags)
                self.groups.append(made)
                self.home.update(dict.fromkeys(own, made))
        elif self._is_fusable(task.node) or is_view(task.node):
            needs = (self.after[x] for x in task.node.inputs)
            self.after[task.node] = max(needs, default=-1)
        else:
            self.after[task.node] = i

    def _is_fusable(self, node: Node) -> bool:
        if is_leaf(node) or node.op in (CONSTANT, EVERY_STEP) or is_view(node):
            return False
        return refusal(node, self.fixed, self.timeless) is None

    def _limit(self, user: Node) -> Key:
        """Return before what a node must run that `user` reads."""
        if user in self.home:
            return self.home[user].key
        return self.end if is_view(user) else (self.place[user], 1, 0)

    def _put(self, node: Node) -> None:
        """Put a node into the loop that reads it, an open group, or a new one."""
        users = self.users(node)
        limits = [self.end] if node in self.outputs else []
        latest = min([*limits, *map(self._limit, users)], default=self.end)
        homes = {self.home.get(user) for user in users}
        only = homes.pop() if len(homes) == 1 else None
        if only is not None and only.loop and self._sinks(node, users, only):
            self._join(node, only, only.nodes[users[0]])
            return
        room = self.count < MOST
        found = self._open_to(node, latest, users) if room else None
        if found is None:
            found = Group((latest[0], 0, -len(self.groups)), node.type.time or "")
            found.native = room
            self.groups.append(found)
            if room:
                bisect.insort(self.open, found, key=lambda each: each.key)
        self._join(node, found, 0)

    def _join(self, node: Node, group: Group, lag: int) -> None:
        self.count += 1
        self.join(node, group, lag)

    def _sinks(self, node: Node, users: list[Node], home: Group) -> bool:
        """Return True for an elementwise node that a loop alone reads, at one lag."""
        return (
            node not in self.outputs
            and len({home.nodes[user] for user in users}) == 1
            and home.time == node.type.time
            and len(home.nodes) < 2 * LARGEST
            and self.after[node] < home.key[0]
            and [each.kind for each in statements_of(node) or []] == [Kind.MAP]
        )

    def _open_to(self, node: Node, latest: Key, users: list[Node]) -> Group | None:
        """Return the latest group that a node can join."""
        homes = [self.home.get(user) for user in users]
        place = bisect.bisect_right(self.open, latest, key=lambda each: each.key)
        for each in reversed(self.open[max(place - NEAR, 0) : place]):
            if self.after[node] >= each.key[0]:
                break
            early = each.key < latest or each in homes
            same = each.time == (node.type.time or "")
            if early and same and len(each.nodes) < LARGEST:
                return each
        return None

    def _filled(self) -> Iterable[Group]:
        """Return the groups that hold nodes, each with its nodes in order."""
        order = {node: i for i, node in enumerate(self.graph.nodes)}
        for each in self.groups:
            if each.nodes:
                each.nodes.update(_views_for_products(each))
                each.nodes = _in_order(each, order)
                yield each


def _views_for_products(group: Group) -> dict[Node, int]:
    """Return the views through which products read what is in the group, with lags.

    A product takes whole arrays, so that what it sees needs a place within the group.
    """
    found: dict[Node, int] = {}
    for node, lag in group.nodes.items():
        for part in node.inputs if node.op is MATMUL else ():
            chain = []
            while is_view(part) and part not in group.nodes:
                chain.append(part)
                part = part.inputs[0]
            if part in group.nodes:
                found.update(dict.fromkeys(chain, lag))
    return found


def _in_order(group: Group, order: dict[Node, int]) -> dict[Node, int]:
    """Return a group's nodes in an order in which they can run.

    The members of a loop keep theirs; what joined it comes right before its
    first reader, or behind what it reads.
    """
    cycle = group.loop.members if group.loop is not None else ()
    inside = set(cycle)
    others = sorted(group.nodes.keys() - inside, key=order.__getitem__)
    found: dict[Node, int] = {}
    for root in (*cycle, *others):
        stack = [root]
        while stack:
            node = stack[-1]
            missing = [x for x in _behind(node, group) if x not in found]
            sunk = [x for x in missing if x not in inside]
            if sunk and node not in found:
                stack += sunk
                continue
            found.setdefault(stack.pop(), group.nodes[node])
    return found


def _behind(node: Node, group: Group) -> list[Node]:
    """Return the nodes of the group that a node reads, through views too."""
    found = []
    for part in node.inputs:
        while is_view(part) and part not in group.nodes:
            part = part.inputs[0]
        if part in group.nodes:
            found.append(part)
    return found
