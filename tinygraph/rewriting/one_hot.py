"""Products with one-hot rows: a row of a table is taken, nothing is multiplied."""

from collections.abc import Mapping

import numpy as np

from tinygraph.core.building import apply, constant, lift
from tinygraph.core.nodes import Node
from tinygraph.ops.arithmetic import minimum, where
from tinygraph.ops.comparing import less
from tinygraph.ops.contracting import COLLECT, CONTRACT
from tinygraph.ops.indexing import ONE_HOT, TAKE
from tinygraph.ops.joining import concat
from tinygraph.ops.linalg import MATMUL
from tinygraph.rewriting.facts import Facts, each_node, needs, unlifted


@needs(MATMUL, ONE_HOT)
def take_one_hot(facts: Facts) -> Mapping[Node, Node]:
    """one_hot(i) @ E → take([E; 0], i): numbers out of range take the row of zeros.

    Rounding: where E is finite; the product spreads an infinity or a NaN of any row
    over all of them.
    """

    def rule(y: Node) -> Node | None:
        rows, table = y.inputs
        index = _indices(rows)
        lifted = unlifted(table) if y.type.time else table
        if index is None or lifted is None or lifted.ndim != 2:
            return None
        if rows.dtype != y.dtype or table.dtype != y.dtype:
            return None
        columns = lifted.type.shape[1]
        if not isinstance(columns, int):
            return None
        padded = concat([lifted, constant(np.zeros((1, columns), y.dtype))], 0)
        whole = padded if y.type.time is None else lift(padded, y.type.time)
        return apply(TAKE, whole, index, axis=-2)

    return each_node(facts, MATMUL, rule)


@needs(CONTRACT, ONE_HOT)
def collect_one_hot(facts: Facts) -> Mapping[Node, Node]:
    """Σₜ one_hot(i)ᵀ @ z → the first rows of Σₜ scatter_add(i, z).

    Rounding: where z is finite, as above.
    """

    def rule(y: Node) -> Node | None:
        rows, z = y.inputs
        index = _indices(rows)
        if index is None or z.dtype != y.dtype or rows.dtype != y.dtype:
            return None
        depth = y.type.shape[0]
        assert isinstance(depth, int)
        return apply(COLLECT, index, z, length=depth + 1)[:depth]

    return each_node(facts, CONTRACT, rule)


def _indices(rows: Node) -> Node | None:
    """Return the numbers of one-hot rows, `depth` for those out of range."""
    depth = rows.type.shape[-1] if rows.ndim else None
    if rows.op is not ONE_HOT or not isinstance(depth, int):
        return None
    index = rows.inputs[0]
    if index.dtype.kind != "i" or index.dtype.itemsize < 4:
        return None
    return minimum(where(less(index, 0), depth, index), depth)
