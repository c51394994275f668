"""From a node, a group or a delay to its box: key, kind and label."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tinygraph.core.delays import Delay
from tinygraph.core.errors import DrawingError
from tinygraph.core.graph import Graph
from tinygraph.core.nodes import Node
from tinygraph.drawing.model import wording
from tinygraph.drawing.model.grouping import Group, Grouping
from tinygraph.drawing.model.maths import mathematical
from tinygraph.drawing.model.options import Options
from tinygraph.drawing.model.picture import Box
from tinygraph.drawing.model.roles import Roles
from tinygraph.drawing.model.texts import Label, Moment, printable, slug


class Boxes:
    """Makes the boxes of one picture, each under a key of its own.

    Attributes:
        made: key → box, in the order of making.
    """

    def __init__(self, graph: Graph, roles: Roles, options: Options) -> None:
        self.made: dict[str, Box] = {}
        self._keys: set[str] = set()
        self._counts: dict[str, int] = {}
        self._roles = roles
        self._graph = graph
        self._shapes = options.shapes is not None
        self._options = replace(options, labels=self._shown_labels(options.labels))
        self._groups: dict[Group, str] = {}
        self._lifts = {
            (node.inputs[0], node.time): node
            for node in graph
            if node.op.name == "every_step"
        }

    def _shown_labels(self, labels: Mapping[Any, Any]) -> dict[Any, Any]:
        """Move labels of hidden nodes to what stands in for them."""
        known = {node.name for node in self._graph} | {n.op.name for n in self._graph}
        known |= {name for node in self._graph for name in node.scope}
        known |= set(self._graph.outputs) | set(self._roles.names.values())
        found = {}
        for key, text in labels.items():
            place = self._roles.stand_in.get(key, key)
            if place not in known and place not in self._roles.users:
                shown = key.label if isinstance(key, Node) else key
                raise DrawingError(
                    printable(
                        f"labels has a text for {shown!r}, but the graph has no such "
                        "node, output, op or scope"
                    ),
                    key=key,
                )
            found[place] = text
        return found

    def add(
        self,
        hint: str,
        kind: str,
        label: Label,
        time: str | None,
        about: str,
        shows: tuple[Node, ...] = (),
    ) -> str:
        """Make a box and return its key."""
        key = self.new_key(hint)
        self.made[key] = Box(key, kind, label, time, about, shows)
        return key

    def new_key(self, hint: str) -> str:
        """Return a key that nothing else in the picture has."""
        key = base = slug(hint)
        while key in self._keys:
            self._counts[base] = self._counts.get(base, 1) + 1
            key = f"{base}_{self._counts[base]}"
        self._keys.add(key)
        return key

    def variable(self, node: Node) -> str:
        """Make the ellipse of a named value."""
        name = self._roles.names[node]
        kind = "state" if node in self._roles.states else "output"
        if wording.is_loss(name) and node not in self._roles.states:
            kind = "loss"
        label = self._name_label(node, name)
        return self.add(name, kind, label, node.time, self._about(node), (node,))

    def leaf(self, node: Node, time: str | None) -> str:
        """Make the box of a leaf; `time` where it is drawn once per step."""
        name = self._roles.names.get(node, node.op.name)
        kind = {"parameter": "parameter", "constant": "constant"}.get(
            node.op.name, "input"
        )
        label = self._name_label(node, name)
        shows = node
        if kind == "constant" and node.name is None:
            label = Label(wording.scalar_of(node) or "constant")
        if time is not None and node.time is None:
            kind = {"parameter": "tied"}.get(kind, kind)
            shows = self._lifts.get((node, time), node)
        return self.add(name, kind, label, time, self._about(node), (shows,))

    def op(self, node: Node, operands: list[str | None], extra: list[str]) -> str:
        """Make the box of an op, with its name in it where it is no variable."""
        sign = " ".join([wording.op_text(node, operands), *extra])
        name = self._roles.names.get(node)
        text = self._options.text_for(*([] if name else [node]), node.op.name)
        kind = "circle" if len(sign) == 1 and sign == node.op.symbol else "op"
        if name is None or self._roles.is_variable(node):
            label = self._label(text, sign, in_time=False)
        else:
            below = text if isinstance(text, str) else sign
            label = replace(self._name_label(node, name), below=below)
            kind = "gate"
        if len(label.text) > 1:
            kind = "op" if kind == "circle" else kind
        hint = name if name and kind == "gate" else node.op.name
        return self.add(hint, kind, label, node.time, self._about(node), (node,))

    def total(self, node: Node) -> str | None:
        """Make the ellipse of a sum over time, `loss = Σ Lₜ`; None for other nodes."""
        if node.op.name != "sum_over_time" or not self._roles.is_variable(node):
            return None
        (part,) = self._roles.inputs(node)
        if not self._roles.is_variable(part):
            return None
        name = self._roles.names[node]
        summand = self._name_label(part, self._roles.names[part]).at(Moment())
        label = self._name_label(node, f"{name} = Σ {summand}")
        return self.add(name, "loss", label, None, self._about(node), (node,))

    def group(self, group: Group, grouping: Grouping) -> str:
        """Return the box of a collapsed scope, made when first asked for."""
        if group not in self._groups:
            name = group.scope[-1]
            text = self._options.text_for("/".join(group.scope), name)
            kind = "function" if name[:1].islower() else "module"
            label = self._label(text, name, in_time=False)
            inside = len(grouping.members[group])
            about = f"{'/'.join(group.scope)}, {inside} node{'s' * (inside != 1)}"
            shown = grouping.exports[group]
            key = self.add(name, kind, label, group.time, printable(about), shown)
            ops = tuple(sorted(node.op.name for node in grouping.members[group]))
            self.made[key] = replace(self.made[key], scope=group.scope, inside=ops)
            self._groups[group] = key
        return self._groups[group]

    def held(self, delay: Delay, name: str, tail: Box | None) -> str:
        """Make the ellipse of a delay's value, for a delay read in several places."""
        label = Label(printable(name))
        if tail is not None and tail.label.in_time:
            past = tail.label.at(Moment(-delay.steps))
            label = Label(past, in_time=True)
        about = self._about(delay)
        return self.add(name, "held", label, delay.time, about, (delay,))

    def _name_label(self, node: Node, name: str) -> Label:
        text = self._options.text_for(
            node, name, node.name, self._roles.outputs.get(node)
        )
        return self._label(text, self.shown(name), in_time=node.time is not None)

    def _label(self, text: Any, name: str, in_time: bool) -> Label:
        if isinstance(text, tuple):
            return Label(printable(name), in_time=in_time, per_step=text)
        return Label(printable(name) if text is None else text, in_time=in_time)

    def shown(self, name: str) -> str:
        """Return a name as it is written: as mathematics where that is wanted."""
        return mathematical(name) if self._options.look.math else name

    def _about(self, node: Node) -> str:
        return wording.about(node, self._roles.names.get(node), self._shapes)
