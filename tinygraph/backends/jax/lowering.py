"""A graph as a function of its leaves: what JAX traces."""

import functools
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp

from tinygraph.backends.jax.barriers import kept_apart
from tinygraph.backends.jax.checkpoints import checkpointed_scan
from tinygraph.backends.jax.kernels import Array
from tinygraph.backends.jax.loops import LoweredLoop
from tinygraph.backends.jax.over_time import (
    TIME_RULES,
    Call,
    all_steps,
    compared,
    over_time,
    static,
)
from tinygraph.backends.jax.parallel import AffineLoop, why_in_order
from tinygraph.backends.jax.rules import rule_of
from tinygraph.core.errors import BackendError
from tinygraph.core.graph import Graph
from tinygraph.core.nodes import Node
from tinygraph.scheduling.order import Loop, Once, read_outside, schedule
from tinygraph.semantics.blame import blame

Outputs = dict[str, Array]
Task = Once | LoweredLoop | AffineLoop


class LoweredGraph:
    """A graph ready to be traced, with any sizes.

    Args:
        graph: as it is run.
        checkpoint: loops keep for the gradient of JAX's only what segments of √T steps
            begin with.
        parallel: cycles that are affine in their states are associative scans.

    Attributes:
        in_order: loops that run step by step though `parallel` was asked for → why.

    Raises:
        BackendError: an op has no rule.
    """

    def __init__(
        self, graph: Graph, *, checkpoint: bool = False, parallel: bool = False
    ) -> None:
        _demand_rules(graph)
        self.graph = graph
        self._compared, self._apart = compared(graph), kept_apart(graph)
        plan = schedule(graph)
        self.exported = read_outside(graph, plan)
        tasks = (*plan.prologue, *plan.main)
        self.in_order: dict[Loop, str] = {}
        self.tasks: list[Task] = [
            self._lowered(task, parallel) if isinstance(task, Loop) else task
            for task in tasks
        ]
        self._scan = checkpointed_scan if checkpoint else _scan

    def _lowered(self, loop: Loop, parallel: bool) -> "LoweredLoop | AffineLoop":
        why = why_in_order(loop) if parallel else ""
        if why is None:
            return AffineLoop(loop, self.exported)
        if why:
            self.in_order[loop] = why
        return LoweredLoop(loop, self.exported)

    def __call__(
        self,
        leaves: Mapping[Node, Array],
        sizes: Mapping[str, int],
        start: Any,
        seed: Any,
    ) -> tuple[Outputs, Array]:
        """Return the outputs, and whether an index was out of range.

        Args:
            leaves: a value per leaf; `(T, *shape)` for a sequence.
            sizes: the length of every named dimension and time axis.
            start: absolute number of the first step.
            seed: of the random ops.
        """
        call = Call(sizes, start, seed, self._compared, self._apart)
        values = dict(leaves)
        for task in self.tasks:
            if isinstance(task, LoweredLoop):
                values.update(task.run(values, call, self._scan))
            elif isinstance(task, AffineLoop):
                values.update(task.run(values, call))
            elif task.node not in values:
                values[task.node] = _once(task.node, values, call)
        outputs = {
            name: values[node]
            if node.type.time is None
            else all_steps(values[node], call.steps(node))
            for name, node in self.graph.outputs.items()
        }
        wrong = functools.reduce(jnp.logical_or, call.wrong, jnp.asarray(False))
        return outputs, wrong


def _scan(body: Any, carry: Any, given: Any, reverse: bool) -> tuple[Any, Any]:
    return jax.lax.scan(body, carry, given, reverse=reverse)  # type: ignore[no-any-return]


def _once(node: Node, values: Mapping[Node, Array], call: Call) -> Array:
    """Return the value of a node outside every cycle."""
    arrays = [values[x] for x in node.inputs]
    timed = any(x.type.time is not None for x in (node, *node.inputs))
    try:
        wrong = call.check(node, arrays)
        value = over_time(node, arrays, call) if timed else static(node, arrays, call)
    except Exception as problem:
        blame(problem, node)
        raise
    if wrong is not None:
        call.wrong.append(wrong)
    return call.settled(node, value)


def _demand_rules(graph: Graph) -> None:
    missing = {
        node.op.name: node
        for node in graph.nodes
        if not node.op.leaf and node.op not in TIME_RULES and rule_of(node.op) is None
    }
    if not missing:
        return
    name, node = next(iter(missing.items()))
    others = f"; nor for {', '.join(list(missing)[1:])}" if len(missing) > 1 else ""
    raise BackendError(
        f"backend 'jax' has no rule for op {name!r}, which made {node.describe()} at "
        f"{node.where}{others}. Say what it is in jax.numpy: "
        f"tinygraph.backends.jax.rules.RULES[tg.REGISTRY[{name!r}]] = function; or use "
        "backend='numpy'"
    )
