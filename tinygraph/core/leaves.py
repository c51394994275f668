"""The leaves of a graph: sequence, placeholder, parameter (and constant)."""

from collections.abc import Iterable, Mapping
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from tinygraph.core.array_likes import refuse_masked
from tinygraph.core.building import CONSTANT, constant
from tinygraph.core.errors import DTypeError, TinygraphError
from tinygraph.core.nodes import (
    NO_ATTRS,
    Node,
    Op,
    check_name,
    register,
    symbol_attrs,
)
from tinygraph.core.types import TensorType, as_dtype, as_shape

__all__ = ["constant", "is_leaf", "parameter", "placeholder", "sequence"]


def _leaf_type(**_: Any) -> TensorType:
    raise TinygraphError("a leaf has no type rule")


def _leaf_value(**_: Any) -> None:
    raise TinygraphError("a leaf's value comes from the feeds or the parameters")


def _unrolled_steps(y: Node) -> tuple[str, int] | None:
    """Of the copy of a sequence at one step: how many steps there are."""
    return (y.attrs["time"], y.attrs["steps_of"]) if "steps_of" in y.attrs else None


SEQUENCE = register(
    Op(
        "sequence",
        infer=_leaf_type,
        impl=_leaf_value,
        leaf=True,
        fixes_steps=_unrolled_steps,
    )
)
PLACEHOLDER = register(Op("placeholder", infer=_leaf_type, impl=_leaf_value, leaf=True))
PARAMETER = register(
    Op("parameter", infer=_leaf_type, impl=_leaf_value, leaf=True, named=True)
)


def is_leaf(node: Node) -> bool:
    """Return True for a node whose value is fed: not for constants."""
    return node.op in (SEQUENCE, PLACEHOLDER, PARAMETER)


_BEHIND: WeakKeyDictionary[Node, tuple[Node, ...]] = WeakKeyDictionary()
"""Derivative → the leaves of what it is the derivative of."""


def made_of(derivatives: Iterable[Node], leaves: Iterable[Node]) -> None:
    """Note the leaves of what some nodes are the derivatives of."""
    behind = tuple(leaves)
    for node in derivatives:
        if not is_leaf(node):
            _BEHIND[node] = behind


def roots_behind(nodes: Iterable[Node]) -> dict[str, Node]:
    """Return name → leaf for all leaves behind the derivatives among some nodes."""
    leaves = [leaf for node in nodes for leaf in _BEHIND.get(node, ())]
    roots = (leaf if leaf.origin is None else leaf.origin for leaf in leaves)
    return {root.label: root for root in roots}


def holds_value(node: Node) -> bool:
    """Return True for a leaf that the graph itself has a value for."""
    return node.op in (PARAMETER, CONSTANT)


def sequence(
    name: str,
    shape: Any = (),
    dtype: Any = "float32",
    time: Any = "t",
    *,
    cast: bool = False,
    symbol: str | None = None,
) -> Node:
    """Make a leaf with one value of `shape` per step of `time`.

    It is fed as one array `(T, *shape)`. With `cast`, arrays may be rounded to a float
    dtype, as float64 to float32, which is an error otherwise.

    Args:
        name: by which it is fed; unique in a graph.
        shape: of one step: ints and names of dimensions, such as ("batch", 3).
        dtype: of bool, integer or float kind.
        time: name of the time axis; also the named dimension of its length.
        symbol: what pictures write for it; by default the name.

    Raises:
        ShapeError, DTypeError: `shape` or `dtype` is none.

    Example:
        >>> x = tg.sequence("x", ("batch", 3))
        >>> x
        <sequence 'x': float32[batch, 3] (per step of 't')>
        >>> x.shape, x.time
        (('batch', 3), 't')
    """
    check_name("a time axis", time)
    value_type = TensorType(as_shape(shape), as_dtype(dtype), time)
    return Node(
        SEQUENCE, (), value_type, _attrs(cast, symbol), check_name("a leaf", name)
    )


def placeholder(
    name: str,
    shape: Any = (),
    dtype: Any = "float32",
    *,
    cast: bool = False,
    symbol: str | None = None,
) -> Node:
    """Make a leaf with one value of `shape` in all, fed with every call.

    `cast` and `symbol` are those of `sequence`.

    Args:
        name: by which it is fed; unique in a graph.
        shape: ints and names of dimensions, such as ("batch", 3); () for a scalar.
        dtype: of bool, integer or float kind.

    Raises:
        ShapeError, DTypeError: `shape` or `dtype` is none.
        TinygraphError: the name is empty, or no string.

    Example:
        >>> x = tg.placeholder("x", ("batch", 3))
        >>> x
        <placeholder 'x': float32[batch, 3] (static)>
        >>> tg.evaluate(tg.sum(x), {"x": np.ones((2, 3), "float32")})
        array(6., dtype=float32)
    """
    value_type = TensorType(as_shape(shape), as_dtype(dtype))
    return Node(
        PLACEHOLDER, (), value_type, _attrs(cast, symbol), check_name("a leaf", name)
    )


def _attrs(cast: bool, symbol: str | None) -> Mapping[str, Any]:
    found = {"cast": True} if cast else {}
    return {**found, **symbol_attrs(symbol)} or NO_ATTRS


def parameter(name: str, value: Any, *, symbol: str | None = None) -> Node:
    """Make a trained leaf whose default is a copy of `value`.

    A Python float gives float32, as everywhere; an array keeps its dtype.

    Args:
        name: of its value in `tg.Parameters`; unique in a graph.
        value: an array or a number; shape and dtype are the node's.
        symbol: what pictures write for it, such as "W"; by default the name.

    Raises:
        DTypeError: the value is not of bool, integer or float kind, or masked.

    Example:
        >>> w = tg.parameter("w", np.zeros((2, 3), "float32"))
        >>> w
        <parameter 'w': float32[2, 3] (static)>
        >>> tg.parameter("b", 0.0)
        <parameter 'b': float32[] (static)>
    """
    refuse_masked(value, f"the value of parameter {name!r}", DTypeError)
    array = np.array(value, dtype="float32" if type(value) is float else None)
    if array.dtype.kind not in "biuf":
        raise DTypeError(f"parameter {name!r}: dtype {array.dtype} is not supported")
    array.flags.writeable = False
    value_type = TensorType(array.shape, array.dtype)
    attrs = {"value": array, **symbol_attrs(symbol)}
    return Node(PARAMETER, (), value_type, attrs, check_name("a leaf", name))
