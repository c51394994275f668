"""A node as works: loop nests that write it, and where each reads and writes.

A map writes each element once; a fold of a row is kept in a variable; other sums are
added up in place, after a fill. A product is a call on whole arrays.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from tinygraph.backends.native.ir.indices import (
    ZERO,
    Index,
    Indices,
    aligned,
    mirrored,
    replaced,
    reshaped,
    sliced,
    transposed,
)
from tinygraph.backends.native.ir.lowering import GUMBEL, TOP
from tinygraph.backends.native.kernels.expressions import FLOATS, OPS, WHOLE, expression
from tinygraph.core.building import EVERY_STEP
from tinygraph.core.delays import Delay
from tinygraph.core.nodes import Node, Op
from tinygraph.core.types import Dim, Shape
from tinygraph.ops.contracting import COLLECT, TOTAL
from tinygraph.ops.functions import IDENTITY
from tinygraph.ops.indexing import ONE_HOT, PUT_ALONG, SCATTER_ADD, TAKE, TAKE_ALONG
from tinygraph.ops.joining import CONCAT, STACK
from tinygraph.ops.linalg import MATMUL
from tinygraph.ops.random import BERNOULLI, NORMAL, UNIFORM
from tinygraph.ops.reductions import ARGMAX, ARGMIN, CUMSUM, MAX, MEAN, MIN, SUM
from tinygraph.ops.shaping import BROADCAST_LIKE, BROADCAST_TO, FLIP, RESHAPE, TRANSPOSE
from tinygraph.ops.slicing import INDEX, PAD, PUT_SLICE
from tinygraph.ops.time import STEP_INDEX, SUM_OVER_TIME

DTYPES = (*FLOATS, *WHOLE, "bool")
"""Element types that generated code works on."""
FOLDS = (SUM, MEAN, MAX, MIN, TOP)
ARGS = (ARGMAX, ARGMIN)
LINEAR = (SUM, MEAN)
"""Reductions whose parts may be added up later."""
ZEROS = (SUM, MEAN, SCATTER_ADD, PAD, PUT_SLICE)
"""Ops whose result is filled with zeros first."""
MAPS = (
    *(ONE_HOT, TAKE, TAKE_ALONG, STEP_INDEX, CUMSUM),
    *(UNIFORM, NORMAL, BERNOULLI, GUMBEL),
)
"""Ops that write each element once, and are not elementwise."""


@dataclass(frozen=True, eq=False)
class Work:
    """One loop nest (or call) towards a node.

    Attributes:
        node: what it writes.
        kind: "map", "fill", "part", "add", "fold", "arg", "finish" or "call".
        dims: the lengths of its loops, the innermost last.
        part: which operand, for the parts of a concat or stack.
    """

    node: Node
    kind: str
    dims: Shape
    part: int = 0


def is_elementwise(node: Node) -> bool:
    """Return True where generated code computes the node element by element."""
    if node.op.name not in OPS or node.op in (IDENTITY, EVERY_STEP):
        return False
    if node.op.name == "power" and node.dtype.kind != "f":
        return False
    names = [f"x{i}" for i in range(len(node.inputs))]
    dtypes = [x.dtype for x in node.inputs]
    return expression(node.op.name, names, dtypes, node.dtype) is not None


def works_of(node: Node) -> list[Work] | None:
    """Return the works that write a node, in order; None where there are none."""
    if any(x.dtype.name not in DTYPES for x in (node, *node.inputs)):
        return None
    if node.op in MAPS or is_elementwise(node):
        return [Work(node, "map", node.type.shape)]
    rule = _WORKS.get(node.op)
    return None if rule is None else rule(node)


def _folded(node: Node) -> list[Work]:
    x, axis = node.inputs[0], node.attrs["axis"]
    if axis == (-1,):
        return [Work(node, "fold", x.type.shape)]
    works = [
        Work(node, "fill", node.type.shape),
        Work(node, "add", x.type.shape),
    ]
    return [*works, Work(node, "finish", node.type.shape)] if node.op is MEAN else works


def _arg(node: Node) -> list[Work]:
    shape, (axis,) = node.inputs[0].type.shape, node.attrs["axis"]
    place = axis + len(shape)
    return [Work(node, "arg", (*shape[:place], *shape[place + 1 :], shape[place]))]


def _joined(node: Node) -> list[Work]:
    return [Work(node, "part", x.type.shape, i) for i, x in enumerate(node.inputs)]


def _filled(node: Node) -> list[Work]:
    shape = node.inputs[0].type.shape
    return [Work(node, "fill", node.type.shape), Work(node, "part", shape)]


def _scattered(node: Node) -> list[Work]:
    shape = node.inputs[1].type.shape
    return [Work(node, "fill", node.type.shape), Work(node, "add", shape)]


def _put_along(node: Node) -> list[Work] | None:
    values, indices = node.inputs
    axis = node.attrs["axis"]
    if values.ndim != indices.ndim or {
        values.type.shape[axis],
        indices.type.shape[axis],
    } != {1}:
        return None
    return [Work(node, "map", node.type.shape)]


def _product(node: Node) -> list[Work] | None:
    if node.dtype.kind != "f" or any(x.dtype != node.dtype for x in node.inputs):
        return None
    return [Work(node, "call", ())]


_WORKS: Mapping[Op, Callable[[Node], list[Work] | None]] = {
    **dict.fromkeys(FOLDS, _folded),
    **dict.fromkeys(ARGS, _arg),
    CONCAT: _joined,
    STACK: _joined,
    PAD: _filled,
    PUT_SLICE: _filled,
    SCATTER_ADD: _scattered,
    SUM_OVER_TIME: lambda node: [Work(node, "add", node.type.shape)],
    TOTAL: lambda node: [Work(node, "add", node.inputs[0].type.shape)],
    COLLECT: lambda node: [Work(node, "add", node.inputs[1].type.shape)],
    PUT_ALONG: _put_along,
    MATMUL: _product,
}


def is_view(node: Node) -> bool:
    """Return True for what is read in place of being computed."""
    if node.op is INDEX:
        for dim, item in zip(
            node.inputs[0].type.shape, node.attrs["items"], strict=True
        ):
            if isinstance(item, int) and isinstance(dim, str):
                return False
        return True
    return node.op in (IDENTITY, BROADCAST_TO, BROADCAST_LIKE, TRANSPOSE, RESHAPE, FLIP)


def viewed(node: Node, index: Indices) -> Indices:
    """Return where a view reads its operand."""
    x, op = node.inputs[0], node.op
    if op is INDEX:
        return sliced(node.attrs["items"], x.type.shape, index)
    if op is TRANSPOSE:
        return transposed(node.attrs["axes"], index)
    if op is RESHAPE:
        return reshaped(x.type.shape, node.type.shape, index)
    if op is FLIP:
        return tuple(
            mirrored(place, dim) if i - x.ndim in node.attrs["axis"] else place
            for i, (place, dim) in enumerate(zip(index, x.type.shape, strict=True))
        )
    return aligned(x.type.shape, index)


def kept(node: Node, index: Indices) -> Indices:
    """Return where a reduction of an operand's element at `index` goes."""
    axis, n = node.attrs["axis"], len(index)
    if node.attrs.get("keepdims", False):
        return tuple(ZERO if i - n in axis else p for i, p in enumerate(index))
    return tuple(p for i, p in enumerate(index) if i - n not in axis)


