"""apply: from an op and operands to a typed node.

Here live the three things that happen to operands before an op sees them:
Python scalars become constants of the dtype they meet, static operands of a
per-step op are lifted by `every_step`, and the type rule runs.
"""

import functools
from collections.abc import Mapping, Sequence
from typing import Any
from weakref import WeakValueDictionary

import numpy as np

from tinygraph.core.array_likes import refuse_masked
from tinygraph.core.errors import DTypeError, ShapeError, TimeAxisError, TinygraphError
from tinygraph.core.nodes import NO_ATTRS, Node, Op, register
from tinygraph.core.op import value_of
from tinygraph.core.operators import FUNCTIONS
from tinygraph.core.ranges import range_of_columns, range_of_type
from tinygraph.core.types import TensorType, as_dtype, negative_axes

Operand = Node | int | float | np.ndarray[Any, Any] | np.generic

_LIFTS: WeakValueDictionary[tuple[Node, str], Node] = WeakValueDictionary()
"""Static node and time axis → its lift, for as long as anything reads that."""

_WEAK_DTYPES = {bool: "bool", int: "int32", float: "float32"}


def _no_inputs_infer(**attrs: Any) -> TensorType:
    raise TinygraphError("leaves are made by the functions of tinygraph.core.leaves")


CONSTANT = register(
    Op(
        "constant",
        infer=_no_inputs_infer,
        impl=lambda value, scalar=None: value,
        leaf=True,
        bounds=lambda y: range_of_columns(y.attrs["value"]),
    )
)
EVERY_STEP = register(
    Op(
        "every_step",
        infer=lambda x, time: x.with_time(time),
        impl=lambda x, time: x,
        vjp=lambda y, ct: (FUNCTIONS["sum_over_time"](ct),),
        jvp=lambda y, tangents: lift(tangents[0], y.attrs["time"]),
        over_time=lambda y, arrays, steps, time: arrays[0][np.newaxis],
        view=True,
        bounds=lambda y, x: x,
        at_step=lambda y, t, steps: value_of(y.inputs[0], None),
    )
)


def constant(value: Any, name: str | None = None) -> Node:
    """Make a fixed leaf.

    A Python scalar is weak: it takes the dtype of what it meets, and is int32,
    float32 or bool on its own. Arrays keep their dtype; lists take NumPy's.

    Args:
        value: a number, an array or a list.
        name: for errors and pictures.

    Raises:
        DTypeError: the value is not of bool, integer or float kind, or masked.

    Example:
        >>> tg.constant([1.0, 2.0], name="two")
        <constant 'two': float64[2] (static)>
        >>> tg.constant(2.0) * tg.placeholder("x", (), "float64")
        <multiply: float64[] (static)>
    """
    scalar = value if type(value) in _WEAK_DTYPES else None
    if scalar is not None:
        dtype: Any = _WEAK_DTYPES[type(value)]
        if type(value) is int and not -(2**31) <= value < 2**31:
            dtype = "int64"
        array = _scalar_array(value, np.dtype(dtype))
    else:
        refuse_masked(value, "a constant", DTypeError)
        array = np.array(value)
        as_dtype(array.dtype)
    array.flags.writeable = False
    attrs = {"value": array, "scalar": scalar}
    value_type = TensorType(array.shape, array.dtype)
    return Node(CONSTANT, (), value_type, attrs, name, weak=scalar is not None)


def _scalar_array(value: Any, dtype: np.dtype[Any]) -> np.ndarray[Any, Any]:
    try:
        return np.array(value, dtype)
    except OverflowError as problem:
        raise DTypeError(f"{value!r} does not fit {dtype}: {problem}") from None


def as_node(value: Any) -> Node:
    """Return a node for an operand: itself, or a constant."""
    return value if isinstance(value, Node) else constant(value)


