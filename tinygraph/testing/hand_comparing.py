"""A value or gradient computed by hand beside the graph's: which entry, which step."""

from typing import Any

import numpy as np

from tinygraph.core.errors import LawError
from tinygraph.core.graph import Graph
from tinygraph.core.nodes import Node
from tinygraph.testing.comparing import difference, within
from tinygraph.testing.hand_hints import hint
from tinygraph.testing.tolerances import GRADIENTS, VALUES, tolerance

Array = np.ndarray[Any, Any]


def check_value(name: str, got: Any, wanted: Any, graph: Graph) -> None:
    """Raise LawError where the value that NumPy code computes is another.

    Args:
        name: of the value, for the message.
        got, wanted: by hand, and the graph's.
        graph: whose value it is.
    """
    by_hand = np.asarray(got, wanted.dtype if np.ndim(got) == wanted.ndim else None)
    problem = difference(by_hand, wanted, VALUES)
    if problem is not None:
        text, index = problem
        raise LawError(
            f"the value of {name!r} by hand {text}",
            output=name,
            index=index,
            got=by_hand,
            wanted=wanted,
            graph=graph,
        )


def check_gradient(
    called: str,
    got: Any,
    wanted: Array,
    node: Node,
    graph: Graph,
    shares: Array | None = None,
) -> None:
    """Raise LawError where a gradient by hand is wrong, and say how it looks.

    Args:
        called: what the message calls the value that it is the gradient of.
        got: by hand.
        wanted: the graph's gradient; of a per-step value with steps first.
        node: with respect to which.
        graph: of the loss.
        shares: (T, ...), what each step adds to the gradient of a static value.
    """
    by_hand = np.asarray(got)
    by_hand = by_hand.astype(float) if by_hand.dtype.kind in "biuf" else by_hand
    text, index = _problem(by_hand, wanted, node.time)
    if not text:
        return
    said = hint(by_hand, wanted, node.time, shares)
    raise LawError(
        f"the gradient of {called} by hand {text}" + (f"\n{said}" if said else ""),
        node=node,
        index=index,
        got=by_hand,
        wanted=wanted,
        graph=graph,
    )


def _problem(
    got: Array, wanted: Array, time: str | None
) -> tuple[str, tuple[int, ...] | None]:
    """Return how two gradients differ; of several steps the last that does."""
    if got.shape != wanted.shape or got.dtype != wanted.dtype:
        text, _ = difference(got, wanted, GRADIENTS) or ("", None)
        return text, None
    wrong = np.argwhere(~within(got, wanted, tolerance(GRADIENTS, "float64")))
    if not len(wrong):
        return "", None
    at_step = wrong[wrong[:, 0] == wrong[-1, 0]] if time else wrong
    index = tuple(int(i) for i in at_step[0])
    off = abs(float(got[index] - wanted[index]))
    count = f" ({len(wrong)} of {wanted.size} entries differ)" if index else ""
    return (
        f"is wrong{_place(index, time)}\n  by hand {got[index]:.12g}, "
        f"by the graph {wanted[index]:.12g}: off by {off:.3g}{count}"
    ), index


def _place(index: tuple[int, ...], time: str | None) -> str:
    if time is None:
        return f" at {index}" if index else ""
    entry = f", entry {index[1:]}" if index[1:] else ""
    return f" at step {index[0]}{entry}"
