"""Linking one element a row: take_along_axis and put_along_axis at one index a row."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tinygraph.backends.linking.linker import Linker
from tinygraph.core.nodes import Node
from tinygraph.ops.index_range import indexed, out_of_range, refuse_negative
from tinygraph.semantics.binding import Array


def _fits(linker: Linker, node: Node) -> bool:
    """Return True where there is one index a row, of rows that differ by step."""
    x, indices = node.inputs
    if node.attrs["axis"] != -1 or indices.type.time is None:
        return False
    (*heads, count), (*rows, _) = indices.type.shape, x.type.shape
    return count == 1 and heads == rows and not linker.values.is_fixed(indices)


def link_take_along(linker: Linker, node: Node) -> bool:
    """One element of each row."""
    x, indices = node.inputs
    if not _fits(linker, node) or linker.values.is_fixed(x):
        return False
    rows = np.arange(math.prod(linker.values.shape(indices)))

    def take(x: Array, indices: Array, out: Array) -> None:
        table = x.reshape(len(rows), -1)
        out.reshape(-1)[...] = table[rows, indices.reshape(-1)]

    return _called(linker, node, take)


def link_put_along(linker: Linker, node: Node) -> bool:
    """Zeros, but for one element of each row."""
    values, indices = node.inputs
    if not _fits(linker, node) or values.type.shape[-1] != 1:
        return False
    rows = np.arange(math.prod(linker.values.shape(indices)))
    wanted = linker.values.shape(values)

    def put(values: Array, indices: Array, out: Array) -> None:
        out.fill(0)
        table = out.reshape(len(rows), -1)
        whole = np.broadcast_to(values, wanted)
        table[rows, indices.reshape(-1)] = whole.reshape(-1)

    return _called(linker, node, put)


def _called(linker: Linker, node: Node, function: Callable[..., Any]) -> bool:
    out = linker.values.new(node, linker.values.shape(node))
    if not math.prod(linker.values.shape(node)):
        return True
    table, axis = indexed(node)
    length = linker.values.shape(table)[axis]
    labels_of = node.attrs.get("labels_of", "")

    def run(x: Array, indices: Array, out: Array) -> None:
        refuse_negative(indices, length, labels_of)
        try:
            function(x, indices, out)
        except IndexError:
            raise out_of_range(indices, length, labels_of) from None

    linker.call(run, [*map(linker.values.of, node.inputs), out], node)
    return True