def apply(op: Op, *operands: Operand, name: str | None = None, **attrs: Any) -> Node:
    """Apply `op` to nodes, arrays and Python scalars.

    Args:
        operands: nodes, arrays and Python scalars, in the op's order.
        name: of the node.
        attrs: the op's static arguments; axes negative.

    Raises:
        ShapeError, DTypeError: the op's type rule refuses the operands.
        TimeAxisError: operands live on two time axes.

    Example:
        >>> x = tg.placeholder("x", (3,))
        >>> tg.apply(tg.REGISTRY["tanh"], x, name="y")
        <tanh 'y': float32[3] (static)>
    """
    nodes = [as_node(operand) for operand in operands]
    weak = False
    if op.promotes:
        weak = strengthen_all(op, nodes)
    nodes = lift_all(op, nodes)
    value_type = infer(op, nodes, attrs)
    return Node(op, nodes, value_type, attrs or NO_ATTRS, name, weak=weak)


def infer(op: Op, nodes: Sequence[Node], attrs: Any) -> TensorType:
    """Run the type rule; a refusal names the op and every operand."""
    try:
        return op.infer(*[node.type for node in nodes], **attrs)
    except (ShapeError, DTypeError, TimeAxisError) as problem:
        lines = [f"{op.name}: {problem}"]
        for i, lifted in enumerate(nodes):
            node = lifted.inputs[0] if lifted.op is EVERY_STEP else lifted
            lines.append(f"  operand {i} is {node.describe()}, made at {node.where}")
        raise type(problem)("\n".join(lines), op=op, operands=tuple(nodes)) from None


def strengthen_all(op: Op, nodes: list[Node]) -> bool:
    """Give weak operands the dtype of the strong ones; True if all are weak."""
    places = range(len(nodes)) if op.promotes is True else op.promotes
    assert not isinstance(places, bool)
    weak = [i for i in places if nodes[i].weak]
    strong = [nodes[i].type.dtype for i in places if not nodes[i].weak]
    if weak and strong:
        meeting = functools.reduce(np.promote_types, strong)
        for i in weak:
            nodes[i] = strengthen(nodes[i], meeting)
    elif any(nodes[i].type.is_float for i in weak):
        for i in weak:
            nodes[i] = _weak_float(nodes[i])
    return not strong


def strengthen(node: Node, meeting: np.dtype[Any]) -> Node:
    """Return weak `node` in the dtype it takes when it meets `meeting`.

    NumPy's rule for Python scalars (NEP 50): the kind counts, the width not.
    """
    sample = {"b": True, "i": 1, "u": 1, "f": 1.0}[node.type.dtype.kind]
    dtype = np.result_type(meeting, sample)
    return in_dtype(node, dtype)


def _weak_float(node: Node) -> Node:
    """Return a weak int constant that meets a weak float as a float, weak still."""
    if node.op is not CONSTANT or node.type.is_float:
        return node
    return _scalar_constant(node, np.dtype("float32"), weak=True)


def _scalar_constant(node: Node, dtype: np.dtype[Any], *, weak: bool) -> Node:
    array = _scalar_array(node.attrs["scalar"], dtype)
    array.flags.writeable = False
    attrs = {"value": array, "scalar": node.attrs["scalar"] if weak else None}
    value_type = TensorType((), dtype)
    return Node(CONSTANT, (), value_type, attrs, node.name, like=node, weak=weak)


def in_dtype(node: Node, dtype: np.dtype[Any]) -> Node:
    """Return weak `node` rebuilt in `dtype`, exact where it is made of constants."""
    made: dict[Node, Node] = {}
    stack = [node]
    while stack:
        parts = _weak_parts(stack[-1])
        missing = [part for part in parts if part not in made]
        if missing:
            stack += missing
            continue
        top = stack.pop()
        if top not in made:
            made[top] = _in_dtype(top, dtype, made) if parts else _cast(top, dtype)
    return made[node]


def _weak_parts(node: Node) -> list[Node]:
    """Return the weak inputs from which a weak float is made in another dtype."""
    if node.op is EVERY_STEP:
        return list(node.inputs)
    promotes = node.op.promotes
    if promotes is False or not node.type.is_float:
        return []
    places = range(len(node.inputs)) if promotes is True else promotes
    return [node.inputs[i] for i in places if node.inputs[i].weak]


def _in_dtype(node: Node, dtype: np.dtype[Any], made: Mapping[Node, Node]) -> Node:
    parts = [made.get(part, part) for part in node.inputs]
    if node.op is EVERY_STEP:
        return lift(parts[0], node.attrs["time"])
    return apply(node.op, *parts, name=node.name, **node.attrs)


