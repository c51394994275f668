"""Words for nodes: a name for each, and what it is made of, as a formula."""

import textwrap
from collections.abc import Iterable, Mapping, Sequence

from tinygraph.core.building import CAST, CONSTANT, EVERY_STEP
from tinygraph.core.delays import Delay
from tinygraph.core.graph import Graph
from tinygraph.core.leaves import is_leaf
from tinygraph.core.nodes import Node
from tinygraph.ops.functions import IDENTITY
from tinygraph.ops.shaping import RESHAPE, TRANSPOSE
from tinygraph.ops.slicing import FULL, INDEX, item_text

LONGEST = 44
"""Characters of a formula that stands in place of a name."""


class Words:
    """Names and formulas of the nodes of a graph.

    A node is called by its own name, an unnamed output by the output's, others by
    their op; where that is taken a number follows (`multiply#3`).

    Args:
        graph: whose nodes; their order numbers them.
        inlined: unnamed nodes to write out where they are read, if that is short.
    """

    def __init__(self, graph: Graph, inlined: Iterable[Node]) -> None:
        self._inlined = {node for node in inlined if node.name is None}
        self._names: dict[Node, str] = {}
        outputs: dict[Node, str] = {}
        for name, node in graph.outputs.items():
            outputs.setdefault(node, name)
        count: dict[str, int] = {}
        for node in graph:
            if node.op is EVERY_STEP:
                continue
            name = node.name or outputs.get(node) or node.op.name
            count[name] = count.get(name, 0) + 1
            self._names[node] = name if count[name] == 1 else f"{name}#{count[name]}"

    def name(self, node: Node) -> str:
        """Return the name of a node; a lift is called by what it lifts."""
        return self._names[node.inputs[0] if node.op is EVERY_STEP else node]

    def line(self, node: Node) -> str:
        """Return `h = sigmoid * tanh#2`."""
        return f"{self.name(node)} = {self.formula(node)}"

    def formula(self, node: Node, depth: int = 0) -> str:
        """Return what a node applies to what."""
        look = _look(node)
        if look is not None:
            return f"{self.operand(node.inputs[0], depth)}{look}"
        parts = [self.operand(x, depth) for x in node.inputs]
        if node.op.infix:
            return f" {node.op.infix} ".join(parts)
        if node.op is CAST:
            return f"{node.dtype}({parts[0]})"
        return f"{node.op.name}({', '.join(parts)})"

    def operand(self, node: Node, depth: int = 0) -> str:
        """Return a node as it stands in a formula: its name, or what it shows."""
        shown = ""
        while True:
            if node.op is EVERY_STEP or (node.op is IDENTITY and node.name is None):
                node = node.inputs[0]
            elif node.name is None and (look := _look(node)) is not None:
                node, shown = node.inputs[0], look + shown
            else:
                break
        if node.op is CONSTANT and not node.type.shape and node.name is None:
            return f"{node.attrs['value'].item()}{shown}"
        if node in self._inlined and depth < 3 and not is_leaf(node) and node.inputs:
            formula = self.formula(node, depth + 1)
            if len(formula) <= LONGEST:
                called = formula.endswith(")") and "(" not in formula.split("(", 1)[1]
                bare = called and " " not in formula.split("(", 1)[0]
                return f"{formula}{shown}" if bare else f"({formula}){shown}"
        return f"{self.name(node)}{shown}"

    def state(self, node: Delay) -> str:
        """Return `h_prev = h one step ago, at first 0.0`."""
        k = abs(node.steps)
        count = "one step" if k == 1 else f"{k} steps"
        way, edge = ("ago", "first") if node.steps > 0 else ("ahead", "last")
        slot = "its nearest value" if node.slot is None else self.operand(node.slot)
        source = self.operand(node.source)
        return f"{self.name(node)} = {source} {count} {way}, at {edge} {slot}"


def _look(node: Node) -> str | None:
    """Return what a view appends to the name of what it shows; None for others."""
    if node.op is INDEX:
        items = node.attrs["items"]
        first = next((i for i, item in enumerate(items) if item != FULL), len(items))
        listed = ", ".join(item_text(item) for item in items[first:])
        return f"[{'..., ' if first else ''}{listed}]"
    if node.op is TRANSPOSE and node.ndim == 2:
        return ".T"
    if node.op is RESHAPE:
        return f".reshape({', '.join(map(str, node.type.shape))})"
    return None


def counted(counts: Mapping[str, int]) -> str:
    """Return `1 GEMM, 9 ufuncs`."""
    names = {"GEMM": "GEMMs", "ufunc": "ufuncs", "copy": "copies", "other": "others"}
    listed = (
        f"{counts[one]} {one if counts[one] == 1 else many}"
        for one, many in names.items()
        if counts.get(one)
    )
    return ", ".join(listed)


def wrapped(head: str, parts: Sequence[str], indent: int = 2) -> list[str]:
    """Return a list as lines that break between its parts only."""
    whole = ", ".join(part.replace(" ", "\u00a0") for part in parts)
    first, later = " " * indent, " " * (indent + 2)
    lines = textwrap.wrap(f"{first}{head} {whole}", 88, subsequent_indent=later)
    return [line.replace("\u00a0", " ") for line in lines]


def table(rows: Sequence[tuple[str, ...]], indent: int = 2) -> list[str]:
    """Return rows as lines of aligned columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        (
            " " * indent
            + "   ".join(
                cell.ljust(width) for cell, width in zip(row, widths, strict=True)
            )
        ).rstrip()
        for row in rows
    ]
