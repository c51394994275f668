"""The delay z^-k: the only node through which a graph may have a cycle."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from tinygraph.core.building import (
    EVERY_STEP,
    as_node,
    cast,
    constant,
    in_dtype,
    lift,
    strengthen,
)
from tinygraph.core.errors import (
    DelayClosedError,
    DelayError,
    DTypeError,
    ShapeError,
    TimeAxisError,
    TinygraphError,
)
from tinygraph.core.nodes import Node, Op, check_name, register, symbol_attrs
from tinygraph.core.operators import FUNCTIONS
from tinygraph.core.types import TensorType, as_dtype, as_shape, broadcasts_to


class _Replicate:
    def __repr__(self) -> str:
        return "REPLICATE"

    def __reduce__(self) -> str:
        return "REPLICATE"


REPLICATE: Final = _Replicate()
"""`init=REPLICATE`: steps outside the sequence see the nearest source value."""


def _not_here(*_: Any, **__: Any) -> Any:
    raise TinygraphError("a delay is made by tg.delay and run by the schedule")


DELAY = register(
    Op(
        "delay",
        infer=_not_here,
        impl=_not_here,
        bounds=lambda y, *parts: parts[0].whole.join(
            *[part.whole for part in parts[1:]]
        ),
        moves_data=True,
    )
)


class Delay(Node):
    """The value of `source` k steps ago (k < 0: ahead); see `delay`.

    `inputs` is (source, slot): the slot is the init or history node, and is
    absent for REPLICATE. While the delay is open the source is absent too.

    Example:
        >>> before = tg.delay("before", shape=(2,), steps=3)
        >>> before.is_open, before.steps, before.outside
        (True, 3, 'init')
    """

    __slots__ = ("is_open",)

    is_open: bool

    @property
    def steps(self) -> int:
        """k of z^-k: positive looks back, negative ahead."""
        k: int = self.attrs["steps"]
        return k

    @property
    def rule(self) -> dict[str, Any]:
        """Its attributes without the symbol: what makes another delay alike."""
        return {"steps": self.steps, "outside": self.outside}

    @property
    def kind(self) -> str:
        """Another name of `outside`."""
        return self.outside

    @property
    def outside(self) -> str:
        """How the steps outside the sequence are filled: init, history or replicate."""
        outside: str = self.attrs["outside"]
        return outside

    @property
    def source(self) -> Node:
        """The delayed node.

        Raises:
            DelayError: the loop is still open.
        """
        if self.is_open:
            raise DelayError(f"delay {self.label!r}, made at {self.where}, is open")
        return self.inputs[0]

    @property
    def slot(self) -> Node | None:
        """The init or history node; None for REPLICATE."""
        if self.outside == "replicate":
            return None
        return self.inputs[-1]

    def close(self, source: Any) -> "Delay":
        """Tie the loop: from now on the delay is z^-k of `source`.

        Allowed once. A static source is lifted by `every_step`.

        Raises:
            DelayClosedError: the delay has a source already.
            ShapeError, DTypeError, TimeAxisError: the types are not equal.
        """
        if not self.is_open:
            raise DelayClosedError(
                f"delay {self.label!r}, made at {self.where}, is closed already: its "
                f"source is {self.inputs[0].describe()}. Make a second delay, or use "
                "tg.close_loop(graph, delay, source=...) for a graph with another "
                "source.",
                delay=self,
            )
        node = lifted_source(source, self.type)
        _demand_equal(self, node)
        object.__setattr__(self, "inputs", (node, *self.inputs))
        object.__setattr__(self, "is_open", False)
        return self


def lifted_source(source: Any, value_type: TensorType) -> Node:
    """Return a source as a per-step node; a scalar takes the shape, weak ones dtype."""
    node = as_node(source)
    if node.weak:
        node = strengthen(node, value_type.dtype)
        if not isinstance(source, Node):
            node = FUNCTIONS["broadcast_to"](node, value_type.shape)
    if node.type.time is None and value_type.time is not None:
        node = lift(node, value_type.time)
    return node


def _demand_equal(delay: Delay, node: Node) -> None:
    if node.type == delay.type:
        return
    shown = node.inputs[0] if node.op is EVERY_STEP else node
    error: type[ShapeError | DTypeError | TimeAxisError] = TimeAxisError
    if node.type.time == delay.type.time:
        error = ShapeError if node.type.shape != delay.type.shape else DTypeError
    raise error(
        f"delay {delay.label!r} is {delay.type.describe()}, made at {delay.where}, "
        f"but its source {shown.label!r} is {shown.type.describe()}, made at "
        f"{shown.where}. The types must be equal: give tg.delay(shape=..., dtype=...), "
        "another init, or reshape or cast the source.",
        delay=delay,
        source=node,
    )


def delay(
    name: str | None = None,
    *,
    source: Any = None,
    steps: int = 1,
    init: Any = 0.0,
    history: Any = None,
    shape: Any = None,
    dtype: Any = None,
    time: str = "t",
    symbol: str | None = None,
) -> Delay:
    """Make z^-k: y[t] = source[t - k] where that step exists, else a slot.

    Without `source` the delay is open; `close(source)` ties the loop. Its type is
    `shape` and `dtype` where given, else those of `init` (of `history` without
    its leading axis; of `source`). A scalar init needs `shape` and is float32
    unless `dtype` says otherwise.

    Args:
        name: unique in a graph; names the state in `tg.stateful`.
        source: per-step node; makes a plain shift.
        steps: k; negative looks ahead. Zero is an error.
        init: static, broadcast to the shape: scalar, array, any static node, or
            `tg.REPLICATE` (the source's value at the nearest step).
        history: instead of init, the |k| values before the first step (after the
            last for k < 0) on a leading axis, in time order: shape (|k|, *shape).
        time: the time axis.
        symbol: what pictures write for the delayed value, such as "h"; by default
            the name of the source, or what the delay's name says (h for `h_prev`).

    Raises:
        DelayError: steps is 0, or init is not static.
        ShapeError, DTypeError: init or history does not fit the shape or dtype.

    Example:
        >>> x = tg.sequence("x")
        >>> total = tg.delay("total", shape=())
        >>> y = total + x
        >>> total.close(y)
        <delay 'total': float32[] (per step of 't')>
        >>> tg.evaluate(y, {"x": [1.0, 2.0, 3.0]})
        array([1., 3., 6.], dtype=float32)
        >>> tg.evaluate(tg.delay(source=x, steps=-1), {"x": [1.0, 2.0, 3.0]})
        array([2., 3., 0.], dtype=float32)
    """
    _check_call(name, steps, init, history, time)
    node = None if source is None else as_node(source)
    if node is not None and not node.weak:
        shape = node.type.shape if shape is None else shape
        dtype = node.type.dtype if dtype is None else dtype
        time = node.type.time or time
    elif node is not None and shape is None and history is None:
        if init is REPLICATE or as_node(init).weak:
            shape = ()
    outside, slot, value_type = _outside(name, steps, init, history, shape, dtype, time)
    attrs = {"steps": int(steps), "outside": outside, **symbol_attrs(symbol)}
    made = open_delay(() if slot is None else (slot,), value_type, attrs, name)
    if source is not None:
        made.close(source if node is None or node.weak else node)
    return made


def open_delay(
    slots: tuple[Node, ...],
    value_type: TensorType,
    attrs: Mapping[str, Any],
    name: str | None = None,
    like: Node | None = None,
) -> Delay:
    """Return an open delay of the given slots, type and attributes, unchecked."""
    made = Delay(DELAY, slots, value_type, attrs, name, like=like)
    object.__setattr__(made, "is_open", True)
    return made


def _check_call(
    name: str | None, steps: Any, init: Any, history: Any, time: str
) -> None:
    if name is not None:
        check_name("a delay", name)
    check_name("a time axis", time)
    called = "a delay" if name is None else f"delay {name!r}"
    if isinstance(steps, bool) or not hasattr(steps, "__index__"):
        raise DelayError(f"{called}: steps must be an int, not {steps!r}")
    if steps == 0:
        raise DelayError(
            f"{called}: steps=0 is no delay. Use the node itself, or steps=1 for the "
            "value one step ago, steps=-1 for the next one."
        )
    default = type(init) is float and init == 0.0
    if history is not None and not default:
        raise DelayError(
            f"{called}: init and history both say what stands before the first step "
            "(after the last for steps < 0): give one of them"
        )


def _outside(
    name: str | None,
    steps: int,
    init: Any,
    history: Any,
    shape: Any,
    dtype: Any,
    time: str,
) -> tuple[str, Node | None, TensorType]:
    called = "a delay" if name is None else f"delay {name!r}"
    if init is REPLICATE:
        if shape is None:
            raise ShapeError(f"{called}: init=REPLICATE says no shape: give shape=...")
        value_type = TensorType(as_shape(shape), as_dtype(dtype or "float32"), time)
        return "replicate", None, value_type
    slot = as_node(init if history is None else history)
    if slot.type.time is not None:
        raise DelayError(
            f"{called}: init and history hold one value in all, but "
            f"{slot.label!r} has one per step of {slot.type.time!r}. Use tg.first or "
            "tg.last of it.",
            slot=slot,
        )
    if history is not None:
        return "history", *_from_history(called, slot, abs(steps), shape, dtype, time)
    return "init", *_from_init(called, slot, shape, dtype, time)


def _from_history(
    called: str, slot: Node, k: int, shape: Any, dtype: Any, time: str
) -> tuple[Node, TensorType]:
    wanted = slot.type.shape[1:] if shape is None else as_shape(shape)
    if slot.type.shape != (k, *wanted):
        raise ShapeError(
            f"{called}: history has shape {slot.type.shape}, wanted {(k, *wanted)}: "
            f"{k} value{'s' * (k > 1)} in time order on a leading axis"
        )
    value_type = TensorType(wanted, as_dtype(dtype or slot.type.dtype), time)
    return _safely_cast(called, slot, value_type), value_type


def _from_init(
    called: str, slot: Node, shape: Any, dtype: Any, time: str
) -> tuple[Node, TensorType]:
    if shape is None and slot.weak:
        raise ShapeError(
            f"{called}: a scalar init says no shape: give shape=..., for example "
            "shape=('batch', 16)"
        )
    wanted = slot.type.shape if shape is None else as_shape(shape)
    default = "float32" if slot.weak else slot.type.dtype
    value_type = TensorType(wanted, as_dtype(default if dtype is None else dtype), time)
    if not broadcasts_to(slot.type.shape, wanted):
        raise ShapeError(
            f"{called}: init has shape {slot.type.shape}, which does not broadcast "
            f"to the delay's {wanted}"
        )
    return _safely_cast(called, slot, value_type), value_type


def _safely_cast(called: str, slot: Node, wanted: TensorType) -> Node:
    if slot.type.dtype == wanted.dtype:
        return in_dtype(slot, wanted.dtype) if slot.weak else slot
    if slot.weak:
        scalar = slot.attrs.get("scalar")
        if wanted.dtype.kind in "iub" and scalar == 0.0:
            return cast(constant(0), wanted.dtype)
        fits = wanted.dtype.kind != "b" or scalar in (0, 1)
        if wanted.is_float or (slot.type.dtype.kind in "ib" and fits):
            return in_dtype(slot, wanted.dtype)
    elif np.can_cast(slot.type.dtype, wanted.dtype, "safe"):
        return cast(slot, wanted.dtype)
    raise DTypeError(
        f"{called} is {wanted.dtype}, but its init or history is {slot.type.dtype}: "
        f"cast it with tg.cast(init, '{wanted.dtype}'), or give "
        f"dtype='{slot.type.dtype}'"
    )
