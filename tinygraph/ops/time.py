"""Time ops: what leads into time, out of it, and along it.

Their type rules are the only ones that change `type.time`. Each says what it means at
one step (`at_step`) and what it becomes where time runs backwards (`reversed`).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tinygraph.core.building import apply, as_node, cast, lift
from tinygraph.core.delays import delay
from tinygraph.core.errors import ShapeError, TimeAxisError
from tinygraph.core.nodes import MIXED, Node, Op, check_name, register
from tinygraph.core.op import Meaning, value_of
from tinygraph.core.operators import FUNCTIONS
from tinygraph.core.types import TensorType
from tinygraph.ops.all_steps import of_all_steps, total_steps
from tinygraph.ops.arithmetic import ADD_N
from tinygraph.ops.comparing import equal
from tinygraph.ops.elementwise import countable
from tinygraph.ops.greatest import MAX_N
from tinygraph.ops.joining import STACK, stack_nodes
from tinygraph.ops.shaping import flip
from tinygraph.ops.slicing import row_at


def leave_time(x: TensorType) -> TensorType:
    """Return the static type of a per-step operand: the type rule of what leaves time.

    Raises:
        TimeAxisError: x is static.
    """
    if x.time is None:
        raise TimeAxisError(
            "needs a value per step, but the operand is static: it has one value in "
            "all. Lift it with tg.every_step, or leave the op out"
        )
    return x.with_time(None)


def every_step(x: Any, time: str = "t") -> Node:
    """Return the per-step node that has the value of static `x` at each step.

    There is one such node per (x, time): calling again returns it.

    Raises:
        TimeAxisError: x lives on another time axis already.

    Example:
        >>> w = tg.parameter("w", 2.0)
        >>> tg.every_step(w)
        <every_step 'w': float32[] (per step of 't')>
        >>> tg.every_step(w) is tg.every_step(w)
        True
    """
    node = as_node(x)
    check_name("a time axis", time)
    if node.type.time == time:
        return node
    if node.type.time is not None:
        raise TimeAxisError(
            f"every_step: {node.describe()} lives on the time axis "
            f"{node.type.time!r}, not {time!r}: bring it out of time first"
        )
    return lift(node, time)


def _first_vjp(y: Node, ct: Node) -> tuple[Node, ...]:
    time = y.inputs[0].type.time
    return (delay(source=0, steps=1, init=ct, time=time or "t"),)


def _last_vjp(y: Node, ct: Node) -> tuple[Node, ...]:
    time = y.inputs[0].type.time
    return (delay(source=0, steps=-1, init=ct, time=time or "t"),)


def _last_at_step(y: Node, t: int | None, steps: Mapping[str, int]) -> Meaning:
    x = y.inputs[0]
    return value_of(x, total_steps(x, steps) - 1)


FIRST = register(
    Op(
        "first",
        infer=leave_time,
        impl=lambda x: x,
        vjp=_first_vjp,
        jvp=lambda y, tangents: first(tangents[0]),
        over_time=lambda y, arrays, steps: arrays[0][0],
        view=True,
        merge=lambda before, after, lengths: before,
        steps_read=lambda y: range(1),
        at_step=lambda y, t, steps: value_of(y.inputs[0], 0),
        reversed=lambda y, inputs: last(inputs[0]),
    )
)
LAST = register(
    Op(
        "last",
        infer=leave_time,
        impl=lambda x: x,
        vjp=_last_vjp,
        jvp=lambda y, tangents: last(tangents[0]),
        over_time=lambda y, arrays, steps: arrays[0][-1],
        view=True,
        merge=lambda before, after, lengths: after,
        steps_read=lambda y: range(-1, 0),
        at_step=_last_at_step,
        reversed=lambda y, inputs: first(inputs[0]),
    )
)


def _sum_over_time(y: Node, arrays: Any, steps: int) -> Any:
    x = arrays[0]
    return np.sum(x, 0, x.dtype) if len(x) == steps else (x[0] * steps).astype(x.dtype)


SUM_OVER_TIME = register(
    Op(
        "sum_over_time",
        infer=leave_time,
        impl=lambda x: x,
        vjp=lambda y, ct: (lift(ct, y.inputs[0].type.time or "t"),),
        jvp=lambda y, tangents: sum_over_time(tangents[0]),
        over_time=_sum_over_time,
        merge=np.add,
        at_step=of_all_steps(ADD_N),
        symbol="Σₜ",
    )
)


def _share_over_time(y: Node) -> Node:
    """Return each step's share in the maximum: ties share equally."""
    x = y.inputs[0]
    hit = countable(cast(equal(x, y), x.type.dtype))
    return cast(hit / sum_over_time(hit), x.type.dtype)


