"""What `tg.to_jax` returns: a pure function of feeds and parameters."""

from collections.abc import Mapping, Sequence
from typing import Any

import jax
import numpy as np

from tinygraph.backends.jax.kernels import Array, held
from tinygraph.backends.jax.lowering import LoweredGraph
from tinygraph.core.delays import Delay
from tinygraph.core.errors import BackendError
from tinygraph.core.graph import Graph
from tinygraph.core.leaves import PARAMETER
from tinygraph.core.nodes import Node
from tinygraph.semantics.binding import Steps, bind


class JaxFunction:
    """A graph as a function for one's own JAX code; see `tg.to_jax`.

    Attributes:
        graph: what it runs.
        optimised: the graph as it is run, after the rewrites.
        in_order: of the loops that `parallel="time"` leaves step by step, by the names
            of their delays, why.
    """

    def __init__(
        self, graph: Graph, optimised: Graph, *, checkpoint: bool, parallel: bool
    ) -> None:
        self.graph = graph
        self.optimised = optimised
        self._lowered = LoweredGraph(
            optimised, checkpoint=checkpoint, parallel=parallel
        )
        self.in_order = {
            ", ".join(x.label for x in loop.members if isinstance(x, Delay)): why
            for loop, why in self._lowered.in_order.items()
        }
        self._jitted = jax.jit(self._traced, static_argnames="sizes")
        self._wide = next((n for n in optimised if n.dtype == np.float64), None)

    def __call__(
        self,
        feeds: Mapping[Any, Any] | None = None,
        parameters: Mapping[str, Any] | None = None,
        steps: Steps = None,
        start: Any = 0,
        seed: Any = 0,
    ) -> dict[str, Array]:
        """Return the outputs by name, arrays of JAX's.

        Args:
            feeds: by leaf or by name; `(T, *shape)` for a sequence.
            parameters: by name; those that are left out have their default values.
            steps: T where no sequence fixes it.
            start: absolute number of the first step; may be traced.
            seed: of the random ops; may be traced.

        Raises:
            FeedError: feeds or parameters do not fit the graph's leaves.
            BackendError: the graph holds float64, and JAX is tracing with 32 bits.
        """
        given = self._given(feeds, parameters)
        first, key = (0 if isinstance(x, jax.Array) else x for x in (start, seed))
        likenesses = {leaf: _likeness(x) for leaf, x in given.items()}
        binding = bind(self.graph, likenesses, steps, first, key)
        leaves = [
            _value(leaf, given, binding.values[leaf]) for leaf in self.optimised.leaves
        ]
        sizes = tuple(binding.sizes.items())
        with jax.enable_x64(self._needs_x64([*leaves, start, seed])):
            found = self._jitted(leaves, start, seed, sizes=sizes)
        return dict(zip(self.optimised.outputs, found, strict=True))

    def _traced(self, leaves: list[Array], start: Any, seed: Any, sizes: Any) -> Any:
        values = {
            leaf: jax.numpy.asarray(x, held(leaf.dtype))
            for leaf, x in zip(self.optimised.leaves, leaves, strict=True)
        }
        outputs, _ = self._lowered(values, dict(sizes), start, seed)
        return list(outputs.values())

    def _given(
        self, feeds: Mapping[Any, Any] | None, parameters: Mapping[str, Any] | None
    ) -> dict[Any, Any]:
        """Return feeds and parameters as one; a feed goes before a parameter."""
        roots = self.graph.fed | self.graph.unneeded
        found = {roots.get(key, key): value for key, value in (feeds or {}).items()}
        for name, value in (parameters or {}).items():
            root = roots.get(name)
            if root is not None and root.op is not PARAMETER:
                raise BackendError(
                    f"{root.describe()}, made at {root.where}, is no parameter: give "
                    "it among the feeds"
                )
            found.setdefault(name if root is None else root, value)
        return found

    def _needs_x64(self, values: Sequence[Any]) -> bool:
        """Return whether JAX computes with 64 bits in this call."""
        on: bool = jax.config.jax_enable_x64
        if on or self._wide is None:
            return on
        if any(isinstance(x, jax.core.Tracer) for x in values):
            raise BackendError(
                f"{self._wide.describe()}, made at {self._wide.where}, is float64, but "
                "JAX is tracing with 32 bits: trace within `with "
                "jax.enable_x64(True):`, or make the graph of float32"
            )
        return True

    def __repr__(self) -> str:
        return f"<JAX function of {self.graph!r}>"


def _likeness(value: Any) -> Any:
    """Return something of the shape and dtype of an array of JAX's."""
    if not isinstance(value, jax.Array):
        return value
    return np.broadcast_to(np.zeros((), value.dtype), value.shape)


def _value(leaf: Node, given: Mapping[Any, Any], bound: Any) -> Any:
    """Return a leaf's value: what was given, where that is an array of JAX's."""
    root = leaf if leaf.origin is None else leaf.origin
    value = given.get(root)
    if not isinstance(value, jax.Array):
        return bound
    return value if leaf.origin is None else value[leaf.step]
