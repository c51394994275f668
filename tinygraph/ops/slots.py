"""The first and the last steps of a value, as one array: what the slots of a delay are.

A delay of k steps reads its k slots at k steps, so the slots' cotangent is its own at
these steps: one node, however large k is.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tinygraph.core.building import apply
from tinygraph.core.delays import delay
from tinygraph.core.errors import ShapeError
from tinygraph.core.nodes import Node, Op, register
from tinygraph.core.op import Meaning
from tinygraph.core.types import TensorType
from tinygraph.ops.all_steps import total_steps
from tinygraph.ops.joining import STACK_PADDED
from tinygraph.ops.shaping import flip
from tinygraph.ops.time import leave_time


def _steps_type(x: TensorType, steps: int) -> TensorType:
    value_type = leave_time(x)
    return TensorType((steps, *value_type.shape), value_type.dtype)


def _all(x: Any, total: int) -> Any:
    return np.broadcast_to(x, (total, *x.shape[1:]))


def _first_over_time(y: Node, arrays: Any, total: int, steps: int) -> Any:
    x = _all(arrays[0], total)[:steps]
    result = np.zeros((steps, *x.shape[1:]), x.dtype)
    result[: len(x)] = x
    return result


def _last_over_time(y: Node, arrays: Any, total: int, steps: int) -> Any:
    x = _all(arrays[0], total)[-steps:]
    result = np.zeros((steps, *x.shape[1:]), x.dtype)
    result[steps - len(x) :] = x
    return result


def _merge_first(before: Any, after: Any, lengths: tuple[int, int]) -> Any:
    kept = min(lengths[0], len(before))
    return np.concatenate([before[:kept], after[: len(after) - kept]])


def _merge_last(before: Any, after: Any, lengths: tuple[int, int]) -> Any:
    kept = min(lengths[1], len(after))
    return np.concatenate([before[kept:], after[len(after) - kept :]])


def _rows(y: Node) -> tuple[tuple[int, ...]]:
    return (tuple(range(1 - y.ndim, 0)),)


def _put_back(y: Node, ct: Node, sign: int) -> tuple[Node, ...]:
    """x̅ is y̅'s slot where y has one for the step, and 0 elsewhere."""
    time = y.inputs[0].type.time or "t"
    steps = sign * y.attrs["steps"]
    return (delay(source=0, steps=steps, history=ct, time=time),)


def _rows_at_step(
    at_start: bool,
) -> Callable[[Node, int | None, Mapping[str, int]], Meaning]:
    """The steps that there are, and zeros in place of the others."""

    def at_step(y: Node, t: int | None, steps: Mapping[str, int]) -> Meaning:
        x, wanted = y.inputs[0], y.attrs["steps"]
        total = total_steps(x, steps)
        count = min(wanted, total)
        missing = (0, wanted - count) if at_start else (wanted - count, 0)
        attrs = {"axis": -x.ndim - 1, "padding": missing}
        begin = 0 if at_start else total - count
        return Meaning(STACK_PADDED, attrs, [(x, begin + j) for j in range(count)])

    return at_step


FIRST_STEPS: Op = register(
    Op(
        "first_steps",
        infer=_steps_type,
        impl=lambda x, steps: x,
        vjp=lambda y, ct: _put_back(y, ct, 1),
        jvp=lambda y, tangents: apply(FIRST_STEPS, tangents[0], **y.attrs),
        over_time=_first_over_time,
        rows=_rows,
        moves_data=True,
        merge=_merge_first,
        steps_read=lambda y: range(y.attrs["steps"]),
        at_step=_rows_at_step(True),
        reversed=lambda y, inputs: flip(last_steps(inputs[0], **y.attrs), 0),
    )
)
LAST_STEPS: Op = register(
    Op(
        "last_steps",
        infer=_steps_type,
        impl=lambda x, steps: x,
        vjp=lambda y, ct: _put_back(y, ct, -1),
        jvp=lambda y, tangents: apply(LAST_STEPS, tangents[0], **y.attrs),
        over_time=_last_over_time,
        rows=_rows,
        moves_data=True,
        merge=_merge_last,
        steps_read=lambda y: range(-y.attrs["steps"], 0),
        at_step=_rows_at_step(False),
        reversed=lambda y, inputs: flip(first_steps(inputs[0], **y.attrs), 0),
    )
)


def _checked(steps: Any) -> int:
    if isinstance(steps, bool) or not hasattr(steps, "__index__") or int(steps) < 1:
        raise ShapeError(f"steps must be an int of 1 or more, not {steps!r}")
    return int(steps)


def first_steps(x: Any, steps: int, *, name: str | None = None) -> Node:
    """The values at the first steps, (steps, *shape): 0 where there are fewer steps.

    Row j is x at step j, and 0 from T on.

    Args:
        x: a per-step node.
        steps: how many.
        name: of the node.

    Raises:
        TimeAxisError: x is static.
        ShapeError: steps is no int of 1 or more.

    Example:
        >>> x = tg.sequence("x")
        >>> tg.evaluate(tg.first_steps(x, 2), {"x": [1.0, 2.0, 3.0]})
        array([1., 2.], dtype=float32)
    """
    return apply(FIRST_STEPS, x, name=name, steps=_checked(steps))


def last_steps(x: Any, steps: int, *, name: str | None = None) -> Node:
    """The values at the last steps, (steps, *shape): 0 where there are fewer steps.

    In time order: the last row is x at step T - 1, and row 0 is 0 if T < steps.

    Args:
        x: a per-step node.
        steps: how many.
        name: of the node.

    Raises:
        TimeAxisError: x is static.
        ShapeError: steps is no int of 1 or more.

    Example:
        >>> x = tg.sequence("x")
        >>> tg.evaluate(tg.last_steps(x, 2), {"x": [1.0, 2.0, 3.0]})
        array([2., 3.], dtype=float32)
    """
    return apply(LAST_STEPS, x, name=name, steps=_checked(steps))
