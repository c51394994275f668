"""Forward mode: tangents along the graph, each delay with a delay of +k."""

from collections.abc import Mapping, Sequence

from tinygraph.core import source_info
from tinygraph.core.building import cast, constant
from tinygraph.core.delays import Delay, open_delay
from tinygraph.core.nodes import Node
from tinygraph.ops.shaping import zeros_like
from tinygraph.semantics.autodiff.paths import active, adjoint_scope, flows, total


class Forward:
    """One forward walk: the tangents of what moves with `sources`."""

    def __init__(
        self, order: Sequence[Node], sources: Sequence[Node], seeds: Sequence[Node]
    ) -> None:
        self.order = order
        self.active = active(order, sources)
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
            with source_info.made_for(adjoint_scope(node), node.line):
                own = list(self.seeds.get(node, ()))
                if isinstance(node, Delay) and any(
                    x in self.active for x in node.inputs
                ):
                    follower = self._delayed(node)
                    opened.append((node, follower))
                    own.append(follower)
                elif any(x in self.active for x in flows(node)):
                    own.append(self._pushed(node))
                self.moved[node] = total(own, node)
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
            return open_delay((), node.type, node.rule)
        slot = self.moved.get(node.slot)
        if slot is None:
            zero = cast(constant(0.0), node.type.dtype)
            attrs = {"steps": node.steps, "outside": "init"}
            return open_delay((zero,), node.type, attrs)
        return open_delay((slot,), node.type, node.rule)
