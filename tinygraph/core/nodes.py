"""Node: an op applied to other nodes; graphs are made of them.

A `Node` is immutable. The one exception, closing the loop of a delay, lives in
`core.delays`. Nodes know no op: operators look theirs up (`core.operators`). What
declares an op, in `core.op`, is imported from here too.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from tinygraph.core import source_info
from tinygraph.core.errors import CopyError, TinygraphError
from tinygraph.core.op import (
    MIXED,
    NO_ATTRS,
    REDUCED,
    REGISTRY,
    Op,
    Rows,
    Ufuncs,
    register,
    registered,
)
from tinygraph.core.operators import Operators
from tinygraph.core.types import Shape, TensorType

__all__ = [
    "MIXED",
    "NO_ATTRS",
    "REDUCED",
    "REGISTRY",
    "Node",
    "Op",
    "Rows",
    "Ufuncs",
    "check_name",
    "fixed_attrs",
    "register",
    "registered",
    "stands_alone",
    "symbol_attrs",
]


def check_name(what: str, name: Any) -> str:
    """Return a name; it must be a non-empty string.

    Raises:
        TinygraphError: it is not.
    """
    if not isinstance(name, str) or not name:
        raise TinygraphError(f"{what} needs a non-empty name, not {name!r}")
    return name


def symbol_attrs(symbol: Any) -> dict[str, str]:
    """Return the attributes that hold a symbol; none for None.

    Raises:
        TinygraphError: it is no non-empty string.
    """
    return {} if symbol is None else {"symbol": check_name("a symbol", symbol)}


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
        fixed = MappingProxyType(attrs) if isinstance(attrs, dict) else attrs
        if like is None:
            scope, line = source_info.current()
        else:
            scope, line = like.scope, like.line
        _put_op(self, op)
        _put_inputs(self, tuple(inputs))
        _put_attrs(self, fixed)
        _put_type(self, type)
        _put_name(self, name)
        _put_weak(self, weak)
        _put_origin(self, origin)
        _put_step(self, step)
        _put_scope(self, scope)
        _put_line(self, line)

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
    def symbol(self) -> str | None:
        """What pictures write for a leaf or a delay, where that is not its name."""
        found: str | None = self.attrs.get("symbol")
        return found

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


_put_op, _put_inputs, _put_attrs, _put_type, _put_name = (
    Node.__dict__[slot].__set__ for slot in ("op", "inputs", "attrs", "type", "name")
)
_put_weak, _put_origin, _put_step, _put_scope, _put_line = (
    Node.__dict__[slot].__set__ for slot in ("weak", "origin", "step", "scope", "line")
)
"""How a node is written to, once, when it is made: half the time of `__setattr__`."""


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
