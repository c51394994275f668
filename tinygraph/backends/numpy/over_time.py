"""All T steps of a node at once, on arrays with time in front."""

from typing import Any

import numpy as np

from tinygraph.core.building import EVERY_STEP
from tinygraph.core.nodes import Node
from tinygraph.ops.shaping import pad_rank
from tinygraph.semantics.binding import Binding


def run_over_time(node: Node, arrays: list[Any], binding: Binding) -> Any:
    """Run a node over all steps.

    Args:
        arrays: `(T, *shape)`, or `(1, *shape)` for what is the same at every step;
            static inputs have no time axis.
    """
    op = node.op
    attrs = binding.attrs(op, node.attrs)
    if op is EVERY_STEP:
        return np.asarray(arrays[0])[np.newaxis]
    if op.over_time is None:
        ndim = max(array.ndim for array in arrays) - 1
        return np.asarray(op.impl(*[pad_rank(a, ndim) for a in arrays], **attrs))
    time = node.type.time or node.inputs[0].type.time or ""
    extra = {"step": binding.start, "seed": binding.seed} if op.contextual else {}
    steps = binding.sizes[time]
    return np.asarray(op.over_time(node, arrays, steps, **extra, **attrs))


def views(array: Any) -> list[Any]:
    """Return the values of all steps as views, 0-d arrays included."""
    if array.ndim == 1:
        return [array[t, ...] for t in range(len(array))]
    return list(array)
