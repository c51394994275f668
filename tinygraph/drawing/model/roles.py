"""What each node of a graph is in a picture: shown, hidden, a variable, a state."""

from dataclasses import dataclass, field

from tinygraph.core.building import EVERY_STEP
from tinygraph.core.delays import Delay
from tinygraph.core.graph import Graph
from tinygraph.core.leaves import PARAMETER
from tinygraph.core.nodes import Node
from tinygraph.core.traversal import users
from tinygraph.drawing.model.node_texts import is_loss, scalar_of
from tinygraph.drawing.model.texts import base_name, previous_of
from tinygraph.ops.arithmetic import ADD
from tinygraph.ops.functions import IDENTITY
from tinygraph.ops.joining import CONCAT
from tinygraph.ops.linalg import MATMUL
from tinygraph.ops.slicing import INDEX


@dataclass
class Roles:
    """What the nodes of a graph are in a picture.

    Attributes:
        order: nodes that are shown somewhere, inputs first.
        stand_in: node → the node shown in its place (itself where it is shown).
        users: shown node → shown nodes that read it, delays included.
        names: node → the name its variable is shown under.
        outputs, states: nodes the caller asked for; sources of delays.
        numbers: constant scalars, written into the ops that read them.
        merged: an addition inside a sum → the outermost addition of that sum.
        cuts: unnamed slices of a packed value, inside the named ops that read them.
        packed, parts: parameters that only named slices read, or a named concat of
            such slices; those slices, or the concat, drawn as parameters instead.
    """

    order: list[Node] = field(default_factory=list)
    stand_in: dict[Node, Node] = field(default_factory=dict)
    users: dict[Node, list[Node]] = field(default_factory=dict)
    names: dict[Node, str] = field(default_factory=dict)
    outputs: dict[Node, str] = field(default_factory=dict)
    states: dict[Node, Delay] = field(default_factory=dict)
    numbers: dict[Node, str] = field(default_factory=dict)
    merged: dict[Node, Node] = field(default_factory=dict)
    cuts: set[Node] = field(default_factory=set)
    packed: set[Node] = field(default_factory=set)
    parts: set[Node] = field(default_factory=set)

    def inputs(self, node: Node) -> list[Node]:
        """Return what stands in for the inputs of a shown node."""
        return [self.stand_in[part] for part in node.inputs]

    def is_trained(self, node: Node) -> bool:
        """Return True for what is drawn as a parameter."""
        return node.op is PARAMETER or node in self.parts

    def exits(self) -> set[Node]:
        """Return what leads out of time to where a delay begins or a step reads it.

        Such as `last(h)`, or the `stack(h)` that attention looks at.
        """
        slots = [node.slot for node in self.order if isinstance(node, Delay)]
        stack = [self.stand_in[slot] for slot in slots if slot is not None]
        steps = [node for node in self.order if node.time]
        parts = [part for node in steps for part in self.inputs(node)]
        stack += dict.fromkeys(part for part in parts if part.time is None)
        found, seen = set(), set(stack)
        while stack:
            node = stack.pop()
            parts = self.inputs(node)
            if any(part.time for part in parts):
                found.add(node)
            fresh = [part for part in parts if part.time is None and part not in seen]
            seen.update(fresh)
            stack += fresh
        return found

    def is_variable(self, node: Node) -> bool:
        """Return True for nodes with their own ellipse: outputs, states, losses."""
        if node not in self.names or isinstance(node, Delay):
            return False
        found = node in self.outputs or node in self.states
        return found or is_loss(self.names[node])


def roles_of(graph: Graph) -> Roles:
    """Decide for every node of a graph what it is in a picture."""
    roles = Roles(stand_in=_stand_ins(graph))
    seen = dict.fromkeys(roles.stand_in[node] for node in graph.nodes)
    roles.order = list(seen)
    roles.users = {node: [] for node in roles.order}
    for node in roles.order:
        for part in dict.fromkeys(roles.inputs(node)):
            roles.users[part].append(node)
    for name, node in graph.outputs.items():
        roles.outputs.setdefault(roles.stand_in[node], name)
    for delay in graph.delays:
        roles.states.setdefault(roles.stand_in[delay.source], delay)
    _name(roles)
    _find_numbers(roles)
    _merge_sums(roles)
    for node in roles.order:
        slices = [user for user in roles.users[node] if user.op is INDEX]
        if node.op is PARAMETER:
            _take_apart(roles, node, slices)
        elif not node.op.leaf and len(slices) > 1:
            roles.cuts.update(part for part in slices if _within_gates(roles, part))
        elif node.op is CONCAT:
            _put_together(roles, node)
    return roles


def _take_apart(roles: Roles, parameter: Node, slices: list[Node]) -> None:
    """Draw the named slices of a parameter in its place, if all its readers are."""
    named = all(part.name for part in slices) and parameter not in roles.outputs
    if slices and named and len(slices) == len(roles.users[parameter]):
        roles.packed.add(parameter)
        roles.parts.update(slices)


