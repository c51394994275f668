"""Where values flow: from the boxes that hold them to the boxes that read them."""

from dataclasses import dataclass

from tinygraph.core.delays import Delay
from tinygraph.core.leaves import holds_value
from tinygraph.core.nodes import Node
from tinygraph.drawing.model import wording
from tinygraph.drawing.model.boxing import Boxes
from tinygraph.drawing.model.options import Options
from tinygraph.drawing.model.picture import Wire
from tinygraph.drawing.model.roles import Roles
from tinygraph.drawing.model.texts import printable

Source = str | Node
"""The key of a box; or a delay, or a leaf whose box is made where it is read."""


@dataclass(frozen=True)
class Flow:
    """What happens to a value on its way: weights applied, steps left out."""

    weights: tuple[str, ...] = ()
    which: str | int | range = "all"


@dataclass(frozen=True)
class Link:
    """A value of `part` that goes from a source into the box `head`."""

    source: Source
    head: str
    part: Node
    flow: Flow
    about: str


class Wiring:
    """The joints of one picture.

    Attributes:
        flows: node → where its value comes from, once painted. Empty for what is
            not drawn.
        links: what is joined, in order.
        initial: wires that bring delays their first values.
    """

    def __init__(
        self, boxes: Boxes, roles: Roles, options: Options, unrolled: bool
    ) -> None:
        self.boxes = boxes
        self.roles = roles
        self.options = options
        self.unrolled = unrolled
        self.flows: dict[Node, dict[Source, Flow]] = {}
        self.links: list[Link] = []
        self.initial: list[Wire] = []
        self._leaves: dict[tuple[Node, str | None], str] = {}

    def is_drawn(self, leaf: Node) -> bool:
        """Return True where a leaf has at least one box."""
        return any(node is leaf for node, _ in self._leaves) or any(
            isinstance(source, str) for source in self.flows[leaf]
        )

    def join(
        self, node: Node, parts: list[Node], head: str, weights: tuple[str, ...]
    ) -> None:
        """Link the values that `node` reads to its box."""
        for part in parts:
            for source, flow in self.flows[part].items():
                moved = _through(node, part, flow, weights)
                about = self._about(part, node)
                self.links.append(Link(source, head, part, moved, about))
                self.box_of(source, self.boxes.made[head].time)

    def tie(self, below: str, ellipse: str, node: Node) -> None:
        """Link the box of an op to the ellipse of its value."""
        self.links.append(Link(below, ellipse, node, Flow(), self._about(node, node)))

    def pass_through(
        self, node: Node, parts: list[Node], weights: tuple[str, ...]
    ) -> None:
        """Let readers of an undrawn node read what it reads."""
        found: dict[Source, Flow] = {}
        for part in parts:
            for source, flow in self.flows[part].items():
                found.setdefault(source, _through(node, part, flow, weights))
        self.flows[node] = found

    def box_of(self, source: Source, time: str | None) -> str | None:
        """Return the box of a source for a reader of this time; None for a delay."""
        if isinstance(source, str):
            return source
        if isinstance(source, Delay):
            return None
        tied = self.unrolled and self.options.parameters == "tied"
        copied = tied and holds_value(source)
        place = (source, time if copied else source.time)
        if place not in self._leaves:
            self._leaves[place] = self.boxes.leaf(*place)
        return self._leaves[place]

    def wires(self) -> list[Wire]:
        """Return every link that does not come from a delay, once per pair of boxes."""
        found: dict[tuple[str, str], Wire] = {}
        for link in self.links:
            tail = self.box_of(link.source, self.boxes.made[link.head].time)
            if tail is not None and tail != link.head:
                found.setdefault((tail, link.head), self._wire(tail, link))
        return [*found.values(), *self.initial]

    def _wire(self, tail: str, link: Link) -> Wire:
        flow = link.flow
        text, weight = self.text(link), bool(flow.weights)
        return Wire(tail, link.head, text, link.about, flow.which, weight)

    def text(self, link: Link) -> str:
        """Return what stands beside a link: weights, or the shape if asked for."""
        if link.flow.weights:
            return ", ".join(link.flow.weights)
        return wording.shape_text(link.part) if self.options.shapes == "edge" else ""

    def _about(self, part: Node, reader: Node) -> str:
        kind = f": {part.type}" if self.options.shapes else ""
        return printable(f"{part.label} → {reader.label}{kind}")


def _through(node: Node, part: Node, flow: Flow, weights: tuple[str, ...]) -> Flow:
    leaves_time = node.time is None and part.time is not None
    which = flow.which
    if leaves_time and node.op.name in ("first", "last"):
        which = node.op.name
    if leaves_time and node.op.name == "at":
        which = node.attrs["t"]
    if leaves_time and node.op.name == "first_steps":
        which = range(node.attrs["steps"])
    if leaves_time and node.op.name == "last_steps":
        which = range(-node.attrs["steps"], 0)
    return Flow((*flow.weights, *weights), which)
