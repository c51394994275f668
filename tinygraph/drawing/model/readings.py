"""Norms of values and gradients by node and step, which colour a picture."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tinygraph.core.errors import DrawingError, UnknownNameError
from tinygraph.core.graph import Graph
from tinygraph.core.nodes import Node
from tinygraph.drawing.model.picture import Box
from tinygraph.drawing.model.texts import Label, Moment, printable

Norms = dict[int | None, float]
"""Step → norm; the key None is for a static node."""


@dataclass(frozen=True)
class Readings:
    """Euclidean norms of values and of gradients.

    Attributes:
        values, gradients: node of the folded graph → its norms.
    """

    values: Mapping[Node, Norms] = field(default_factory=dict)
    gradients: Mapping[Node, Norms] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.values or self.gradients)

    def in_words(self, boxes: Iterable[Box]) -> str:
        """Return the least and greatest norm as a sentence; "" where there is none."""
        what = "gradients" if self.gradients else "values"
        norms: Mapping[Node, Norms] = getattr(self, what)
        found = [
            (norm, _where(box, step))
            for box in boxes
            for node in box.shows
            for step, norm in norms.get(node, {}).items()
            if not math.isnan(norm)
        ]
        if not found:
            return ""
        (low, least), (high, most) = min(found), max(found)
        return (
            f"Coloured by the norm of {what}: from {short(low)} ({least}) to "
            f"{short(high)} ({most})."
        )

    def of(
        self, nodes: Sequence[Node], step: int | None
    ) -> tuple[float | None, float | None]:
        """Return the norms of value and gradient of what a box shows, at a step.

        `step` None is the folded picture: all steps together.
        """
        return _of(self.values, nodes, step), _of(self.gradients, nodes, step)


def _where(box: Box, step: int | None) -> str:
    text = Label(box.label.text).at(Moment())
    return text if step is None else f"{text} at step {step}"


def short(number: float) -> str:
    """Return a norm with three digits: 0.194, 5.45e−4."""
    plain = 1e-3 <= number < 1e4 or number == 0
    text = f"{number:.3g}" if plain else f"{number:.2e}"
    text = text.replace("e+0", "e").replace("e-0", "e-")
    return text.replace("e+", "e").replace("-", "−")


def _of(
    norms: Mapping[Node, Norms], nodes: Sequence[Node], step: int | None
) -> float | None:
    found: list[float] = []
    for node in nodes:
        mine = norms.get(node, {})
        if step is None or None in mine:
            found += mine.values()
        elif step in mine:
            found.append(mine[step])
    return norm_of(found) if found else None


def norm_of(numbers: Iterable[float]) -> float:
    """Return the Euclidean norm, without overflow of the squares."""
    return math.hypot(*numbers)


def read(
    given: Mapping[Any, Any] | None,
    graph: Graph,
    what: str,
    steps: Mapping[str, int] | None,
    boxes: Iterable[Box] = (),
) -> dict[Node, Norms]:
    """Return the norms of what the user gave.

    Args:
        given: node, copy of a node or name → an array; of a per-step node with a
            leading time axis.
        graph: the folded graph.
        what: the name of the option, for error messages.
        steps: T of each axis, or None for a folded picture.
        boxes: their texts are names too.

    Raises:
        DrawingError: a key is not in the graph, an array holds no numbers, or its
            steps are not those drawn.
    """
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise DrawingError(
            f"{what} maps nodes or names to arrays, not {printable(repr(given)[:60])}"
        )
    known = set(graph)
    alone = [box for box in boxes if len(box.shows) == 1]
    shown = {box.label.text: box.shows[0] for box in alone}
    shown |= {
        name: box.shows[0]
        for box in alone
        for name in box.called
        if isinstance(name, str)
    }
    found: dict[Node, Norms] = {}
    for key, value in given.items():
        node, step = _node_and_step(key, graph, known, shown, what)
        name = printable(key if isinstance(key, str) else node.label)
        norms = _norms(node, step, value, f"{what} of {name}", steps)
        found.setdefault(node, {}).update(norms)
    return found


def _node_and_step(
    key: Any, graph: Graph, known: set[Node], shown: Mapping[str, Node], what: str
) -> tuple[Node, int | None]:
    """Return the folded node that a key means, and the step of a copy."""
    if isinstance(key, str):
        try:
            return graph[key], None
        except UnknownNameError as problem:
            if key in shown:
                return shown[key], None
            raise DrawingError(f"{what} names {printable(str(problem))}") from None
    if not isinstance(key, Node):
        raise DrawingError(
            f"{what} maps nodes or names to arrays: {printable(repr(key))} is neither"
        )
    if key in known:
        return key, None
    if key.origin in known and key.origin is not None:
        return key.origin, key.step
    raise DrawingError(
        printable(
            f"{what} has an array for {key.describe()}, made at {key.where}, which is "
            "not in the graph"
        ),
        key=key,
    )


def _norms(
    node: Node,
    step: int | None,
    value: Any,
    what: str,
    steps: Mapping[str, int] | None,
) -> Norms:
    array = np.asarray(value)
    if array.dtype.kind not in "fiub":
        raise DrawingError(f"{what} must be numbers, not {array.dtype}")
    if step is not None or node.time is None:
        return {step: _norm(array)}
    if array.ndim == 0:
        raise DrawingError(
            f"{what}, which has a value per step, must have "
            f"{node.time!r} as its first axis, not shape ()"
        )
    wanted = len(array) if steps is None else steps[node.time]
    if len(array) != wanted:
        raise DrawingError(
            f"{what} has {len(array)} steps of "
            f"{node.time!r}, but {wanted} are drawn: draw with steps={len(array)}, or "
            f"give an array of {wanted}",
            wanted=wanted,
        )
    return {t: _norm(part) for t, part in enumerate(array)}


def _norm(array: Any) -> float:
    return norm_of(np.asarray(array, "float64").ravel().tolist())
