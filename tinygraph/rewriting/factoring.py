"""Factor sums: products with one value of the state become one product."""

from collections.abc import Mapping
from dataclasses import dataclass

from tinygraph.core import source_info
from tinygraph.core.building import apply
from tinygraph.core.nodes import Node
from tinygraph.ops.arithmetic import ADD, MULTIPLY, SUBTRACT
from tinygraph.rewriting.facts import SUMS, Facts, is_inner, operands, same_type


@dataclass(frozen=True)
class _Term:
    """A summand, as ± state · others, where the others come from outside the cycle."""

    node: Node
    positive: bool
    state: Node
    others: tuple[Node, ...]


def factor_sums(facts: Facts) -> Mapping[Node, Node]:
    """c̄·f + (c̄·k)·p → c̄·(f + k·p): one product within the cycle, not three.

    Each firing takes a product out of its cycle, so the rule ends.
    """
    found: dict[Node, Node] = {}
    for root in facts.nodes:
        if root.op not in SUMS or root not in facts.home:
            continue
        if is_inner(facts, root, SUMS, same_type):
            continue
        groups: dict[Node, list[_Term]] = {}
        for node, positive in operands(facts, root, SUMS, same_type):
            term = _Term(node, positive, *_factors(facts, node, facts.home[root]))
            groups.setdefault(term.state if term.others else term.node, []).append(term)
        good = [group for group in groups.values() if _worth(root, group)]
        if not good:
            continue
        with source_info.made_for(root.scope, root.line):
            parts = [x for group in groups.values() for x in _parts(root, group)]
            new = _total(parts)
        if new.type == root.type:
            found[root] = new
    return found


def _factors(facts: Facts, node: Node, home: int) -> tuple[Node, tuple[Node, ...]]:
    """Return the state in a product and its factors from outside the cycle."""
    others: list[Node] = []
    while node.op is MULTIPLY and facts.home.get(node) == home:
        inside = [x for x in node.inputs if facts.home.get(x) == home]
        if len(inside) != 1:
            break
        others += [x for x in node.inputs if x is not inside[0]]
        (node,) = inside
    return node, tuple(others)


def _worth(root: Node, group: list[_Term]) -> bool:
    """Return True for several products with one state, all of one type."""
    if len(group) < 2 or not all(term.others for term in group):
        return False
    nodes = [x for term in group for x in (term.node, *term.others)]
    return all(x.dtype == root.dtype for x in nodes)


def _parts(root: Node, group: list[_Term]) -> list[tuple[Node, bool]]:
    """Return the summands that a group becomes, with their signs."""
    if not _worth(root, group):
        return [(term.node, term.positive) for term in group]
    first, products = group[0], []
    for term in group:
        product = term.others[0]
        for other in term.others[1:]:
            product = product * other
        products.append((product, term.positive == first.positive))
    return [(first.state * _total(products), first.positive)]


def _total(terms: list[tuple[Node, bool]]) -> Node:
    """Return the sum of signed nodes, what is added first."""
    ordered = sorted(terms, key=lambda term: not term[1])
    total, positive = ordered[0]
    if not positive:
        total = -total
    for node, added in ordered[1:]:
        total = apply(ADD if added else SUBTRACT, total, node)
    return total
