"""check_op: an op's declaration, all of it, on a few operands."""

import functools
import itertools
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

import numpy as np

from tinygraph.backends.registry import BACKENDS
from tinygraph.core.building import apply, cast
from tinygraph.core.delays import delay
from tinygraph.core.errors import LawError, ShapeError, TinygraphError
from tinygraph.core.graph import Graph
from tinygraph.core.nodes import Node, Op, registered
from tinygraph.core.types import TensorType
from tinygraph.ops.comparing import greater, logical_xor
from tinygraph.ops.functions import tanh
from tinygraph.ops.reductions import sum as sum_of
from tinygraph.ops.time import sum_over_time
from tinygraph.semantics.interpreter import interpret
from tinygraph.testing.comparing import assert_same_values
from tinygraph.testing.feeding import random_array
from tinygraph.testing.gradients import check_vjp
from tinygraph.testing.laws import check_backend, check_unrolling, gradient_graph
from tinygraph.testing.op_rows import check_rows
from tinygraph.testing.rewiring import leaf_like

STEPS = 3
SHIFT = 1e-3
"""By how much a loop moves the first operand of an op."""
MOST_OPERANDS = 4

Function = Callable[..., Node]
Arrays = Sequence[Any]


def check_op(
    op: Op | str | Function,
    *arrays: Any,
    reference: Callable[..., Any] | None = None,
    smooth: bool = True,
    backends: Collection[str] | None = None,
    seed: int = 0,
    **attrs: Any,
) -> None:
    """Check the declaration of an op: value, derivatives, time, rows, every backend.

    Its value against a reference; vjp and jvp against each other and against central
    differences, to second order; all steps at once against step by step, with every
    choice of operands constant in time; rows by permuting them; every backend alone and
    in a loop, with gradients. An elementwise op of several operands is also given
    operands that broadcast.

    Args:
        op: an op, the name of a registered one, or a function of nodes that applies it.
        arrays: operands, away from kinks; by default numbers of [0.3, 1.5), in as many
            arrays (2, 3) as the op's type rule takes.
        reference: computes the same of the arrays, and attributes, with NumPy alone.
        smooth: False where it has no derivative to be checked.
        backends: by name; by default all that are installed. Native code takes
            seconds for each form that is tried.
        seed: of directions and permutations.
        attrs: attributes of the op.

    Raises:
        LawError: something differs, or only one of vjp and jvp is declared.
        TinygraphError: no operands are given, and none that fit are found.

    Example:
        >>> testing.check_op("tanh", reference=np.tanh, backends=["numpy"])
        >>> x = np.arange(6.0).reshape(2, 3)
        >>> testing.check_op(tg.cumsum, x, axis=0, reference=np.cumsum, backends=[])
    """
    function, known = _function(op, attrs)
    given = [np.asarray(array) for array in arrays or _operands(function)]
    compared = None if reference is None else functools.partial(reference, **attrs)
    names = _installed() if backends is None else list(backends)
    whole = _node(function, given)
    if known is not None:
        _demand_both_rules(known)
    for operands in _forms(function, whole, given):
        y = _node(function, operands)
        if compared is not None:
            alike = operands is given
            full = operands if alike else np.broadcast_arrays(*operands)
            _check_value(y, operands, compared(*full))
        if smooth and _differentiable(y):
            _check_derivatives(function, operands, seed)
        if _direct(y, len(operands)):
            check_rows(y, operands, seed)
        _check_over_time(function, operands)
    for name in names:
        _check_backend(function, given, name, smooth and _differentiable(whole))


def _function(op: Any, attrs: dict[str, Any]) -> tuple[Function, Op | None]:
    if isinstance(op, str):
        op = registered(op)
    if isinstance(op, Op):
        return functools.partial(apply, op, **attrs), op
    return functools.partial(op, **attrs), None


def _installed() -> list[str]:
    return [name for name, each in BACKENDS.items() if each.missing() is None]


def _operands(function: Function) -> list[Any]:
    """Return numbers in as many arrays as the op takes."""
    for count in range(1, MOST_OPERANDS + 1):
        arrays = [
            0.9 + 0.6 * random_array((2, 3), "float64", f"operand {i}")
            for i in range(count)
        ]
        try:
            _node(function, arrays)
        except (TypeError, ValueError, IndexError, TinygraphError):
            continue
        return arrays
    raise TinygraphError(
        "check_op finds no operands that the op takes: give arrays, "
        "check_op(op, *arrays, **attrs)"
    )


