"""The boxes of a picture: for each node, module or delay its key, role and label."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from tinygraph.core.building import CONSTANT, EVERY_STEP
from tinygraph.core.delays import Delay
from tinygraph.core.error_data import did_you_mean
from tinygraph.core.errors import DrawingError
from tinygraph.core.graph import Graph
from tinygraph.core.leaves import PARAMETER
from tinygraph.core.nodes import Node
from tinygraph.drawing.model import node_texts
from tinygraph.drawing.model.maths import mathematical
from tinygraph.drawing.model.modules import Module, Modules
from tinygraph.drawing.model.options import DrawOptions
from tinygraph.drawing.model.picture import Box
from tinygraph.drawing.model.roles import Roles
from tinygraph.drawing.model.texts import (
    Label,
    Moment,
    axis_letters,
    one_line,
    printable,
    slug,
)
from tinygraph.ops.time import SUM_OVER_TIME


class Boxes:
    """Makes the boxes of one picture, each under a key of its own.

    Attributes:
        made: key → box, in the order of making.
    """

    def __init__(self, graph: Graph, roles: Roles, options: DrawOptions) -> None:
        self.made: dict[str, Box] = {}
        self._keys: set[str] = set()
        self._counts: dict[str, int] = {}
        self._roles = roles
        self._graph = graph
        self._shapes = options.shapes is not None
        self._options = replace(options, labels=self._shown_labels(options.labels))
        self._keys_of: dict[Module, str] = {}
        self._letters = axis_letters(graph.times)
        # a leaf drawn per step shows the value of its lift, so that it has a norm there
        self._lifts = {
            (node.inputs[0], node.time): node for node in graph if node.op is EVERY_STEP
        }

    def _shown_labels(self, labels: Mapping[Any, Any]) -> dict[Any, Any]:
        """Return the user's labels by what is shown."""
        return {self.meant("labels", key): text for key, text in labels.items()}

    @cached_property
    def _known_names(self) -> set[str | None]:
        known = {node.name for node in self._graph} | {n.op.name for n in self._graph}
        known |= {name for node in self._graph for name in node.scope}
        scopes = {node.scope for node in self._graph}
        known |= {"/".join(s[:i]) for s in scopes for i in range(2, len(s) + 1)}
        return known | set(self._graph.outputs) | set(self._roles.names.values())

    def meant(self, option: str, key: Any) -> Any:
        """Return the node or name for what a user names: hidden nodes have a stand-in.

        Raises:
            DrawingError: the graph has no such thing.
        """
        target = self._roles.stand_in.get(key, key)
        if target in self._known_names or target in self._roles.users:
            return target
        shown = key.label if isinstance(key, Node) else key
        known = sorted(filter(None, self._known_names))
        raise DrawingError(
            printable(
                f"{option} names {shown!r}{did_you_mean(shown, known)}, "
                "but the graph has no such node, output, op or scope"
            ),
            key=key,
        )

    def add(
        self,
        hint: str,
        role: str,
        label: Label,
        time: str | None,
        hover: str,
        shows: tuple[Node, ...] = (),
        within: tuple[str, ...] = (),
        called: Sequence[Any] = (),
    ) -> str:
        """Make a box and return its key."""
        key = self.new_key(hint)
        known = tuple(name for name in called if name is not None)
        label = self._detailed(label, shows)
        role = "op" if role == "circle" and label.below else role
        box = Box(key, role, label, time, hover, shows, within=within, called=known)
        self.made[key] = box
        return key

    def _detailed(self, label: Label, shows: Sequence[Node]) -> Label:
        """Return a label with the shape of a value and its numbers, where asked for."""
        details = ""
        if len(shows) == 1 and self._options.shapes == "box":
            details = node_texts.shape_text(shows[0])
        if len(shows) == 1 and self._roles.is_trained(_lifted(shows[0])):
            count = node_texts.count_of(_lifted(shows[0]))
            if self._options.counts:
                details = f"{details} = {count:,}" if details else f"{count:,}"
        return label.with_line(details)

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
        role = "state" if node in self._roles.states else "output"
        if node_texts.is_loss(name) and node not in self._roles.states:
            role = "loss"
        called = self._called(node, name)
        label, hover = self._name_label(node, name), self._hover(node)
        shows = (node,)
        return self.add(name, role, label, node.time, hover, shows, node.scope, called)

    def _called(self, node: Node, name: str | None = None) -> tuple[Any, ...]:
        """Return by what a user may mean a node: itself, and its names."""
        return (node, name, node.name, self._roles.outputs.get(node))

    def leaf(self, node: Node, time: str | None) -> str:
        """Make the box of a leaf; `time` where it is drawn once per step."""
        name = self._roles.names.get(node, node.op.name)
        role = "constant" if node.op is CONSTANT else "input"
        role = "parameter" if self._roles.is_trained(node) else role
        label = self._name_label(node, name)
        shows = node
        if node in self._roles.outputs:
            output = self._roles.outputs[node]
            below = "output" if output == name else f"output {output}"
            label = replace(label, below=one_line(below))
        if role == "constant" and node.name is None:
            label = Label(node_texts.scalar_of(node) or "constant")
        if time is not None and node.time is None:
            role = "tied" if role == "parameter" else role
            shows = self._lifts.get((node, time), node)
        hover, called = self._hover(node), self._called(node, name)
        return self.add(name, role, label, time, hover, (shows,), called=called)

    def op(self, node: Node, operands: list[str | None], extra: list[str]) -> str:
        """Make the box of an op, with its name unless that has its own ellipse."""
        sign = self._in_its_axis(node, node_texts.op_text(node, operands))
        sign = one_line(" ".join([sign, *extra]))
        name = self._roles.names.get(node)
        called: tuple[Any, ...] = (None if name else node, node.op.name)
        text = self._options.text_for(*called)
        role = "circle" if len(sign) == 1 and sign == node.op.symbol else "op"
        if name is None or self._roles.is_variable(node):
            label = self._label(text, sign, in_time=False)
        else:
            below = text if isinstance(text, str) else sign
            label = replace(self._name_label(node, name), below=below)
            role, called = "gate", (*self._called(node, name), node.op.name)
        if len(label.text) > 1:
            role = "op" if role == "circle" else role
        hint = name if name and role == "gate" else node.op.name
        hover, shows = self._hover(node), (node,)
        return self.add(hint, role, label, node.time, hover, shows, node.scope, called)

    def _in_its_axis(self, node: Node, sign: str) -> str:
        """Return the sign of an op that leads out of time with its own axis: Σₛ."""
        times = [part.time for part in node.inputs if part.time is not None]
        if node.time is not None or not times or node.op.symbol is None:
            return sign
        return sign.replace("ₜ", self._letters.get(times[0], "ₜ"))

    def total(self, node: Node) -> str | None:
        """Make the ellipse of a sum over time, `loss = Σ Lₜ`; None for other nodes."""
        if node.op is not SUM_OVER_TIME or not self._roles.is_variable(node):
            return None
        (part,) = self._roles.inputs(node)
        if not self._roles.is_variable(part):
            return None
        name = self._roles.names[node]
        now = Moment(letter=self._letters.get(part.time or "", "ₜ"))
        summand = self._name_label(part, self._roles.names[part]).at(now)
        called = self._called(node, name)
        label = self._name_label(node, name)
        if self._options.text_for(*called) is None:
            label = replace(label, text=f"{label.text} = Σ {summand}")
        hover = self._hover(node)
        return self.add(name, "loss", label, None, hover, (node,), called=called)

    @property
    def modules(self) -> dict[Module, str]:
        """Module → the key of its box."""
        return dict(self._keys_of)

    def module(self, module: Module, modules: Modules) -> str:
        """Return the box of a collapsed scope, made when first asked for."""
        if module not in self._keys_of:
            name = module.scope[-1]
            called = ("/".join(module.scope), name)
            text = self._options.text_for(*called)
            role = "function" if name[:1].islower() else "module"
            label = self._label(text, name, in_time=False)
            inside = len(modules.members[module])
            hover = f"{'/'.join(module.scope)}, {inside} node{'s' * (inside != 1)}"
            shown = modules.exports[module]
            outer = module.scope[:-1]
            hover = printable(hover)
            count = self._count_in(modules.members[module])
            if self._options.counts and count:
                label = label.with_line(node_texts.count_text(count))
            key = self.add(name, role, label, module.time, hover, shown, outer, called)
            ops = tuple(sorted(node.op.name for node in modules.members[module]))
            made = replace(self.made[key], scope=module.scope, inside=ops, count=count)
            self.made[key] = made
            self._keys_of[module] = key
        return self._keys_of[module]

    def _count_in(self, members: Sequence[Node]) -> int:
        """Return how many numbers the parameters in a module hold, each once.

        A parameter that is drawn as its slices counts, or the slices that are here.
        """
        whole = {node for node in members if node.op is PARAMETER}
        parts = [node for node in members if node in self._roles.parts]
        parts = [node for node in parts if _leaf_below(node) not in whole]
        return sum(map(node_texts.count_of, [*whole, *parts]))

    def held(self, delay: Delay, name: str, tail: Box | None) -> str:
        """Make the ellipse of a delay's value, for a delay read in several places."""
        label = Label(one_line(name))
        if delay.symbol is not None:
            past = Label(delay.symbol, in_time=True).at(Moment(-delay.steps))
            label = Label(past, in_time=True)
        elif tail is not None and tail.label.in_time:
            past = tail.label.at(Moment(-delay.steps))
            label = Label(past, in_time=True)
        hover, called = self._hover(delay), (delay, name)
        shows = (delay,)
        return self.add(name, "held", label, delay.time, hover, shows, called=called)

    def _name_label(self, node: Node, name: str) -> Label:
        text = self._options.text_for(*self._called(node, name))
        return self._label(text, self.shown(name), in_time=node.time is not None)

    def _label(self, text: Any, name: str, in_time: bool) -> Label:
        if isinstance(text, tuple):
            return Label(one_line(name), in_time=in_time, per_step=text)
        return Label(one_line(name) if text is None else text, in_time=in_time)

    def shown(self, name: str) -> str:
        """Return a name as the picture writes it: as mathematics with `math=True`."""
        return mathematical(name) if self._options.look.math else name

    def _hover(self, node: Node) -> str:
        name = None if node.symbol else self._roles.names.get(node)
        return node_texts.hover_text(node, name, self._shapes)


def _lifted(node: Node) -> Node:
    """Return what a lift lifts; another node itself."""
    return node.inputs[0] if node.op is EVERY_STEP else node


def _leaf_below(node: Node) -> Node:
    """Return the parameter that a part of one is cut from."""
    while node.inputs:
        node = node.inputs[0]
    return node
