"""Linking products and collections over all steps: one call on flat rows."""

import functools
import math
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import numpy as np

from tinygraph.backends.linking.linker import Linker
from tinygraph.backends.linking.values import Change, Late
from tinygraph.core.building import EVERY_STEP
from tinygraph.core.nodes import Node
from tinygraph.ops import index_range
from tinygraph.ops.scattering import is_dense, scatter_sorted
from tinygraph.runtime.threads import bounds, run_all
from tinygraph.semantics.binding import Array

FEW = 2**15
"""Numbers that are copied twice in less time than their indices are checked."""
LARGE = 2**22
"""Multiplications, a tenth of a ms, from which on packing a right operand pays."""
SHARED = 2**24
"""Multiplications from which on threads share a product."""
WIDE = (np.float32, np.float64)
NARROW = 16
"""Columns of a product that one thread should have, or rows are shared out."""


def _rows(array: Array) -> Array:
    """Return `(T, ..., n)` as `(T · ..., n)`."""
    return array.reshape(math.prod(array.shape[:-1]), array.shape[-1])


def _flat(linker: Linker, node: Node) -> Change:
    """Return `_rows` of all steps of a node, whose sizes are known now."""
    *heads, last = linker.values.shape(node)
    shape = (math.prod(heads), last)
    return lambda array: array.reshape(shape)


def _is_rows(linker: Linker, node: Node) -> bool:
    """Return True where the steps of a value lie below each other as rows."""
    if linker.values.is_fixed(node):
        return False
    if linker.values.is_late(node):
        return True
    array = linker.values.arrays[node]
    return array.ndim > 1 and np.may_share_memory(array, _rows(array))


def link_matmul(linker: Linker, node: Node) -> bool:
    """a @ W with one W for all steps: one product of all rows."""
    a, b = node.inputs
    if b.ndim != 2 or not linker.values.is_fixed(b) or not _is_rows(linker, a):
        return False
    out = linker.values.new(node, linker.values.shape(node))
    flat = _flat(linker, node)
    rows = linker.values.of(a, _flat(linker, a))
    weights = linker.values.of(b, lambda array: array[0])
    below = out.then(flat) if isinstance(out, Late) else flat(out)
    make = linker.packed_product
    if make is None or _work(linker, node) < LARGE:
        linker.call(_product(linker, node), [rows, weights, below], node)
        return True
    _, depth, columns = linker.values.shape(b)
    product = make(depth, columns, node.dtype, _threads(linker, node))
    linker.memory.keep(product.panels)
    stays = linker.values.is_of_prologue(b.inputs[0] if b.op is EVERY_STEP else b)
    with linker.prologue() if stays else nullcontext():
        linker.call(product.pack, [weights], node)
    linker.call(product, [rows, below], node)
    return True


def link_one_matmul(linker: Linker, node: Node) -> bool:
    """a @ b outside time."""
    if any(x.ndim != 2 for x in node.inputs):
        return False
    arguments = [linker.values.of(x) for x in node.inputs]
    arguments.append(linker.values.new(node, linker.values.shape(node)))
    linker.call(_product(linker, node), arguments, node)
    return True


def _product(linker: Linker, node: Node) -> Callable[..., Any]:
    """Return the product of matrices: of one dtype, `dot` has the least overhead.

    Where tasks share out rows among threads, a large one does too.
    """
    if len({node.dtype, *(x.dtype for x in node.inputs)}) > 1:
        return np.matmul
    threads = _threads(linker, node)
    return np.dot if threads == 1 else functools.partial(_shared_product, threads)


def _threads(linker: Linker, node: Node) -> int:
    """Return how many threads shall share a product."""
    return linker.threads if _work(linker, node) >= SHARED else 1


def _work(linker: Linker, node: Node) -> int:
    """Return the multiplications of a product of floats of one type; 0 for others."""
    a, b = node.inputs
    if len({node.dtype, a.dtype, b.dtype}) > 1 or node.dtype not in WIDE:
        return 0
    return math.prod(linker.values.shape(a)) * linker.values.shape(b)[-1]


def _shared_product(threads: int, a: Array, b: Array, out: Array) -> None:
    """Write a @ b, each thread some of its columns; of few columns some of the rows.

    BLAS packs the right operand at every call: so each part of it once.
    """
    rows, columns = out.shape
    if columns < NARROW * threads:
        parts = [(a[i:j], b, out[i:j]) for i, j in bounds(rows, threads)]
    else:
        cuts = bounds(columns, threads)
        parts = [(a, b[:, i:j], out[:, i:j]) for i, j in cuts]
    run_all([functools.partial(_quiet_product, *part) for part in parts])


