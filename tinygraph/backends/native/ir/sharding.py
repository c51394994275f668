"""Batch shards: which regions several threads may run, each on rows of its own.

Along a named dimension each statement reads of every operand its own row alone, and
writes it, or adds up rows into sums over all steps: then a thread may take some of the
rows through all steps and meets no other. It is read off the index of every access, so
it holds for what the generated code does, not for what an op promises.
"""

import math
from collections.abc import Callable, Sequence

from tinygraph.backends.native.ir.indices import Indices
from tinygraph.backends.native.ir.nests import Nest, Recorder, reads_of
from tinygraph.backends.native.ir.regions import Region
from tinygraph.backends.native.ir.rules import is_view, rule_of, target_of
from tinygraph.backends.native.ir.statements import Statement
from tinygraph.backends.native.ir.storage import TOTAL, Storage
from tinygraph.backends.native.kernels.expressions import LONG_FORMULAS
from tinygraph.core.nodes import Node
from tinygraph.core.types import Shape, names_in
from tinygraph.ops.linalg import MATMUL
from tinygraph.ops.time import SUM_OVER_TIME

LEAST = 600_000
"""Nanoseconds that a region takes one thread, all steps together, from which on shards
pay. To wake another thread and read what it wrote takes a tenth to a fifth of that."""
SIMPLE, FORMULA, DRAW, MULTIPLICATION = 0.05, 0.6, 1.5, 0.025
"""Nanoseconds a number, in float32: of a ufunc within a longer loop, of a long formula,
of random bits, and of a product for each multiplication."""


def nanoseconds(region: Region, shape: Callable[[Shape], tuple[int, ...]]) -> float:
    """Return how long a step takes one thread, roughly.

    Args:
        shape: puts sizes in place of names.
    """
    total = 0.0
    for node in region.computed:
        each, op = SIMPLE, node.op
        size = max(math.prod(shape(x.type.shape)) for x in (node, *node.inputs))
        if op is MATMUL:
            depth = shape(node.inputs[0].type.shape)[-1]
            size = math.prod(shape(node.type.shape)) * depth
            each = MULTIPLICATION
        elif op.random:
            each = DRAW
        elif op.name in LONG_FORMULAS:
            each = FORMULA
        total += size * each * node.dtype.itemsize / 4
    return total


def shard_dim(
    region: Region, nests: Sequence[Nest], storage: dict[Node, Storage]
) -> str | None:
    """Return the named dimension along which a region may be cut; None: none."""
    names = dict.fromkeys(n for x in region.computed for n in names_in(x.type.shape))
    totals = {node for node in region.computed if storage[node] == TOTAL}
    parts = _linear_sums(region) - totals
    for name in names:
        alone = [x for x in region.computed if name not in x.type.shape]
        sums = {x for x in parts if name in x.inputs[0].type.shape}
        if set(alone) <= sums | totals and all(
            _nest_keeps_rows(region, nest, name) for nest in nests
        ):
            return name
    return None


def _linear_sums(region: Region) -> set[Node]:
    """Return the sums that only end in sums over time: they may be made in parts."""
    parts = {x for x in region.computed if rule_of(x).sums} - set(region.long)
    for reader in region.computed:
        if reader.op is not SUM_OVER_TIME:
            parts -= {_base(x, region) for x in reader.inputs}
    return parts


def _nest_keeps_rows(region: Region, nest: Nest, dim: str) -> bool:
    if nest.call is not None:
        return _product_keeps_rows(nest.call.node, dim)
    return all(_keeps_rows(region, each, at, dim) for each, at, _ in nest.statements)


def _keeps_rows(region: Region, statement: Statement, index: Indices, dim: str) -> bool:
    """Return True if a statement reads and writes its own row of `dim` alone.

    Of a node with `dim` at two axes it does not: no statement writes a diagonal.
    """
    pairs = zip(index, statement.dims, strict=True)
    rows = {place for place, length in pairs if length == dim}
    target = target_of(statement, index, Recorder(region))
    places = [(statement.node, target)]
    places += [(each.node, each.index) for each in reads_of(region, statement, index)]
    for node, at in places:
        shape = node.type.shape[len(node.type.shape) - len(at) :]
        for place, length in zip(at, shape, strict=True):
            if length == dim and {place} != rows:
                return False
    return True


def _product_keeps_rows(node: Node, dim: str) -> bool:
    """Return True if `dim` is an axis of the rows, or of stacks on both sides."""
    a, b = node.inputs
    shape = node.type.shape
    if dim not in shape or shape[-1] == dim or a.type.shape[-1] == dim:
        return False
    return shape[-2] != dim or dim not in b.type.shape


def _base(node: Node, region: Region) -> Node:
    while is_view(node) and node not in region.computed:
        node = node.inputs[0]
    return node
