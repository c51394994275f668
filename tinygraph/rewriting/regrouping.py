"""Regroup sums and products: what does not depend on the state leaves the cycle."""

import functools
from collections.abc import Mapping

from tinygraph import sites
from tinygraph.building import apply
from tinygraph.nodes import Node, Op
from tinygraph.ops.arithmetic import ADD, ADD_N, MULTIPLY
from tinygraph.rewriting.facts import Facts


def regroup_sums(facts: Facts) -> Mapping[Node, Node]:
    """(x@W + h@U) + b → (x@W + b) + h@U: one sum within the cycle, not two."""
    return _regrouped(facts, ADD, (ADD, ADD_N))


def regroup_products(facts: Facts) -> Mapping[Node, Node]:
    """(c̄ · g) · i(1 - i) → c̄ · (g · i(1 - i)): one product within the cycle."""
    return _regrouped(facts, MULTIPLY, (MULTIPLY,))


def _regrouped(facts: Facts, op: Op, kinds: tuple[Op, ...]) -> Mapping[Node, Node]:
    """Regroup each tree of an associative op that stands within a cycle.

    Fires where at least two operands come from outside, and all have one dtype. Each
    firing moves an application of the op out of its cycle, so the rule ends.
    """
    found: dict[Node, Node] = {}
    for root in facts.nodes:
        if (
            root.op not in kinds
            or root not in facts.home
            or _within(facts, root, kinds)
        ):
            continue
        inside, outside = _operands(facts, root, kinds)
        if len(outside) < 2 or not inside:
            continue
        if any(x.dtype != root.dtype for x in [*inside, *outside]):
            continue
        with sites.made_for(root.scope, root.line):
            early = functools.reduce(lambda a, b: apply(op, a, b), outside)
            late = functools.reduce(lambda a, b: apply(op, a, b), inside)
            new = apply(op, early, late)
        if new.type == root.type:
            found[root] = new
    return found


def _within(facts: Facts, node: Node, kinds: tuple[Op, ...]) -> bool:
    """Return True if the node is an inner node of a larger tree in its cycle."""
    if not facts.used_once(node):
        return False
    (user,) = facts.users[node]
    same = facts.home.get(user) == facts.home[node]
    return user.op in kinds and same and user.type.dtype == node.type.dtype


def _operands(
    facts: Facts, root: Node, kinds: tuple[Op, ...]
) -> tuple[list[Node], list[Node]]:
    """Return the tree's operands on the cycle and those from outside it."""
    home = facts.home[root]
    inside: list[Node] = []
    outside: list[Node] = []
    stack = list(root.inputs[::-1])
    while stack:
        node = stack.pop()
        if facts.home.get(node) != home:
            outside.append(node)
        elif node.op in kinds and _within(facts, node, kinds):
            stack.extend(node.inputs[::-1])
        else:
            inside.append(node)
    return inside, outside
