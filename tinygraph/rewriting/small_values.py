"""Who tells a small value from 0: where a value may be rounded as 1 is, and where not.

sigmoid(-30) is 10⁻¹³, and 0 where it is computed as ½ tanh(-15) + ½. In a sum that is
rounding; its logarithm is -30 or -∞. What ops do with 0 is read off their ranges.
"""

from collections.abc import Iterable

from tinygraph.core.nodes import Node
from tinygraph.core.ranges import UNIT, ZERO, Range
from tinygraph.rewriting.facts import Facts, scalar_of

_ONE = Range(1.0, 1.0)
_AWAY = Range(0.5, 1.0)


def told_from_zero(facts: Facts, node: Node) -> bool:
    """Return True if something divides by a node or takes its logarithm.

    Or by what is 0 wherever the node is: a product with it, a part, a power, a delay.
    Sums end the way, since there 0 is a number like others.
    """
    if facts.fast:
        return False
    seen, stack = {node}, [node]
    while stack:
        x = stack.pop()
        for user in facts.users[x]:
            places = [i for i, operand in enumerate(user.inputs) if operand is x]
            if _unbounded(_results(facts, user, places, UNIT)):
                if not _unbounded(_results(facts, user, places, _AWAY)):
                    return True
            zeros = _results(facts, user, places, ZERO)
            reaches = any(each.low <= 0 <= each.high for each in zeros)
            if reaches and user not in seen:
                seen.add(user)
                stack.append(user)
    return False


def _results(
    facts: Facts, user: Node, places: Iterable[int], operand: Range
) -> list[Range]:
    """Return the ranges of a reader's result; other operands are 1, or constants."""
    bounds = user.op.bounds
    if bounds is None and user.op.view:
        return [operand for place in places if place == 0]
    if not callable(bounds):
        return []
    fixed = [facts.ranges[x] if scalar_of(x) is not None else _ONE for x in user.inputs]
    return [
        bounds(user, *fixed[:place], operand, *fixed[place + 1 :]).whole
        for place in places
    ]


def _unbounded(ranges: Iterable[Range]) -> bool:
    return any(each.largest == float("inf") for each in ranges)
