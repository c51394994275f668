"""Graph → Picture: each node gets a box, is inside one, or is left out."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from tinygraph.core.delays import Delay
from tinygraph.core.graph import Graph
from tinygraph.core.nodes import Node
from tinygraph.drawing.model import node_texts
from tinygraph.drawing.model.boxes import Boxes
from tinygraph.drawing.model.delay_loops import loops_of, with_cycles
from tinygraph.drawing.model.emphasis import check_shown, with_emphasis
from tinygraph.drawing.model.modules import depths_of_open_scopes, modules_of
from tinygraph.drawing.model.opening import DrawnModules, opened_in_turn
from tinygraph.drawing.model.options import DrawOptions
from tinygraph.drawing.model.picture import DelayLoop, Picture
from tinygraph.drawing.model.roles import Roles, roles_of
from tinygraph.drawing.model.wires import ValuePath, Wiring
from tinygraph.ops.functions import IDENTITY
from tinygraph.ops.joining import CONCAT
from tinygraph.ops.linalg import MATMUL


def picture_of(
    graph: Graph, options: DrawOptions, unrolled: bool, strict: bool = True
) -> Picture:
    """Return the picture model of a folded graph.

    Args:
        unrolled: the picture will show several steps: weights get a copy per step
            and leaves that only start a delay stand outside.
        strict: what `styles` and `highlight` name must be seen.

    Raises:
        DrawingError: an option names what the graph does not have, or must be seen and
            is not.
    """
    roles = roles_of(graph)
    builder = _PictureBuilder(graph, options, unrolled, roles)
    drawn = builder.drawn()
    levels = [
        _PictureBuilder(graph, options, unrolled, roles, depth).drawn()
        for depth in depths_of_open_scopes(roles, options)
    ]
    picture = opened_in_turn([*levels, drawn], options.max_repeats)
    if strict:
        check_shown(picture, options, builder.boxes.meant)
    return with_emphasis(picture, options, builder.boxes.meant)


def _note(loops: Sequence[DelayLoop], options: DrawOptions) -> str:
    """Return what the squares mean, for the picture as books draw it."""
    steps = {loop.steps for loop in loops}
    if options.collapse != "variables" or not steps:
        return ""
    one, several = ("z⁻¹", "z⁻ᵏ") if options.squares == "z" else ("■", "■ k")
    if steps == {1}:
        return f"{one} delay of one step"
    return f"{several}: delay of k steps"


@dataclass
class _PictureBuilder:
    graph: Graph
    options: DrawOptions
    unrolled: bool
    roles: Roles
    deepest: int | None = None
    parameters: dict[Node, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.modules = modules_of(self.roles, self.options, self.deepest)
        self.boxes = Boxes(self.graph, self.roles, self.options)
        self.wiring = Wiring(self.boxes, self.roles, self.options, self.unrolled)
        self.exits = self.roles.exits()

    def drawn(self) -> DrawnModules:
        """Draw all nodes; return the picture, and in which box each module's are."""
        for node in self.roles.order:
            self.add(node)
        self.add_unread_outputs()
        loops = loops_of(self.wiring, self.graph)
        wires = self.wiring.wires()
        options = self.options
        picture = Picture(
            self.boxes.made,
            wires,
            with_cycles([*self.boxes.made], wires, loops),
            self.modules.title if options.title is None else options.title,
            axes=tuple(self.graph.times),
            look=options.look,
            note="" if self.unrolled else _note(loops, options),
        )
        keys = self.boxes.modules
        return DrawnModules(
            picture, {node: keys[m] for node, m in self.modules.of.items() if m in keys}
        )

    def add(self, node: Node) -> None:
        """Give one node its box or boxes, and wires from what it reads."""
        sources = self.wiring.sources
        if node in self.roles.numbers or node in self.roles.packed:
            sources[node] = {}
        elif isinstance(node, Delay):
            sources[node] = {node: ValuePath()}
        elif node in self.modules.of:
            self._add_inside(node)
        elif node.op.leaf or node in self.roles.parts:
            self._add_leaf(node)
        else:
            self._add_op(node)

    def add_unread_outputs(self) -> None:
        """Draw the outputs that are leaves which no node reads."""
        for node in self.roles.outputs:
            if node.op.leaf and not self.wiring.is_drawn(node):
                self.wiring.sources[node] = {
                    self.boxes.leaf(node, node.time): ValuePath()
                }

    def _add_leaf(self, node: Node) -> None:
        quiet = self.options.parameters in ("label", "hide")
        trained = self.roles.is_trained(node)
        if trained and quiet and node not in self.roles.outputs:
            self.wiring.sources[node] = {}
            self.parameters[node] = self._written(node)
        elif node.time is not None:
            self.wiring.sources[node] = {self.boxes.leaf(node, node.time): ValuePath()}
        else:
            self.wiring.sources[node] = {node: ValuePath()}

    def _written(self, parameter: Node) -> tuple[str, ...]:
        """Return what names a parameter without a box of its own."""
        if self.options.parameters == "hide":
            return ()
        return (self.boxes.shown(node_texts.name_of(parameter)),)

    def _add_inside(self, node: Node) -> None:
        module = self.modules.of[node]
        inside = self.boxes.module(module, self.modules)
        outer = [p for p in self.roles.inputs(node) if self.modules.of.get(p) != module]
        if not node.op.leaf:
            self.wiring.join(node, outer, inside, ())
        self.wiring.sources[node] = {inside: ValuePath()}
        readers = self.roles.users[node]
        exported = node in self.roles.outputs or any(
            self.modules.of.get(reader) != module for reader in readers
        )
        if exported and self.roles.is_variable(node):
            self._put_ellipse(node, inside)

    def _add_op(self, node: Node) -> None:
        parts = self.roles.inputs(node)
        weights = tuple(w for p in parts for w in self.parameters.get(p, ()))
        others = [part for part in parts if self.wiring.sources[part]]
        known = any(part in self.parameters for part in parts)
        kept = node in self.roles.outputs or node in self.roles.states
        if known and not others and not kept:
            self.wiring.sources[node] = {}
            self.parameters[node] = weights
            return
        beside = weights if self._weights_beside_edge(node, others) else ()
        if self._looked_through(node):
            whole = [(part, beside) for part in others]
            self.wiring.pass_through(node, self._in_blocks(node, parts) or whole)
            return
        ellipse = self.boxes.total(node)
        if ellipse is None and self._is_variable(node) and self._only_ellipse(node):
            ellipse = self.boxes.variable(node)
        if ellipse is not None:
            self.wiring.join(node, others, ellipse, beside)
            self.wiring.sources[node] = {ellipse: ValuePath()}
            return
        operands = [self.roles.numbers.get(part) for part in parts]
        box = self.boxes.op(node, operands, [*weights] if not beside else [])
        self.wiring.join(node, others, box, beside)
        self.wiring.sources[node] = {box: ValuePath()}
        if self._is_variable(node):
            self._put_ellipse(node, box)

    def _weights_beside_edge(self, node: Node, others: list[Node]) -> bool:
        """Return True where the names of weights stand beside the edge of one operand.

        The bias of a sum belongs to no single operand: it is written into the op,
        and a picture of variables alone leaves it out.
        """
        if len(others) != 1:
            return False
        if node.op.infix in ("+", "-") and self.options.collapse == "variables":
            return False
        alone = len(self.wiring.sources[others[0]]) == 1
        return alone or node.op.infix not in ("+", "-")

    def _in_blocks(
        self, node: Node, parts: list[Node]
    ) -> list[tuple[Node, tuple[str, ...]]]:
        """Return x with W and h with U, of a product [x, h] [W; U]; else nothing."""
        if node.op is not MATMUL or any(part.op is not CONCAT for part in parts):
            return []
        values, weights = (self.roles.inputs(part) for part in parts)
        if [part.attrs["axis"] for part in parts] != [-1, -2]:
            return []
        rows = [w.type.shape[-2] for w in weights]
        trained = all(
            self.roles.is_trained(w) or w in self.roles.packed for w in weights
        )
        if not trained or [x.type.shape[-1] for x in values] != rows:
            return []
        return [(x, self._written(w)) for x, w in zip(values, weights, strict=True)]

    def _put_ellipse(self, node: Node, below: str) -> None:
        ellipse = self.boxes.variable(node)
        self.wiring.tie(below, ellipse, node)
        self.wiring.sources[node] = {ellipse: ValuePath()}

    def _is_variable(self, node: Node) -> bool:
        """Return True for nodes that get an ellipse of their own."""
        named = self.options.collapse == "variables" and node in self.roles.names
        return named or self.roles.is_variable(node)

    def _only_ellipse(self, node: Node) -> bool:
        """Return True for a variable without a box for its op: `named` only names."""
        return self.options.collapse == "variables" or node.op is IDENTITY

    def _looked_through(self, node: Node) -> bool:
        """Return True for ops without a box: their readers read what they read."""
        if node in self.roles.merged or node in self.roles.cuts:
            return True
        if self.options.collapse != "variables":
            return False
        kept = node in self.roles.states or node in self.roles.outputs
        return not kept and node not in self.roles.names and node not in self.exits
