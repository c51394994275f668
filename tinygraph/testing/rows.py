"""Which graphs treat the rows of a dimension alike: law 7's precondition."""

from tinygraph.core.building import CONSTANT
from tinygraph.core.delays import Delay
from tinygraph.core.graph import Graph
from tinygraph.core.leaves import is_leaf
from tinygraph.core.nodes import MIXED, REDUCED, Node
from tinygraph.ops.shaping import BROADCAST_LIKE, BROADCAST_TO

_SPREADS = (BROADCAST_TO, BROADCAST_LIKE)


def not_row_wise(graph: Graph, dim: str) -> str | None:
    """Return why the rows of `dim` are not treated alike; None where they are.

    By the declarations of the ops (`Op.rows`): on each node's way an axis `dim`
    stays the same rows or is summed away.
    """
    for node in graph.nodes:
        problem = _problem(node, dim)
        if problem is not None:
            return f"{problem}: {node.describe()}, made at {node.where}"
    return None


def row_axes(node: Node) -> list[dict[int, int | str]]:
    """Return per input: its axis → the result's axis, REDUCED or MIXED.

    All axes are negative. Without a declaration an op is elementwise: axes align
    from the right.
    """
    if isinstance(node, Delay) or node.op.rows is None:
        return [{axis: axis for axis in range(-x.ndim, 0)} for x in node.inputs]
    return [
        dict(zip(range(-x.ndim, 0), axes, strict=True))
        for x, axes in zip(node.inputs, node.op.rows(node), strict=True)
    ]


def _problem(node: Node, dim: str) -> str | None:
    shape = node.type.shape
    if shape.count(dim) > 1:
        return "two axes have this dimension"
    if node.op.random:
        return "random numbers belong to places, not to rows"
    if is_leaf(node) or node.op is CONSTANT or not node.inputs:
        return None
    own = shape.index(dim) - len(shape) if dim in shape else None
    reaches = False
    for x, axes in zip(node.inputs, row_axes(node), strict=True):
        for axis, to in axes.items():
            reaches = reaches or to == own
            if x.type.shape[axis] != dim:
                if to == own and x.type.shape[axis] != 1:
                    return "rows meet an axis that is not theirs"
                continue
            if to == MIXED:
                return "rows are mixed"
            if to not in (REDUCED, own):
                return "rows end up in another axis"
    if own is not None and not reaches and node.op not in _SPREADS:
        return "rows are made from nothing"
    return None
