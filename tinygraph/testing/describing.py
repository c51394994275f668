"""A graph as text, one line a node: what a broken law prints."""

from collections.abc import Iterable

from tinygraph.core.building import CONSTANT
from tinygraph.core.delays import Delay
from tinygraph.core.graph import Graph
from tinygraph.core.nodes import Node

_HIDDEN = {"value", "scalar", "key", "outside", "symbol"}


def describe(graph: Graph) -> str:
    """Return one line per node, inputs first: `%4 h = tanh(%3): float32[2] per step`.

    A delay names its source, which may come later; outputs are listed last.

    Example:
        >>> print(testing.describe(tg.Graph({"y": tg.tanh(tg.placeholder("x"))})))
          %0 x = placeholder(): float32[]
          %1 tanh(%0): float32[]
          outputs: y = %1
    """
    number = {node: f"%{i}" for i, node in enumerate(graph.nodes)}
    lines = [f"  {number[node]} {_line(node, number)}" for node in graph.nodes]
    outputs = ", ".join(f"{k} = {number[v]}" for k, v in graph.outputs.items())
    return "\n".join([*lines, f"  outputs: {outputs}"])


def _line(node: Node, number: dict[Node, str]) -> str:
    name = "" if node.name is None else f"{node.name} = "
    when = "" if node.type.time is None else f" per step of {node.type.time!r}"
    return f"{name}{_call(node, number)}: {node.type}{when}"


def _call(node: Node, number: dict[Node, str]) -> str:
    if node.op is CONSTANT:
        value = node.attrs["value"]
        return f"constant({value})" if value.size <= 4 else "constant(...)"
    if isinstance(node, Delay):
        slot = "REPLICATE" if node.slot is None else number[node.slot]
        return (
            f"delay({number[node.source]}, steps={node.steps}, {node.outside}={slot})"
        )
    attrs = [f"{k}={v!r}" for k, v in node.attrs.items() if k not in _HIDDEN]
    return f"{node.op.name}({', '.join([*_numbers(node.inputs, number), *attrs])})"


def _numbers(nodes: Iterable[Node], number: dict[Node, str]) -> list[str]:
    return [number[node] for node in nodes]
