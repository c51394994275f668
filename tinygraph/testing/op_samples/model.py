"""What a sample of an op is: types and kinds of numbers, and attributes. It is data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tinygraph.core.building import apply
from tinygraph.core.leaves import placeholder, sequence
from tinygraph.core.nodes import REGISTRY, Node
from tinygraph.core.types import Shape
from tinygraph.ops.philox import stable_hash

Array = np.ndarray[Any, Any]

KINDS = (
    *("floats", "positive", "apart", "ties", "extremes"),
    *("ints", "indices", "wide ints", "bools"),
)
"""Kinds of numbers. floats: in [-1, 1). positive: in [0.5, 2). apart: with gaps and
none near 0. ties: few values, each often. extremes: zeros of both signs, infinities,
NaN, the greatest and least. ints: 0, 1, 2. indices: -3 to 2. wide ints: the least and
greatest of the dtype too. bools: both."""
_TIES = (-0.5, 0.0, 0.5, 1.0, 0.5)


@dataclass(frozen=True)
class Operand:
    """What one operand of a sample is.

    Attributes:
        shape: may hold the named dimension "batch".
        kind: of its numbers, one of `KINDS`.
        dtype: of its elements.
        per_step: a sequence over "t"; else static, or either where the op allows.

    Example:
        >>> testing.Operand((2, "batch"), "ints").array("x", sizes={"batch": 3}).shape
        (2, 3)
    """

    shape: Shape
    kind: str = "floats"
    dtype: str = "float64"
    per_step: bool = False

    @property
    def is_float(self) -> bool:
        """True for floats of any width."""
        return np.dtype(self.dtype).kind == "f"

    def array(
        self, name: str, *, steps: int | None = None, sizes: Mapping[str, int] = {}
    ) -> Array:
        """Return numbers of the kind, the same for the same name.

        Args:
            name: seeds them.
            steps: T of a sequence; None: one value.
            sizes: of named dimensions, which are 2 otherwise.
        """
        dims = self.shape if steps is None else (steps, *self.shape)
        whole = tuple(sizes.get(d, 2) if isinstance(d, str) else d for d in dims)
        numbers = np.random.default_rng(stable_hash(f"{name}/{self.kind}"))
        return np.asarray(_numbers(self, whole, numbers), self.dtype)


@dataclass(frozen=True)
class Sample:
    """One use of an op.

    Attributes:
        op: the op's name.
        operands: what it is applied to, in order.
        attrs: its attributes, axes negative.
        smooth: it has derivatives everywhere, and no float decides a choice.
        bounded: where operands are within ±2 its result is about so too.
        build: `build(*nodes, name=)` where more than the op is needed.

    Example:
        >>> sample = testing.samples("cumsum")[0]
        >>> sample.op, sample.attrs
        ('cumsum', {'axis': (-1,)})
        >>> leaves = [tg.constant(o.array("x")) for o in sample.operands]
        >>> sample.apply(*leaves).op
        Op('cumsum')
    """

    op: str
    operands: tuple[Operand, ...] = ()
    attrs: Mapping[str, Any] = field(default_factory=dict)
    smooth: bool = True
    bounded: bool = False
    build: Callable[..., Node] | None = None

    def apply(self, *nodes: Node, name: str | None = None) -> Node:
        """Apply the op to nodes like the operands; `name` is for random ops."""
        if self.build is not None:
            return self.build(*nodes, name=name or f"a {self.op}", **self.attrs)
        return apply(REGISTRY[self.op], *nodes, **self.attrs)

    def leaves(self) -> list[Node]:
        """Return a sequence or placeholder for each operand: x0, x1, ..."""
        return [
            sequence(f"x{i}", o.shape, o.dtype)
            if o.per_step
            else placeholder(f"x{i}", o.shape, o.dtype)
            for i, o in enumerate(self.operands)
        ]

    @property
    def has_elements(self) -> bool:
        """False where an axis of an operand or of the result has length 0."""
        leaves = self.leaves()
        return not any(0 in node.shape for node in (*leaves, self.apply(*leaves)))

    @property
    def id(self) -> str:
        """What it is, in a line, for test names."""
        types = [
            f"{o.dtype}[{','.join(map(str, o.shape))}]{o.kind}" for o in self.operands
        ]
        attrs = [f"{key}={value}" for key, value in self.attrs.items()]
        return " ".join([self.op, *types, *attrs]).replace(" ", "-")

    @property
    def per_step(self) -> bool:
        """True if it is about time: what it reads must be a sequence."""
        return any(operand.per_step for operand in self.operands)

    @property
    def mixes_floats(self) -> bool:
        """True if floats of two widths meet."""
        return len({o.dtype for o in self.operands if o.is_float}) > 1

    @property
    def has_extremes(self) -> bool:
        """True if operands hold NaN, infinities or what overflows."""
        return any(o.kind in ("extremes", "wide ints") for o in self.operands)


class Uses(dict[str, list[Sample]]):
    """Rows of the table: op → its samples."""

    def __call__(self, op: str, *operands: Operand, **about: Any) -> None:
        """Enter a sample; what `Sample` does not know is an attribute of the op."""
        known = {k: about.pop(k) for k in ("smooth", "bounded", "build") if k in about}
        self.setdefault(op, []).append(Sample(op, operands, about, **known))


def _numbers(
    operand: Operand, shape: tuple[int, ...], numbers: np.random.Generator
) -> Any:
    size = int(np.prod(shape, dtype=int))
    kind, dtype = operand.kind, np.dtype(operand.dtype)
    if kind == "floats":
        return numbers.uniform(-1, 1, shape)
    if kind == "positive":
        return numbers.uniform(0.5, 2, shape)
    if kind == "apart":
        sides = np.where(np.arange(size) % 2, 1.0, -1.0)
        steps = sides * (0.25 + np.arange(size) * min(0.1, 2 / max(size, 1)))
        return numbers.permutation(steps).reshape(shape)
    if kind == "bools":
        return numbers.integers(0, 2, shape)
    if kind in ("ints", "indices"):
        return numbers.integers(0 if kind == "ints" else -3, 3, shape)
    chosen = {"ties": _TIES, "extremes": _extremes(dtype)}.get(kind) or _edges(dtype)
    return numbers.permutation(np.resize(np.array(chosen, dtype), size)).reshape(shape)


def _extremes(dtype: np.dtype[Any]) -> tuple[Any, ...]:
    """No 0.5: NumPy's power by that one is a root, NaN of -∞, where C's is ∞."""
    if dtype.kind != "f":
        return ()
    most = np.finfo(dtype)
    return (np.nan, 0.0, -np.inf, most.max, -0.0, np.inf, -most.tiny, 1.5, most.min)


def _edges(dtype: np.dtype[Any]) -> tuple[Any, ...]:
    most = np.iinfo(dtype)
    return most.min, most.max, 0, 1, most.max // 2, most.min + 1