def _leaves(arrays: Arrays, static: Collection[int] | None = None) -> list[Node]:
    """Return a leaf for each array; per step but those in `static` (None: all)."""
    leaves = []
    for i, array in enumerate(arrays):
        time = None if static is None or i in static else "t"
        leaves.append(leaf_like(TensorType(array.shape, array.dtype, time), f"x{i}"))
    return leaves


def _node(function: Function, arrays: Arrays) -> Node:
    return function(*_leaves(arrays))


def _direct(y: Node, count: int) -> bool:
    """Return True where the op is applied to the leaves themselves, in order."""
    return [x.label for x in y.inputs] == [f"x{i}" for i in range(count)]


def _demand_both_rules(op: Op) -> None:
    if (op.vjp is None) != (op.jvp is None):
        has, lacks = ("vjp", "jvp") if op.jvp is None else ("jvp", "vjp")
        raise LawError(f"op {op.name!r} declares a {has}, but no {lacks}")


def _differentiable(y: Node) -> bool:
    floats = any(leaf.type.is_float for leaf in Graph({"y": y}).leaves)
    return y.type.is_float and floats and y.op.vjp is not None


def _forms(function: Function, y: Node, arrays: list[Any]) -> Iterator[list[Any]]:
    """Yield the operands, and of an elementwise op some that broadcast."""
    yield arrays
    if y.op.rows is not None or len(arrays) < 2 or not _direct(y, len(arrays)):
        return
    for i, array in enumerate(arrays):
        for small in (array[:1], array[0]) if array.ndim else ():
            form = [*arrays[:i], np.asarray(small), *arrays[i + 1 :]]
            try:
                _node(function, form)
            except ShapeError:
                continue
            yield form


def _check_value(y: Node, arrays: Arrays, value: Any) -> None:
    graph = Graph({"y": y})
    feeds = {f"x{i}": a for i, a in enumerate(arrays) if f"x{i}" in graph.fed}
    wanted = np.asarray(value).astype(y.dtype)
    law = f"{y.op.name} = its reference"
    assert_same_values(interpret(graph, feeds), {"y": wanted}, law=law, graph=graph)


def _stepped(arrays: Arrays) -> list[Any]:
    """Return T values of each array, which differ from step to step."""
    return [np.stack([np.roll(a, t) for t in range(STEPS)]) for a in arrays]


def _check_derivatives(function: Function, arrays: Arrays, seed: int) -> None:
    check_vjp(function, *arrays, order=2, seed=seed)
    check_vjp(function, *_stepped(arrays), order=2, time="t", seed=seed, directions=1)


def _check_over_time(function: Function, arrays: Arrays) -> None:
    """All steps at once, by NumPy's backend, is what a run step by step gives."""
    per_step = _stepped(arrays)
    places = range(len(arrays))
    for count in places:
        for static in itertools.combinations(places, count):
            graph = Graph({"y": function(*_leaves(arrays, static))})
            feeds = {
                f"x{i}": arrays[i] if i in static else per_step[i]
                for i in places
                if f"x{i}" in graph.fed
            }
            check_backend(graph, "numpy", STEPS, feeds)
            check_unrolling(graph, STEPS, feeds)


def _check_backend(
    function: Function, arrays: Arrays, backend: str, differentiable: bool
) -> None:
    """A backend is right about the op alone and in a loop, and about its gradient."""
    per_step = {f"x{i}": each for i, each in enumerate(_stepped(arrays))}
    alone = Graph({"y": function(*_leaves(arrays, ()))})
    for graph in (alone, _in_a_loop(function, arrays)):
        feeds = {name: a for name, a in per_step.items() if name in graph.fed}
        check_backend(graph, backend, STEPS, feeds)
        if differentiable and "loss" in graph.outputs:
            check_backend(gradient_graph(graph), backend, STEPS, feeds)


def _in_a_loop(function: Function, arrays: Arrays) -> Graph:
    """The op on per-step leaves, the first moved a little by what came before."""
    first, *others = _leaves(arrays, ())
    before = delay("before", shape=(), dtype="float64")
    if first.dtype == bool:
        moved = logical_xor(first, greater(before, 1.0))
    else:
        moved = first + cast(before, first.dtype)
    y = function(moved, *others)
    total = tanh(sum_of(cast(y, "float64")))
    before.close(total * SHIFT)
    return Graph({"y": y, "loss": sum_over_time(total)})
