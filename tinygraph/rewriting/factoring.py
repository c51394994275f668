"""Factor sums: products with one value of the state become one product."""

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tinygraph.core import source_info
from tinygraph.core.building import apply
from tinygraph.core.delays import DELAY
from tinygraph.core.nodes import Node
from tinygraph.ops.arithmetic import ADD, MULTIPLY, SUBTRACT
from tinygraph.rewriting.facts import SUMS, Facts, is_inner, needs, operands, same_type


@dataclass(frozen=True, eq=False)
class _Term:
    """A summand, as ± state · others, where the others come from outside the cycle.

    The others stand in an order in which they may be multiplied by themselves; there
    are none where that is not safe, and the state is the summand.
    """

    node: Node
    positive: bool
    state: Node
    others: Sequence[Node]

    @property
    def product(self) -> Node:
        """What the state is multiplied by."""
        return functools.reduce(lambda a, b: a * b, self.others)


@needs(DELAY, MULTIPLY, tuple(SUMS))
def factor_sums(facts: Facts) -> Mapping[Node, Node]:
    """c̄·f + (c̄·k)·p → c̄·(f + k·p): one product within the cycle, not three.

    Each firing takes a product out of its cycle, so the rule ends.

    Needs bounds: the factors are multiplied by themselves first, and of what is then
    added one summand at most may be larger than 1.
    """
    found: dict[Node, Node] = {}
    for root in facts.nodes:
        if root.op not in SUMS or root not in facts.home:
            continue
        if is_inner(facts, root, SUMS, same_type):
            continue
        terms = [
            _term(facts, root, node, positive)
            for node, positive in operands(facts, root, SUMS, same_type)
        ]
        groups = [group for group in _groups(facts, terms) if len(group) > 1]
        if not groups:
            continue
        with source_info.made_for(root.scope, root.line):
            new = _total(list(_parts(terms, groups)))
        if new.type == root.type:
            found[root] = new
    return found


def _term(facts: Facts, root: Node, node: Node, positive: bool) -> _Term:
    """Return a summand with its state and its factors from outside the cycle."""
    home, state = facts.home[root], node
    others: list[Node] = []
    while state.op is MULTIPLY and facts.home.get(state) == home:
        inside = [x for x in state.inputs if facts.home.get(x) == home]
        if len(inside) != 1:
            break
        others += [x for x in state.inputs if x is not inside[0]]
        (state,) = inside
    alike = all(x.dtype == root.dtype for x in (node, *others))
    ordered = facts.multiplied(others) if alike else ()
    return _Term(node, positive, state if ordered else node, ordered)


def _groups(facts: Facts, terms: Sequence[_Term]) -> Iterable[list[_Term]]:
    """Return the terms by their state; of those that may be large, the first alone."""
    groups: dict[Node, list[_Term]] = {}
    large = set[Node]()
    for term in terms:
        if not term.others:
            continue
        if facts.may_exceed_one(term.others[0]):
            if term.state in large:
                continue
            large.add(term.state)
        groups.setdefault(term.state, []).append(term)
    return groups.values()


def _parts(
    terms: Sequence[_Term], groups: Sequence[list[_Term]]
) -> Iterator[tuple[Node, bool]]:
    """Return the summands with their signs, a group as one product in its place."""
    leading = {group[0]: group for group in groups}
    taken = {term for group in groups for term in group}
    for term in terms:
        if term in leading:
            group = leading[term]
            factors = [(each.product, each.positive == term.positive) for each in group]
            yield term.state * _total(factors), term.positive
        elif term not in taken:
            yield term.node, term.positive


def _total(terms: list[tuple[Node, bool]]) -> Node:
    """Return the sum of signed nodes, what is added first: the first of all is."""
    ordered = sorted(terms, key=lambda term: not term[1])
    total, _ = ordered[0]
    for node, added in ordered[1:]:
        total = apply(ADD if added else SUBTRACT, total, node)
    return total
