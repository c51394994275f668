"""The logistic function written by hand, and its derivative, are the op's."""

import functools
from collections.abc import Callable, Mapping, Sequence

from tinygraph.core import source_info
from tinygraph.core.nodes import REGISTRY, Node
from tinygraph.ops.arithmetic import ADD, DIVIDE, MULTIPLY
from tinygraph.ops.functions import sigmoid
from tinygraph.rewriting.facts import (
    Facts,
    each_node,
    is_inner,
    needs,
    operands,
    same_type,
    scalar_of,
)

_EXP, _NEGATIVE, _SIGMOID = (REGISTRY[n] for n in ("exp", "negative", "sigmoid"))


@needs(DIVIDE, ADD, _EXP)
def divide_by_logistic(facts: Facts) -> Mapping[Node, Node]:
    """a / (1 + exp(-x)) → a · sigmoid(x), and 1 / (1 + exp(-x)) → sigmoid(x).

    Rounding: a product with the inverse.
    """

    def rule(y: Node) -> Node | None:
        exponent = _exponent(y.inputs[1])
        if exponent is None or not exponent.type.is_float:
            return None
        gate = sigmoid(_negated(exponent))
        if gate.dtype != y.dtype:
            return None
        if scalar_of(y.inputs[0]) == 1 and gate.type == y.type:
            return gate
        return y.inputs[0] * gate

    return each_node(facts, DIVIDE, rule)


def _exponent(x: Node) -> Node | None:
    """Return u where x is 1 + exp(u)."""
    if x.op is not ADD:
        return None
    for one, power in (x.inputs, x.inputs[::-1]):
        if power.op is _EXP and scalar_of(one) == 1 and power.type == x.type:
            return power.inputs[0]
    return None


def _negated(x: Node) -> Node:
    return x.inputs[0] if x.op is _NEGATIVE else -x


@needs(MULTIPLY, _EXP, _SIGMOID)
def logistic_slope(facts: Facts) -> Mapping[Node, Node]:
    """sigmoid(x) · exp(-x), in a product of any factors → 1 - sigmoid(x).

    What the derivative of 1 / (1 + exp(-x)) leaves. It is finite where exp(-x) is not.

    Needs bounds: the factors are multiplied in another order. A slope is rounded as 1
    is, like that of the op.
    """
    return each_product(facts, same_type, _with_slopes)


def each_product(
    facts: Facts,
    same: Callable[[Node, Node], bool],
    changed: Callable[[list[Node]], Sequence[Node]],
) -> dict[Node, Node]:
    """Return products of other factors for products of any, in an order that is safe.

    Args:
        same: whether a factor of a product is one of its own, with its own factors.
        changed: from factors to others; none where there is nothing to change.
    """
    found: dict[Node, Node] = {}
    for y in facts.by_op.get(MULTIPLY, ()):
        if is_inner(facts, y, (MULTIPLY,), same_type):
            continue
        factors = [x for x, _ in operands(facts, y, (MULTIPLY,), same)]
        with source_info.made_for(y.scope, y.line):
            ordered = facts.multiplied(changed(factors))
            if ordered:
                new = functools.reduce(lambda a, b: a * b, ordered)
                if new.type == y.type:
                    found[y] = new
    return found


def _with_slopes(factors: list[Node]) -> list[Node]:
    """Return the factors with a slope for each gate that meets its power, if any."""
    left = list(factors)
    for power in [x for x in factors if x.op is _EXP]:
        for gate in left:
            if gate.op is _SIGMOID and _opposite(gate.inputs[0], power.inputs[0]):
                left.remove(power)
                left[left.index(gate)] = 1 - gate
                break
    return left if len(left) < len(factors) else []


def _opposite(a: Node, b: Node) -> bool:
    """Return True if one is the other, negated."""
    return (a.op is _NEGATIVE and a.inputs[0] is b) or (
        b.op is _NEGATIVE and b.inputs[0] is a
    )