def source_index(work: Work, index: Indices) -> Indices:
    """Return the operand's index from that of the loops of a fold."""
    if work.kind != "arg":
        return index
    place = work.node.attrs["axis"][0] + len(index)
    return (*index[:place], index[-1], *index[place:-1])


def part_target(work: Work, index: Indices) -> Indices:
    """Return where an element of a part goes within the whole."""
    node = work.node
    if node.op is CONCAT:
        axis = node.attrs["axis"]
        before = [x.type.shape[axis] for x in node.inputs[: work.part]]
        offset = sum(size for size in before if isinstance(size, int))
        return replaced(index, axis, index[axis].plus(offset))
    if node.op is STACK:
        place = node.attrs["axis"] + len(index) + 1
        return (*index[:place], Index(offset=work.part), *index[place:])
    if node.op is PAD:
        widths = node.attrs["pad_width"]
        return tuple(p.plus(b) for p, (b, _) in zip(index, widths, strict=True))
    return sliced(node.attrs["items"], node.type.shape, index)


def count(node: Node) -> list[Dim]:
    """Return the lengths of the axes that a reduction sums over."""
    shape = node.inputs[0].type.shape
    return [shape[axis] for axis in node.attrs["axis"]]


def lowest(node: Node) -> str:
    """Return the source of what a fold starts from."""
    if node.op in (*ZEROS, SUM_OVER_TIME, COLLECT, TOTAL):
        return f"{name_of(node)}(0)"
    return extreme(node.op in (MAX, TOP, ARGMAX), node)


def extreme(low: bool, node: Node) -> str:
    """Return the source of the least (or greatest) number of a node's dtype."""
    if node.dtype.kind == "f":
        return f"{name_of(node)}({'-' * low}np.inf)"
    if node.dtype.kind == "b":
        return str(not low)
    limits = np.iinfo(node.dtype)
    return f"{name_of(node)}({limits.min if low else limits.max})"


def name_of(node: Node) -> str:
    """Return the source of a node's dtype."""
    return "np.bool_" if node.dtype.kind == "b" else f"np.{node.dtype.name}"


def is_native(node: Node) -> bool:
    """Return True for a member of a loop that generated code can hold."""
    if node.dtype.name not in DTYPES:
        return False
    return isinstance(node, Delay) or is_view(node) or works_of(node) is not None