def _cast(node: Node, dtype: np.dtype[Any]) -> Node:
    if node.op is not CONSTANT:
        return cast(node, dtype)
    if node.attrs["scalar"] is None:
        return node
    return _scalar_constant(node, dtype, weak=False)


def _cast_vjp(y: Node, ct: Node) -> tuple[Node, ...]:
    """y is x in another dtype, so x̅ is y̅ in x's."""
    return (cast(ct, y.inputs[0].type.dtype),)


def _cast_into(x: Any, out: Any, dtype: Any) -> None:
    np.copyto(out, x, casting="unsafe")


CAST = register(
    Op(
        "cast",
        infer=lambda x, dtype: x.with_dtype(dtype),
        impl=lambda x, dtype: np.asarray(x).astype(dtype),
        vjp=_cast_vjp,
        jvp=lambda y, tangents: cast(tangents[0], y.type.dtype),
        bounds=lambda y, x: x if y.type.is_float else range_of_type(y.type),
        moves_data=True,
        into=_cast_into,
    )
)


def cast(x: Any, dtype: Any) -> Node:
    """Return `x` with another element type, as `ndarray.astype` does.

    Args:
        x: a node, an array or a number.
        dtype: of bool, integer or float kind.

    Raises:
        DTypeError: there is no such dtype.

    Example:
        >>> tg.evaluate(tg.cast([1.7, -1.7], "int32"))
        array([ 1, -1], dtype=int32)
    """
    node, wanted = as_node(x), as_dtype(dtype)
    if node.weak and node.op is CONSTANT:
        return in_dtype(node, wanted)
    if node.type.dtype == wanted and not node.weak:
        return node
    return apply(CAST, node, dtype=wanted)


def axis_of(node: Node, axis: Any, new: int = 0) -> int:
    """Return an axis of a node, negative (`new`: of its shape with so many more).

    Raises:
        ShapeError: the node has no such axis.
    """
    return axes_of(node, (axis,), new)[0]


def axes_of(node: Node, axis: Any, new: int = 0) -> tuple[int, ...]:
    """Return axes of a node (None: all), negative and ascending.

    Raises:
        ShapeError: the node has no such axis, or one is named twice.
    """
    try:
        return negative_axes(axis, node.ndim + new)
    except ShapeError as problem:
        raise ShapeError(
            f"{problem}: {node.describe()}, made at {node.where}, is given", node=node
        ) from None


def lift_all(op: Op, nodes: list[Node]) -> list[Node]:
    """Lift static nodes that meet per-step ones to their time axis.

    Raises:
        TimeAxisError: two time axes meet.
    """
    time = None
    for node in nodes:
        other = node.type.time
        if other is not None and other != time:
            if time is not None:
                raise _two_times(op, nodes)
            time = other
    if time is None:
        return nodes
    return [lift(n, time) if n.type.time is None else n for n in nodes]


def _two_times(op: Op, nodes: Sequence[Node]) -> TimeAxisError:
    listed = "\n".join(
        f"  {n.describe()}, {n.type.time or 'static'}, made at {n.where}" for n in nodes
    )
    return TimeAxisError(
        f"{op.name}: two time axes never meet in one op\n{listed}\n"
        "Bring one of them out of time first: tg.last, tg.stack, tg.sum_over_time.",
        op=op,
        operands=tuple(nodes),
    )


def lift(node: Node, time: str) -> Node:
    """Return the one `every_step` node of a static node and a time axis."""
    found = _LIFTS.get((node, time))
    if found is None:
        value_type = node.type.with_time(time)
        attrs = {"time": time}
        found = _LIFTS[node, time] = Node(
            EVERY_STEP, (node,), value_type, attrs, node.name, like=node, weak=node.weak
        )
    return found


def is_shared_lift(node: Node) -> bool:
    """Return True for an `every_step` node that `lift` gives for its input."""
    if node.op is not EVERY_STEP:
        return False
    return _LIFTS.get((node.inputs[0], node.attrs["time"])) is node
