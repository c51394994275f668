"""Binding: from the feeds of a call to a value per leaf and a size per name."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from tinygraph.core.errors import (
    FeedError,
    FeedShapeError,
    MissingFeedError,
    StepsError,
    UnknownFeedError,
)
from tinygraph.core.graph import Graph, check_steps
from tinygraph.core.leaves import PARAMETER
from tinygraph.core.nodes import Node, Op
from tinygraph.core.types import Shape
from tinygraph.semantics.casting import cast_feed

Array = np.ndarray[Any, Any]
Feeds = Mapping[Any, Any]
Steps = int | Mapping[str, int] | None


class Binding(NamedTuple):
    """What a call is run with.

    Attributes:
        values: an array per leaf; `(T, *shape)` for a sequence.
        sizes: the length of every named dimension and time axis.
        start: absolute number of the first step.
        seed: of the random ops.
        overridden: parameters fed in this call.
    """

    values: Mapping[Node, Array]
    sizes: Mapping[str, int]
    start: int
    seed: int
    overridden: tuple[Node, ...]

    def shape(self, shape: Shape) -> tuple[int, ...]:
        """Return a shape with named dimensions as numbers."""
        sizes = self.sizes
        return tuple([sizes[d] if isinstance(d, str) else d for d in shape])

    def attrs(self, op: Op, attrs: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the attributes of an op with named dimensions as numbers."""
        if not op.dims:
            return attrs
        bound = dict(attrs)
        for key in op.dims:
            value = attrs[key]
            if isinstance(value, tuple):
                bound[key] = self.shape(value)
            elif isinstance(value, str):
                bound[key] = self.sizes[value]
        return bound

    def call(
        self, op: Op, attrs: Mapping[str, Any], arrays: list[Array], t: int | None
    ) -> Array:
        """Apply an op's kernel to the arrays of one step (None: static)."""
        if op.dims:
            attrs = self.attrs(op, attrs)
        if op.contextual:
            step = 0 if t is None else self.start + t
            if attrs.get("at") is not None:
                step = self.start + attrs["at"]
            return np.asarray(op.impl(*arrays, step=step, seed=self.seed, **attrs))
        return np.asarray(op.impl(*arrays, **attrs) if attrs else op.impl(*arrays))


class _Sizes:
    """Sizes by name, and which leaf said so first."""

    def __init__(self) -> None:
        self.sizes: dict[str, int] = {}
        self.said_by: dict[str, str] = {}

    def bind(self, name: str, size: int, by: str, *, time: bool = False) -> None:
        old = self.sizes.setdefault(name, size)
        first = self.said_by.setdefault(name, by)
        if old == size:
            return
        if time:
            raise StepsError(
                f"{first} has {old} steps of time axis {name!r}, but {by} has {size}: "
                "all values over one time axis need the same number of steps",
                name=name,
                sizes=(old, size),
            )
        raise FeedShapeError(
            f"dimension {name!r} is {old} in {first}, but {size} in {by}",
            name=name,
            sizes=(old, size),
        )


def bind(
    graph: Graph,
    feeds: Feeds | None,
    steps: Steps = None,
    start: int = 0,
    seed: int = 0,
    parameters: Mapping[str, Array] | None = None,
    *,
    partial: bool = False,
    cast: bool = False,
) -> Binding:
    """Check the feeds of a call against the graph's leaves.

    Args:
        feeds: by leaf or by name.
        steps: T where no sequence fixes it, by axis or one for all.
        parameters: values of the parameters that are not fed.
        partial: leaves may stay unfed.
        cast: floats and integers may be rounded to the leaves' floats.

    Raises:
        UnknownFeedError, MissingFeedError, FeedShapeError, FeedDTypeError,
        StepsError: see their docstrings.
        FeedError: feeds is no dict, or start or seed is out of range.
    """
    roots = graph.fed
    given = _by_root(graph, {} if feeds is None else feeds)
    check_numbers(start, seed)
    sizes = _Sizes()
    arrays: dict[Node, Array] = {}
    overridden = []
    for root in roots.values():
        if root in given:
            arrays[root] = _checked(root, given[root], sizes, cast=cast)
            if root.op is PARAMETER:
                overridden.append(root)
        elif root.op is PARAMETER:
            arrays[root] = _default(root, parameters, sizes)
        elif not partial:
            raise MissingFeedError(
                f"no feed for {root.op.name} {root.describe()}, made at {root.where}; "
                f"fed: {', '.join(node.label for node in given) or 'nothing'}",
                leaf=root,
            )
    for root in given:
        if root not in arrays:
            _checked(root, given[root], sizes, cast=cast)
    _bind_steps(graph, steps, sizes)
    check_steps(graph, sizes.sizes)
    if not partial:
        _demand_sizes(graph, sizes.sizes)
    values = {
        leaf: array
        for leaf in graph.leaves
        if (array := _value_of(leaf, arrays)) is not None
    }
    return Binding(values, sizes.sizes, int(start), seed, tuple(overridden))


def _value_of(leaf: Node, arrays: Mapping[Node, Array]) -> Array | None:
    """Return a leaf's array; a copy made by `unroll` takes its step's."""
    if leaf.origin is None:
        return arrays.get(leaf)
    whole = arrays.get(leaf.origin)
    return None if whole is None else whole[leaf.step]


