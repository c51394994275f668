"""Hypothesis strategies: arrays, acyclic and recurrent graphs. They shrink.

What they return is a verified `tg.Graph` with a float scalar output "loss" and
further outputs, per step and static. Values stay bounded. `feeds_for` feeds it.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from hypothesis.vendor import pretty

from tinygraph.core.building import cast
from tinygraph.core.delays import delay
from tinygraph.core.graph import Graph
from tinygraph.core.leaves import placeholder, sequence
from tinygraph.core.nodes import Node
from tinygraph.core.source_info import hide_frames_of
from tinygraph.core.traversal import reach
from tinygraph.core.types import TensorType, names_in
from tinygraph.ops import time as tm
from tinygraph.ops.arithmetic import add
from tinygraph.ops.functions import tanh
from tinygraph.ops.picking import at
from tinygraph.ops.reductions import mean
from tinygraph.ops.reductions import sum as sum_of
from tinygraph.testing.growing import Growth
from tinygraph.testing.moves import KINKED, RANDOM, SMOOTH, Move
from tinygraph.testing.programs import printed

# What breaks a property is reported as a program, and the lines of a drawn graph's
# nodes are those of the property.
pretty.for_type_by_name(
    Graph.__module__,
    Graph.__qualname__,
    lambda graph, printer, cycle: printer.text(printed(graph)),
)
hide_frames_of("hypothesis")


def arrays(
    type_or_shape: TensorType | tuple[int | str, ...],
    dtype: Any = "float64",
    *,
    sizes: Any = None,
    low: float = -2.0,
    high: float = 2.0,
) -> st.SearchStrategy[np.ndarray[Any, Any]]:
    """Arrays of a shape, or of a static TensorType's shape and dtype.

    Args:
        type_or_shape: named dimensions take their length from `sizes`, or are 2.
        dtype: where a shape is given.
        sizes: name → length.
        low, high: bounds of the elements.

    Example:
        >>> from hypothesis import given, settings
        >>> @given(testing.arrays((2, "batch")))
        ... @settings(max_examples=2, database=None, derandomize=True)
        ... def law(array):
        ...     assert array.shape == (2, 2)
        >>> law()
    """
    shape: Any = type_or_shape
    if isinstance(type_or_shape, TensorType):
        shape, dtype = type_or_shape.shape, type_or_shape.dtype
    bound = {} if sizes is None else sizes
    whole = tuple(bound.get(d, 2) if isinstance(d, str) else d for d in shape)
    kind = np.dtype(dtype)
    elements: st.SearchStrategy[Any] = st.booleans()
    if kind.kind == "f":
        width: Any = 8 * kind.itemsize
        elements = st.floats(low, high, width=width, allow_subnormal=False)
    elif kind.kind in "iu":
        least = int(low) if kind.kind == "i" else max(int(low), 0)
        elements = st.integers(least, int(high))
    return hnp.arrays(kind, whole, elements=elements)


def acyclic_graphs(
    *,
    smooth: bool = False,
    random: bool = False,
    most_moves: int = 12,
    dtype: str = "float64",
) -> st.SearchStrategy[Graph]:
    """Graphs without cycles, static and per-step nodes; see `recurrent_graphs`.

    Args:
        smooth: no kinks and nothing that `grad` and differences see differently.
        random: random ops too.
        most_moves: how large it grows.
        dtype: of its floats.

    Example:
        >>> from hypothesis import given, settings
        >>> @given(testing.acyclic_graphs())
        ... @settings(max_examples=2, database=None, derandomize=True)
        ... def law(graph):
        ...     testing.check_backend(graph, "numpy")
        >>> law()
    """
    made = functools.partial(Growth, dtype=dtype, smooth=smooth, random=random)
    return _graphs(made, 0, most_moves, 1)


def recurrent_graphs(
    *,
    smooth: bool = False,
    causal: bool = False,
    random: bool = False,
    most_delays: int = 4,
    most_moves: int = 12,
    dtype: str = "float64",
    axes: int = 2,
    least_steps: int = 1,
) -> st.SearchStrategy[Graph]:
    """Graphs with delays, past and future, alone and coupled.

    They hold self-loops, delays in a row, every kind of init and history, static and
    per-step leaves, shared parameters, named dimensions, ints and bools, time ops,
    ops along any of up to four axes, products of vectors and of stacks of matrices,
    and legal mixtures of past and future in one cycle.

    Args:
        smooth: no kinks and nothing that `grad` and differences see differently.
        causal: past delays only.
        random: random ops too.
        most_delays: open delays to close; shifts come on top.
        most_moves: how large it grows.
        dtype: of its floats.
        axes: 1 for the time axis "t" only, 2 for an encoder over "s" at times.
        least_steps: of "t", in every run: `at` picks any of so many from both ends.

    Example:
        >>> from hypothesis import given, settings
        >>> @given(testing.recurrent_graphs())
        ... @settings(max_examples=2, database=None, derandomize=True)
        ... def law(graph):
        ...     testing.check_backend(graph, "numpy")
        >>> law()
    """
    grow = functools.partial(Growth, dtype=dtype, smooth=smooth, causal=causal)
    made = functools.partial(grow, random=random, least_steps=least_steps)
    return _graphs(made, most_delays, most_moves, axes)


@st.composite
def _graphs(
    draw: st.DrawFn,
    begin: Callable[[st.DrawFn], Growth],
    most_delays: int,
    most_moves: int,
    axes: int,
) -> Graph:
    growth = begin(draw)
    moves: tuple[Move, ...] = SMOOTH
    if not growth.smooth:
        moves += KINKED
    if growth.random:
        moves += RANDOM
    growth.leaves()
    if axes > 1 and draw(st.booleans()):
        growth.add(_encoder(growth))
    growth.open_delays(most_delays)
    draw(
        st.lists(
            st.builds(growth.move, st.just(moves)), min_size=1, max_size=most_moves
        )
    )
    growth.close_delays()
    return _finished(growth)


def _encoder(g: Growth) -> Node:
    """A summary of a sequence over a second time axis."""
    x = sequence(g.name("x"), (3,), g.dtype, time="s")
    back = g.draw(st.booleans()) and not g.causal
    h_prev = delay(
        g.name("e"), steps=-1 if back else 1, shape=(3,), dtype=g.dtype, time="s"
    )
    h = tanh(x + h_prev / 2)
    h_prev.close(h)
    summary = g.pick((tm.last, tm.mean_over_time, lambda h: mean(tm.stack(h), 0)))
    result: Node = summary(h)
    return result


def _finished(g: Growth) -> Graph:
    """Name outputs, add up a loss, and keep a leaf for every named dimension.

    At times all that nobody reads is kept: else much of what has grown is not met.
    """
    pool = [*g.floats[::-1], *g.ints, *g.bools]
    chosen = g.draw(st.lists(st.sampled_from(pool), max_size=4, unique=True))
    ends = _unread(pool) if g.draw_bool() else []
    every = dict.fromkeys([*chosen, *ends])
    outputs: dict[str, Node] = {f"y{i}": node for i, node in enumerate(every)}
    terms = [g.floats[-1], *[d for d in g.delays if d.type.is_float]]
    terms += g.draw(st.lists(st.sampled_from(g.floats), max_size=2))
    terms += [mean(node) if node.ndim else node for node in ends if node.type.is_float]
    parts = [_scalar(g, node) for node in dict.fromkeys(terms)]
    loss = parts[0]
    for part in parts[1:]:
        loss = add(loss, part)
    outputs["loss"] = cast(loss, g.dtype)
    graph = Graph(outputs)
    named = _names(graph)
    for name in named:
        outputs[f"anchor {name}"] = placeholder(g.name("a"), (name,), g.dtype)
    return Graph(outputs) if named else graph


def _unread(pool: Sequence[Node]) -> list[Node]:
    """Return those of the nodes that no other of them is made from."""
    read = reach([x for node in pool for x in node.inputs], lambda node: node.inputs)
    return [node for node in pool if node not in read]


def _scalar(g: Growth, node: Node) -> Node:
    """Return a scalar, one value in all."""
    total = sum_of(node) if node.ndim else node
    weight = g.pick((1.0, 0.7, -0.4))
    total = total if weight == 1.0 else total * weight
    if node.type.time is None:
        return total
    ways: list[Callable[[Node], Node]] = [
        *(tm.sum_over_time, tm.last, tm.mean_over_time, tm.first)
    ]
    if g.least_steps > 1:
        ways.append(lambda total: at(total, g.step()))
    result: Node = g.pick(ways)(total)
    return result


def _names(graph: Graph) -> list[str]:
    """Return the named dimensions anywhere in a graph, time axes left out."""
    found = (name for node in graph for name in names_in(node.type.shape))
    return [name for name in dict.fromkeys(found) if name not in graph.times]
