"""What ops of all steps mean at one step: rules for `Op.at_step`."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tinygraph.core.nodes import NO_ATTRS, Node, Op
from tinygraph.core.op import Arg, Meaning


def total_steps(x: Node, steps: Mapping[str, int]) -> int:
    """Return T of a per-step node's time axis."""
    return steps[x.type.time or ""]


def of_all_steps(
    op: Op, attrs: Callable[[Node], Mapping[str, Any]] = lambda x: NO_ATTRS
) -> Callable[[Node, int | None, Mapping[str, int]], Meaning]:
    """Return the rule of what is `op` of the operand's values at all steps."""

    def at_step(y: Node, t: int | None, steps: Mapping[str, int]) -> Meaning:
        x = y.inputs[0]
        return Meaning(op, attrs(x), [(x, s) for s in range(total_steps(x, steps))])

    return at_step


def itself_of_all_steps(y: Node, t: int | None, steps: Mapping[str, int]) -> Meaning:
    """The op itself, of the first operand at all steps, then the second one's."""
    times = [x.type.time for x in y.inputs if x.type.time is not None]
    at: Sequence[int | None] = range(steps[times[0]]) if times else [None]
    args: list[Arg] = [(x, s) for x in y.inputs for s in at]
    return Meaning(y.op, y.attrs, args)
