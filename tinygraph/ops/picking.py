"""at: the value at one step of a run."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tinygraph.core.building import apply, cast
from tinygraph.core.errors import StepsError
from tinygraph.core.nodes import Node, Op, register
from tinygraph.core.op import Meaning, value_of
from tinygraph.ops.all_steps import total_steps
from tinygraph.ops.arithmetic import where
from tinygraph.ops.comparing import equal
from tinygraph.ops.time import (
    extent,
    first,
    last,
    leave_time,
    step_index,
    sum_over_time,
)


def is_step(time: str, t: int, start: Node | None = None) -> Node:
    """Return a bool per step: is it step t of the run (negative: from the end)?

    Args:
        start: the number of the run's first step; None: that of the first step here.
    """
    step = step_index(time)
    since = step - (first(step) if start is None else start)
    return equal(since, t if t >= 0 else extent(time) + t)


def _at_vjp(y: Node, ct: Node) -> tuple[Node, ...]:
    """x̅ is y̅ at step t and zero at all others."""
    return (where(is_step(y.inputs[0].type.time or "t", y.attrs["t"]), ct, 0),)


def _at_over_time(y: Node, arrays: Any, steps: int, t: int) -> Any:
    x = arrays[0]
    return x[t] if len(x) == steps else x[0]


def _at_least(y: Node) -> int:
    t: int = y.attrs["t"]
    return t + 1 if t >= 0 else -t


def _at_step(y: Node, t: int | None, steps: Mapping[str, int]) -> Meaning:
    x, wanted = y.inputs[0], y.attrs["t"]
    return value_of(x, wanted if wanted >= 0 else total_steps(x, steps) + wanted)


def _in_windows(y: Node, inputs: Sequence[Node], start: Node) -> Node:
    """Σₜ where(t is the step, x, 0): a window without the step adds nothing."""
    chosen = is_step(y.inputs[0].type.time or "t", y.attrs["t"], start)
    return cast(sum_over_time(where(chosen, inputs[0], 0)), y.dtype)


AT = register(
    Op(
        "at",
        infer=lambda x, t: leave_time(x),
        impl=lambda x, t: x,
        vjp=_at_vjp,
        jvp=lambda y, tangents: at(tangents[0], y.attrs["t"]),
        over_time=_at_over_time,
        view=True,
        least_steps=_at_least,
        steps_read=lambda y: range(y.attrs["t"], y.attrs["t"] + 1),
        at_step=_at_step,
        reversed=lambda y, inputs: at(inputs[0], -1 - y.attrs["t"]),
        in_windows=_in_windows,
    )
)


def at(x: Any, t: int, *, name: str | None = None) -> Node:
    """The value at step t of a run, counted from 0, or from the end where negative.

    Steps are counted from the first one of the call, whatever its `start`. A run of
    too few steps is a StepsError.

    Raises:
        TimeAxisError: x is static.
        StepsError: t is no int.

    Example:
        >>> x = tg.sequence("x")
        >>> tg.evaluate(tg.at(x, -2), {"x": [1, 2, 3]})
        array(2., dtype=float32)
    """
    if isinstance(t, bool) or not isinstance(t, int | np.integer):
        raise StepsError(
            f"at: t must be an int, not {t!r}. The step of which a node tells the "
            "number is tg.take(tg.stack(x), t, axis=0)"
        )
    if t in (0, -1):
        return last(x, name=name) if t else first(x, name=name)
    return apply(AT, x, t=int(t), name=name)
