"""Op, the declaration of an op, and the registry of all ops.

Every fact about an op is a field of its declaration: the rest of the package asks the
field and never compares names of ops.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tinygraph.core.errors import CopyError, TinygraphError
from tinygraph.core.ranges import Range
from tinygraph.core.types import Dim, TensorType

if TYPE_CHECKING:
    from tinygraph.core.nodes import Node

NO_ATTRS: Mapping[str, Any] = MappingProxyType({})

REDUCED = "reduced"
"""In an op's `rows`: the axis is summed away, in any order."""
MIXED = "mixed"
"""In an op's `rows`: a row of the result reads other rows of this axis."""

Ufuncs = Sequence[tuple[np.ufunc, tuple[int | str, ...]]]
Rows = tuple[tuple[int | str, ...], ...]
Arg = tuple["Node", int | None]
"""A node and the step at which its value is taken; None for a static node."""


class Meaning(NamedTuple):
    """What a node is at one step: `op` applied to the values of `args`.

    Without an op it is the value of the only arg itself.
    """

    op: "Op | None"
    attrs: Mapping[str, Any]
    args: list[Arg]


def value_of(node: "Node", step: int | None) -> Meaning:
    """Return the meaning of what has the value of another node at a step."""
    return Meaning(None, NO_ATTRS, [(node, step)])


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
        contextual: `impl` also takes `step` and `seed`; for a step that `unroll` made,
            `infer` and `impl` take `at` too, the number of that step.
        random: it draws numbers, by the key in `attrs["key"]`: its nodes are told
            apart by name and never merged.
        named: a graph knows its nodes by their name, and keeps values under it: a
            deep copy of one is refused.
        index_at: position of the input whose values are indices that must be in
            range: of the first input, or of the result where `length` says so.
        leaf: its nodes get their values from outside the graph.
        view: the result is another look at the first operand's numbers; the other
            operands give no more than their shapes.
        in_one_piece: the view is one only where the operand's numbers lie in one piece.
        joins: the result is its operands, one behind the other along `attrs["axis"]`.
        moves_data: numbers are moved or converted, none is computed: no FLOPs.
        bounds: the Range of the result; or `bounds(y, *ranges)`, which gives it from
            those of the operands. None: the first operand's for a view, that of the
            type for others.
        lasting: `over_time` of operands `(1, *shape)` alone is again `(1, *shape)`.
            Ops without `over_time` that read no step always are.
        flops: `flops(y)` gives dimensions whose product is the number of operations
            at one step. None: one for each element of the result, or of the operand
            where that is the only one and `impl` no ufunc.
        gemm: for products of matrices, `gemm(y)` gives four tuples of dimensions: how
            many products at one step, and the rows, inner and columns of each.
        into: `into(*arrays, out, **attrs)` writes the result into an array. None:
            `impl` is asked, or what it returns is copied.
        ufuncs: `ufuncs(y)` gives the ufuncs that make the result in its place one
            after the other, each with its arguments: numbers of inputs, "one", "out".
            The last argument is "out", the place that is written.
        merge: `merge(before, after, lengths)` makes the value of all steps from those
            of two stretches of so many steps, for what leaves time; a ufunc needs no
            lengths. None where that needs more.
        least_steps: `least_steps(y)` gives how many steps of its input's time axis a
            run must have. None: one will do.
        steps_read: `steps_read(y)` gives the steps of its input that y reads, counted
            from the end where negative. None: all.
        at_step: `at_step(y, t, steps)` gives the Meaning of y at step t (None for a
            static y) in a run of so many steps of each axis. None: the op applied to
            its inputs at the same step.
        reversed: `reversed(y, inputs)` gives what y becomes where time runs backwards
            on its axis, of the inputs so reversed. None: the op itself.
        in_windows: `in_windows(y, inputs, start)` gives y made of ops that have
            `merge`, for a run that holds some of the steps at a time; `start` is a
            static node, the number of the run's first step. None: the op itself.
        stacks_time: the result is the operand at all steps, stacked on a leading axis.
        unstacks_time: the result at step t is the operand's row t.
        fixes_steps: `fixes_steps(y)` gives a time axis that is unrolled already and its
            number of steps, where y tells them; else None.
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
    random: bool = False
    named: bool = False
    index_at: int | None = None
    leaf: bool = False
    view: bool = False
    in_one_piece: bool = False
    joins: bool = False
    moves_data: bool = False
    bounds: Range | Callable[..., Range] | None = None
    lasting: bool = False
    flops: Callable[["Node"], Sequence[Dim]] | None = None
    gemm: Callable[["Node"], tuple[Sequence[Dim], ...]] | None = None
    into: Callable[..., None] | None = None
    ufuncs: Callable[["Node"], Ufuncs] | None = None
    merge: Callable[..., Any] | None = None
    least_steps: Callable[["Node"], int] | None = None
    steps_read: Callable[["Node"], range] | None = None
    at_step: Callable[["Node", int | None, Mapping[str, int]], Meaning] | None = None
    reversed: Callable[["Node", Sequence["Node"]], "Node"] | None = None
    in_windows: Callable[["Node", Sequence["Node"], "Node"], "Node"] | None = None
    stacks_time: bool = False
    unstacks_time: bool = False
    fixes_steps: Callable[["Node"], tuple[str, int] | None] | None = None
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
"""Every op by its name, in the order of registration; entered by `tg.register`."""


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
