"""Ops of graphs that are run window by window.

They are met only in the graphs that `tinygraph.checkpointing` makes: not part of the
vocabulary, and without a derivative.
"""

from typing import Any

from tinygraph.core.nodes import Node, Op
from tinygraph.core.shifts import handed_on
from tinygraph.core.types import TensorType


def edge_length(steps: int) -> str:
    """Return the name of the dimension that is min(|steps|, T of the window)."""
    return f"edge of {abs(steps)} steps"


def _edge_type(x: TensorType, steps: int) -> TensorType:
    return TensorType((edge_length(steps), *x.shape), x.dtype)


def _edge_over_time(y: Node, arrays: Any, total: int, steps: int) -> Any:
    x = arrays[0]
    if len(x) != total:  # one value for all steps
        return x[:1].repeat(min(abs(steps), total), 0)
    return x[handed_on(steps)]


EDGE = Op("edge", infer=_edge_type, impl=lambda x, steps: x, over_time=_edge_over_time)
"""What a delay of so many steps hands to the next window: static, (edge_length, ...).

The last |steps| values of a per-step node, the first ones for steps < 0; all where the
window is shorter.
"""
