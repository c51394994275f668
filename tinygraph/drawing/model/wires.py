"""Where values flow: from the boxes that hold them to the boxes that read them."""

from dataclasses import dataclass

from tinygraph.core.delays import Delay
from tinygraph.core.leaves import holds_value
from tinygraph.core.nodes import Node
from tinygraph.drawing.model import node_texts
from tinygraph.drawing.model.boxes import Boxes
from tinygraph.drawing.model.options import DrawOptions
from tinygraph.drawing.model.picture import Wire
from tinygraph.drawing.model.roles import Roles
from tinygraph.drawing.model.texts import printable

Source = str | Node
"""The key of a box; or a delay, or a leaf whose box is made where it is read."""


@dataclass(frozen=True)
class ValuePath:
    """What happens to a value on its way: weights applied, steps left out."""

    weights: tuple[str, ...] = ()
    steps_read: range | None = None


@dataclass(frozen=True)
class PendingWire:
    """A value of `part` that goes from a source into the box `head`."""

    source: Source
    head: str
    part: Node
    path: ValuePath
    hover: str


class Wiring:
    """The joints of one picture.

    Attributes:
        flows: node → where its value comes from, once painted. Empty for what is
            not drawn.
        links: what is joined, in order.
        initial: wires that bring delays their first values.
    """

    def __init__(
        self, boxes: Boxes, roles: Roles, options: DrawOptions, unrolled: bool
    ) -> None:
        self.boxes = boxes
        self.roles = roles
        self.options = options
        self.unrolled = unrolled
        self.sources: dict[Node, dict[Source, ValuePath]] = {}
        self.pending: list[PendingWire] = []
        self.initial: list[Wire] = []
        self._leaves: dict[tuple[Node, str | None], str] = {}

    def is_drawn(self, leaf: Node) -> bool:
        """Return True where a leaf has at least one box."""
        return any(node is leaf for node, _ in self._leaves) or any(
            isinstance(source, str) for source in self.sources[leaf]
        )

    def join(
        self, node: Node, parts: list[Node], head: str, weights: tuple[str, ...]
    ) -> None:
        """Link the values that `node` reads to its box."""
        for part in parts:
            for source, path in self.sources[part].items():
                moved = _through(node, part, path, weights)
                hover = self._hover(part, node)
                self.pending.append(PendingWire(source, head, part, moved, hover))
                self.box_of(source, self.boxes.made[head].time)

    def tie(self, below: str, ellipse: str, node: Node) -> None:
        """Link the box of an op to the ellipse of its value."""
        self.pending.append(
            PendingWire(below, ellipse, node, ValuePath(), self._hover(node, node))
        )

    def pass_through(
        self, node: Node, parts: list[Node], weights: tuple[str, ...]
    ) -> None:
        """Let readers of an undrawn node read what it reads."""
        found: dict[Source, ValuePath] = {}
        for part in parts:
            for source, path in self.sources[part].items():
                found.setdefault(source, _through(node, part, path, weights))
        self.sources[node] = found

    def box_of(self, source: Source, time: str | None) -> str | None:
        """Return the box of a source for a reader of this time; None for a delay."""
        if isinstance(source, str):
            return source
        if isinstance(source, Delay):
            return None
        tied = self.unrolled and self.options.parameters == "tied"
        copied = tied and holds_value(source)
        leaf = (source, time if copied else source.time)
        if leaf not in self._leaves:
            self._leaves[leaf] = self.boxes.leaf(*leaf)
        return self._leaves[leaf]

    def wires(self) -> list[Wire]:
        """Return every link that does not come from a delay, once per pair of boxes."""
        found: dict[tuple[str, str], Wire] = {}
        for wire in self.pending:
            tail = self.box_of(wire.source, self.boxes.made[wire.head].time)
            if tail is not None and tail != wire.head:
                found.setdefault((tail, wire.head), self._wire(tail, wire))
        return [*found.values(), *self.initial]

    def _wire(self, tail: str, wire: PendingWire) -> Wire:
        path = wire.path
        text, weight = self.text(wire), bool(path.weights)
        return Wire(tail, wire.head, text, wire.hover, path.steps_read, weight)

    def text(self, wire: PendingWire) -> str:
        """Return what stands beside a link: weights, or the shape if asked for."""
        if wire.path.weights:
            return ", ".join(wire.path.weights)
        return node_texts.shape_text(wire.part) if self.options.shapes == "edge" else ""

    def _hover(self, part: Node, reader: Node) -> str:
        type_text = f": {part.type}" if self.options.shapes else ""
        return printable(f"{part.label} → {reader.label}{type_text}")


def _through(
    node: Node, part: Node, path: ValuePath, weights: tuple[str, ...]
) -> ValuePath:
    steps_read = path.steps_read
    if part.time is not None and node.op.steps_read is not None:
        steps_read = node.op.steps_read(node)
    return ValuePath((*path.weights, *weights), steps_read)
