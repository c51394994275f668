"""feeds_for: deterministic feeds of the right shapes for any graph."""

import functools
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from tinygraph.core.delays import Delay
from tinygraph.core.graph import Graph
from tinygraph.core.leaves import PARAMETER
from tinygraph.core.nodes import Node
from tinygraph.core.traversal import reach, users
from tinygraph.core.types import Dim
from tinygraph.ops.index_range import indexed
from tinygraph.ops.philox import stable_hash
from tinygraph.semantics.binding import Array

Steps = int | Mapping[str, int]

_DEFAULT_BOUND = 3


def feeds_for(
    graph: Graph,
    steps: Steps = 3,
    *,
    seed: int = 0,
    sizes: Mapping[str, int] | None = None,
    parameters: bool = False,
) -> dict[str, Array]:
    """Return an array for every sequence and placeholder of a graph, by name.

    Floats are uniform in [-1, 1), bools fair, ints in the range that the ops which
    index by them allow. The numbers depend on the seed and the leaf's name only.

    Args:
        graph: folded or unrolled.
        steps: T, or T by time axis.
        seed: other feeds for another seed.
        sizes: of named dimensions; the others get 3, 4 or 5, by their name.
        parameters: also return an array for each parameter.

    Example:
        >>> graph = tg.Graph(tg.tanh(tg.sequence("x", ("batch", 2))))
        >>> testing.feeds_for(graph, steps=4)["x"].shape
        (4, 3, 2)
    """
    folded = getattr(graph, "folded", graph)
    bound: dict[str, int] = dict(sizes or {})
    for name in folded.dims:
        bound.setdefault(name, 3 + stable_hash(name) % 3)
    bound.update(steps_by_axis(folded, steps, also=folded.dims))
    leaves = [leaf for leaf in folded.leaves if parameters or leaf.op is not PARAMETER]
    limits = _limits(folded, bound)
    return {leaf.label: _array(leaf, bound, limits[leaf], seed) for leaf in leaves}


def steps_by_axis(graph: Graph, steps: Steps, also: Any = ()) -> dict[str, int]:
    """Return T for each time axis of the graph.

    Args:
        graph: whose axes.
        steps: an int for all, or a dict, which may hold other axes too.
        also: names to return too where `steps` is a dict that holds them.
    """
    if not isinstance(steps, Mapping):
        return dict.fromkeys(graph.times, int(steps))
    wanted = [*graph.times, *(name for name in also if name not in graph.times)]
    return {time: int(steps[time]) for time in wanted if time in steps}


def restricted(feeds: Mapping[Any, Any], graph: Graph) -> dict[str, Any]:
    """Return the feeds, by name, of the leaves that `graph` has."""
    named = {k.label if isinstance(k, Node) else k: v for k, v in feeds.items()}
    return {name: value for name, value in named.items() if name in graph.fed}


def random_array(
    shape: tuple[int, ...], dtype: Any, name: str, seed: int = 0, limit: int = 3
) -> Array:
    """Return numbers that depend on the name and the seed: floats in [-1, 1)."""
    if math.prod(shape) > _KEPT:
        return _random_array(shape, np.dtype(dtype), name, seed, limit)
    return _kept_array(tuple(shape), np.dtype(dtype), name, seed, limit).copy()


def _random_array(
    shape: tuple[int, ...], kind: np.dtype[Any], name: str, seed: int, limit: int
) -> Array:
    numbers = np.random.default_rng([seed, stable_hash(name)])
    if kind.kind == "f":
        return np.asarray(numbers.uniform(-1, 1, shape), kind)
    if kind.kind == "b":
        return np.asarray(numbers.integers(0, 2, shape), kind)
    return np.asarray(numbers.integers(0, max(limit, 1), shape), kind)


_kept_array = functools.lru_cache(maxsize=4096)(_random_array)
"""A generator costs ten times what it draws for a small array."""
_KEPT = 1000


def _array(leaf: Node, sizes: Mapping[str, int], limit: int, seed: int) -> Array:
    time = leaf.type.time
    dims = leaf.type.shape if time is None else (time, *leaf.type.shape)
    shape = tuple(sizes[dim] if isinstance(dim, str) else dim for dim in dims)
    return random_array(shape, leaf.type.dtype, leaf.label, seed, limit)


def is_index(graph: Graph, leaf: Node) -> bool:
    """Return True for a leaf whose ints, perhaps computed with, index something."""
    return bool(_indexed_by(graph, leaf))


def _limits(graph: Graph, sizes: Mapping[str, int]) -> dict[Node, int]:
    """Return for each leaf the bound below which its ints are legal indices."""
    limits = {}
    for leaf in graph.leaves:
        dims = _indexed_by(graph, leaf)
        found = [sizes[dim] if isinstance(dim, str) else int(dim) for dim in dims]
        limits[leaf] = min(found, default=_DEFAULT_BOUND)
    return limits


def _indexed_by(graph: Graph, leaf: Node) -> list[Dim]:
    """Return the dimensions that are indexed by what is made of a leaf's ints."""
    if leaf.type.dtype.kind not in "iu":
        return []
    consumers = users(graph.nodes)

    def ints_after(node: Node) -> list[Node]:
        return [user for user in consumers[node] if user.type.dtype.kind in "iu"]

    reached = reach([leaf], ints_after)
    return [dim for n in reached for user in consumers[n] for dim in _dims(user, n)]


def _dims(user: Node, index: Node) -> list[Dim]:
    """Return the dimensions that `user` indexes by `index`."""
    if isinstance(user, Delay):
        return []
    dim: Any = None
    if user.op.name == "one_hot":
        dim = user.attrs["depth"]
    elif user.op.index_at is not None and user.inputs[user.op.index_at] is index:
        table, axis = indexed(user)
        dim = table.shape[axis]
    return [] if dim is None else [dim]
