"""The program of a graph on JAX: jitted once for each set of sizes."""

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from tinygraph.backends.jax.lowering import LoweredGraph
from tinygraph.backends.jax.parallel import AffineLoop
from tinygraph.backends.numpy.program import NumpyProgram
from tinygraph.core.graph import Graph
from tinygraph.core.leaves import PARAMETER
from tinygraph.core.nodes import Node
from tinygraph.runtime.program import Part, Report, Stepwise, Straight, Version
from tinygraph.scheduling.order import Once
from tinygraph.scheduling.planning import plan_loop
from tinygraph.semantics.binding import Array, Binding

Held = tuple[Version, dict[Node, Any]]


class JaxProgram:
    """A graph ready to run on JAX's default device, in the dtypes that it says.

    Args:
        graph: as it is run.
        threads: XLA has its own threads, which no call can limit.
        parallel: cycles that are affine in their states run at all steps at once.
    """

    def __init__(
        self, graph: Graph, threads: int | None = None, *, parallel: bool = False
    ) -> None:
        self.graph = graph
        self.lowered = LoweredGraph(graph, parallel=parallel)
        self._jitted = jax.jit(self._traced, static_argnames="sizes")
        self._held: Held | None = None

    def _traced(self, leaves: list[Any], start: Any, seed: Any, sizes: Any) -> Any:
        values = dict(zip(self.graph.leaves, leaves, strict=True))
        outputs, wrong = self.lowered(values, dict(sizes), start, seed)
        return list(outputs.values()), wrong

    def run(self, binding: Binding, version: Version | None) -> dict[str, Array]:
        """Return the outputs by name, each an array of its own.

        Raises:
            IndexRangeError: an index is out of range.
        """
        with jax.enable_x64(True):
            parameters = self._parameters(binding, version)
            leaves = [
                parameters.get(leaf, binding.values[leaf]) for leaf in self.graph.leaves
            ]
            start, seed = np.int64(binding.start), np.uint32(binding.seed)
            sizes = tuple(binding.sizes.items())
            found, wrong = self._jitted(leaves, start, seed, sizes=sizes)
            if wrong:
                return NumpyProgram(self.graph).run(binding, None)
            names = self.graph.outputs
            return {n: np.array(x) for n, x in zip(names, found, strict=True)}

    def _parameters(
        self, binding: Binding, version: Version | None
    ) -> Mapping[Node, Any]:
        """Return parameters on the device; they stay there with their version."""
        held = self._held
        if version is None:
            return {}
        if held is None or held[0] != version:
            values = {
                leaf: jnp.array(value)
                for leaf, value in binding.values.items()
                if leaf.op is PARAMETER
            }
            held = self._held = (version, values)
        return held[1]

    def source(self) -> str:
        """There is no generated code."""
        return ""

    def report(self) -> Report:
        """Return what runs: batched ops, and each cycle step by step."""
        parts: list[Part] = []
        straight: list[Node] = []
        for task in self.lowered.tasks:
            if isinstance(task, Once):
                straight.append(task.node)
                continue
            parts += [Straight(straight)] if straight else []
            straight = []
            if isinstance(task, AffineLoop):
                title = f"Cycle over {task.loop.time!r}, affine in its states"
                title += ", by an associative scan of all steps"
                parts.append(Straight(list(task.loop.members), title=title))
                continue
            plan = plan_loop(task.loop, self.lowered.exported)
            why = self.lowered.in_order.get(task.loop, "")
            why = why and f"step by step: {why}"
            parts.append(Stepwise(plan, [[each] for each in plan.instructions], why))
        return Report(self.graph, parts=[*parts, Straight(straight)])