def _quiet_product(a: Array, b: Array, out: Array) -> None:
    """Write a @ b without a warning: a thread has its own rules of when to give one."""
    with np.errstate(all="ignore"):
        np.matmul(a, b, out=out)


def link_contract(linker: Linker, node: Node) -> bool:
    """Σ aᵀ b: the rows of all steps below each other."""
    a, b = node.inputs
    if not (_is_rows(linker, a) and _is_rows(linker, b)):
        return False
    flat = _flat(linker, a)
    arguments = [
        linker.values.of(a, lambda array: flat(array).T),
        linker.values.of(b, _flat(linker, b)),
        linker.values.new(node, linker.values.shape(node)),
    ]
    linker.call(_product(linker, node), arguments, node)
    return True


def link_take(linker: Linker, node: Node) -> bool:
    """Rows of one table at the indices of all steps."""
    table, indices = node.inputs
    if table.ndim != 2 or node.attrs["axis"] != -2:
        return False
    if linker.values.is_fixed(indices) or not linker.values.is_fixed(table):
        return False
    arguments = [
        linker.values.of(table, lambda tables: tables[0]),
        linker.values.of(indices),
        linker.values.new(node, linker.values.shape(node)),
    ]
    linker.call(take_rows, arguments, node)
    return True


def take_rows(table: Array, indices: Array, out: Array) -> None:
    """Write the rows at the indices; one out of range is an IndexRangeError.

    Many rows are checked first: `take` copies twice where it may have to raise.
    """
    if out.size < FEW or indices.min() < 0 or indices.max() >= len(table):
        index_range.take(table, indices, 0, out)
    else:
        np.take(table, indices, 0, out=out, mode="clip")


def link_sum_over_time(linker: Linker, node: Node) -> bool:
    """Σ over the steps."""
    (x,) = node.inputs
    if linker.values.is_fixed(x):
        return False
    out = linker.values.new(node, linker.values.shape(node))
    linker.call(_sum_steps, [linker.values.of(x), out], node)
    return True


def _sum_steps(array: Array, out: Array) -> None:
    np.add.reduce(array, 0, out=out)


def link_total(linker: Linker, node: Node) -> bool:
    """Σ over the steps and over axes: one sum."""
    (x,) = node.inputs
    if linker.values.is_fixed(x):
        return False
    axes, keepdims = (0, *node.attrs["axis"]), node.attrs["keepdims"]
    out = linker.values.new(node, linker.values.shape(node))

    def add(array: Array, out: Array) -> None:
        np.add.reduce(array, axes, out=out)

    def add_keeping(array: Array, out: Array) -> None:
        np.add.reduce(array, axes, out=out[np.newaxis], keepdims=True)

    linker.call(add_keeping if keepdims else add, [linker.values.of(x), out], node)
    return True


def link_concat(linker: Linker, node: Node) -> bool:
    """Operands side by side, written where the result stands."""
    if any(map(linker.values.is_fixed, node.inputs)):
        return False
    out = linker.values.new(node, linker.values.shape(node))
    axis = node.attrs["axis"]

    def join(*arrays: Any) -> None:
        np.concatenate(arrays[:-1], axis, out=arrays[-1])

    linker.call(join, [*map(linker.values.of, node.inputs), out], node)
    return True


def link_collect(linker: Linker, node: Node) -> bool:
    """Σ scatter_add: one product with a one-hot matrix, where it is small."""
    indices, rows = node.inputs
    if linker.values.is_fixed(indices) or linker.values.is_fixed(rows):
        return False
    count = math.prod(linker.values.shape(indices))
    length: int = linker.binding.attrs(node.op, node.attrs)["length"]
    if rows.dtype.kind != "f" or not count or not is_dense(length, count):
        return False
    block = linker.memory.take((length, count), rows.dtype)
    hot = block.shaped((length, count), rows.dtype)
    columns = np.arange(count)

    def collect(indices: Array, rows: Array, out: Array) -> None:
        flat, table = indices.reshape(-1), rows.reshape(count, -1)
        hot.fill(0)
        try:
            hot[flat, columns] = 1
        except IndexError:
            raise index_range.out_of_range(flat, length) from None
        np.matmul(hot, table, out)
        if not np.isfinite(np.add.reduce(out, None)):
            np.copyto(out, scatter_sorted(flat, table, length))

    out = linker.values.new(node, linker.values.shape(node))
    linker.call(collect, [linker.values.of(indices), linker.values.of(rows), out], node)
    linker.memory.give(block)
    return True
