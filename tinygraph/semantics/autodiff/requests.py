"""What grad, vjp and jvp are asked for: nodes, seeds of their types, connections."""

from collections.abc import Iterable, Sequence
from typing import Any

from tinygraph.core.building import EVERY_STEP, as_node, lift, strengthen
from tinygraph.core.errors import GradientError, ShapeError, UnconnectedError
from tinygraph.core.nodes import Node
from tinygraph.core.traversal import reach, users


def listed(nodes: Any) -> list[Node]:
    """Return a node, or several, as a list.

    Raises:
        GradientError: it is neither.
    """
    if isinstance(nodes, str) or not isinstance(nodes, Iterable):
        raise GradientError(f"expected a node or a list of nodes, not {nodes!r}")
    return [nodes] if isinstance(nodes, Node) else list(nodes)


def matching(nodes: Sequence[Node], values: Any, what: str) -> list[Node]:
    """Return a node per node and of its type for cotangents or tangents.

    Raises:
        ShapeError: there are more or fewer, or one has another type.
    """
    given_values = list(values) if isinstance(values, list | tuple) else [values]
    if len(given_values) != len(nodes):
        raise ShapeError(f"{len(nodes)} nodes but {len(given_values)} {what}s")
    result = []
    for node, value in zip(nodes, given_values, strict=True):
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


def check_request(targets: Sequence[Node], unconnected: str) -> None:
    """Check what derivatives are asked of.

    Raises:
        GradientError: no float node, or no such way to treat what is unconnected.
    """
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


def unconnected_error(
    node: Node, tops: Sequence[Node], order: Sequence[Node]
) -> UnconnectedError:
    """Return the error for a node that `tops` do not depend on; it names lifts."""
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
