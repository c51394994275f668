"""The logistic function written by tanh, ½ tanh(½x) + ½, and its slope are the op's."""

import math
from collections.abc import Mapping, Sequence

from tinygraph.core.nodes import REGISTRY, Node, Op
from tinygraph.ops.arithmetic import ADD, DIVIDE, MULTIPLY, SUBTRACT
from tinygraph.ops.functions import sigmoid
from tinygraph.rewriting.facts import (
    Facts,
    each_node,
    needs,
    scalar_of,
)
from tinygraph.rewriting.logistic import each_product

_TANH, _SQUARE, _SIGMOID = (REGISTRY[n] for n in ("tanh", "square", "sigmoid"))


@needs(DIVIDE)
def multiply_by_inverse(facts: Facts) -> Mapping[Node, Node]:
    """x / 2 → x · ½, and so for every power of two.

    Exact.
    """

    def rule(y: Node) -> Node | None:
        x, number = y.inputs[0], scalar_of(y.inputs[1])
        if number is None or not y.type.is_float or x.type != y.type:
            return None
        if not math.isfinite(number) or abs(math.frexp(number)[0]) != 0.5:
            return None
        return x * (1 / number) if 2**-60 < abs(number) < 2**60 else None

    return each_node(facts, DIVIDE, rule)


@needs(_TANH, ADD, MULTIPLY)
def tanh_to_logistic(facts: Facts) -> Mapping[Node, Node]:
    """½ · tanh(½x) + ½ → sigmoid(x), and so for (tanh(½x) + 1) · ½.

    Rounding: to its own, not to that of 1.
    """

    def added(y: Node) -> Node | None:
        return _logistic(_but(_but(y, ADD, 0.5), MULTIPLY, 0.5), y)

    def multiplied(y: Node) -> Node | None:
        return _logistic(_but(_but(y, MULTIPLY, 0.5), ADD, 1), y)

    return {**each_node(facts, ADD, added), **each_node(facts, MULTIPLY, multiplied)}


def _but(y: Node | None, op: Op, number: float) -> Node | None:
    """Return x where y is op(x, number), of one type."""
    if y is None or y.op is not op:
        return None
    for x, other in (y.inputs, y.inputs[::-1]):
        if scalar_of(other) == number and x.type == y.type:
            return x
    return None


def _halved(t: Node | None) -> Node | None:
    """Return x where t is tanh(½x)."""
    if t is None or t.op is not _TANH:
        return None
    return _but(t.inputs[0], MULTIPLY, 0.5)


def _logistic(t: Node | None, y: Node) -> Node | None:
    x = _halved(t)
    return None if x is None or not y.type.is_float else sigmoid(x)


@needs(_TANH, _SIGMOID, MULTIPLY, SUBTRACT)
def half_angle_slope(facts: Facts) -> Mapping[Node, Node]:
    """a · (1 - tanh²(½x)) → a · 4 · s(1 - s), where s = sigmoid(x) is there.

    In a product of any factors, with the numbers among them, which are mostly ½ and ½.

    Needs bounds: the factors are multiplied in another order.
    """
    return each_product(
        facts, _float_types, lambda factors: _with_slope(facts, factors)
    )


def _float_types(user: Node, x: Node) -> bool:
    return user.type == x.type and x.type.is_float


def _with_slope(facts: Facts, factors: Sequence[Node]) -> list[Node]:
    """Return the factors, one slope as the op's, and one number; none if none is."""
    for slope in factors:
        gate = _gate_of(facts, slope)
        if gate is None:
            continue
        rest = [x for x in factors if x is not slope and scalar_of(x) is None]
        numbers = [scalar_of(x) for x in factors if scalar_of(x) is not None]
        scale = 4 * math.prod(numbers)
        rest += [gate, 1 - gate]
        return rest if scale == 1 else [rest[0] * scale, *rest[1:]]
    return []


def _gate_of(facts: Facts, slope: Node) -> Node | None:
    """Return sigmoid(x) that the graph has, where a factor is 1 - tanh²(½x)."""
    if slope.op is not SUBTRACT or scalar_of(slope.inputs[0]) != 1:
        return None
    power = slope.inputs[1]
    x = _halved(power.inputs[0]) if power.op is _SQUARE else None
    if x is None or x.type != slope.type:
        return None
    return next((user for user in facts.users[x] if user.op is _SIGMOID), None)
