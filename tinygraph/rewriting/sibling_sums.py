"""Sums of siblings: Σ over a vector in place of a chain of additions."""

import functools
from collections.abc import Mapping

from tinygraph.core import source_info
from tinygraph.core.nodes import Node
from tinygraph.ops.arithmetic import add
from tinygraph.ops.reductions import sum as total
from tinygraph.ops.slicing import FULL, INDEX
from tinygraph.rewriting.facts import PLAIN_SUMS, Facts, needs
from tinygraph.rewriting.sibling_classes import LEAST
from tinygraph.rewriting.slices import cut


@needs(PLAIN_SUMS, INDEX)
def sum_siblings(facts: Facts) -> Mapping[Node, Node]:
    """H[..., 1] + H[..., 2] + ... + H[..., n] → Σ H[..., 1:n], for four and more.

    Rounding: the same summands in another order.
    """
    found: dict[Node, Node] = {}
    for root in facts.nodes:
        if root.op not in PLAIN_SUMS or _is_inner(facts, root):
            continue
        rest: list[Node] = []
        places: dict[Node, dict[int, Node]] = {}
        for term in _terms(facts, root):
            place = _place(term)
            taken = None if place is None else places.setdefault(term.inputs[0], {})
            if place is None or taken is None or place in taken:
                rest.append(term)
            else:
                taken[place] = term
        with source_info.made_for(root.scope, root.line):
            sums = [x for whole, own in places.items() for x in _sums(whole, own, rest)]
            new = functools.reduce(add, [*rest, *sums]) if sums else root
            if new is not root and new.type == root.type:
                found[root] = new
    return found


def _sums(whole: Node, own: Mapping[int, Node], rest: list[Node]) -> list[Node]:
    """Return the sums over stretches of a vector; hand short ones back to the rest."""
    runs: list[list[int]] = []
    for place in sorted(own):
        if runs and runs[-1][-1] == place - 1:
            runs[-1].append(place)
        else:
            runs.append([place])
    rest += [own[place] for run in runs if len(run) < LEAST for place in run]
    long = [run for run in runs if len(run) >= LEAST]
    return [total(cut(whole, run[0], run[-1] + 1), axis=-1) for run in long]


def _place(x: Node) -> int | None:
    """Return i where x is H[..., i]."""
    if x.op is not INDEX or not x.attrs["items"]:
        return None
    *heads, last = x.attrs["items"]
    if any(item != FULL for item in heads) or not isinstance(last, int):
        return None
    size = x.inputs[0].type.shape[-1]
    return last % size if isinstance(size, int) else None


def _is_inner(facts: Facts, node: Node) -> bool:
    """Return True for a sum that one other sum of its type reads, on no other cycle."""
    if not facts.used_once(node):
        return False
    (user,) = facts.users[node]
    same = facts.home.get(user) == facts.home.get(node)
    return user.op in PLAIN_SUMS and same and user.type == node.type


def _terms(facts: Facts, root: Node) -> list[Node]:
    """Return what a tree of sums adds up, from left to right."""
    found: list[Node] = []
    stack = [root]
    while stack:
        node = stack.pop()
        if node is root or (node.op in PLAIN_SUMS and _is_inner(facts, node)):
            stack += node.inputs[::-1]
        else:
            found.append(node)
    return found
