"""What a box says of its node: the sign of the op, numbers, hover text, shape."""

import math
from collections.abc import Sequence

from tinygraph.core.building import CAST, CONSTANT
from tinygraph.core.nodes import Node, Op
from tinygraph.drawing.model.texts import one_line, printable
from tinygraph.ops.slicing import INDEX, item_text
from tinygraph.ops.time import EXTENT

_LOSSES = {"loss", "cost", "nll", "cross_entropy"}


def is_loss(name: str | None) -> bool:
    """Return True for the names that losses are given."""
    return name is not None and (name == "L" or name.lower() in _LOSSES)


def symbol(op: Op) -> str:
    """Return the sign of an op, or its name."""
    return op.symbol or op.name


def _keeps_numbers(node: Node) -> bool:
    """Return True where the result holds its operand's numbers, reshaped or cast."""
    return bool(node.inputs) and (node.op.view or node.op is CAST)


def name_of(node: Node) -> str:
    """Return what a leaf is called on an edge or in another box's label."""
    return one_line(node.symbol or node.label)


def number(value: float) -> str:
    """Return a number with up to six digits: 0, 0.5, 1e−08."""
    return f"{value:.6g}".replace("-", "−")


def scalar_of(node: Node) -> str | None:
    """Return the number that a constant scalar holds, through casts and shapes.

    The length of a dimension is its name, that of the time axis t is T.
    """
    while _keeps_numbers(node):
        node = node.inputs[0]
    if node.op is EXTENT:
        name = one_line(node.attrs["dim"])
        return "T" if name == "t" else name
    if node.op is not CONSTANT or node.attrs["value"].size != 1:
        return None
    return number(node.attrs["value"].item())


def op_text(node: Node, operands: list[str | None]) -> str:
    """Return the text of an op's box: its sign, and scalars among its operands.

    `operands` holds for each input the number it is, or None: `1 −`, `× 2`,
    `maximum 0`.
    """
    sign = symbol(node.op)
    if node.op is INDEX:
        return f"[{', '.join(map(item_text, node.attrs['items']))}]"
    known = [text for text in operands if text is not None]
    if known and _keeps_numbers(node):
        return known[0]
    if not known:
        return sign
    if node.op.symbol and operands[0] is not None:
        return " ".join([*known, sign])
    return " ".join([sign, *known])


def operand_mark(node: Node, parts: Sequence[Node], place: int) -> str:
    """Return "right" for the right operand of −, ÷ and @ where both are drawn.

    What multiplies a value per step from the right is static as a rule (`x @ W`), and
    then has no mark.
    """
    if node.op.infix not in ("-", "/", "@") or len(parts) != 2 or place == 0:
        return ""
    left, right = parts
    usual = node.op.infix == "@" and left.time is not None and right.time is None
    return "" if usual else "right"


def hover_text(node: Node, name: str | None, shapes: bool) -> str:
    """Return the hover text of a node: whole name, type, op, the user's line."""
    called = printable(node.label if name is None else name)
    type_text = f": {node.type}" if shapes else ""
    op = "" if node.op.name == called else f", {node.op.name}"
    where = "" if node.line is None else f", made at {printable(node.where)}"
    return f"{called}{printable(type_text)}{op}{where}"


def count_of(node: Node) -> int:
    """Return how many numbers a parameter holds."""
    return math.prod(size for size in node.shape if isinstance(size, int))


def count_text(count: int) -> str:
    """Return what a module says of its parameters."""
    return f"{count:,} parameter{'s' * (count != 1)}"


def shape_text(node: Node) -> str:
    """Return a shape as edges show it: `batch×16`; a scalar has none."""
    return printable("×".join(map(str, node.shape)))
