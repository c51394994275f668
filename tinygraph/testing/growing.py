"""Growth: a random graph while it grows, every value kept within about [-2, 2].

Bounded values keep loops from exploding and leave differences accurate.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tinygraph.core.building import cast, constant
from tinygraph.core.delays import REPLICATE, Delay, delay
from tinygraph.core.leaves import parameter, placeholder, sequence
from tinygraph.core.nodes import Node
from tinygraph.core.source_info import current, made_for
from tinygraph.core.types import (
    Shape,
    broadcast_shapes,
    broadcasts_to,
    negative_axes,
    reduced_shape,
)
from tinygraph.ops import reductions
from tinygraph.ops.functions import tanh
from tinygraph.ops.philox import stable_hash
from tinygraph.ops.shaping import broadcast_to
from tinygraph.testing.choices import Choices
from tinygraph.testing.extremes import KINDS, replaced
from tinygraph.testing.feeding import random_array
from tinygraph.testing.op_samples.kinds import numbers_of
from tinygraph.testing.wishes import Wishes

SCOPES = ((), (), (), ("cell",), ("layer",), ("layer", "cell"))


class Growth:
    """What has grown so far, and how to pick from it.

    Attributes:
        floats: float nodes, static or per step of "t", of any shape.
        ints: integer nodes that hold 0, 1 or 2.
        bools: bool nodes.
        delays: those not closed yet, then all.
        states: the floats among them, in `dtype`: what others read.
        wishes: what it may and shall hold.
    """

    def __init__(self, choices: Choices, wishes: Wishes) -> None:
        self.choices, self.wishes = choices, wishes
        self.dtype, self.smooth, self.causal = (
            wishes.dtype,
            wishes.smooth,
            wishes.causal,
        )
        self.least_steps = wishes.least_steps
        self.floats: list[Node] = []
        self.ints: list[Node] = []
        self.bools: list[Node] = []
        self.delays: list[Delay] = []
        self.states: list[Node] = []
        self._count = 0
        self._taken = {leaf.label for leaf in wishes.given}

    def name(self, prefix: str) -> str:
        """Return a new name."""
        self._count += 1
        name = f"{prefix}{self._count}"
        return self.name(prefix) if name in self._taken else name

    def sized(self, shape: Shape) -> Shape:
        """Return a shape with the lengths that are wished for its names."""
        if not self.wishes.sizes:
            return shape
        return tuple(self.wishes.sizes.get(str(dim), dim) for dim in shape)

    def shape(self) -> Shape:
        """Draw the shape of a leaf or a delay."""
        return self.sized(self.pick(self.wishes.shapes))

    def pick(self, options: Sequence[Any]) -> Any:
        """Draw one of the options; the first is the simplest."""
        return options[self.choices.below(len(options))]

    def draw_bool(self) -> bool:
        """Draw yes or no; no is the simplest."""
        return bool(self.choices.below(2))

    def any_float(self) -> Node:
        """Draw a float node: any, a recent one, or a delay."""
        pools: list[list[Node]] = [self.floats, self.floats[:-4:-1], self.states]
        node: Node = self.pick(self.pick([pool for pool in pools if pool]))
        return node

    def shaped(self, shape: Shape) -> Node:
        """Draw a float node, brought to a shape."""
        return fit(self.any_float(), shape)

    def some(self, nodes: Sequence[Node], most: int) -> list[Node]:
        """Draw up to so many of the nodes, perhaps one of them twice."""

        def one() -> Node:
            node: Node = self.pick(nodes)
            return node

        return self.choices.several(one, 0, most)

    def add(self, node: Node) -> None:
        """Put a node where others can pick it."""
        kind = node.type.dtype.kind
        if kind == "f":
            self.floats.append(cast(node, self.dtype))
        elif kind == "b":
            self.bools.append(node)
        else:
            self.ints.append(node)

    def move(self, moves: Sequence[Callable[["Growth"], Node]]) -> None:
        """Draw a move and add what it makes, at times within scopes."""
        scope, line = current()
        with made_for((*scope, *self.pick(SCOPES)), line):
            node = self.pick(moves)(self)
        self.add(node)

    def array(self, shape: Shape, name: str, dtype: Any = None) -> Any:
        """Return fixed random numbers for a parameter or constant."""
        sizes = tuple(dim for dim in shape if isinstance(dim, int))
        return random_array(sizes, dtype or self.dtype, name)

    def value(self, shape: Shape, name: str, dtype: str) -> Any:
        """Return what a leaf holds: random numbers, many equal or extreme at times."""
        plain = self.array(shape, name, dtype)
        if plain.dtype.kind != "f" or (self.smooth and not self.wishes.extremes):
            return plain
        kinds = KINDS if self.wishes.extremes else ("ties",)
        kind = self.pick(("plain", "plain", "plain", *kinds))
        if kind == "plain":
            return plain
        if kind == "ties":
            return numbers_of(kind, plain.dtype, plain.shape, name)
        return replaced(plain, kind, [stable_hash(name)])

    def leaves(self) -> None:
        """Add the leaves that are given, and draw others: at least one of floats."""
        for leaf in self.wishes.given:
            self.add(leaf)
        kinds = self.wishes.kinds
        if kinds and not self.wishes.given:
            first = "sequence" if "sequence" in kinds else kinds[0]
            self.add(self.leaf(first, self.dtype))
        if kinds:
            self.choices.several(self.add_leaf, 0, 5)
        if not self.floats:
            self.add(cast(self.wishes.given[0], self.dtype))

    def add_leaf(self) -> None:
        """Draw a leaf of any kind: usually of floats."""
        kind = self.pick(self.wishes.kinds)
        self.add(self.leaf(kind, self.pick(self.some_dtypes())))

    def leaf(self, kind: str, dtype: str) -> Node:
        """Return a leaf of a drawn shape."""
        shape, name = self.shape(), self.name(kind[0])
        if kind == "sequence":
            return sequence(name, shape, dtype)
        if kind == "placeholder":
            return placeholder(name, shape, dtype)
        return parameter(name, self.value(without_names(shape), name, dtype))

    def some_dtypes(self) -> list[str]:
        """Return dtypes to pick from: that of the floats as often as all others."""
        dtypes = self.wishes.dtypes
        return [self.dtype] * max(len(dtypes) - 1, 1) + list(dtypes[1:])

    def open_delays(self) -> None:
        """Draw delays of every kind, left open: now and then none."""
        most = self.wishes.most_delays
        if most and self.pick(("none", *["some"] * 9)) == "some":
            self.choices.several(self.open_delay, 1, most)

    def steps(self) -> int:
        """Draw k of a delay: often short, at times longer than the sequence."""
        k: int = self.pick(self.wishes.steps)
        return k

    def step(self) -> int:
        """Draw a step that every run has, from 0 or from the end."""
        step: int = self.pick(range(-self.least_steps, self.least_steps))
        return step

    def open_delay(self) -> None:
        """Draw one open delay: usually of floats, sometimes of ints or bools."""
        any_kind = self.wishes.loops is None
        dtype = self.pick(self.some_dtypes()) if any_kind else self.dtype
        shape, k = self.shape(), self.steps()
        slots = self.slots(shape, dtype, k)
        made = delay(self.name("d"), steps=k, shape=shape, dtype=dtype, **slots)
        self.delays.append(made)
        self.add(made)
        if made.type.is_float:
            self.states.append(self.floats[-1])

    def slots(
        self, shape: Shape, dtype: str, k: int, kind: str | None = None
    ) -> dict[str, Any]:
        """Draw what a delay holds before its first step; `kind` is one of `inits`."""
        kind, name = kind or self.pick(self.wishes.inits), self.name("s")
        narrow = without_names(shape)
        full = (abs(k), *shape)
        if kind == "replicate":
            return {"init": REPLICATE}
        if kind.startswith("history"):
            if kind == "history" or narrow != shape:
                return {"history": placeholder(name, full, dtype)}
            value = self.value(full, name, dtype)
            leaf = constant(value) if "constant" in kind else parameter(name, value)
            return {"history": leaf}
        if kind == "placeholder":
            ones = ((*shape[:-1], 1), (1, *shape[1:])) if shape else ()
            drawn = self.pick((shape, narrow, *ones))
            return {"init": placeholder(name, drawn, dtype)}
        if kind == "node":
            return {"init": self.static(dtype, shape)}
        if kind in ("parameter", "computed", "constant"):
            value = self.value(narrow, name, dtype)
            node = constant(value) if kind == "constant" else parameter(name, value)
            computed = kind == "computed" and node.type.is_float
            return {"init": tanh(node) if computed else node}
        floats = self.pick((0.0, 0.5)) if np.dtype(dtype).kind == "f" else 1
        return {"init": True if dtype == "bool" else floats}

    def static(self, dtype: str, shape: Shape) -> Node:
        """Return a static node of a kind: a summary of a sequence, where there is."""
        kind = np.dtype(dtype).kind
        known = {"f": self.floats, "b": self.bools}.get(kind, self.ints)
        pool = [node for node in known if node.type.time is None]
        node = self.pick(pool[::-1]) if pool else cast(constant(1), dtype)
        return cast(fit(node, shape), dtype)


def fit(node: Node, shape: Shape) -> Node:
    """Bring a node to a shape: broadcast it, or average axes away first."""
    if broadcasts_to(node.shape, shape):
        return broadcast_to(node, shape)
    axes: tuple[Any, ...] = (-1, 0, None)
    for axis in axes:
        left = reduced_shape(node.shape, negative_axes(axis, node.ndim), False)
        if broadcasts_to(left, shape):
            return broadcast_to(_averaged(node, axis), shape)
    raise AssertionError("a scalar broadcasts to any shape")


def _averaged(node: Node, axis: Any) -> Node:
    if node.type.is_float:
        return reductions.mean(node, axis)
    return reductions.max(node, axis)


@functools.lru_cache(maxsize=4096)
def broadcasts(*shapes: Shape) -> bool:
    """Return True if shapes broadcast together."""
    try:
        broadcast_shapes(*shapes)
    except ValueError:
        return False
    return True


def without_names(shape: Shape) -> Shape:
    """Return the trailing part of a shape that holds no names."""
    named = [i for i, dim in enumerate(shape) if isinstance(dim, str)]
    return shape[named[-1] + 1 :] if named else shape