MAX_OVER_TIME = register(
    Op(
        "max_over_time",
        infer=leave_time,
        impl=lambda x: x,
        vjp=lambda y, ct: (ct * _share_over_time(y),),
        jvp=lambda y, tangents: sum_over_time(tangents[0] * _share_over_time(y)),
        over_time=lambda y, arrays, steps: np.max(arrays[0], 0),
        bounds=lambda y, x: x,
        merge=np.maximum,
        at_step=of_all_steps(MAX_N),
    )
)


def _stacking(x: Node) -> Mapping[str, Any]:
    return {"axis": -x.ndim - 1, "name": x.type.time}


STACK_TIME = register(
    Op(
        "stack_time",
        infer=lambda x: TensorType((_axis_of(x), *x.shape), x.dtype),
        impl=lambda x: x,
        vjp=lambda y, ct: (unstack(ct),),
        jvp=lambda y, tangents: stack(tangents[0]),
        over_time=lambda y, arrays, steps: np.broadcast_to(
            arrays[0], (steps, *arrays[0].shape[1:])
        ),
        view=True,
        at_step=of_all_steps(STACK, _stacking),
        reversed=lambda y, inputs: flip(stack(inputs[0]), 0),
        stacks_time=True,
        symbol="stack",
    )
)


def _axis_of(x: TensorType) -> str:
    leave_time(x)
    assert x.time is not None
    return x.time


def _unstack_type(x: TensorType) -> TensorType:
    if not x.shape or not isinstance(x.shape[0], str):
        raise ShapeError("needs a leading named dimension, which becomes the time axis")
    if x.time is not None:
        raise TimeAxisError("needs a static node, but the operand has a value per step")
    return TensorType(x.shape[1:], x.dtype, x.shape[0])


UNSTACK = register(
    Op(
        "unstack",
        infer=_unstack_type,
        impl=lambda x: x,
        vjp=lambda y, ct: (stack(ct),),
        jvp=lambda y, tangents: unstack(tangents[0]),
        over_time=lambda y, arrays, steps: arrays[0],
        rows=lambda y: ((MIXED, *range(-y.ndim, 0)),),
        view=True,
        at_step=lambda y, t, steps: row_at(y.inputs[0], t),
        reversed=lambda y, inputs: unstack(flip(inputs[0], 0)),
        unstacks_time=True,
    )
)


def _step_index_type(time: str | None, at: int | None = None) -> TensorType:
    return TensorType((), np.dtype(np.int64), time)


def _counted_from_the_end(y: Node, inputs: Sequence[Node]) -> Node:
    time = y.type.time or "t"
    return extent(time) - 1 - step_index(time)


STEP_INDEX = register(
    Op(
        "step_index",
        infer=_step_index_type,
        impl=lambda step, seed, time, at=None: np.asarray(step, np.int64),
        over_time=lambda y, arrays, steps, step, seed, time, at=None: np.arange(
            step, step + steps, dtype=np.int64
        ),
        contextual=True,
        moves_data=True,
        reversed=_counted_from_the_end,
    )
)

EXTENT = register(
    Op(
        "extent",
        infer=lambda dim: TensorType((), np.dtype(np.int64)),
        impl=lambda dim: np.asarray(dim, np.int64),
        dims=("dim",),
        moves_data=True,
    )
)


def extent(name: str) -> Node:
    """Return the length of a named dimension or time axis: a static, weak int.

    Example:
        >>> x = tg.sequence("x")
        >>> tg.evaluate(tg.sum_over_time(x) / tg.extent("t"), {"x": [1.0, 2.0]})
        array(1.5, dtype=float32)
    """
    attrs = {"dim": check_name("a dimension", name)}
    return Node(EXTENT, (), EXTENT.infer(**attrs), attrs, weak=True)


