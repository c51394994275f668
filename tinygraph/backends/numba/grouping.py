"""Which nodes run in one function: a cycle, or elementwise work beside it.

Nodes are placed from the last to the first, each as late as its readers allow: into
a loop if all its readers are there (so that it is not stored for every step), else
into a group that runs before them, if one is open to it, else into a group of its
own. What generated code cannot do runs on NumPy, where the schedule has it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from tinygraph.backends.numba.works import is_native, is_view, works_of
from tinygraph.backends.vectorising import fixed_in_time
from tinygraph.building import CONSTANT, EVERY_STEP
from tinygraph.delays import Delay
from tinygraph.graph import Graph
from tinygraph.leaves import is_leaf
from tinygraph.nodes import Node
from tinygraph.ops.linalg import MATMUL
from tinygraph.scheduling import Loop, Once, Schedule

Key = tuple[int, int, int]


@dataclass(eq=False)
class Group:
    """Nodes that one function runs.

    Attributes:
        key: by which tasks are ordered.
        loop: the cycle around which they are gathered, if any.
        nodes: node → its lag.
    """

    key: Key
    time: str
    loop: Loop | None = None
    nodes: dict[Node, int] = field(default_factory=dict)


Task = Group | Loop | Node
"""A group; a loop or a node that NumPy runs."""


def group(graph: Graph, plan: Schedule) -> list[Task]:
    """Return what runs after the prologue, in order; views are left out."""
    return _Grouping(graph, plan).run()


def is_seen_through(node: Node) -> bool:
    """Return True for a node that others read without its being computed."""
    return is_view(node) or node.op is EVERY_STEP


class _Grouping:
    def __init__(self, graph: Graph, plan: Schedule) -> None:
        self.graph = graph
        self.plan = plan
        self.fixed = fixed_in_time(graph.nodes)
        self.outputs = set(graph.outputs.values())
        self.place: dict[Node, int] = {}
        self.home: dict[Node, Group] = {}
        self.groups: list[Group] = []
        self.after: dict[Node, int] = {}
        self.readers: dict[Node, list[Node]] = {node: [] for node in graph.nodes}
        self.native: set[Loop] = set()

    def run(self) -> list[Task]:
        for i, task in enumerate(self.plan.main):
            self._enter(i, task)
        for node in self.graph.nodes:
            for part in node.inputs:
                self.readers[part].append(node)
        self._find_after()
        tasks: list[tuple[Key, Task]] = []
        for i in range(len(self.plan.main) - 1, -1, -1):
            task = self.plan.main[i]
            if isinstance(task, Loop):
                if task not in self.native:
                    tasks.append(((i, 1, 0), task))
            elif self._is_fusable(task.node):
                self._put(task.node)
            elif not is_view(task.node):
                tasks.append(((i, 1, 0), task.node))
        tasks += [(each.key, self._ordered(each)) for each in self.groups]
        return [task for _, task in sorted(tasks, key=lambda pair: pair[0])]

    def _enter(self, i: int, task: Once | Loop) -> None:
        if isinstance(task, Once):
            self.place[task.node] = i
            return
        self.place.update(dict.fromkeys(task.members, i))
        if all(map(is_native, task.members)):
            lags = dict(zip(task.members, task.lags, strict=True))
            made = Group((i, 1, 0), task.time, task, lags)
            self.native.add(task)
            self.groups.append(made)
            self.home.update(dict.fromkeys(task.members, made))

    def _is_fusable(self, node: Node) -> bool:
        if node.type.time is None or isinstance(node, Delay) or is_leaf(node):
            return False
        if (
            node.op in (CONSTANT, EVERY_STEP, MATMUL)
            or is_view(node)
            or node in self.fixed
        ):
            return False
        return works_of(node) is not None

    def _find_after(self) -> None:
        """Find the last task that is not ours to move, among what a node needs."""
        for i, task in enumerate(self.plan.main):
            if isinstance(task, Loop):
                self.after.update(dict.fromkeys(task.members, i))
                continue
            node = task.node
            if self._is_fusable(node) or is_view(node):
                needs = [self.after.get(x, -1) for x in node.inputs]
                self.after[node] = max(needs, default=-1)
            else:
                self.after[node] = i

    def _users(self, node: Node) -> list[Node]:
        """Return the nodes that read a node, through views too."""
        found: dict[Node, None] = {}
        stack = list(self.readers[node])
        seen = set(stack)
        while stack:
            reader = stack.pop()
            looks = is_view(reader) and reader not in self.home
            if not looks or reader in self.outputs:
                found[reader] = None
            if looks:
                new = [x for x in self.readers[reader] if x not in seen]
                seen.update(new)
                stack += new
        return list(found)

    def _put(self, node: Node) -> None:
        users = self._users(node)
        end = (len(self.plan.main), 1, 0)
        limits = [end] if node in self.outputs else []
        for user in users:
            home = self.home.get(user)
            if home is not None:
                limits.append(home.key)
            elif is_view(user):
                limits.append(end)
            else:
                limits.append((self.place[user], 1, 0))
        latest = min(limits, default=end)
        homes = {self.home.get(user) for user in users}
        (only,) = homes if len(homes) == 1 else (None,)
        if only is not None and only.loop and self._sinks(node, users, only):
            only.nodes[node] = only.nodes[users[0]]
            self.home[node] = only
            return
        found = self._open_to(node, latest, homes)
        if found is None:
            found = Group((latest[0], 0, -len(self.groups)), node.type.time or "")
            self.groups.append(found)
        found.nodes[node] = 0
        self.home[node] = found

    def _sinks(self, node: Node, users: list[Node], home: Group) -> bool:
        lags = {home.nodes[user] for user in users}
        return (
            node not in self.outputs
            and len(lags) == 1
            and home.time == node.type.time
            and self.after[node] < home.key[0]
            and [work.kind for work in works_of(node) or []] == ["map"]
        )

    def _open_to(
        self, node: Node, latest: Key, homes: set[Group | None]
    ) -> Group | None:
        """Return the latest group that a node can join."""
        for each in sorted(self.groups, key=lambda g: g.key, reverse=True):
            if each.loop is not None or each.time != node.type.time:
                continue
            if each.key > latest or (each.key == latest and each not in homes):
                continue
            if self.after[node] < each.key[0]:
                return each
        return None

    def _ordered(self, each: Group) -> Group:
        order = {node: i for i, node in enumerate(self.graph.nodes)}
        if each.loop is not None:
            sunk = [n for n in each.nodes if n not in set(each.loop.members)]
            names = [*sorted(sunk, key=order.__getitem__), *each.loop.members]
        else:
            names = sorted(each.nodes, key=order.__getitem__)
        each.nodes = {node: each.nodes[node] for node in names}
        return each


def seen_through(nodes: Iterable[Node], opaque: set[Node]) -> list[Node]:
    """Return what stands behind views of nodes."""
    found = []
    for node in nodes:
        while is_view(node) and node not in opaque:
            node = node.inputs[0]
        found.append(node)
    return found
