"""Graph → Picture: every node becomes a box, joins one, or is looked through."""

from dataclasses import dataclass, field

from tinygraph.core.delays import Delay
from tinygraph.core.graph import Graph
from tinygraph.core.nodes import Node
from tinygraph.drawing.model import wording
from tinygraph.drawing.model.boxing import Boxes
from tinygraph.drawing.model.delay_loops import cycles_told, loops_of
from tinygraph.drawing.model.grouping import group_scopes
from tinygraph.drawing.model.options import Options
from tinygraph.drawing.model.picture import Picture
from tinygraph.drawing.model.repeated_cells import drawn_once
from tinygraph.drawing.model.roles import cast_roles
from tinygraph.drawing.model.wiring import Flow, Wiring


def picture_of(graph: Graph, options: Options, unrolled: bool) -> Picture:
    """Return the picture model of a folded graph.

    Args:
        unrolled: the picture will show several steps: weights get a copy per step
            and leaves that only start a delay stand outside.

    Raises:
        DrawingError: `collapse` or `labels` name what the graph does not have.
    """
    painter = _Painter(graph, options, unrolled)
    for node in painter.roles.order:
        painter.paint(node)
    painter.paint_forgotten()
    loops = loops_of(painter.wiring, painter.names)
    wires = painter.wiring.wires()
    title = painter.grouping.title if options.title is None else options.title
    picture = Picture(
        painter.boxes.made,
        wires,
        cycles_told([*painter.boxes.made], wires, loops),
        title,
        axes=tuple(graph.times),
        look=options.look,
    )
    return drawn_once(picture, options.max_repeats)


@dataclass
class _Painter:
    graph: Graph
    options: Options
    unrolled: bool
    parameters: dict[Node, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.roles = cast_roles(self.graph)
        self.grouping = group_scopes(self.roles, self.options)
        self.boxes = Boxes(self.graph, self.roles, self.options)
        self.wiring = Wiring(self.boxes, self.roles, self.options, self.unrolled)
        self.names = self.graph.delay_names

    def paint(self, node: Node) -> None:
        """Give one node its box or boxes, and wires from what it reads."""
        flows = self.wiring.flows
        if node in self.roles.numbers:
            flows[node] = {}
        elif isinstance(node, Delay):
            flows[node] = {node: Flow()}
        elif node in self.grouping.of:
            self._paint_inside(node)
        elif node.op.leaf:
            self._paint_leaf(node)
        else:
            self._paint_op(node)

    def paint_forgotten(self) -> None:
        """Draw outputs that are leaves nothing reads."""
        for node in self.roles.outputs:
            if node.op.leaf and not self.wiring.is_drawn(node):
                self.wiring.flows[node] = {self.boxes.leaf(node, node.time): Flow()}

    def _paint_leaf(self, node: Node) -> None:
        quiet = self.options.parameters in ("label", "hide")
        if node.op.name == "parameter" and quiet and node not in self.roles.outputs:
            self.wiring.flows[node] = {}
            self.parameters[node] = ()
            if self.options.parameters == "label":
                self.parameters[node] = (self.boxes.shown(wording.name_of(node)),)
        elif node.op.name == "sequence":
            self.wiring.flows[node] = {self.boxes.leaf(node, node.time): Flow()}
        else:
            self.wiring.flows[node] = {node: Flow()}

    def _paint_inside(self, node: Node) -> None:
        group = self.grouping.of[node]
        inside = self.boxes.group(group, self.grouping)
        outer = [p for p in self.roles.inputs(node) if self.grouping.of.get(p) != group]
        if not node.op.leaf:
            self.wiring.join(node, outer, inside, ())
        self.wiring.flows[node] = {inside: Flow()}
        readers = self.roles.users[node]
        exported = node in self.roles.outputs or any(
            self.grouping.of.get(reader) != group for reader in readers
        )
        if exported and self.roles.is_variable(node):
            self._put_ellipse(node, inside)

    def _paint_op(self, node: Node) -> None:
        parts = self.roles.inputs(node)
        weights = tuple(w for p in parts for w in self.parameters.get(p, ()))
        others = [part for part in parts if self.wiring.flows[part]]
        known = any(part in self.parameters for part in parts)
        kept = node in self.roles.outputs or node in self.roles.states
        if known and not others and not kept:
            self.wiring.flows[node] = {}
            self.parameters[node] = weights
            return
        beside = weights if self._says_where(node, others) else ()
        if node in self.roles.merged or self._looked_through(node):
            self.wiring.pass_through(node, others, beside)
            return
        ellipse = self.boxes.total(node)
        if self._is_variable(node) and self._only_ellipse(node):
            ellipse = self.boxes.variable(node)
        if ellipse is not None:
            self.wiring.join(node, others, ellipse, beside)
            self.wiring.flows[node] = {ellipse: Flow()}
            return
        operands = [self.roles.numbers.get(part) for part in parts]
        box = self.boxes.op(node, operands, [*weights] if not beside else [])
        self.wiring.join(node, others, box, beside)
        self.wiring.flows[node] = {box: Flow()}
        if self._is_variable(node):
            self._put_ellipse(node, box)

    def _says_where(self, node: Node, others: list[Node]) -> bool:
        """Return True where one edge is the place for the names of weights.

        A bias of a sum of several values belongs to none of them.
        """
        if len(others) != 1:
            return False
        alone = len(self.wiring.flows[others[0]]) == 1
        return alone or node.op.name not in ("add", "subtract")

    def _put_ellipse(self, node: Node, below: str) -> None:
        ellipse = self.boxes.variable(node)
        self.wiring.tie(below, ellipse, node)
        self.wiring.flows[node] = {ellipse: Flow()}

    def _is_variable(self, node: Node) -> bool:
        named = self.options.collapse == "variables" and node in self.roles.names
        return named or self.roles.is_variable(node)

    def _only_ellipse(self, node: Node) -> bool:
        return self.options.collapse == "variables" or node.op.name == "identity"

    def _looked_through(self, node: Node) -> bool:
        if self.options.collapse != "variables":
            return False
        kept = node in self.roles.states or node in self.roles.outputs
        return not kept and node not in self.roles.names
