"""What a sample of an op is: types and kinds of numbers, and attributes. It is data."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from tinygraph.core.building import apply
from tinygraph.core.graph import Graph
from tinygraph.core.leaves import placeholder, sequence
from tinygraph.core.nodes import REGISTRY, Node
from tinygraph.core.types import Shape
from tinygraph.semantics.autodiff import flows
from tinygraph.testing.op_samples.kinds import numbers_of

Array = np.ndarray[Any, Any]


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
        return numbers_of(self.kind, np.dtype(self.dtype), whole, name)


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

    def leaves(self, moving: Collection[int] = ()) -> list[Node]:
        """Return a sequence or placeholder for each operand: x0, x1, ...

        Args:
            moving: places of operands that are sequences beside those that must be.
        """
        return [
            sequence(f"x{i}", o.shape, o.dtype)
            if o.per_step or i in moving
            else placeholder(f"x{i}", o.shape, o.dtype)
            for i, o in enumerate(self.operands)
        ]

    def feeds(
        self, graph: Graph, steps: int = 3, sizes: Mapping[str, int] = {}
    ) -> dict[str, Array]:
        """Return numbers for those of its leaves that a graph has, by name.

        Args:
            graph: made of `leaves()`.
            steps: T of sequences.
            sizes: of named dimensions, which are 2 otherwise.
        """
        named = {f"x{i}": each for i, each in enumerate(self.operands)}
        return {
            name: each.array(
                name,
                steps=None if graph.fed[name].time is None else steps,
                sizes=sizes,
            )
            for name, each in named.items()
            if name in graph.fed
        }

    def narrowed(self) -> "Sample":
        """Return the sample with float32 wherever it has float64."""

        def narrow(dtype: Any) -> Any:
            return np.dtype("float32") if np.dtype(dtype) == "float64" else dtype

        operands = tuple(
            replace(each, dtype=str(narrow(each.dtype))) for each in self.operands
        )
        attrs = {k: narrow(v) if k == "dtype" else v for k, v in self.attrs.items()}
        return replace(self, operands=operands, attrs=attrs)

    @property
    def has_slope(self) -> bool:
        """True if its numbers are where differences and derivatives are the same."""
        floats = [each for each in self.operands if each.is_float]
        away = all(each.kind in ("apart", "positive") for each in floats)
        if not floats or self.has_extremes or not (self.smooth or away):
            return False
        return bool(flows(self.apply(*self.leaves())))

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
