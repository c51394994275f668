"""Signs stand behind what is computed: there they meet, and go."""

from collections.abc import Mapping

from tinygraph.core.building import apply, lift
from tinygraph.core.nodes import REGISTRY, Node
from tinygraph.ops.arithmetic import ADD, DIVIDE, MULTIPLY, SUBTRACT
from tinygraph.ops.reductions import SUM
from tinygraph.ops.time import SUM_OVER_TIME
from tinygraph.rewriting.facts import Facts, each_node, needs, unlifted

_NEGATIVE = REGISTRY["negative"]


@needs(_NEGATIVE)
def subtract_negative(facts: Facts) -> Mapping[Node, Node]:
    """a + (-b) → a - b, a - (-b) → a + b, where b is not cast on the way; -(-x) → x.

    Exact.
    """

    def in_sum(y: Node) -> Node | None:
        for a, b in (y.inputs, y.inputs[::-1]):
            positive = negated(b)
            if positive is not None and b.dtype == y.dtype:
                return apply(SUBTRACT, a, positive)
        return None

    def in_difference(y: Node) -> Node | None:
        a, b = y.inputs
        positive = negated(b)
        if positive is None or b.dtype != y.dtype:
            return None
        return apply(ADD, a, positive)

    def twice(y: Node) -> Node | None:
        x = y.inputs[0]
        return x.inputs[0] if x.op is _NEGATIVE else None

    return {
        **each_node(facts, ADD, in_sum),
        **each_node(facts, SUBTRACT, in_difference),
        **each_node(facts, _NEGATIVE, twice),
    }


def negated(x: Node) -> Node | None:
    """Return a where x is -a, lifted or not; None for other nodes."""
    static = unlifted(x)
    under = x if static is None else static
    if under.op is not _NEGATIVE:
        return None
    found = under.inputs[0]
    return found if static is None else lift(found, x.type.time or "")


@needs(_NEGATIVE, (MULTIPLY, DIVIDE))
def negate_late(facts: Facts) -> Mapping[Node, Node]:
    """(-a) · b → -(a · b), and so for a quotient.

    Exact.
    """

    def rule(y: Node) -> Node | None:
        a, b = y.inputs
        if (x := negated(a)) is not None and a.dtype == y.dtype:
            return -apply(y.op, x, b)
        if (x := negated(b)) is not None and b.dtype == y.dtype:
            return -apply(y.op, a, x)
        return None

    return {**each_node(facts, MULTIPLY, rule), **each_node(facts, DIVIDE, rule)}


@needs(_NEGATIVE, (SUM, SUM_OVER_TIME))
def negate_sum(facts: Facts) -> Mapping[Node, Node]:
    """Σ -a → -Σ a, over axes or over time.

    Rounding: a sum that is 0 may get the other sign.
    """

    def rule(y: Node) -> Node | None:
        x = negated(y.inputs[0])
        return None if x is None else -apply(y.op, x, **y.attrs)

    return {**each_node(facts, SUM, rule), **each_node(facts, SUM_OVER_TIME, rule)}
