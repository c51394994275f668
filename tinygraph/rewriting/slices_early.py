"""Slices: under a transpose, and after a sum over time."""

from collections.abc import Mapping

from tinygraph.core.building import apply
from tinygraph.core.nodes import Node
from tinygraph.ops.linalg import MATMUL
from tinygraph.ops.shaping import TRANSPOSE, transpose
from tinygraph.ops.slicing import INDEX
from tinygraph.ops.time import SUM_OVER_TIME, sum_over_time
from tinygraph.rewriting.facts import Facts, each_node, needs


@needs(INDEX, TRANSPOSE)
def slice_under_transpose(facts: Facts) -> Mapping[Node, Node]:
    """xᵀ[..., a:b] → x[a:b]ᵀ: a slice meets what x is made of.

    Exact.
    """

    def rule(y: Node) -> Node | None:
        x, items = y.inputs[0], y.attrs["items"]
        if x.op is not TRANSPOSE or any(isinstance(item, int) for item in items):
            return None
        axes = x.attrs["axes"]
        moved = [items[axes.index(axis)] for axis in range(-x.ndim, 0)]
        return transpose(apply(INDEX, x.inputs[0], items=tuple(moved)), axes)

    return each_node(facts, INDEX, rule)


@needs(SUM_OVER_TIME, INDEX, MATMUL)
def sum_before_slice(facts: Facts) -> Mapping[Node, Node]:
    """Σₜ x[a:b] → (Σₜ x)[a:b], where x is a product that only such sums read.

    Exact.
    """

    def rule(y: Node) -> Node | None:
        part = y.inputs[0]
        if part.op is not INDEX or part.inputs[0].op is not MATMUL:
            return None
        whole = part.inputs[0]
        if whole in facts.results or not all(
            user.op is INDEX and _summed(facts, user) for user in facts.users[whole]
        ):
            return None
        return apply(INDEX, sum_over_time(whole), **part.attrs)

    return each_node(facts, SUM_OVER_TIME, rule)


def _summed(facts: Facts, x: Node) -> bool:
    """Return True if only sums over time read a node."""
    users = facts.users[x]
    return x not in facts.results and all(user.op is SUM_OVER_TIME for user in users)
