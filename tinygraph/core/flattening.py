"""A graph as a flat list, and back: how graphs of any depth are pickled.

A leaf, or any node without inputs, is pickled as itself, so that what shares it in one
pickle shares it again. All else is a `Record` that names its inputs by number: pickle
never walks from node to node, and a cycle is two numbers.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from tinygraph.core import source_info
from tinygraph.core.building import is_shared_lift, lift
from tinygraph.core.delays import Delay, open_delay
from tinygraph.core.nodes import Node, Op, fixed_attrs, stands_alone
from tinygraph.core.traversal import topological_order
from tinygraph.core.types import TensorType


class Record(NamedTuple):
    """A node with inputs, these given as numbers in the list.

    Attributes:
        source: of a delay; it may come later in the list.
        lifted: True for the one `every_step` of its input and time axis.
        inputs: all inputs but the source of a delay.
    """

    op: Op
    inputs: tuple[int, ...]
    source: int | None
    lifted: bool
    type: TensorType
    attrs: Mapping[str, Any]
    name: str | None
    scope: tuple[str, ...]
    line: tuple[str, int] | None
    weak: bool
    origin: int | None
    step: int | None


Entry = Node | Record


class Flattened:
    """Nodes as entries of a list.

    Attributes:
        entries: one per node that is not known, inputs before their readers.
        place: node → its number; the known ones come first.
    """

    def __init__(self, nodes: Iterable[Node], known: Sequence[Node] = ()) -> None:
        self.place: dict[Node, int] = {node: i for i, node in enumerate(known)}
        self._attrs: dict[int, Mapping[str, Any]] = {}
        self._types: dict[TensorType, TensorType] = {}
        order = [node for node in _closed(nodes) if node not in self.place]
        for node in order:
            self.place[node] = len(self.place)
        self.entries: list[Entry] = [
            node if stands_alone(node) else self._record(node) for node in order
        ]

    def numbers(self, named: Mapping[str, Node]) -> dict[str, int]:
        """Return name → number for name → node."""
        return {name: self.place[node] for name, node in named.items()}

    def _record(self, node: Node) -> Record:
        source, inputs = None, node.inputs
        if isinstance(node, Delay):
            source, inputs = self.place[node.source], inputs[1:]
        return Record(
            node.op,
            tuple(self.place[part] for part in inputs),
            source,
            is_shared_lift(node),
            self._types.setdefault(node.type, node.type),
            self._attrs.setdefault(id(node.attrs), dict(node.attrs)),
            node.name,
            node.scope,
            node.line,
            node.weak,
            None if node.origin is None else self.place[node.origin],
            node.step,
        )


def _closed(nodes: Iterable[Node]) -> dict[Node, None]:
    """Return nodes, what they need, and the same of the nodes they are copies of.

    Origins come first: a copy names its origin as it names its inputs.
    """
    layers = [topological_order(nodes)]
    known: set[Node] = set()
    while new := [node for node in layers[-1] if node not in known]:
        known.update(new)
        origins = (node.origin for node in new if node.origin is not None)
        layers.append(topological_order(dict.fromkeys(origins)))
    return dict.fromkeys(node for layer in reversed(layers) for node in layer)


def restored(entries: Sequence[Entry], known: Sequence[Node] = ()) -> list[Node]:
    """Return the nodes of a flat list, the known ones first."""
    made = list(known)
    delays: list[tuple[Delay, int]] = []
    shared: dict[int, Mapping[str, Any]] = {}
    for entry in entries:
        if isinstance(entry, Node):
            made.append(entry)
            continue
        attrs = shared.setdefault(id(entry.attrs), fixed_attrs(entry.attrs))
        with source_info.made_for(entry.scope, entry.line):
            node = _made(entry, [made[i] for i in entry.inputs], attrs, made)
        if isinstance(node, Delay) and entry.source is not None:
            delays.append((node, entry.source))
        made.append(node)
    for delay, source in delays:
        delay.close(made[source])
    return made


def _made(
    entry: Record, inputs: list[Node], attrs: Mapping[str, Any], made: list[Node]
) -> Node:
    if entry.source is not None:
        return open_delay(tuple(inputs), entry.type, attrs, entry.name)
    if entry.lifted:
        return lift(inputs[0], entry.attrs["time"])
    return Node(
        entry.op,
        inputs,
        entry.type,
        attrs,
        entry.name,
        weak=entry.weak,
        origin=None if entry.origin is None else made[entry.origin],
        step=entry.step,
    )