def step_index(time: str = "t") -> Node:
    """Return the absolute index of the step, an int64: `start`, `start` + 1, ...

    Args:
        time: the time axis.

    Example:
        >>> tg.evaluate(tg.step_index(), steps=3, start=10)
        array([10, 11, 12])
    """
    return apply(STEP_INDEX, time=check_name("a time axis", time))


def first(x: Any, *, name: str | None = None) -> Node:
    """The value at the first step.

    Raises:
        TimeAxisError: x is static.

    Example:
        >>> x = tg.sequence("x")
        >>> tg.evaluate(tg.first(x), {"x": [1.0, 2.0, 3.0]})
        array(1., dtype=float32)
    """
    return apply(FIRST, x, name=name)


def last(x: Any, *, name: str | None = None) -> Node:
    """The value at the last step.

    Raises:
        TimeAxisError: x is static.

    Example:
        >>> x = tg.sequence("x")
        >>> tg.evaluate(tg.last(x), {"x": [1.0, 2.0, 3.0]})
        array(3., dtype=float32)
    """
    return apply(LAST, x, name=name)


def sum_over_time(x: Any, *, name: str | None = None) -> Node:
    """The sum of the values of all steps, in x's dtype; bools are counted.

    Raises:
        TimeAxisError: x is static.

    Example:
        >>> x = tg.sequence("x")
        >>> tg.evaluate(tg.sum_over_time(x), {"x": [1.0, 2.0, 3.0]})
        array(6., dtype=float32)
    """
    node = as_node(x)
    if node.type.dtype.kind == "b" and node.type.time is not None:
        node = cast(node, "int64")
    return apply(SUM_OVER_TIME, node, name=name)


def mean_over_time(x: Any, *, name: str | None = None) -> Node:
    """The sum over time divided by the number of steps.

    Raises:
        TimeAxisError: x is static.

    Example:
        >>> x = tg.sequence("x")
        >>> tg.evaluate(tg.mean_over_time(x), {"x": [1.0, 2.0, 3.0]})
        array(2., dtype=float32)
    """
    node = as_node(x)
    total = sum_over_time(countable(node))
    result = total / extent(node.type.time or "t")
    if node.type.dtype == np.float16:
        result = cast(result, np.float16)
    return result if name is None else result.named(name)


def max_over_time(x: Any, *, name: str | None = None) -> Node:
    """The greatest of the values of all steps; ties share the gradient equally.

    Raises:
        TimeAxisError: x is static.

    Example:
        >>> x = tg.sequence("x")
        >>> tg.evaluate(tg.max_over_time(x), {"x": [1.0, 2.0, 3.0]})
        array(3., dtype=float32)
    """
    return apply(MAX_OVER_TIME, x, name=name)


def stack(arrays: Any, axis: int = 0) -> Node:
    """Stack nodes along a new axis, or one per-step node over its steps.

    `stack([a, b], axis)` is NumPy's. `stack(x)` of a per-step node brings it out of
    time: shape `("t", *x.shape)`, static.

    Raises:
        TimeAxisError: one static node is given.
        ShapeError: the shapes of several nodes differ.

    Example:
        >>> x = tg.sequence("x")
        >>> tg.evaluate(tg.stack(x), {"x": [1.0, 2.0, 3.0]})
        array([1., 2., 3.], dtype=float32)
        >>> tg.evaluate(tg.stack([1.0, 2.0]))
        array([1., 2.], dtype=float32)
    """
    if isinstance(arrays, Node):
        if axis != 0:
            raise ShapeError("stack over time puts the steps first: axis must be 0")
        return apply(STACK_TIME, arrays)
    return stack_nodes(arrays, axis)


def unstack(x: Any) -> Node:
    """Return the per-step node whose value at step t is x[t].

    Raises:
        ShapeError: x has no leading named dimension (the time axis).

    Example:
        >>> x = tg.placeholder("x", ("t",))
        >>> tg.unstack(x)
        <unstack: float32[] (per step of 't')>
    """
    return apply(UNSTACK, x)


FUNCTIONS["sum_over_time"] = sum_over_time