def _put_together(roles: Roles, whole: Node) -> None:
    """Draw a named concat of slices of parameters in their place, if it alone reads."""
    parts = roles.inputs(whole)
    alone = all(roles.users[part] == [whole] for part in parts)
    if whole.name and alone and roles.parts.issuperset(parts):
        roles.parts.difference_update(parts)
        roles.packed.update(parts)
        roles.parts.add(whole)


def _within_gates(roles: Roles, part: Node) -> bool:
    """Return True for an unnamed slice that only named functions of it alone read.

    Their names say which part of a packed product it is, as of an LSTM's gates. What
    a cell does with its products may lie between, as in a GRU.
    """
    ahead, seen = [part], {part}
    while ahead:
        node = ahead.pop()
        if node in roles.names or node in roles.outputs or node in roles.states:
            return False
        for reader in roles.users[node]:
            if reader.name is not None and len(reader.inputs) == 1:
                continue
            if not _is_part_of_a_sum(roles, part, reader):
                return False
            if reader not in seen:
                seen.add(reader)
                ahead.append(reader)
    return True


def _is_part_of_a_sum(roles: Roles, part: Node, reader: Node) -> bool:
    """Return True for sums and products around a slice, and sums of matrix products."""
    if reader.op is INDEX:
        return True
    around = part.scope[: len(reader.scope)] == reader.scope
    if reader.op.infix in ("+", "*") and around:
        return True
    linear = (MATMUL, INDEX, PARAMETER)
    return reader.op is ADD and all(p.op in linear for p in roles.inputs(reader))


def _stand_ins(graph: Graph) -> dict[Node, Node]:
    """Return node → the node shown in its place.

    Lifts and unnamed identities are left out, and of a node and its copy made by
    `named` the copy is shown.
    """
    consumers = users(graph.nodes)
    kept = set(graph.outputs.values()) | {delay.source for delay in graph.delays}
    found: dict[Node, Node] = {}
    twins = _twins(graph)
    for node in graph.nodes:
        hidden = node.inputs and node not in kept and _is_copy(node)
        if hidden and all(user.time for user in consumers[node]):
            found[node] = found[node.inputs[0]]
        else:
            found[node] = twins.get(node, node)
    return found


def _is_copy(node: Node) -> bool:
    """Return True for lifts and unnamed identities, which no user asked to see."""
    op = node.op if node.origin is None else node.origin.op
    return op is EVERY_STEP or (node.op is IDENTITY and node.name is None)


def _twins(graph: Graph) -> dict[Node, Node]:
    """Return unnamed nodes whose named copy, made by `named`, is there as well."""
    named = {
        (node.op, node.inputs, node.line): node
        for node in graph.nodes
        if node.name is not None and node.inputs and not isinstance(node, Delay)
    }
    found = {}
    for node in graph.nodes:
        if node.name is None and node.inputs and node.op is not EVERY_STEP:
            twin = named.get((node.op, node.inputs, node.line))
            if twin is not None and twin.attrs is node.attrs:
                found[node] = twin
    return found


def _name(roles: Roles) -> None:
    """Name what is shown: by symbols, the user's names, outputs, or delays' names."""
    for node in roles.order:
        state = roles.states.get(node)
        symbol = None if state is None else state.symbol
        name = node.symbol or symbol or node.name
        if name is None and node in roles.outputs:
            name = roles.outputs[node]
        if name is None and state is not None:
            name = previous_of(state.name) if state.name else None
        if name is not None:
            roles.names[node] = name if node.time is None else base_name(name)


def _find_numbers(roles: Roles) -> None:
    """Find the scalars that are written into the ops that read them.

    Each reader must have another operand too.
    """
    for node in roles.order:
        text = scalar_of(node)
        if text is None or node in roles.outputs or node in roles.states:
            continue
        readers = [user for user in roles.users[node] if not isinstance(user, Delay)]
        if all(_has_other_operand(roles, reader) for reader in readers):
            roles.numbers[node] = text


def _has_other_operand(roles: Roles, reader: Node) -> bool:
    if scalar_of(reader) is not None:
        return True
    return any(scalar_of(part) is None for part in roles.inputs(reader))


def _merge_sums(roles: Roles) -> None:
    """Find additions inside a sum: `(a + b) + c` is drawn as one sum of three."""
    for node in reversed(roles.order):
        readers = roles.users[node]
        if node.op is not ADD or len(readers) != 1 or node in roles.names:
            continue
        if len(set(roles.inputs(node))) < len(node.inputs):
            continue
        (reader,) = readers
        alike = reader.op is ADD and reader.time == node.time
        if alike and reader.scope == node.scope:
            roles.merged[node] = roles.merged.get(reader, reader)
