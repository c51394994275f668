"""Restatements: the same linear algebra, written as somebody else would write it.

Each takes a node and the operands that it has in the graph being made, and returns
another way to write it, or None where it does not apply.
"""

from collections.abc import Callable, Sequence

from tinygraph.core.building import EVERY_STEP, apply
from tinygraph.core.nodes import REGISTRY, Node
from tinygraph.ops.arithmetic import ADD, SUBTRACT
from tinygraph.ops.elementwise import is_elementwise
from tinygraph.ops.functions import exp, tanh
from tinygraph.ops.joining import CONCAT, concat, stack_nodes
from tinygraph.ops.linalg import MATMUL
from tinygraph.ops.shaping import expand_dims, ones_like, reshape, squeeze, swap_last
from tinygraph.rewriting.facts import unlifted
from tinygraph.rewriting.slices import bounds

Restatement = Callable[[Node, Sequence[Node]], Node | None]


def columns_apart(y: Node, parts: Sequence[Node]) -> Node | None:
    """x @ W → concat(x @ W₁, x @ W₂): a product per gate."""
    columns = y.type.shape[-1] if y.ndim else 0
    if y.op is not MATMUL or not _plain(parts) or not _even(columns):
        return None
    a, b = parts
    at = int(columns) // 2
    return concat([a @ b[:, :at], a @ b[:, at:]], -1)


def rows_apart(y: Node, parts: Sequence[Node]) -> Node | None:
    """x @ W → x₁ @ W₁ + x₂ @ W₂, of halves of x and of the rows of W."""
    if y.op is not MATMUL or not _plain(parts):
        return None
    a, b = parts
    if a.op is not CONCAT or a.attrs["axis"] != -1:
        return None
    at = int(a.inputs[0].type.shape[-1])
    return a[..., :at] @ b[:at] + a[..., at:] @ b[at:]


def rows_together(y: Node, parts: Sequence[Node]) -> Node | None:
    """x @ W + h @ U → concat(x, h) @ concat(W, U)."""
    if y.op is not ADD or any(x.op is not MATMUL for x in parts):
        return None
    if not all(_plain(x.inputs) and x.type == y.type for x in parts):
        return None
    lefts, rights = zip(*(x.inputs for x in parts), strict=True)
    return concat(lefts, -1) @ concat(rights, 0)


def transposed_twice(y: Node, parts: Sequence[Node]) -> Node | None:
    """x @ W → (Wᵀ @ xᵀ)ᵀ."""
    if y.op is not MATMUL or not _plain(parts) or y.ndim != 2:
        return None
    a, b = parts
    return swap_last(swap_last(b) @ swap_last(a))


def in_columns(y: Node, parts: Sequence[Node]) -> Node | None:
    """f(a, b) → f(aᵀ, bᵀ)ᵀ of matrices and numbers: features first, then the batch."""
    if not is_elementwise(y.op) or y.ndim != 2:
        return None
    if y.type.time is None or any(x.ndim not in (0, 2) for x in parts):
        return None
    turned = [swap_last(x) if x.ndim == 2 else x for x in parts]
    return swap_last(apply(y.op, *turned, **y.attrs))


def weight_transposed(y: Node, parts: Sequence[Node]) -> Node | None:
    """x @ W → x @ Wᵀᵀ."""
    if y.op is not MATMUL or not _plain(parts):
        return None
    return parts[0] @ swap_last(swap_last(parts[1]))


def matrix_times_vectors(y: Node, parts: Sequence[Node]) -> Node | None:
    """x @ W → Wᵀ @ x of many columns, as papers write it for one example."""
    if y.op is not MATMUL or not _plain(parts) or y.ndim != 2:
        return None
    a, b = parts
    return squeeze(swap_last(b) @ expand_dims(a, -1), -1)


def signs(y: Node, parts: Sequence[Node]) -> Node | None:
    """a - b → a + (-b), and a + b → a - (-b)."""
    if y.op not in (ADD, SUBTRACT) or not y.type.is_float:
        return None
    a, b = parts
    return a + (-b) if y.op is SUBTRACT else a - (-b)


