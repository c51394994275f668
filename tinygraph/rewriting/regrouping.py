"""Regroup sums and products: what does not depend on the state leaves the cycle."""

import functools
from collections.abc import Mapping, Sequence

from tinygraph.core import source_info
from tinygraph.core.building import apply
from tinygraph.core.delays import DELAY
from tinygraph.core.nodes import Node, Op
from tinygraph.ops.arithmetic import ADD, MULTIPLY
from tinygraph.rewriting.facts import (
    PLAIN_SUMS,
    Facts,
    is_inner,
    needs,
    operands,
    same_dtype,
)


@needs(DELAY, PLAIN_SUMS)
def regroup_sums(facts: Facts) -> Mapping[Node, Node]:
    """(x@W + h@U) + b → (x@W + b) + h@U: one sum within the cycle, not two.

    Rounding: the same summands in another order.
    """
    return _regrouped(facts, ADD, PLAIN_SUMS)


@needs(DELAY, MULTIPLY)
def regroup_products(facts: Facts) -> Mapping[Node, Node]:
    """(c̄ · g) · i(1 - i) → c̄ · (g · i(1 - i)): one product within the cycle.

    Needs bounds: those from outside are multiplied by themselves first.
    """
    return _regrouped(facts, MULTIPLY, (MULTIPLY,))


def _regrouped(facts: Facts, op: Op, ops: tuple[Op, ...]) -> Mapping[Node, Node]:
    """Regroup each tree of an associative op that stands within a cycle.

    Fires where at least two operands come from outside, and all have one dtype. Each
    firing moves an application of the op out of its cycle, so the rule ends.
    """
    found: dict[Node, Node] = {}
    for root in facts.nodes:
        if root.op not in ops or root not in facts.home:
            continue
        if is_inner(facts, root, ops, same_dtype):
            continue
        parts = [x for x, _ in operands(facts, root, ops, same_dtype)]
        inside = [x for x in parts if facts.home.get(x) == facts.home[root]]
        outside = [x for x in parts if facts.home.get(x) != facts.home[root]]
        if len(outside) < 2 or not inside:
            continue
        if any(x.dtype != root.dtype for x in [*inside, *outside]):
            continue
        groups = [_in_order(facts, op, each) for each in (outside, inside)]
        if not all(groups):
            continue
        with source_info.made_for(root.scope, root.line):
            early, late = (
                functools.reduce(lambda a, b: apply(op, a, b), each) for each in groups
            )
            new = apply(op, early, late)
        if new.type == root.type:
            found[root] = new
    return found


def _in_order(facts: Facts, op: Op, parts: Sequence[Node]) -> Sequence[Node]:
    """Return parts in an order in which the op may join them; none where it may not."""
    return parts if op is ADD else facts.multiplied(parts)