def check_numbers(start: Any, seed: Any) -> None:
    """Check the first step's number and the seed.

    Raises:
        FeedError: one is no int, or out of range.
    """
    if type(start) is type(seed) is int and start >= 0 and 0 <= seed < 2**32:
        return
    for what, value in (("start", start), ("seed", seed)):
        if isinstance(value, bool) or not isinstance(value, int | np.integer):
            raise FeedError(f"{what} must be an int, not {value!r}")
    if start < 0:
        raise FeedError(f"start={start}: the first step has a number >= 0")
    if not 0 <= seed < 2**32:
        raise FeedError(f"seed must be an int in [0, 2**32), not {seed}")


def _by_root(graph: Graph, feeds: Feeds) -> dict[Node, Any]:
    """Return the feeds by leaf, also of leaves that a derivative does not need."""
    given: dict[Node, Any] = {}
    if not isinstance(feeds, Mapping):
        raise FeedError(
            "feeds must be a dict of arrays by leaf or name, not "
            f"{type(feeds).__name__}"
        )
    for key, value in feeds.items():
        name = key.label if isinstance(key, Node) else key
        root = graph.fed.get(name, graph.unneeded.get(name))
        if root is None or (isinstance(key, Node) and key is not root):
            shown = key.describe() if isinstance(key, Node) else repr(key)
            raise UnknownFeedError(
                f"{shown} names no leaf of the graph; its leaves are "
                f"{', '.join(graph.fed) or 'none'}",
                feed=key,
            )
        if root in given:
            raise UnknownFeedError(
                f"{root.label!r} is fed twice, by its name and as a node", feed=key
            )
        given[root] = value
    return given


def _checked(leaf: Node, value: Any, sizes: _Sizes, *, cast: bool = False) -> Array:
    array = cast_feed(leaf, value, cast)
    shape: tuple[Any, ...] = leaf.type.shape
    time = leaf.type.time
    if time is not None:
        shape = (time, *shape)
    elif array.shape == shape:
        return array
    what = f"{leaf.op.name} {leaf.label!r}"
    if array.ndim != len(shape):
        hint = " (time first)" if time is not None else ""
        raise FeedShapeError(
            f"{what}: wanted {len(shape)} axes, {shape}{hint}, got shape {array.shape}",
            leaf=leaf,
            wanted=shape,
            got=array.shape,
        )
    if time is not None and array.shape[0] == 0:
        raise StepsError(f"{what} has T = 0 steps; at least one is needed", leaf=leaf)
    for axis, (dim, size) in enumerate(zip(shape, array.shape, strict=True)):
        if isinstance(dim, str):
            sizes.bind(dim, size, what, time=time is not None and axis == 0)
        elif dim != size:
            raise FeedShapeError(
                f"{what}: dimension {axis} of {shape} wanted {dim}, got {size} "
                f"(shape {array.shape})",
                leaf=leaf,
                wanted=shape,
                got=array.shape,
            )
    return array


def _default(
    leaf: Node, parameters: Mapping[str, Array] | None, sizes: _Sizes
) -> Array:
    value: Array = leaf.attrs["value"]
    if parameters is None:
        return value
    given = parameters[leaf.label]
    shape_and_dtype = getattr(given, "shape", None), getattr(given, "dtype", None)
    if shape_and_dtype == (leaf.type.shape, leaf.type.dtype):
        return given
    return _checked(leaf, given, sizes)


def _bind_steps(graph: Graph, steps: Steps, sizes: _Sizes) -> None:
    for time, total in graph.fixed_steps.items():
        sizes.bind(time, total, "the unrolled graph", time=True)
    times = graph.times
    if steps is None:
        wanted: dict[str, Any] = {}
    elif isinstance(steps, Mapping):
        wanted = dict(steps)
    else:
        wanted = dict.fromkeys(times or graph.fixed_steps, steps)
    for time, total in wanted.items():
        if time not in times and time not in graph.fixed_steps:
            listed = ", ".join(map(repr, times)) or "none"
            raise StepsError(f"steps for {time!r}, but the time axes are {listed}")
        if isinstance(total, bool) or not isinstance(total, int | np.integer):
            raise StepsError(f"steps must be an int, not {total!r}")
        if total < 1:
            raise StepsError(f"steps={total}: T must be at least one")
        sizes.bind(time, int(total), "the argument steps", time=True)
    for time in times:
        if sizes.sizes.get(time) == 0:
            raise StepsError(f"T = 0 steps of {time!r}; at least one is needed")


def _demand_sizes(graph: Graph, sizes: Mapping[str, int]) -> None:
    for name, node in graph.needed.items():
        if name in sizes:
            continue
        if node.type.time == name:
            raise MissingFeedError(
                f"nothing says how many steps time axis {name!r} has: no sequence "
                f"over it is fed. Pass steps=..., for example steps={{{name!r}: 5}}",
                name=name,
            )
        raise MissingFeedError(
            f"nothing binds the dimension {name!r} that {node.label!r}, made at "
            f"{node.where}, needs: no leaf of the graph has it in its shape. Keep such "
            "a leaf in the graph, for example as an output",
            name=name,
        )
