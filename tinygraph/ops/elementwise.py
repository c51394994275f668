"""How elementwise ops are declared: one linear map per input serves vjp and jvp.

For y = f(x1, x2, ...) acting element by element the derivative with respect to an
input is diagonal, so v ↦ v ∂y/∂xi pulls a cotangent back and pushes a tangent
forward alike. An op lists these maps, its `pulls`; the rest is derived here.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tinygraph.core.building import apply, cast
from tinygraph.core.delays import DELAY
from tinygraph.core.errors import DTypeError, ShapeError
from tinygraph.core.nodes import REGISTRY, Node, Op, register
from tinygraph.core.types import Dim, TensorType, broadcast_shapes
from tinygraph.ops.shaping import broadcast_like, unbroadcast

Pull = Callable[[Node, Node], Node]
"""`pull(y, v)` is v · ∂y/∂x for one input x of y."""


def is_ufunc(op: Op) -> bool:
    """Return True for an elementwise kernel, which may write over its input."""
    return isinstance(op.impl, np.ufunc) and op.impl.signature is None


def is_elementwise(op: Op) -> bool:
    """Return True for an op of the vocabulary that acts element by element.

    On operands of the same step, broadcast to each other: its kernel may be any.
    """
    bound = op.dims or op.contextual or op.leaf or op.at_step is not None
    known = REGISTRY.get(op.name) is op is not DELAY
    return known and op.rows is None and not bound


def alike(*types: TensorType) -> tuple[TensorType, ...]:
    """Return the types, which must be one.

    Raises:
        ShapeError: their shapes or dtypes differ.
    """
    if len({(each.shape, each.dtype) for each in types}) > 1:
        listed = ", ".join(map(str, types))
        raise ShapeError(f"takes operands of one type, not {listed}")
    return types


@functools.lru_cache(maxsize=4096)
def _resolved(ufunc: np.ufunc, dtypes: tuple[np.dtype[Any], ...]) -> np.dtype[Any]:
    try:
        found = ufunc.resolve_dtypes((*dtypes, *(None,) * ufunc.nout))
    except TypeError as problem:
        listed = " and ".join(map(str, dtypes))
        raise DTypeError(f"no rule for {listed}: {problem}") from None
    result: np.dtype[Any] = found[-1]
    return result


def ufunc_type(ufunc: np.ufunc) -> Callable[..., TensorType]:
    """Return the type rule of a ufunc: NumPy's broadcasting and promotion."""

    @functools.lru_cache(maxsize=4096)
    def infer(*types: TensorType) -> TensorType:
        shape = broadcast_shapes(*[each.shape for each in types])
        dtype = _resolved(ufunc, tuple(each.dtype for each in types))
        return TensorType(shape, dtype, types[0].time)

    return infer


def as_float(x: Any) -> Any:
    """Return an array of ints or bools in the float type that `exp` gives for it."""
    array = np.asarray(x)
    if array.dtype.kind == "f":
        return array
    return array.astype(_resolved(np.exp, (array.dtype,)))


def countable(x: Node) -> Node:
    """Return float16 as float32, which has room for counts above 65,504."""
    return cast(x, np.float32) if x.type.dtype == np.float16 else x


def _vjp(pulls: Sequence[Pull | None]) -> Callable[[Node, Node], tuple[Any, ...]]:
    def vjp(y: Node, ct: Node) -> tuple[Node | None, ...]:
        return tuple(
            unbroadcast(cast(pull(y, ct), x.type.dtype), x)
            if pull is not None and x.type.is_float
            else None
            for pull, x in zip(pulls, y.inputs, strict=True)
        )

    return vjp


def _jvp(pulls: Sequence[Pull | None]) -> Callable[[Node, Any], Node]:
    def jvp(y: Node, tangents: Sequence[Node | None]) -> Node:
        parts = [
            cast(broadcast_like(pull(y, tangent), y), y.type.dtype)
            for pull, tangent in zip(pulls, tangents, strict=True)
            if pull is not None and tangent is not None
        ]
        return functools.reduce(lambda a, b: a + b, parts)

    return jvp


def elementwise(
    name: str,
    ufunc: np.ufunc,
    *pulls: Pull | None,
    impl: Callable[..., Any] | None = None,
    infer: Callable[..., TensorType] | None = None,
    promotes: bool | tuple[int, ...] = True,
    **facts: Any,
) -> Op:
    """Declare and register an elementwise op.

    Args:
        name: of the op.
        ufunc: whose dtype rule it follows, and its kernel unless `impl` is given.
        pulls: one map per input, None where no derivative flows; none at all for
            an op without derivative.
        impl, infer: kernel and type rule where they are not the ufunc's.
        promotes, facts: see `Op`.
    """
    known = [i for i, pull in enumerate(pulls) if pull is not None]
    return register(
        Op(
            name,
            infer=infer or ufunc_type(ufunc),
            impl=impl or ufunc,
            vjp=_vjp(pulls) if known else None,
            jvp=_jvp(pulls) if known else None,
            constant_in=tuple(i for i, pull in enumerate(pulls) if pull is None),
            promotes=promotes,
            **facts,
        )
    )


def each_more(y: Node) -> Sequence[Dim]:
    """Return the operations of a sum of n operands: one an element, n - 1 times."""
    return len(y.inputs) - 1, *y.type.shape


def function_of(op: Op, doc: str) -> Callable[..., Node]:
    """Return the public function of an op that takes only operands."""

    def function(*operands: Any, name: str | None = None) -> Node:
        return apply(op, *operands, name=name)

    function.__name__ = function.__qualname__ = op.name
    function.__doc__ = doc
    return function


__all__ = [
    *("CAST", "Pull", "as_float", "countable", "each_more", "elementwise"),
    *("function_of", "ufunc_type"),
]
