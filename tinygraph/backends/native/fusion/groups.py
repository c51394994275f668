"""The groups of nodes that one function runs, while they are gathered."""

from dataclasses import dataclass, field

from tinygraph.backends.native.ir.rules import is_view
from tinygraph.core.graph import Graph
from tinygraph.core.nodes import Node
from tinygraph.scheduling.order import Loop

Key = tuple[int, int, int]


@dataclass(eq=False)
class Group:
    """Nodes that one function runs.

    Attributes:
        key: by which groups, and what NumPy runs between them, are ordered.
        loop: the cycle around which they are gathered, if any.
        native: False for a single node that NumPy runs.
        nodes: node → its lag.
    """

    key: Key
    time: str
    loop: Loop | None = None
    native: bool = True
    nodes: dict[Node, int] = field(default_factory=dict)


class Groups:
    """The groups so far, and which node is in which.

    Attributes:
        outputs: of the graph.
        early: nodes that depend on parameters alone.
        readers: node → the nodes that read it.
        home: node → its group.
        after: node → the number of the task after which its value is there.
    """

    def __init__(self, graph: Graph, early: set[Node]) -> None:
        self.graph = graph
        self.outputs = set(graph.outputs.values())
        self.early = early
        self.readers: dict[Node, list[Node]] = {node: [] for node in graph.nodes}
        for node in graph.nodes:
            for part in node.inputs:
                self.readers[part].append(node)
        self.home: dict[Node, Group] = {}
        self.groups: list[Group] = []
        self.after: dict[Node, int] = dict.fromkeys(early, -1)

    def users(self, node: Node) -> list[Node]:
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

    def base(self, node: Node) -> Node:
        """Return what stands behind views."""
        while is_view(node) and node not in self.home:
            node = node.inputs[0]
        return node

    def join(self, node: Node, group: Group, lag: int) -> None:
        """Put a node into a group."""
        group.nodes[node] = lag
        self.home[node] = group
