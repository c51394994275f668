"""check_cell: a cell in a loop obeys all laws."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np

from tinygraph.core.delays import delay
from tinygraph.core.errors import LawError
from tinygraph.core.graph import Graph
from tinygraph.core.leaves import placeholder, sequence
from tinygraph.core.nodes import Node
from tinygraph.ops.reductions import sum as sum_of
from tinygraph.ops.time import sum_over_time
from tinygraph.testing.everything import Checked, check_everything
from tinygraph.testing.feeding import random_array

Size = int | tuple[int, ...]
State = Mapping[str, Node]


def check_cell(
    cell: Callable[..., Any],
    inputs: Size = 3,
    state: Size | Mapping[str, Size] = 4,
    *,
    weights: Any = None,
    dtype: Any = "float32",
    steps: int = 4,
    backends: Collection[str] | None = None,
    seed: int = 0,
) -> Checked:
    """Check a cell: tie its states to themselves, and check all laws of that loop.

    Its gradients (by weights, inputs and first states), unrolling, chunks, permuted
    batches where it treats rows alike, and every backend; see `check_everything`.

    Args:
        cell: a function (inputs, state) → (output, state) of a node (batch, *inputs)
            and a dict of nodes (batch, *size); with `weights`, one in the form of
            `tinygraph_rnn.cells`, (inputs, *states, weights) → the state or states.
        inputs: size or shape of the input, the batch left out.
        state: name → size or shape of each state, in order; one of them is named "h".
        weights: what such a cell gets last.
        dtype: of input and states. Derivatives are checked in float64.
        steps: T.
        backends: by name; by default all that are installed.
        seed: of the numbers.

    Raises:
        LawError: a law does not hold, or the cell returns states of other types than
            it got.

    Example:
        >>> def leaky(x, state):
        ...     h = 0.9 * state["h"] + 0.1 * tg.tanh(x)
        ...     return h, {"h": h}
        >>> checked = testing.check_cell(leaky, 4, 4, backends=["numpy"])
        >>> checked.silent
        {}
    """
    named = state if isinstance(state, Mapping) else {"h": state}
    sizes = {name: _shape(size) for name, size in named.items()}
    graph = _looped(
        _in_one_form(cell, list(sizes), weights), _shape(inputs), sizes, dtype
    )
    return check_everything(graph, steps, backends=backends, seed=seed)


def _shape(size: Size) -> tuple[int, ...]:
    return size if isinstance(size, tuple) else (size,)


def _in_one_form(
    cell: Callable[..., Any], names: list[str], weights: Any
) -> Callable[[Node, State], tuple[Node, State]]:
    """Return a cell as a function (inputs, state) → (output, state)."""
    if weights is None:
        return cell

    def step(x: Node, state: State) -> tuple[Node, State]:
        found = cell(x, *(state[name] for name in names), weights)
        after = (found,) if isinstance(found, Node) else tuple(found)
        return after[0], dict(zip(names, after, strict=False))

    return step


def _looped(
    cell: Callable[[Node, State], tuple[Node, State]],
    inputs: tuple[int, ...],
    sizes: Mapping[str, tuple[int, ...]],
    dtype: Any,
) -> Graph:
    """Return the graph of a cell whose states are tied to themselves one step ago."""
    before = {
        name: delay(name, init=placeholder(f"first {name}", ("batch", *shape), dtype))
        for name, shape in sizes.items()
    }
    output, after = _pair(cell(sequence("x", ("batch", *inputs), dtype), before))
    for name, node in before.items():
        if name not in after:
            raise LawError(
                f"the cell returns no state {name!r}, but {', '.join(after)}"
            )
        if after[name].type != node.type:
            raise LawError(
                f"the cell gets the state {node.describe()}, but returns it as "
                f"{after[name].type}, made at {after[name].where}",
                node=after[name],
            )
        node.close(after[name])
    nodes = {"output": output, **{f"next {name}": after[name] for name in before}}
    return Graph({**nodes, "loss": _loss(nodes)})


def _pair(found: Any) -> tuple[Node, Mapping[str, Node]]:
    """Return what a cell gives, if it is a pair of an output and states by name."""
    pair = isinstance(found, tuple) and len(found) == 2
    if not pair or not isinstance(found[1], Mapping):
        shown = (
            [type(part).__name__ for part in found] if pair else type(found).__name__
        )
        raise LawError(
            "the cell must return (output, states), the states a dict by name such as "
            f"{{'h': h}}, not {shown}"
        )
    return found[0], found[1]


def _loss(nodes: Mapping[str, Node]) -> Node:
    """Return Σₜ Σ of all floats, each entry of a row with a weight of its own."""
    distinct = dict.fromkeys(node for node in nodes.values() if node.type.is_float)
    parts = []
    for i, node in enumerate(distinct):
        free = [1 if isinstance(dim, str) else dim for dim in node.shape]
        weight = random_array(tuple(free), node.dtype, f"weight {i}")
        parts.append(sum_of(node * np.asarray(weight + 2, node.dtype)))
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return sum_over_time(total)
