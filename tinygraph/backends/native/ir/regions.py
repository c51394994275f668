"""A region: per-step nodes that one generated function runs, step by step."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tinygraph.backends.native.ir.indices import ZERO, Indices
from tinygraph.backends.native.ir.rules import is_view, statements_of, viewed
from tinygraph.backends.native.ir.statements import Kind, Statement
from tinygraph.core.building import EVERY_STEP
from tinygraph.core.delays import Delay
from tinygraph.core.nodes import Node
from tinygraph.core.shifts import room
from tinygraph.ops.linalg import MATMUL
from tinygraph.ops.time import UNSTACK
from tinygraph.scheduling.halos import halos_of


@dataclass(frozen=True)
class Access:
    """An element of what is stored.

    Attributes:
        node: the stored node; of the region, or an entry.
        index: within one step's value.
        delay: the delay through which it is read, if any.
        unstacked: the step is the first axis of a static entry.
    """

    node: Node
    index: Indices
    delay: Delay | None = None
    unstacked: bool = False


@dataclass(eq=False)
class Region:
    """Nodes over one time axis, in an order in which they can run.

    Attributes:
        number: of the region, in the order in which they run.
        time: the axis; "" for nodes of a graph without time, which run for one step.
        lags: node → the iterations by which it runs later; see `scheduling.Loop`.
        exported: the nodes of which others read all steps.
        early: nodes that depend on parameters alone.
        fixed: nodes of the graph with one value for all steps.
        opaque: nodes that NumPy's loops compute: they are read as they are, views too.
        computed: the nodes that are written, with their statements.
        long: those of which a value per step is kept.
        halo: long node → the delays that share its buffer; see `halos_of`.
    """

    number: int
    time: str
    backwards: bool
    lags: Mapping[Node, int]
    exported: dict[Node, None]
    early: frozenset[Node] = frozenset()
    fixed: frozenset[Node] = frozenset()
    opaque: frozenset[Node] = frozenset()
    computed: dict[Node, list[Statement]] = field(init=False)
    long: dict[Node, None] = field(init=False)
    halo: dict[Node, list[Delay]] = field(init=False)

    def __post_init__(self) -> None:
        """Decide what is computed and which values of all steps are kept."""
        self.computed = {}
        for node in self.lags:
            if not isinstance(node, Delay) and not is_view(node):
                self.computed[node] = statements_of(node) or []
        self.halo = halos_of(self.delays)
        for node in self._copied():
            self.computed[node] = [Statement(node, Kind.COPY, node.type.shape)]
        self.computed = {n: self.computed[n] for n in self.lags if n in self.computed}
        self.long = self._kept_steps()

    @property
    def delays(self) -> list[Delay]:
        """The delays within."""
        return [node for node in self.lags if isinstance(node, Delay)]

    @property
    def statements(self) -> Iterable[Statement]:
        """All statements, in an order in which they can run."""
        return (each for written in self.computed.values() for each in written)

    def _copied(self) -> list[Node]:
        """Return the views and delays that need memory of their own."""
        wanted = [node.source for node in self.delays]
        wanted += [
            node
            for node in self.exported
            if isinstance(node, Delay) and node not in self.halo[node.source]
        ]
        for node in self.lags:
            if node.op is MATMUL:
                wanted += [x for x in node.inputs if not self.is_whole(x)]
        return [x for x in wanted if x in self.lags and x not in self.computed]

    def is_whole(self, node: Node) -> bool:
        """Return True if one step of a node stands in memory as it is read."""
        if isinstance(node, Delay) and node in self.lags:
            return node.source in self.computed
        return node in self.computed or node not in self.lags

    def _kept_steps(self) -> dict[Node, None]:
        """Return the nodes of which a value per step is kept."""
        wanted = dict.fromkeys(n for n in self.exported if n.type.time or not self.time)
        wanted.update(dict.fromkeys(delay.source for delay in self.delays))
        for node in self.computed:
            for access in self.accesses(node):
                if self.lags.get(access.node, self.lags[node]) != self.lags[node]:
                    wanted[access.node] = None
        return {node: None for node in self.computed if node in wanted}

    def accesses(self, node: Node) -> list[Access]:
        """Return what the statements of a node read, whichever element."""
        return [self.resolve(x, (ZERO,) * x.ndim) for x in node.inputs]

    def resolve(self, node: Node, index: Indices, past: bool = False) -> Access:
        """Return where an element of a node stands, seen through views.

        Args:
            past: look behind the node even if it has memory of its own.
        """
        while True:
            if node in self.computed and not past:
                return Access(node, index)
            past = False
            if node in self.opaque:
                return Access(node, index)
            if node.op is EVERY_STEP:
                node = node.inputs[0]
            elif node.op is UNSTACK:
                return Access(node.inputs[0], index, unstacked=True)
            elif isinstance(node, Delay):
                if node not in self.lags:
                    return Access(node, index)
                return Access(node.source, index, node)
            elif is_view(node):
                index, node = viewed(node, index), node.inputs[0]
            else:
                return Access(node, index)


def halo(region: Region, node: Node) -> tuple[int, int]:
    """Return how many steps a long node's buffer has before and after the T."""
    return room(delay.steps for delay in region.halo.get(node, ()))
