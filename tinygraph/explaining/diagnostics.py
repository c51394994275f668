"""Where numbers go wrong: gradient_flow and first_nonfinite.

gradient_flow tells how large every value is, and the loss's gradient by it, per step;
first_nonfinite finds where the first NaN or infinity is made.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygraph.compiling import compile as compiled
from tinygraph.core.errors import NonFiniteError
from tinygraph.core.flattening import Entry, Flattened, restored
from tinygraph.core.graph import Graph
from tinygraph.core.nodes import Node
from tinygraph.semantics.autodiff import grad
from tinygraph.semantics.binding import Array, Feeds, Steps, bind
from tinygraph.semantics.interpreter import evaluate_by_definition


@dataclass(frozen=True)
class GradientFlow:
    """Euclidean norms by node: one per step, (T,), or one in all.

    Attributes:
        loss: the loss itself.
        values: of each node's value.
        gradients: of the loss's gradient by each node.

    Example:
        >>> w = tg.parameter("w", [3.0, 4.0])
        >>> tg.gradient_flow(tg.sum(w), {}).values[w]
        np.float64(5.0)
    """

    loss: float
    values: dict[Node, np.ndarray[Any, Any]]
    gradients: dict[Node, np.ndarray[Any, Any]]

    def __copy__(self) -> "GradientFlow":
        return self

    def __deepcopy__(self, memo: Any) -> "GradientFlow":
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        flat = Flattened([*self.values, *self.gradients])
        values, gradients = (
            [(flat.place[node], norms) for node, norms in found.items()]
            for found in (self.values, self.gradients)
        )
        return _unpickled, (self.loss, flat.entries, values, gradients)


Norms = Sequence[tuple[int, np.ndarray[Any, Any]]]


def _unpickled(
    loss: float, entries: Sequence[Entry], values: Norms, gradients: Norms
) -> GradientFlow:
    nodes = restored(entries)
    by_node = ({nodes[i]: norms for i, norms in found} for found in (values, gradients))
    return GradientFlow(loss, *by_node)


def gradient_flow(
    loss: Node,
    feeds: Mapping[Any, Any],
    *,
    steps: int | Mapping[str, int] | None = None,
    seed: int = 0,
) -> GradientFlow:
    """Return the norms of all float nodes that a loss depends on, and of its gradients.

    The gradient of a per-step node is the total one: every later effect through the
    recurrence counts. Where gradients vanish or explode is seen by
    `tg.draw(graph, steps=T, gradients=flow.gradients)`.

    Args:
        loss: a float scalar outside time.
        feeds, steps, seed: as of a compiled function.

    Raises:
        TinygraphError: as `tg.grad` and running do.

    Example:
        >>> w = tg.parameter("w", 3.0)
        >>> flow = tg.gradient_flow(w * w, {})
        >>> flow.loss, flow.gradients[w]
        (9.0, np.float64(6.0))
    """
    nodes = [node for node in Graph({"loss": loss}) if node.type.dtype.kind == "f"]
    found = grad(loss, nodes, unconnected="zeros")
    outputs = {"loss": loss}
    for i, (node, gradient) in enumerate(zip(nodes, found, strict=True)):
        outputs |= {f"value {i}": node, f"gradient {i}": gradient}
    run = compiled(outputs)
    out = run(feeds, steps=steps, seed=seed)
    norms: dict[str, dict[Node, np.ndarray[Any, Any]]] = {
        what: {node: _norms(node, out[f"{what} {i}"]) for i, node in enumerate(nodes)}
        for what in ("value", "gradient")
    }
    return GradientFlow(float(out["loss"]), norms["value"], norms["gradient"])


def _norms(node: Node, array: Any) -> np.ndarray[Any, Any]:
    """Return the norm over all axes but time, scaled so that no square overflows."""
    rows = 1 if node.time is None else len(array)
    flat = np.asarray(array, "float64").reshape(rows, -1)
    largest = np.max(np.abs(flat), axis=1, initial=0.0)
    scale = np.where((largest > 0) & np.isfinite(largest), largest, 1.0)
    norms: np.ndarray[Any, Any] = scale * np.linalg.norm(flat / scale[:, None], axis=1)
    return norms if node.time is not None else norms[0]


def first_nonfinite(
    graph: Graph,
    feeds: Feeds | None = None,
    steps: Steps = None,
    start: int = 0,
    seed: int = 0,
    parameters: Mapping[str, Array] | None = None,
    *,
    cast: bool = False,
) -> tuple[Node, int | None] | None:
    """Return the first node, and its step, whose value holds a NaN or an infinity.

    Runs the graph by its definition, watching each value as it is made; "first"
    is in the order of the data: all its inputs are finite. None if all is finite.

    Args:
        feeds: by leaf or by name; `(T, *shape)` for a sequence.
        steps: T, where no sequence fixes it: an int, or a dict by time axis.
        start: absolute number of the first step.
        seed: of the random ops.
        parameters: values that replace the parameters' defaults.
        cast: arrays may be rounded to a leaf's floats, as float64 to float32.

    Example:
        >>> x = tg.sequence("x")
        >>> tg.first_nonfinite(tg.Graph(tg.log(x)), {"x": [1.0, 0.0]})
        (<log: float32[] (per step of 't')>, 1)
    """

    def watch(node: Node, t: int | None, value: Array) -> None:
        if value.dtype.kind == "f" and not np.isfinite(value).all():
            raise NonFiniteError("found", node=node, step=t)

    binding = bind(graph, feeds, steps, start, seed, parameters, cast=cast)
    try:
        evaluate_by_definition(graph, binding, watch)
    except NonFiniteError as found:
        return None if found.node is None else (found.node, found.step)
    return None
