"""Growth: a random graph while it grows, every value kept within about [-2, 2].

Bounded values keep loops from exploding and leave differences accurate.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import strategies as st

from tinygraph.core.building import cast, constant
from tinygraph.core.delays import REPLICATE, Delay, delay
from tinygraph.core.leaves import parameter, placeholder, sequence
from tinygraph.core.nodes import Node
from tinygraph.core.types import Shape, broadcast_shapes
from tinygraph.ops import reductions
from tinygraph.ops.functions import tanh
from tinygraph.ops.shaping import broadcast_to
from tinygraph.testing.closing import closes_legally, depends_on
from tinygraph.testing.feeding import random_array

SHAPES: tuple[Shape, ...] = (
    *((), (3,), ("batch", 3), ("batch",), (2, 3), (2,)),
    *((2, 2, 3), ("batch", 3, 3), (3, 1, 2)),
)
INITS = ("scalar", "constant", "placeholder", "parameter", "computed", "replicate")
HISTORIES = ("history", "history constant", "history parameter")


LEAVES = ("W", "x", "p", "i", "b")


_YES_OR_NO = st.booleans()


@functools.cache
def _place(count: int) -> st.SearchStrategy[int]:
    """Return the strategy of places among so many: a new one for each draw is slow."""
    return st.integers(0, count - 1)


class Growth:
    """What has grown so far, and how to pick from it.

    Attributes:
        floats: float nodes, static or per step of "t", of any shape.
        ints: integer nodes that hold 0, 1 or 2.
        bools: bool nodes.
        delays: those not closed yet, then all.
        smooth: no kinks, no choice that depends on a float.
        least_steps: how many steps every run has.
    """

    def __init__(
        self,
        draw: st.DrawFn,
        dtype: str,
        smooth: bool,
        causal: bool = False,
        random: bool = False,
        least_steps: int = 1,
    ) -> None:
        self.draw = draw
        self.dtype = dtype
        self.smooth, self.causal, self.random = smooth, causal, random
        self.least_steps = least_steps
        self.floats: list[Node] = []
        self.ints: list[Node] = []
        self.bools: list[Node] = []
        self.delays: list[Delay] = []
        self._count = 0

    def name(self, prefix: str) -> str:
        """Return a new name."""
        self._count += 1
        return f"{prefix}{self._count}"

    def pick(self, options: Sequence[Any]) -> Any:
        """Draw one of the options; the first is the simplest."""
        return options[self.draw(_place(len(options)))]

    def draw_bool(self) -> bool:
        """Draw yes or no; no is the simplest."""
        return self.draw(_YES_OR_NO)

    def any_float(self) -> Node:
        """Draw a float node: any, a recent one, or a delay."""
        delays = [node for node in self.delays if node.type.is_float]
        pools: list[list[Node]] = [self.floats, self.floats[:-4:-1], [*delays]]
        node: Node = self.pick(self.pick([pool for pool in pools if pool]))
        return node

    def shaped(self, shape: Shape) -> Node:
        """Draw a float node, brought to a shape."""
        return fit(self.any_float(), shape)

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
        """Draw a move and add what it makes."""
        self.add(self.pick(moves)(self))

    def array(self, shape: Shape, name: str, dtype: Any = None) -> Any:
        """Return fixed random numbers for a parameter or constant."""
        sizes = tuple(dim for dim in shape if isinstance(dim, int))
        return random_array(sizes, dtype or self.dtype, name)

    def leaves(self) -> None:
        """Draw the leaves: at least one sequence of floats."""
        self.add(sequence(self.name("x"), self.pick(SHAPES), self.dtype))
        self.draw(st.lists(st.builds(self.leaf), max_size=5))

    def leaf(self) -> None:
        """Draw one leaf of any kind."""
        kind, shape = self.pick(LEAVES), self.pick(SHAPES)
        name, narrow = self.name(kind), without_names(shape)
        if kind in ("x", "i", "b"):
            dtype = {"x": self.dtype, "i": "int64", "b": "bool"}[kind]
            self.add(sequence(name, shape, dtype))
        elif kind == "W":
            self.add(parameter(name, self.array(narrow, name)))
        else:
            self.add(placeholder(name, shape, self.dtype))

    def open_delays(self, most: int) -> None:
        """Draw delays of every kind, left open."""
        if most:
            self.draw(st.lists(st.builds(self.open_delay), min_size=1, max_size=most))

    def steps(self) -> int:
        """Draw k of a delay: often short, at times longer than the sequence."""
        k: int = self.pick((1, 2, 3, 1, 2, 5, 8))
        return k if self.causal else k * self.pick((1, -1))

    def step(self) -> int:
        """Draw a step that every run has, from 0 or from the end."""
        step: int = self.pick(range(-self.least_steps, self.least_steps))
        return step

    def open_delay(self) -> None:
        """Draw one open delay: usually of floats, sometimes of ints or bools."""
        dtype = self.pick([self.dtype] * 4 + ["int64", "bool"])
        shape, k = self.pick(SHAPES), self.steps()
        slots = self.slots(shape, dtype, k)
        made = delay(self.name("d"), steps=k, shape=shape, dtype=dtype, **slots)
        self.delays.append(made)
        self.add(made)

    def slots(self, shape: Shape, dtype: str, k: int) -> dict[str, Any]:
        """Draw what a delay holds before its first step."""
        kind, name = self.pick(INITS + HISTORIES), self.name("s")
        narrow = without_names(shape)
        full = (abs(k), *shape)
        if kind == "replicate":
            return {"init": REPLICATE}
        if kind.startswith("history"):
            if kind == "history" or narrow != shape:
                return {"history": placeholder(name, full, dtype)}
            value = self.array(full, name, dtype)
            leaf = constant(value) if "constant" in kind else parameter(name, value)
            return {"history": leaf}
        if kind == "placeholder":
            return {"init": placeholder(name, self.pick((shape, narrow)), dtype)}
        if kind in ("parameter", "computed", "constant"):
            value = self.array(narrow, name, dtype)
            node = constant(value) if kind == "constant" else parameter(name, value)
            computed = kind == "computed" and node.type.is_float
            return {"init": tanh(node) if computed else node}
        simple: dict[str, Any] = {"bool": True, "int64": 1}
        return {"init": simple.get(dtype, self.pick((0.0, 0.5)))}

    def close_delays(self) -> None:
        """Close every delay by a legal source, on a cycle where one is drawn."""
        for made in self.delays:
            known = [*self.floats, *self.ints, *self.bools]
            sources = (fit(node, made.type.shape) for node in self.sources(made))
            legal = (node for node in sources if closes_legally(made, node, known))
            made.close(next(legal, self.plain_source(made)))

    def sources(self, made: Delay) -> list[Node]:
        """Draw in which order to try sources; those that close a loop come first."""
        kind = made.type.dtype.kind
        known = {"f": self.floats, "b": self.bools}
        options = [*(n for n in known.get(kind, self.ints) if n is not made), made]
        looping = [node for node in options if depends_on(node, made)]
        others = [delay for delay in self.delays if delay is not made]
        coupled = [n for n in looping if any(depends_on(n, o) for o in others)]
        pools = [pool for pool in (options, looping, coupled) if pool]
        chosen: list[Node] = self.pick(pools[::-1])
        first: int = self.draw(st.integers(0, len(chosen) - 1))
        return chosen[first:] + chosen[:first]

    def plain_source(self, made: Delay) -> Node:
        """Return a source that depends on nothing: a leaf, or a constant."""
        if made.type.is_float:
            return fit(self.floats[0], made.type.shape)
        one = cast(constant(1), made.type.dtype)
        return broadcast_to(one, made.type.shape)


def fit(node: Node, shape: Shape) -> Node:
    """Bring a node to a shape: broadcast it, or average axes away first."""
    for axis in (None, -1, 0, "all"):
        part = node
        if axis is not None:
            if not node.ndim:
                continue
            part = _averaged(node, None if axis == "all" else axis)
        if (
            broadcasts(part.shape, shape)
            and broadcast_shapes(part.shape, shape) == shape
        ):
            return broadcast_to(part, shape)
    raise AssertionError("a scalar broadcasts to any shape")


def _averaged(node: Node, axis: Any) -> Node:
    if node.type.is_float:
        return reductions.mean(node, axis)
    return reductions.max(node, axis)


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
