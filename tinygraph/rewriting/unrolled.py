"""Products of an unrolled graph: those of all steps as one, as in a folded graph."""

from collections.abc import Mapping

from tinygraph.core import source_info
from tinygraph.core.building import apply
from tinygraph.core.nodes import Node
from tinygraph.core.traversal import reach
from tinygraph.ops.arithmetic import ADD, ADD_N, add_n
from tinygraph.ops.joining import CONCAT
from tinygraph.ops.linalg import MATMUL
from tinygraph.ops.many_products import CONTRACT_ALL, MULTIPLY_ALL
from tinygraph.ops.shaping import TRANSPOSE
from tinygraph.rewriting.choosing import cheaper
from tinygraph.rewriting.facts import PLAIN_SUMS, Facts, each_node, needs
from tinygraph.rewriting.slices import cut, cuts, width


@needs(MATMUL, TRANSPOSE, PLAIN_SUMS)
def contract_all(facts: Facts) -> Mapping[Node, Node]:
    """a₁ᵀ @ b₁ + a₂ᵀ @ b₂ → one product of the rows of all a and of all b.

    Rounding: the same products in another sum.
    """

    def rule(y: Node) -> Node | None:
        if y.type.time is not None:
            return None
        groups: dict[object, list[Node]] = {}
        for x in y.inputs:
            if x.type == y.type and _is_contraction(facts, x):
                key = tuple((each.shape, each.dtype) for each in _operands(x))
                groups.setdefault(key, []).append(x)
        good = [group for group in groups.values() if len(group) > 1]
        if not good:
            return None
        joined = {x for group in good for x in group}
        terms = [x for x in y.inputs if x not in joined]
        for group in good:
            pairs = [_operands(x) for x in group]
            flat = [pair[0] for pair in pairs] + [pair[1] for pair in pairs]
            terms.append(apply(CONTRACT_ALL, *flat))
        return terms[0] if len(terms) == 1 else add_n(*terms)

    return {**each_node(facts, ADD, rule), **each_node(facts, ADD_N, rule)}


def _is_contraction(facts: Facts, x: Node) -> bool:
    """Return True for aᵀ @ b of two matrices of one dtype, read once."""
    if x.op is not MATMUL or x.ndim != 2 or not facts.used_once(x):
        return False
    left, b = x.inputs
    return left.op is TRANSPOSE and left.ndim == b.ndim == 2 and left.dtype == b.dtype


def _operands(x: Node) -> tuple[Node, Node]:
    return x.inputs[0].inputs[0], x.inputs[1]


@needs(CONTRACT_ALL)
def contract_the_whole(facts: Facts) -> Mapping[Node, Node]:
    """Σₖ aₖᵀ bₖ and Σₖ aₖᵀ cₖ → slices of Σₖ aₖᵀ [bₖ cₖ], where that costs less.

    It does where [bₖ cₖ] is there for most k, as the adjoints of gates are.

    Rounding: the same sums of products in another shape.
    """
    groups: dict[object, list[Node]] = {}
    for x in facts.by_op.get(CONTRACT_ALL, ()):
        if isinstance(x.type.shape[-1], int):
            groups.setdefault((x.dtype, x.inputs[: len(x.inputs) // 2]), []).append(x)
    for group in groups.values():
        needed = reach([x for y in group for x in y.inputs], lambda node: node.inputs)
        if len(group) > 1 and needed.keys().isdisjoint(group):
            found = _of_wholes(facts, group)
            if cheaper(facts, found):
                return found
    return {}


def _of_wholes(facts: Facts, sums: list[Node]) -> dict[Node, Node]:
    """Return sums of products with the same rows as slices of one."""
    count = len(sums[0].inputs) // 2
    columns = [[x.inputs[count + k] for x in sums] for k in range(count)]
    order = _side_by_side(facts, columns)
    sums = [sums[i] for i in order]
    with source_info.made_for(sums[0].scope, sums[0].line):
        wholes = [facts.joined([parts[i] for i in order], -1) for parts in columns]
        total = apply(CONTRACT_ALL, *sums[0].inputs[:count], *wholes)
        places = cuts(map(width, sums))
        return {x: cut(total, *place) for x, place in zip(sums, places, strict=True)}


def _side_by_side(facts: Facts, columns: list[list[Node]]) -> list[int]:
    """Return the order in which a concat that is there has the parts of some step."""
    for parts in columns:
        for user in facts.users[parts[0]]:
            if user.op is CONCAT and len(user.inputs) == len(parts):
                if set(user.inputs) == set(parts):
                    return [parts.index(x) for x in user.inputs]
    return list(range(len(columns[0])))


@needs(MATMUL)
def multiply_all(facts: Facts) -> Mapping[Node, Node]:
    """x₁ @ W, x₂ @ W → one product of the rows of all x, where none needs another.

    One W a round: two merged products might wait for each other.

    Rounding: the same sums of products in another shape.
    """
    groups: dict[object, list[Node]] = {}
    for x in facts.by_op.get(MATMUL, ()):
        left, weight = x.inputs
        if x.type.time is None and left.ndim == weight.ndim == 2:
            if left.dtype == weight.dtype and isinstance(x.type.shape[1], int):
                groups.setdefault((weight, left.type), []).append(x)
    for group in groups.values():
        if len(group) < 2:
            continue
        needed = reach([x for y in group for x in y.inputs], lambda node: node.inputs)
        free = [x for x in group if x not in needed]
        if len(free) > 1:
            return _at_once(free)
    return {}


def _at_once(products: list[Node]) -> dict[Node, Node]:
    first = products[0]
    with source_info.made_for(first.scope, first.line):
        lefts = [x.inputs[0] for x in products]
        whole = apply(MULTIPLY_ALL, *lefts, first.inputs[1])
        return {x: whole[i] for i, x in enumerate(products)}
