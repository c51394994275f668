"""to_jax: a graph as a function for one's own JAX code."""

import importlib
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from tinygraph.backends.registry import find
from tinygraph.core.errors import BackendError
from tinygraph.core.graph import GraphLike, as_graph
from tinygraph.ops.functions import STOP_GRADIENT
from tinygraph.rewriting import optimise

DROPS_STOPS = "drop identities"
"""The rewrite that takes gradients to be there already; JAX's come later."""

if TYPE_CHECKING:
    from tinygraph.backends.jax.functions import JaxFunction


def to_jax(
    graph: GraphLike,
    *,
    memory: str | None = None,
    parallel: str | None = None,
    without: Collection[str] = (),
    fast: bool = False,
) -> "JaxFunction":
    """Return the graph as a pure function (feeds, parameters) → outputs, by name.

    It may be jitted, differentiated and mapped like any function of JAX's. What stands
    outside every cycle is computed for all steps together; each cycle is a `lax.scan`.
    Where x64 is off, integers of 64 bits have 32, as everywhere in JAX. An index that
    is out of range raises nothing here: what is taken is NaN, or the least integer.

    Args:
        graph: a Graph, or named outputs to make one of.
        memory: "checkpoint": `jax.grad` keeps of a loop what segments of √T steps begin
            with, and computes the steps again (`jax.checkpoint`).
        parallel: "time": cycles whose states are affine, element by element, as running
            sums, minGRU and adjoints of elementwise cells are, run at all steps at once
            (`lax.associative_scan`). The others stay as they are; the function's
            `in_order` says why.
        without, fast: see `tg.compile`.

    Raises:
        BackendError: jax is not installed, an op has no rule, `memory` or `parallel`
            is none of these.

    Example:
        >>> x, total = tg.sequence("x"), tg.delay("total", shape=())
        >>> w = tg.parameter("w", 2.0)
        >>> y = total.close(total + w * x).source
        >>> f = tg.to_jax({"y": tg.last(y)})  # doctest: +SKIP
        >>> jax.grad(lambda p: f({"x": xs}, p)["y"])({"w": 1.0})  # doctest: +SKIP
    """
    chosen = find("jax", parallel)
    problem = chosen.missing()
    if problem is not None:
        raise BackendError(problem)
    if memory not in (None, "checkpoint"):
        raise BackendError(f"memory must be None or 'checkpoint', not {memory!r}")
    whole = as_graph(graph)
    left_out = [*without, *chosen.without]
    if any(node.op is STOP_GRADIENT for node in whole):
        left_out.append(DROPS_STOPS)
    rewritten = optimise(whole, left_out, fast=fast).graph
    module: Any = importlib.import_module("tinygraph.backends.jax.functions")
    made: JaxFunction = module.JaxFunction(
        whole, rewritten, checkpoint=bool(memory), parallel=bool(parallel)
    )
    return made
