"""grad, vjp and jvp of folded graphs: the derivative of a cyclic graph is one.

Reverse: cut every delay and walk the rest in reverse topological order, adding
cotangents. Each delay met gives its source an open delay of -k, closed when the
delay's own cotangent is known: a causal loop yields one anti-causal loop, the
adjoint network. Forward: the tangents run along, each delay with a delay of +k.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tinygraph import sites
from tinygraph.building import EVERY_STEP, as_node, cast, constant, lift, strengthen
from tinygraph.delays import DELAY, Delay, open_delay
from tinygraph.errors import GradientError, LossError, ShapeError, UnconnectedError
from tinygraph.nodes import Node
from tinygraph.ops.arithmetic import add_n
from tinygraph.ops.shaping import zeros_like
from tinygraph.ops.time import replicate_cotangent, slot_cotangent
from tinygraph.traversal import reach, topological_order, users

Wrt = Node | Sequence[Node]


def grad(loss: Node, wrt: Wrt, unconnected: str = "raise") -> Any:
    """Return the gradient of a loss: a node for a node, a list for a list.

    It has exactly the type of its node: shape, dtype and time. For a per-step node
    it holds the total derivative at each step, every later effect through the
    recurrence included; `grad(loss, every_step(W))` is W's gradient per time step.

    Args:
        loss: float, shape (), static.
        wrt: any nodes: leaves, inner nodes, delays, members of a cycle.
        unconnected: "raise", or "zeros" where the loss does not depend on a node.

    Raises:
        LossError: the loss is not a float scalar with one value in all.
        UnconnectedError: the loss does not depend on a node of `wrt`.
        GradientError: a node of `wrt` is not float.
    """
    if not isinstance(loss, Node):
        raise LossError(f"grad needs the node of a loss, not {loss!r}", loss=loss)
    kind = loss.type
    if kind.shape or kind.time is not None or not kind.is_float:
        how = (
            "reduce it over time: tg.mean_over_time, tg.sum_over_time or tg.last"
            if kind.time is not None
            else "reduce it with tg.mean or tg.sum"
            if kind.shape
            else "cast it to a float"
        )
        raise LossError(
            f"grad needs a float scalar with one value in all, but loss "
            f"{loss.label!r} is {kind.describe()}, made at {loss.where}: {how}",
            loss=loss,
        )
    return vjp([loss], wrt, [cast(constant(1.0), kind.dtype)], unconnected)


def vjp(outputs: Wrt, wrt: Wrt, cotangents: Any, unconnected: str = "raise") -> Any:
    """Return Σ cotangentᵀ · ∂output/∂node for each node of `wrt`.

    Args:
        outputs: a node or several.
        wrt: a node or several; the result has its form.
        cotangents: as many as outputs, each of its output's type.
        unconnected: as of `grad`.

    Raises:
        ShapeError: a cotangent has another type than its output.
        UnconnectedError, GradientError: as of `grad`.
    """
    tops, targets = _listed(outputs), _listed(wrt)
    seeds = _matching(tops, cotangents, "cotangent")
    _check_request(targets, unconnected)
    walk = _Reverse(tops, targets, seeds)
    results = walk.run()
    found = []
    for node in targets:
        if node not in walk.reaching and unconnected == "raise":
            raise _unconnected(node, tops, walk.order)
        found.append(results[node] if node in results else zeros_like(node))
    return found[0] if isinstance(wrt, Node) else found


def jvp(outputs: Wrt, wrt: Wrt, tangents: Any, unconnected: str = "zeros") -> Any:
    """Return Σ ∂output/∂node · tangent for each output: forward mode.

    The tangents run forwards with the loop; one tangent per parameter entry is
    real-time recurrent learning (Williams & Zipser, 1989).

    Args:
        outputs: a node or several; the result has its form.
        wrt: a node or several; each moves by its tangent, besides what it takes
            over from the others.
        tangents: as many as wrt, each of its node's type.
        unconnected: "zeros", or "raise" where an output depends on no node of wrt.
    """
    tops, sources = _listed(outputs), _listed(wrt)
    seeds = _matching(sources, tangents, "tangent")
    _check_request(sources, unconnected)
    order = topological_order(tops)
    moved = _Forward(order, sources, seeds).run()
    found = []
    for node in tops:
        if node not in moved and unconnected == "raise":
            raise UnconnectedError(
                f"{node.describe()} depends on no node of wrt", node=node
            )
        found.append(moved[node] if node in moved else zeros_like(node))
    return found[0] if isinstance(outputs, Node) else found


def _listed(nodes: Any) -> list[Node]:
    if isinstance(nodes, str) or not isinstance(nodes, Iterable):
        raise GradientError(f"expected a node or a list of nodes, not {nodes!r}")
    return [nodes] if isinstance(nodes, Node) else list(nodes)


def _matching(nodes: Sequence[Node], values: Any, what: str) -> list[Node]:
    listed = list(values) if isinstance(values, list | tuple) else [values]
    if len(listed) != len(nodes):
        raise ShapeError(f"{len(nodes)} nodes but {len(listed)} {what}s")
    result = []
    for node, value in zip(nodes, listed, strict=True):
        given = as_node(value)
        if given.weak:
            given = strengthen(given, node.type.dtype)
        if given.type.time is None and node.type.time is not None:
            given = lift(given, node.type.time)
        if given.type != node.type:
            raise ShapeError(
                f"the {what} of {node.label!r} is {given.type.describe()}, wanted "
                f"{node.type.describe()}"
            )
        result.append(given)
    return result


def _check_request(targets: Sequence[Node], unconnected: str) -> None:
    if unconnected not in ("raise", "zeros"):
        raise GradientError(
            f"unconnected must be 'raise' or 'zeros', not {unconnected!r}"
        )
    for node in targets:
        if not isinstance(node, Node):
            raise GradientError(f"wrt holds nodes, not {node!r}")
        if not node.type.is_float:
            raise GradientError(
                f"no derivative for {_described(node)}: only float nodes have one",
                node=node,
            )


def _unconnected(
    node: Node, tops: Sequence[Node], order: Sequence[Node]
) -> UnconnectedError:
    lines = [
        f"{', '.join(top.label for top in tops)} does not depend on {_described(node)}"
    ]
    if node.op is EVERY_STEP:
        lifts = _lifts_of(node.inputs[0], order)
        if lifts:
            lines.append(
                f"{node.inputs[0].label} reaches time only through every_step of "
                + ", ".join(_described(lift.inputs[0]) for lift in lifts)
            )
    lines.append("Pass unconnected='zeros' if that is meant.")
    return UnconnectedError("\n".join(lines), node=node)


def _described(node: Node) -> str:
    return f"{node.describe()}, made at {node.where}"


def _lifts_of(static: Node, order: Sequence[Node]) -> list[Node]:
    known = dict.fromkeys(order)
    consumers = users(order)
    below = reach([static] if static in known else [], consumers.__getitem__)
    return [n for n in order if n in below and n.op is EVERY_STEP]


def flows(node: Node) -> list[Node]:
    """Return the inputs of a node through which derivatives flow."""
    if not node.type.is_float:
        return []
    if node.op is DELAY:
        return [x for x in node.inputs if x.type.is_float]
    if node.op.vjp is None:
        return []
    blocked = node.op.constant_in
    return [
        x for i, x in enumerate(node.inputs) if x.type.is_float and i not in blocked
    ]


def _active(order: Sequence[Node], starts: Sequence[Node]) -> dict[Node, None]:
    """Return what moves when `starts` do."""
    consumers: dict[Node, list[Node]] = {node: [] for node in order}
    for node in order:
        for part in flows(node):
            consumers[part].append(node)
    return reach([n for n in starts if n in consumers], consumers.__getitem__)


class _Reverse:
    """One reverse walk; `reaching` holds what the outputs depend on at all."""

    def __init__(
        self, tops: Sequence[Node], targets: Sequence[Node], seeds: Sequence[Node]
    ) -> None:
        self.order = topological_order(tops)
        self.reaching = dict.fromkeys(self.order)
        below = reach([top for top in tops if top.type.is_float], flows)
        moving = _active(self.order, targets)
        self.active = {node for node in self.order if node in moving and node in below}
        self.parts: dict[Node, list[Node]] = {node: [] for node in self.active}
        self.opened: dict[Delay, Delay] = {}
        for top, seed in zip(tops, seeds, strict=True):
            if top in self.active:
                self.parts[top].append(seed)

    def run(self) -> dict[Node, Node]:
        """Return the total cotangent of every active node."""
        for node in self.order:
            if isinstance(node, Delay) and node in self.active:
                self._open(node)
        found: dict[Node, Node] = {}
        for node in reversed(self.order):
            if node not in self.active:
                continue
            with sites.made_for(_adjoint_scope(node), node.line):
                ct = _total(self.parts.pop(node), node)
                found[node] = ct
                self._pull(node, ct)
        return found

    def _open(self, node: Delay) -> None:
        """Give the source its part: delay(ct, -k), whose ct is not known yet.

        A REPLICATE delay comes after its source in the order, so its cotangent is
        known in time and nothing is left open.
        """
        if node.kind == "replicate" or node.source not in self.active:
            return
        with sites.made_for(_adjoint_scope(node), node.line):
            zero = cast(constant(0.0), node.type.dtype)
            attrs = {"steps": -node.steps, "slots": "init"}
            back = open_delay((zero,), node.type, attrs)
        self.opened[node] = back
        self.parts[node.source].append(back)

    def _pull(self, node: Node, ct: Node) -> None:
        """Hand the cotangent of a node on to its inputs."""
        if isinstance(node, Delay):
            self._pull_delay(node, ct)
            return
        wanted = [x in self.active for x in node.inputs]
        if not any(wanted) or node.op.vjp is None:
            return
        pulled = node.op.vjp(node, ct)
        for x, part, want in zip(node.inputs, pulled, wanted, strict=True):
            if want and part is not None:
                self.parts[x].append(_of_type(x, part, node))

    def _pull_delay(self, node: Delay, ct: Node) -> None:
        slot = node.slot
        if node in self.opened:
            self.opened[node].close(ct)
        elif slot is None and node.source in self.active:
            self.parts[node.source].append(replicate_cotangent(node, ct))
        if slot is not None and slot in self.active:
            self.parts[slot].append(cast(slot_cotangent(node, ct), slot.type.dtype))


def _of_type(x: Node, part: Node, user: Node) -> Node:
    """Return a part of x's cotangent in x's dtype; all else must be right already."""
    result = cast(part, x.type.dtype)
    if result.type != x.type:
        raise GradientError(
            f"the vjp of {user.op.name!r} gives {part.type.describe()} for an operand "
            f"of type {x.type.describe()}: a cotangent has its node's type",
            node=user,
        )
    return result


def _total(parts: Sequence[Node], node: Node) -> Node:
    """Add up the parts of a cotangent: one node whatever their number."""
    if not parts:
        return zeros_like(node)
    if len(parts) == 1:
        return parts[0]
    return parts[0] + parts[1] if len(parts) == 2 else add_n(*parts)


def _adjoint_scope(node: Node) -> tuple[str, ...]:
    return ("gradient", *node.scope) if node.scope else ()


class _Forward:
    """One forward walk: the tangents of what moves with `sources`."""

    def __init__(
        self, order: Sequence[Node], sources: Sequence[Node], seeds: Sequence[Node]
    ) -> None:
        self.order = order
        self.active = _active(order, sources)
        self.moved: dict[Node, Node] = {}
        self.seeds: dict[Node, list[Node]] = {}
        for source, seed in zip(sources, seeds, strict=True):
            self.seeds.setdefault(source, []).append(seed)

    def run(self) -> Mapping[Node, Node]:
        """Return the tangent of every node that moves."""
        opened: list[tuple[Delay, Delay]] = []
        for node in self.order:
            if node not in self.active:
                continue
            with sites.made_for(_adjoint_scope(node), node.line):
                own = list(self.seeds.get(node, ()))
                if isinstance(node, Delay) and any(
                    x in self.active for x in node.inputs
                ):
                    follower = self._delayed(node)
                    opened.append((node, follower))
                    own.append(follower)
                elif any(x in self.active for x in flows(node)):
                    own.append(self._pushed(node))
                self.moved[node] = _total(own, node)
        for node, follower in opened:
            source = node.source
            follower.close(
                self.moved[source] if source in self.moved else zeros_like(source)
            )
        return self.moved

    def _pushed(self, node: Node) -> Node:
        followed = set(flows(node))
        tangents = [self.moved.get(x) if x in followed else None for x in node.inputs]
        assert node.op.jvp is not None, node.op
        return cast(node.op.jvp(node, tangents), node.type.dtype)

    def _delayed(self, node: Delay) -> Delay:
        """Return the open delay of the tangent: same k, slots from the tangents."""
        if node.slot is None:
            return open_delay((), node.type, node.attrs)
        slot = self.moved.get(node.slot)
        if slot is None:
            zero = cast(constant(0.0), node.type.dtype)
            attrs = {"steps": node.steps, "slots": "init"}
            return open_delay((zero,), node.type, attrs)
        return open_delay((slot,), node.type, node.attrs)
