"""The binding cache: feeds of the same shapes and dtypes need no second check."""

from typing import Any

import numpy as np

from tinygraph.core.graph import Graph
from tinygraph.core.leaves import PARAMETER
from tinygraph.core.nodes import Node
from tinygraph.core.parameters import Parameters
from tinygraph.semantics.binding import Binding, Feeds, Steps, bind, check_numbers

KEPT = 16
"""Signatures of feeds remembered; beyond, all are forgotten."""


class Binder:
    """Binds the feeds of calls of one graph, whose parameters are shared values."""

    def __init__(self, graph: Graph, parameters: Parameters) -> None:
        self.graph = graph
        self.parameters = parameters
        self._known: dict[Any, tuple[Any, list[tuple[Node, Any]]]] = {}
        self._parameters = [(leaf, leaf.label) for leaf in graph.parameters]
        self._plain = all(leaf.origin is None for leaf in graph.leaves)

    def __call__(
        self,
        feeds: Feeds | None,
        steps: Steps,
        start: int,
        seed: int,
        cast: bool = False,
    ) -> Binding:
        """Return what `bind` does, sooner where feeds of this signature came before."""
        signature = _signature(feeds, steps)
        known = None if signature is None else self._known.get(signature)
        if known is None or feeds is None:
            values = self.parameters
            binding = bind(self.graph, feeds, steps, start, seed, values, cast=cast)
            if signature is not None and feeds is not None:
                self._remember(signature, feeds, binding)
            return binding
        check_numbers(start, seed)
        sizes, fed = known
        arrays = {leaf: feeds[key] for leaf, key in fed}
        for leaf, name in self._parameters:
            arrays[leaf] = self.parameters[name]
        return Binding(arrays, sizes, int(start), seed, ())

    def _remember(self, signature: Any, feeds: Feeds, binding: Binding) -> None:
        """Remember feeds that are used as they came, none of them a parameter.

        What is not needed is left out.
        """
        if binding.overridden or not self._plain:
            return
        roots = self.graph.unneeded | self.graph.fed
        fed = [(roots[k] if isinstance(k, str) else k, k) for k in feeds]
        fed = [(leaf, key) for leaf, key in fed if leaf in binding.values]
        if any(leaf.op is PARAMETER for leaf, _ in fed):
            return
        if any(binding.values.get(leaf) is not feeds[key] for leaf, key in fed):
            return
        if len(self._known) >= KEPT:
            self._known.clear()
        self._known[signature] = (binding.sizes, fed)


def _signature(feeds: Feeds | None, steps: Steps) -> Any:
    """Return shapes and dtypes by name, which decide all; None for no arrays."""
    if type(feeds) is not dict or not (steps is None or type(steps) is int):
        return None
    signature: list[Any] = [steps]
    for key, value in feeds.items():
        if type(value) is not np.ndarray:
            return None
        signature += (key, value.shape, value.dtype)
    return tuple(signature)
