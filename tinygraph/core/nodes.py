"""Node, Op and its registry: a graph is nodes that apply ops to nodes.

A `Node` is immutable. The one exception, closing the loop of a delay, lives in
`core.delays`. Nodes know no op: operators look theirs up (`core.operators`).
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from tinygraph.core import source_info
from tinygraph.core.errors import CopyError, TinygraphError
from tinygraph.core.operators import Operators
from tinygraph.core.types import Dim, Shape, TensorType

NO_ATTRS: Mapping[str, Any] = MappingProxyType({})

REDUCED = "reduced"
"""In an op's `rows`: the axis is summed away, in any order."""
MIXED = "mixed"
"""In an op's `rows`: a row of the result reads other rows of this axis."""

Ufuncs = Sequence[tuple[np.ufunc, tuple[int | str, ...]]]
Rows = tuple[tuple[int | str, ...], ...]


@dataclass(frozen=True, eq=False)
class Op:
    """The declaration of an op: its type rule, kernel and derivatives together.

    Attributes:
        name: by which the registry, errors and pictures know it.
        infer: `infer(*types, **attrs)` gives the TensorType of the result. All
            types have the same time. It raises ShapeError or DTypeError with
            the bare problem; the operands are added to the message.
        impl: `impl(*arrays, **attrs)` gives the array. Extra leading axes are
            batch axes: axis attributes are negative and never count time.
        vjp: `vjp(y, ct)` gives one cotangent (or None) per input of y.
        jvp: `jvp(y, tangents)` gives the tangent of y; a tangent is None where
            an input does not move.
        over_time: `over_time(y, arrays, steps, **attrs)` runs all T steps at
            once on arrays `(T, *shape)` or, constant in time, `(1, *shape)`.
            None: operands are padded to `(T, 1, ..., *shape)` for `impl`.
        rows: `rows(y)` gives for each axis of each input the (negative) axis of
            y that it is row by row, or REDUCED or MIXED. None: elementwise.
        constant_in: positions of inputs through which no derivative flows.
        promotes: True where Python scalars take the other operands' dtype;
            positions where only those inputs do.
        dims: names of attributes that hold dimensions, bound before `impl`.
        contextual: `impl` also takes `step` and `seed` (random ops).
        named: a graph knows its nodes by their name, and keeps values under it: a
            deep copy of one is refused.
        index_at: position of the input whose values are indices that must be in
            range: of the first input, or of the result where `length` says so.
        leaf: its nodes get their values from outside the graph.
        view: the result is another look at the first operand's numbers; the other
            operands give no more than their shapes.
        moves_data: numbers are moved or converted, none is computed: no FLOPs.
        lasting: `over_time` of operands `(1, *shape)` alone is again `(1, *shape)`.
            Ops without `over_time` that read no step always are.
        flops: `flops(y)` gives dimensions whose product is the number of operations
            at one step. None: one for each element of the result, or of the operand
            where that is the only one and `impl` no ufunc.
        into: `into(*arrays, out, **attrs)` writes the result into an array. None:
            `impl` is asked, or what it returns is copied.
        ufuncs: `ufuncs(y)` gives the ufuncs that make the result in its place one
            after the other, each with its operands: numbers of inputs, "one", "out".
        merge: `merge(before, after, lengths)` makes the value of all steps from those
            of two stretches of so many steps, for what leaves time; a ufunc needs no
            lengths. None where that needs more.
        least_steps: `least_steps(y)` gives how many steps of its input's time axis a
            run must have. None: one will do.
        steps_read: `steps_read(y)` gives the steps of its input that y reads, counted
            from the end where negative. None: all.
        symbol: the sign that every reader knows it by, for pictures.
        infix: the sign between its operands in a formula, as Python writes it.

    Example:
        >>> tg.REGISTRY["matmul"]
        Op('matmul')
    """

    name: str
    infer: Callable[..., TensorType]
    impl: Callable[..., Any]
    vjp: Callable[..., tuple["Node | None", ...]] | None = None
    jvp: Callable[..., "Node"] | None = None
    over_time: Callable[..., Any] | None = None
    rows: Callable[["Node"], Rows] | None = None
    constant_in: tuple[int, ...] = ()
    promotes: bool | tuple[int, ...] = False
    dims: tuple[str, ...] = ()
    contextual: bool = False
    named: bool = False
    index_at: int | None = None
    leaf: bool = False
    view: bool = False
    moves_data: bool = False
    lasting: bool = False
    flops: Callable[["Node"], Sequence[Dim]] | None = None
    into: Callable[..., None] | None = None
    ufuncs: Callable[["Node"], Ufuncs] | None = None
    merge: Callable[..., Any] | None = None
    least_steps: Callable[["Node"], int] | None = None
    steps_read: Callable[["Node"], range] | None = None
    symbol: str = ""
    infix: str = ""

    def __repr__(self) -> str:
        return f"Op({self.name!r})"

    def __copy__(self) -> "Op":
        return self

    def __deepcopy__(self, memo: Any) -> "Op":
        return self

    def __reduce__(self) -> tuple[Callable[[str], "Op"], tuple[str]]:
        if REGISTRY.get(self.name) is not self:
            raise CopyError(
                f"{self!r} cannot be pickled: it is not registered, and an op is found "
                "again by its name. Register it with tg.register."
            )
        return registered, (self.name,)


