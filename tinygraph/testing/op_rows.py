"""`Op.rows` by experiment: permute what is declared row by row, and see."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tinygraph.core.graph import Graph
from tinygraph.core.nodes import REDUCED, Node
from tinygraph.semantics.interpreter import interpret
from tinygraph.testing.comparing import assert_same_values
from tinygraph.testing.rows import row_axes
from tinygraph.testing.symmetries import moving_order
from tinygraph.testing.tolerances import GRADIENTS, VALUES

Arrays = Sequence[Any]


def check_rows(y: Node, arrays: Arrays, seed: int = 0) -> None:
    """Permute the axes that an op declares to be its rows, or to be summed away.

    Args:
        y: the op applied to leaves, one per array and in their order.
        arrays: values of the leaves.
        seed: of the permutations.

    Raises:
        LawError: rows are no rows, or what is reduced depends on the order.
    """
    plain = _value(y, arrays)
    for place in range(-y.ndim, 0):
        axes = _rows_at(y, place, arrays)
        if not axes or _moves_something_else(y, axes, place):
            continue
        order = moving_order(plain.shape[place], seed)
        law = f"{y.op.name} treats its axis {place} row by row, as it declares"
        wanted = np.take(plain, order, place)
        _same(y, _permuted(arrays, axes, order), wanted, law, VALUES)
    for axes in _reduced(y):
        (length,) = {np.shape(arrays[i])[axis] for i, axis in axes.items()}
        moved = _permuted(arrays, axes, moving_order(length, seed))
        law = f"{y.op.name} reduces axis {next(iter(axes.values()))} in any order"
        _same(y, moved, plain, law, GRADIENTS)


def _rows_at(y: Node, place: int, arrays: Arrays) -> dict[int, int]:
    """Return input → its axis whose rows stand in this axis of the result."""
    length = y.shape[place]
    return {
        i: axis
        for i, mapped in enumerate(row_axes(y))
        for axis, to in mapped.items()
        if to == place and np.shape(arrays[i])[axis] == length != 1
    }


def _moves_something_else(y: Node, axes: Mapping[int, int], place: int) -> bool:
    """Return True if an input without these rows is laid along them as it is."""
    return any(
        x.ndim >= -place and x.shape[place] == y.shape[place] and i not in axes
        for i, x in enumerate(y.inputs)
        if y.op.rows is None
    )


def _reduced(y: Node) -> list[dict[int, int]]:
    """Return, for each axis that is summed away: input → that axis of it."""
    listed = [
        [axis for axis, to in mapped.items() if to == REDUCED] for mapped in row_axes(y)
    ]
    return [
        {i: axes[n] for i, axes in enumerate(listed) if axes}
        for n in range(max(map(len, listed), default=0))
    ]


def _permuted(arrays: Arrays, axes: Mapping[int, int], order: Any) -> list[Any]:
    return [
        np.take(array, order, axes[i]) if i in axes else array
        for i, array in enumerate(arrays)
    ]


def _value(y: Node, arrays: Arrays) -> Any:
    named = zip(y.inputs, arrays, strict=True)
    return interpret(Graph({"y": y}), {x.label: array for x, array in named})["y"]


def _same(y: Node, arrays: Arrays, wanted: Any, law: str, kind: str) -> None:
    got = {"y": _value(y, arrays)}
    assert_same_values(got, {"y": wanted}, kind=kind, law=law, graph=Graph({"y": y}))
