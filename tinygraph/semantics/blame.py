"""Errors of kernels: which node of the user's graph raised one."""

from collections.abc import Iterator

from tinygraph.core.building import CONSTANT
from tinygraph.core.errors import IndexRangeError
from tinygraph.core.graph import Graph
from tinygraph.core.leaves import is_leaf
from tinygraph.core.nodes import Node
from tinygraph.core.traversal import reach
from tinygraph.ops.index_range import indexed


def blame(problem: Exception, node: Node, t: int | None = None) -> None:
    """Note on an exception of a kernel which node raised it, and at which step."""
    if isinstance(problem, IndexRangeError):
        problem.node = node if problem.node is None else problem.node
        return
    when = "" if t is None else f", at step {t}"
    problem.add_note(f"in {node.describe()}, made at {node.where}{when}")


def located(problem: IndexRangeError, graph: Graph) -> IndexRangeError:
    """Return the error of an index as all backends raise it.

    Args:
        graph: the user's; the node that was blamed may be what became of one of its.
    """
    if problem.node is None:
        return problem
    node = _original(problem.node, problem.length, graph)
    table, axis = indexed(node)
    index, length, loss = problem.index, problem.length, node.attrs.get("labels_of")
    if loss:
        lines = [
            f"{loss}: label {index} is out of range: labels are classes in "
            f"[0, {length}). If it marks padding, pass ignore_label={index}"
        ]
    else:
        lines = [
            f"index {index} is out of bounds for axis {axis + table.ndim} with size "
            f"{length}: indices lie in [{-length}, {length})"
        ]
    lines.append(f"  in {node.describe()}, made at {node.where}")
    roots = [*_roots(node)]
    for root in roots:
        how = root.op.name if is_leaf(root) else f"a node of op {root.op.name!r},"
        lines.append(
            f"  {'labels come' if loss else 'indices come'} from {how} "
            f"{root.describe()}, made at {root.where}"
        )
    return IndexRangeError(
        "\n".join(lines), node=node, index=index, length=length, roots=tuple(roots)
    )


def _original(node: Node, length: int, graph: Graph) -> Node:
    """Return the user's node that another stands for: the first of its line.

    What a rewrite or a derivative makes has the line of what it is made from.
    """
    alike = [
        each
        for each in graph.nodes
        if each.op.index_at is not None
        and each.line == node.line
        and _length(each) in (length, None)
    ]
    equal = [each for each in alike if _indices(each) is _indices(node)]
    named = [each for each in alike if (each.op, each.name) == (node.op, node.name)]
    return (equal or named or alike or [node])[0]


def _indices(node: Node) -> Node:
    at = node.op.index_at
    assert at is not None, node.op
    return node.inputs[at]


def _length(node: Node) -> int | None:
    table, axis = indexed(node)
    dim = table.shape[axis]
    return dim if isinstance(dim, int) else None


def _roots(node: Node) -> Iterator[Node]:
    """Return where the indices come from: leaves, and what computes ints of floats."""
    found = reach([_indices(node)], _int_inputs)
    roots = [n for n in found if not _int_inputs(n) and n.op is not CONSTANT]
    yield from roots or [n for n in found if n.op is CONSTANT]


def _int_inputs(node: Node) -> list[Node]:
    return [x for x in node.inputs if x.type.dtype.kind in "iu"]
