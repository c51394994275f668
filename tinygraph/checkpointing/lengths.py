"""How long a window is: √T steps, or as many as a budget of bytes allows."""

import math
from collections.abc import Callable, Mapping

from tinygraph.checkpointing.plan import Sizes, WindowPlan
from tinygraph.core.errors import MemoryPlanError

SHORTEST = 128
"""Steps of a window, at least: shorter ones leave too little to do at once."""
LENGTHENED = 1.5
"""By what factor a window may be longer than it must, so that no short one is left."""

Lengths = Callable[[WindowPlan, Sizes], Mapping[str, int]]
"""From the sizes of a call to the steps of a window, by time axis."""


def by_root(plan: WindowPlan, sizes: Sizes) -> dict[str, int]:
    """Return windows of about √T steps: as many windows as each has steps."""
    return {time: even(sizes[time]) for time in plan.graph.times}


def even(total: int) -> int:
    """Return how many steps of T a window holds: the last one full, or very short.

    A last window of another length has a workspace of its own.
    """
    least = max(SHORTEST, math.isqrt(total - 1) + 1)
    longest = min(total, int(LENGTHENED * least))
    return min(range(min(least, longest), longest + 1), key=lambda n: (total % n, n))


def by_budget(budget: int) -> Lengths:
    """Return a rule that takes the longest windows whose plan fits into the bytes."""

    def lengths(plan: WindowPlan, sizes: Sizes) -> dict[str, int]:
        least = None
        for count in _counts(max(sizes[time] for time in plan.graph.times)):
            chosen = {time: -(-sizes[time] // count) for time in plan.graph.times}
            needed = plan.bytes(sizes, chosen)
            if needed <= budget:
                return chosen
            least = needed if least is None else min(least, needed)
        raise MemoryPlanError(
            f"memory={budget} bytes are too few for this call: its activations need "
            f"{least} by windows of the best length, {plan.bytes(sizes)} by all steps "
            "at once. Give it that much, or a smaller batch",
            memory=budget,
            budget=budget,
            least=least,
        )

    return lengths


def _counts(total: int) -> list[int]:
    """Return how many windows to try: 1, 2, 3, 4, 6, 8, 12, ... T."""
    found = {1, total}
    for power in range(1, total.bit_length()):
        found |= {2**power, 3 * 2 ** (power - 1)}
    return sorted(count for count in found if count <= total)