def slice_early(y: Node, parts: Sequence[Node]) -> Node | None:
    """(x @ W)[..., a:b] → x @ W[:, a:b]."""
    place = bounds(y)
    if place is None or parts[0].op is not MATMUL or not _plain(parts[0].inputs):
        return None
    a, b = parts[0].inputs
    return a @ b[:, place[0] : place[1]]


def sum_of_slices(y: Node, parts: Sequence[Node]) -> Node | None:
    """(a + b)[..., i:j] → a[..., i:j] + b[..., i:j]: a bias per gate."""
    place = bounds(y)
    if place is None or parts[0].op is not ADD:
        return None
    columns = parts[0].type.shape[-1:]
    if any(x.type.shape[-1:] != columns for x in parts[0].inputs):
        return None
    a, b = (x[..., place[0] : place[1]] for x in parts[0].inputs)
    return a + b


def block_of_reshape(y: Node, parts: Sequence[Node]) -> Node | None:
    """z[..., a:b] → a block of z.reshape(..., n, b - a)."""
    place = bounds(y)
    if place is None:
        return None
    size, columns = place[1] - place[0], int(y.inputs[0].type.shape[-1])
    if columns % size or place[0] % size:
        return None
    lead = parts[0].type.shape[:-1]
    blocks = reshape(parts[0], (*lead, columns // size, size))
    return blocks[..., place[0] // size, :]


def stacked(y: Node, parts: Sequence[Node]) -> Node | None:
    """concat(a, b) of equal widths → stack(a, b), reshaped."""
    if y.op is not CONCAT or y.attrs["axis"] != -1:
        return None
    if len({x.type for x in parts}) > 1 or not isinstance(y.type.shape[-1], int):
        return None
    return reshape(stack_nodes(parts, -2), y.type.shape)


def bias_as_row(y: Node, parts: Sequence[Node]) -> Node | None:
    """x @ W + b → concat(x, 1) @ concat(W, b): the bias is the last row of W."""
    if y.op is not ADD:
        return None
    for product, bias in (parts, parts[::-1]):
        row = unlifted(bias) if y.type.time else bias
        if product.op is not MATMUL or not _plain(product.inputs) or row is None:
            continue
        if row.type.shape != y.type.shape[-1:] or product.type != y.type:
            continue
        x, weight = product.inputs
        column = ones_like(x[..., :1])
        whole = concat([weight, expand_dims(bias, 0)], 0)
        return concat([x, column], -1) @ whole
    return None


def logistic_by_hand(y: Node, parts: Sequence[Node]) -> Node | None:
    """sigmoid(x) → 1 / (1 + exp(-x))."""
    if y.op is not REGISTRY["sigmoid"]:
        return None
    return 1.0 / (1.0 + exp(-parts[0]))


def logistic_by_tanh(y: Node, parts: Sequence[Node]) -> Node | None:
    """sigmoid(x) → (tanh(x / 2) + 1) / 2."""
    if y.op is not REGISTRY["sigmoid"]:
        return None
    return (tanh(parts[0] / 2) + 1) / 2


RESTATEMENTS: tuple[Restatement, ...] = (
    columns_apart,
    rows_apart,
    rows_together,
    transposed_twice,
    in_columns,
    matrix_times_vectors,
    weight_transposed,
    signs,
    slice_early,
    sum_of_slices,
    block_of_reshape,
    stacked,
    bias_as_row,
    logistic_by_hand,
    logistic_by_tanh,
)


def _plain(operands: Sequence[Node]) -> bool:
    """Return True for a matrix, or several, times one matrix that no step changes."""
    a, b = operands
    static = b.type.time is None or b.op is EVERY_STEP
    ints = all(isinstance(dim, int) for dim in b.type.shape)
    return b.ndim == 2 and static and ints and a.dtype == b.dtype and a.ndim >= 2


def _even(size: object) -> bool:
    return isinstance(size, int) and size >= 2 and size % 2 == 0
