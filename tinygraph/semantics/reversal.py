"""reverse_time: the same graph, run from the other end."""

from tinygraph.core.delays import Delay, open_delay
from tinygraph.core.errors import UnknownNameError
from tinygraph.core.graph import Graph
from tinygraph.core.nodes import Node
from tinygraph.core.rebuilding import rebuild
from tinygraph.ops.shaping import flip


def reverse_time(graph: Graph, time: str | None = None) -> Graph:
    """Return the graph that on reversed feeds gives reversed outputs.

    Every delay is negated, `first` and `last` are swapped, `at` counts from the other
    end, `history` and `stack` are flipped, `step_index` becomes T - 1 - step_index (for
    `start=0`): what an op becomes, it declares as `reversed`. Random per-step nodes
    keep their step: they draw forwards.

    Args:
        time: the axis to reverse; all by default.

    Raises:
        UnknownNameError: the graph has no such axis.

    Example:
        >>> x, total = tg.sequence("x"), tg.delay("total", shape=())
        >>> y = total.close(total + x).source
        >>> tg.interpret(tg.reverse_time(tg.Graph(y)), {"x": [1.0, 2.0, 3.0]})
        {'output': array([6., 5., 3.], dtype=float32)}
    """
    if time is not None and time not in graph.times:
        raise UnknownNameError(
            f"the graph has no time axis {time!r}; it has "
            f"{', '.join(map(repr, graph.times)) or 'none'}"
        )

    def on_axis(node: Node) -> bool:
        own = node.type.time
        if own is None and node.inputs:
            own = node.inputs[0].type.time
        return own is not None and time in (None, own)

    def touched(node: Node) -> bool:
        directed = isinstance(node, Delay) or node.op.reversed is not None
        return directed and on_axis(node)

    def make(node: Node, parts: tuple[Node, ...]) -> Node | None:
        return _reversed(node, parts) if touched(node) else None

    return Graph(rebuild(graph.outputs, make=make, touched=touched))


def _reversed(node: Node, parts: tuple[Node, ...]) -> Node | None:
    """Return what a node on the axis becomes; None: its op is the same both ways."""
    if isinstance(node, Delay):
        slots = (flip(parts[0], 0),) if node.outside == "history" else parts
        attrs = {**node.attrs, "steps": -node.steps}
        return open_delay(slots, node.type, attrs, node.name, node)
    return None if node.op.reversed is None else node.op.reversed(node, parts)
