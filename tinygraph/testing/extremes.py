"""extreme_feeds: feeds in which some numbers are NaN, infinite, huge, equal or zero."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from tinygraph.core.graph import Graph
from tinygraph.ops.philox import stable_hash
from tinygraph.semantics.binding import Array
from tinygraph.testing.feeding import Steps, feeds_for, is_index

SHARE = 0.3
"""Of the numbers of a leaf, how many are replaced, by chance."""


def extreme_feeds(
    graph: Graph,
    steps: Steps = 3,
    *,
    seed: int = 0,
    sizes: Mapping[str, int] | None = None,
) -> dict[str, dict[str, Array]]:
    """Return feeds by what is extreme about them, each like `feeds_for` gives them.

    At least one, and about a third, of the numbers of every float leaf, parameters too,
    is replaced: by zeros of
    both signs, ones (ties), huge or tiny numbers, infinities or NaN. Ints by which
    nothing is indexed get the ends of their range.

    Args:
        graph: folded.
        steps: T, or T by time axis.
        seed: other numbers, in other places, for another seed.
        sizes: of named dimensions.

    Example:
        >>> graph = tg.Graph(tg.tanh(tg.placeholder("x", (50,))))
        >>> feeds = testing.extreme_feeds(graph)
        >>> list(feeds)
        ['zeros', 'ones', 'large', 'huge', 'tiny', 'infinite', 'NaN']
        >>> bool(np.isnan(feeds["NaN"]["x"]).any())
        True
    """
    plain = feeds_for(graph, steps, seed=seed, sizes=sizes, parameters=True)
    return {
        kind: {
            name: value
            if is_index(graph, graph.fed[name])
            else replaced(value, kind, [seed, stable_hash(name), place])
            for name, value in plain.items()
        }
        for place, kind in enumerate(KINDS)
    }


def replaced(value: Array, kind: str, key: list[int]) -> Array:
    """Return numbers of which some are replaced, in places that the key gives."""
    if value.dtype.kind == "b":
        return value
    numbers = np.random.default_rng(key)
    pool = np.asarray(_pool(kind, value.dtype), value.dtype)
    chosen = pool[numbers.integers(0, len(pool), value.shape)]
    places = np.asarray(numbers.uniform(size=value.shape))
    limit = max(SHARE, places.min(initial=0.0))
    return np.where(places <= limit, chosen, value)


def _pool(kind: str, dtype: np.dtype[Any]) -> list[Any]:
    """Return the numbers of a kind; some kinds mean nothing for ints: their ends."""
    if dtype.kind == "f":
        if kind == "huge":
            return [np.finfo(dtype).max / 4]
        return KINDS[kind]
    ends = [np.iinfo(dtype).min, np.iinfo(dtype).max]
    return {"zeros": [0], "ones": [1], "large": [100]}.get(kind, ends)


KINDS: dict[str, list[float]] = {
    "zeros": [0.0, -0.0],
    "ones": [1.0],
    "large": [50.0, -50.0, 1000.0, -1000.0],
    "huge": [],
    "tiny": [1e-30, -1e-30],
    "infinite": [np.inf, -np.inf],
    "NaN": [np.nan],
}
