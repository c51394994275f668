"""Masks of a part of a batch: those that its rows have in the whole one.

A random op numbers its elements from the first row that it is given. A process that has
rows 8 to 15 must draw what one process would draw for them, so masks are drawn for all
rows, and those of this process are taken.
"""

from typing import Any

import tinygraph as tg
from tinygraph import Node
from tinygraph_rnn.errors import ConfigError

__all__ = ["ROWS", "by_global_row"]

ROWS = "rows"
"""The leaf that says which rows of the whole batch are fed."""


def by_global_row(graph: tg.Graph, batch_size: int) -> tg.Graph:
    """Return the graph that draws masks by the row of the whole batch.

    Where it draws any, the new one is also fed "rows", int64 (batch): the number of
    each row among `batch_size`. Masks without a batch axis stay as they are.

    Raises:
        ConfigError: something else than a mask is drawn for each row.
    """
    rows = tg.placeholder(ROWS, ("batch",), "int64")
    new: dict[Any, Any] = {
        node: _taken(node, rows, batch_size)
        for node in graph.nodes
        if node.op.random and "batch" in node.shape
    }
    return graph.replace(new) if new else graph


def _taken(mask: Node, rows: Node, batch_size: int) -> Node:
    if mask.op.name != "bernoulli" or "batch" in mask.inputs[0].shape:
        raise ConfigError(
            f"{mask.describe()} draws other numbers for each row of the batch than a "
            "mask: processes cannot share the batch"
        )
    axis = mask.shape.index("batch")
    shape = tuple(batch_size if dim == "batch" else dim for dim in mask.shape)
    drawn = tg.bernoulli(
        mask.inputs[0], shape, mask.dtype, time=mask.time, name=mask.label
    )
    return tg.take(drawn, rows, axis=axis)
