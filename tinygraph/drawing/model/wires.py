"""Which box reads which: wires between the boxes that hold values and their readers."""

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
"""Where a value comes from: the key of a box, or a delay or leaf without a box yet."""


@dataclass(frozen=True)
class ValuePath:
    """What lies between a box and a reader of its value and is not drawn itself.

    Attributes:
        weights: names of the parameters applied on the way.
        steps_read: as of a `Wire`.
    """

    weights: tuple[str, ...] = ()
    steps_read: range | None = None


@dataclass(frozen=True)
class PendingWire:
    """A wire whose tail may not have a box yet: from a source into the box `head`.

    Attributes:
        part: the node whose value is read.
        place: as of a `Wire`.
        mark: which operand it is, where that matters: "right", or "".
    """

    source: Source
    head: str
    part: Node
    path: ValuePath
    hover: str
    place: int = 0
    mark: str = ""


class Wiring:
    """Collects the wires of one picture while its nodes are drawn.

    Attributes:
        sources: node → where its value comes from, and what lies between. Empty for
            what is not drawn.
        pending: wires from these sources, in order.
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
        """Join the values that `node` reads to its box, once for each operand.

        A module, and a variable in a picture of variables alone, reads a value once.
        """
        box = self.boxes.made[head]
        operands = not box.scope and self.options.collapse != "variables"
        places: dict[Source, int] = {}
        for i, part in enumerate(parts):
            mark = node_texts.operand_mark(node, parts, i) if operands else ""
            for source, path in self.sources[part].items():
                moved = _through(node, part, path, weights)
                place = places[source] = places.get(source, -1) + 1 if operands else 0
                hover = self._hover(part, node)
                self.pending.append(
                    PendingWire(source, head, part, moved, hover, place, mark)
                )
                self.box_of(source, box.time)

    def tie(self, below: str, ellipse: str, node: Node) -> None:
        """Join the box of an op to the ellipse of its value."""
        self.pending.append(
            PendingWire(below, ellipse, node, ValuePath(), self._hover(node, node))
        )

    def pass_through(
        self, node: Node, parts: list[tuple[Node, tuple[str, ...]]]
    ) -> None:
        """Let the readers of a node that is not drawn read what it reads.

        Args:
            parts: what it reads, and the weights that it applies to each.
        """
        found: dict[Source, ValuePath] = {}
        for part, weights in parts:
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
        copied = tied and (holds_value(source) or source in self.roles.parts)
        leaf = (source, time if copied else source.time)
        if leaf not in self._leaves:
            self._leaves[leaf] = self.boxes.leaf(*leaf)
        return self._leaves[leaf]

    def wires(self) -> list[Wire]:
        """Return every wire that does not come from a delay, once per pair of boxes."""
        found: dict[tuple[str, str, int], Wire] = {}
        for wire in self.pending:
            tail = self.box_of(wire.source, self.boxes.made[wire.head].time)
            if tail is not None and tail != wire.head:
                key = tail, wire.head, wire.place
                found.setdefault(key, self._wire(tail, wire))
        return [*found.values(), *self.initial]

    def _wire(self, tail: str, wire: PendingWire) -> Wire:
        path = wire.path
        text, weight = self.text(wire), bool(path.weights)
        return Wire(
            tail,
            wire.head,
            text,
            wire.hover,
            path.steps_read,
            weight,
            place=wire.place,
        )

    def text(self, wire: PendingWire) -> str:
        """Return what stands beside a wire: weights, or a shape and a mark."""
        if wire.path.weights:
            return ", ".join(wire.path.weights)
        shape = ""
        if self.options.shapes == "edge":
            shape = node_texts.shape_text(wire.part)
        return " ".join(filter(None, (shape, wire.mark)))

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