REGISTRY: dict[str, Op] = {}


def register(op: Op) -> Op:
    """Enter `op` in the registry and return it.

    Raises:
        TinygraphError: another op has this name.

    Example:
        >>> double = tg.Op("double", infer=lambda x: x, impl=lambda x: 2 * x)
        >>> tg.evaluate(tg.apply(tg.register(double), [1.0, 2.0]))
        array([2., 4.])
        >>> del tg.REGISTRY["double"]
    """
    if op.name in REGISTRY:
        raise TinygraphError(
            f"an op named {op.name!r} is registered already: choose another name"
        )
    REGISTRY[op.name] = op
    return op


def registered(name: str) -> Op:
    """Return the op of this name.

    Raises:
        TinygraphError: there is none.
    """
    if name not in REGISTRY:
        raise TinygraphError(
            f"no op named {name!r} is registered here: import the module that "
            "registers it before you load what uses it"
        )
    return REGISTRY[name]


def check_name(what: str, name: Any) -> str:
    """Return a name; it must be a non-empty string.

    Raises:
        TinygraphError: it is not.
    """
    if not isinstance(name, str) or not name:
        raise TinygraphError(f"{what} needs a non-empty name, not {name!r}")
    return name


class Node(Operators):
    """The application of an `Op` to `inputs`: immutable, compared by identity.

    Attributes:
        op: what is applied.
        inputs: to which nodes, in order.
        attrs: the op's static arguments.
        type: TensorType of the value.
        name: given by the user, or None.
        scope: names of the `scope`s in which it was made, outermost first.
        line: (file, line number) of the user's code that made it.
        weak: True for Python scalars and extents, which take the dtype of what
            they meet.
        origin, step: for a copy made by `unroll`, the folded node and its step.

    Args:
        like: a node whose scope and line the new one takes over.

    Example:
        >>> x = tg.placeholder("x", ("batch", 3))
        >>> y = x * 2
        >>> y
        <multiply: float32[batch, 3] (static)>
        >>> y.op, y.shape, y.inputs[0] is x
        (Op('multiply'), ('batch', 3), True)
    """

    __slots__ = (
        "__weakref__",
        "attrs",
        "inputs",
        "line",
        "name",
        "op",
        "origin",
        "scope",
        "step",
        "type",
        "weak",
    )

    op: Op
    inputs: tuple["Node", ...]
    attrs: Mapping[str, Any]
    type: TensorType
    name: str | None
    scope: tuple[str, ...]
    line: tuple[str, int] | None
    weak: bool
    origin: "Node | None"
    step: int | None

    def __init__(
        self,
        op: Op,
        inputs: Sequence["Node"],
        type: TensorType,
        attrs: Mapping[str, Any] = NO_ATTRS,
        name: str | None = None,
        *,
        weak: bool = False,
        like: "Node | None" = None,
        origin: "Node | None" = None,
        step: int | None = None,
    ) -> None:
        put = object.__setattr__
        put(self, "op", op)
        put(self, "inputs", tuple(inputs))
        fixed = MappingProxyType(attrs) if isinstance(attrs, dict) else attrs
        put(self, "attrs", fixed)
        put(self, "type", type)
        put(self, "name", name)
        put(self, "weak", weak)
        put(self, "origin", origin)
        put(self, "step", step)
        if like is None:
            scope, line = source_info.current()
        else:
            scope, line = like.scope, like.line
        put(self, "scope", scope)
        put(self, "line", line)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(
            f"a node is immutable: cannot set {name!r} on {self.label!r}"
        )

    def __delattr__(self, name: str) -> None:
        raise AttributeError(
            f"a node is immutable: cannot delete {name!r} of {self.label!r}"
        )

    @property
    def shape(self) -> Shape:
        """Shape of one value; the time axis is not part of it."""
        return self.type.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Element type."""
        return self.type.dtype

    @property
    def time(self) -> str | None:
        """Name of the time axis, or None for a static node."""
        return self.type.time

    @property
    def ndim(self) -> int:
        """Number of axes, time not counted."""
        return len(self.type.shape)

    @property
    def label(self) -> str:
        """Its name, or its op's where the user gave none."""
        return self.name if self.name is not None else self.op.name

    @property
    def where(self) -> str:
        """`file.py:12`, the user's line that made it, or `?`."""
        if self.line is None:
            return "?"
        return f"{os.path.basename(self.line[0])}:{self.line[1]}"

    def describe(self) -> str:
        """Return `name: float32[batch, 4]`."""
        return f"{self.label}: {self.type}"

    def __repr__(self) -> str:
        called = "" if self.name is None else f" {self.name!r}"
        return f"<{self.op.name}{called}: {self.type.describe()}>"

    def __copy__(self) -> "Node":
        return self

    def __deepcopy__(self, memo: Any) -> "Node":
        if self.op.named:
            raise CopyError(
                f"{self.op.name} {self.label!r}, made at {self.where}, cannot be "
                "copied deeply: its value is kept under its name, so that the copy "
                "would share it. Make a second one, or a second layer, under another "
                "name.",
                node=self,
            )
        return self

    def __reduce__(self) -> tuple[Callable[..., "Node"], tuple[Any, ...]]:
        if not stands_alone(self):
            raise CopyError(
                f"{self.describe()}, made at {self.where}, cannot be pickled alone: "
                "pickle tg.Graph({'y': node}), and read graph.outputs['y'] of what you "
                "load",
                node=self,
            )
        about = (self.op, self.type, dict(self.attrs), self.name, self.weak)
        return _alone, (*about, self.origin, self.step, self.scope, self.line)

    def __bool__(self) -> bool:
        raise TypeError(
            f"{self.label!r} has no truth value before the graph runs: "
            "use tg.where(condition, a, b) to choose between values"
        )

    def __iter__(self) -> Iterator["Node"]:
        length = self.shape[0] if self.shape else None
        if not isinstance(length, int):
            raise TypeError(
                f"cannot iterate over {self.describe()}: its first axis has no "
                "fixed length"
            )
        return (self[i] for i in range(length))


def stands_alone(node: Node) -> bool:
    """Return True for what is pickled as itself: a leaf, a node without inputs."""
    bare = type(node) is Node and not node.inputs
    return bare and (node.origin is None or stands_alone(node.origin))


def fixed_attrs(attrs: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return attributes as a node holds them: arrays are read-only again."""
    for value in attrs.values():
        if isinstance(value, np.ndarray):
            value.flags.writeable = False
    return MappingProxyType(dict(attrs)) if attrs else NO_ATTRS


def _alone(
    op: Op,
    type: TensorType,
    attrs: Mapping[str, Any],
    name: str | None,
    weak: bool,
    origin: Node | None,
    step: int | None,
    scope: tuple[str, ...],
    line: tuple[str, int] | None,
) -> Node:
    """Return the pickled node without inputs."""
    with source_info.made_for(scope, line):
        fixed = fixed_attrs(attrs)
        return Node(op, (), type, fixed, name, weak=weak, origin=origin, step=step)
