"""Hypothesis strategies: arrays, acyclic and recurrent graphs. They shrink.

What they return is a verified `tg.Graph` with a float scalar output "loss" and
further outputs, per step and static. Values stay bounded. `feeds_for` feeds it.
"""

import itertools
from collections.abc import Callable, Mapping, Sequence
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
from tinygraph.core.source_info import current, hide_frames_of, made_for
from tinygraph.core.traversal import reach, topological_order
from tinygraph.core.types import TensorType, names_in
from tinygraph.ops import time as tm
from tinygraph.ops.arithmetic import add
from tinygraph.ops.functions import tanh
from tinygraph.ops.picking import at
from tinygraph.ops.reductions import mean
from tinygraph.ops.reductions import sum as sum_of
from tinygraph.testing.choices import Choices, Parted
from tinygraph.testing.closing import close_delays
from tinygraph.testing.drawn_siblings import COUNTS, grow_siblings, siblings_inits
from tinygraph.testing.growing import Growth
from tinygraph.testing.moves import KINKED, RANDOM, SMOOTH, Move
from tinygraph.testing.programs import printed
from tinygraph.testing.sample_moves import sampled
from tinygraph.testing.wishes import Wishes, wishes_for

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
    dtype: str | None = None,
    ops: Any = None,
    leaves: Any = None,
    shapes: Any = None,
    dtypes: Any = None,
    sizes: Mapping[str, int] | None = None,
) -> st.SearchStrategy[Graph]:
    """Graphs without cycles, static and per-step nodes; see `recurrent_graphs`.

    Args:
        smooth: no kinks and nothing that `grad` and differences see differently.
        random: random ops too.
        most_moves: how large it grows.
        dtype: of its floats, float64 by default.
        ops: by which it grows.
        leaves: nodes that are in every graph, and kinds of others.
        shapes: of leaves and random numbers.
        dtypes: of leaves and delays, `dtype` among them.
        sizes: lengths of named dimensions; others stay open.

    Raises:
        TinygraphError: a wish is unknown or cannot be met; it says what can.

    Example:
        >>> from hypothesis import given, settings
        >>> @given(testing.acyclic_graphs())
        ... @settings(max_examples=2, database=None, derandomize=True)
        ... def law(graph):
        ...     testing.check_backend(graph, "numpy")
        >>> law()
    """
    return recurrent_graphs(
        smooth=smooth,
        random=random,
        most_delays=0,
        most_moves=most_moves,
        dtype=dtype,
        axes=1,
        ops=ops,
        leaves=leaves,
        shapes=shapes,
        dtypes=dtypes,
        sizes=sizes,
    )


def recurrent_graphs(
    *,
    smooth: bool = False,
    causal: bool = False,
    random: bool = False,
    extremes: bool = False,
    most_delays: int = 4,
    most_moves: int = 12,
    dtype: str | None = None,
    axes: int = 2,
    least_steps: int = 1,
    ops: Any = None,
    loops: Any = None,
    leaves: Any = None,
    shapes: Any = None,
    steps: Any = None,
    inits: Any = None,
    dtypes: Any = None,
    sizes: Mapping[str, int] | None = None,
) -> st.SearchStrategy[Graph]:
    """Graphs with delays, past and future, alone and coupled.

    They hold self-loops, delays in a row, every kind of init and history, static and
    per-step leaves, shared parameters, named dimensions, ints and bools, time ops,
    every op along any of up to four axes, and legal mixtures of past and future in one
    cycle. Each of `ops`, `loops`, `leaves`, `steps`, `inits` and `dtypes` is one or
    several; by default it is everything.

    Args:
        smooth: no kinks and nothing that `grad` and differences see differently.
        causal: past delays only.
        random: random ops too.
        extremes: leaves and slots hold NaN, infinities, zeros of both signs, huge and
            tiny numbers at times; values are not bounded then.
        most_delays: open delays to close; shifts come on top. They shrink away.
        most_moves: how large it grows; 0 for leaves and delays alone.
        dtype: of its floats, float64 by default.
        axes: 1 for the time axis "t" only, 2 for an encoder over "s" at times, where
            neither `ops` nor `loops` is given.
        least_steps: of "t", in every run: `at` picks any of so many from both ends.
        ops: by which it grows, as names or `tg` functions: no others but those that
            bring operands into shape, kind and bounds, and add up the loss.
        loops: what every loop is closed by: ops that make floats of floats element by
            element, or functions of a node. Its delays are floats then.
        leaves: nodes, which are in every graph, and kinds of others: "parameter",
            "sequence", "placeholder".
        shapes: of leaves, delays and random numbers.
        steps: the k's of delays, k > 0 for the past.
        inits: what delays hold before they begin: "scalar", "constant", "placeholder",
            "parameter", "computed" (a function of a parameter), "replicate", "node"
            (any static one, also of another time axis), "history", "history constant",
            "history parameter".
        dtypes: of leaves and delays, `dtype` among them.
        sizes: lengths of named dimensions; others stay open.

    Raises:
        TinygraphError: a wish is unknown or cannot be met; it says what can.

    Example:
        >>> from hypothesis import given, settings
        >>> @given(testing.recurrent_graphs())
        ... @settings(max_examples=2, database=None, derandomize=True)
        ... def law(graph):
        ...     testing.check_backend(graph, "numpy")
        >>> law()

        >>> x = tg.sequence("x", ("batch", 3), "float64")
        >>> wished = testing.recurrent_graphs(loops=tg.tanh, leaves=x, steps=(1, 5))
        >>> @given(wished)
        ... @settings(max_examples=2, database=None, derandomize=True)
        ... def law(graph):
        ...     assert {delay.steps for delay in graph.delays} <= {1, 5}
        ...     assert x in graph.nodes
        >>> law()
    """
    return _graphs(
        wishes_for(
            smooth=smooth,
            causal=causal,
            random=random,
            extremes=extremes,
            most_delays=most_delays,
            most_moves=most_moves,
            dtype=dtype,
            axes=axes,
            least_steps=least_steps,
            ops=ops,
            loops=loops,
            leaves=leaves,
            shapes=shapes,
            steps=steps,
            inits=inits,
            dtypes=dtypes,
            sizes=sizes,
        )
    )


STAGES = 4
"""Leaves; delays; siblings, and how delays are closed; outputs."""
_BYTES = st.binary(min_size=8, max_size=60)
"""Twice as many as the least on average, and what most stages and moves need."""


def _numbered() -> Callable[[bytes], int]:
    """Return a function that never returns the same twice."""
    numbers = itertools.count()
    return lambda _: next(numbers)


def _graphs(wishes: Wishes) -> st.SearchStrategy[Graph]:
    """Graphs of strings of bytes, which Hypothesis does not copy over each other."""
    most = wishes.most_moves
    least = STAGES + min(1, most)
    drawn = st.lists(
        _BYTES, min_size=least, max_size=STAGES + most, unique_by=_numbered()
    )
    return _grown_from(drawn, wishes)


@st.composite
def _grown_from(
    draw: st.DrawFn, strings: st.SearchStrategy[list[bytes]], wishes: Wishes
) -> Graph:
    drawn = draw(strings)
    return grown(Parted(drawn[:STAGES], drawn[STAGES:]), wishes)


def grown(choices: Choices, wishes: Wishes, *, siblings: bool = False) -> Graph:
    """Return the graph that grows by choices; see `recurrent_graphs`.

    The line of its nodes is the caller's; functions that close loops have their own.

    Args:
        siblings: some are in it in any case.
    """
    if any(map(callable, wishes.loops or ())):
        return _grown(choices, wishes, siblings)
    with made_for(*current()):
        return _grown(choices, wishes, siblings)


def _grown(choices: Choices, wishes: Wishes, siblings: bool) -> Graph:
    growth = Growth(choices, wishes)
    growth.leaves()
    plain = wishes.ops is None and wishes.loops is None
    if wishes.axes > 1 and plain and growth.draw_bool():
        growth.add(_encoder(growth))
    choices.stage()
    growth.open_delays()
    choices.stage()
    if siblings or (plain and _has_siblings(growth)):
        grow_siblings(growth)
    most, moves = wishes.most_moves, _moves(wishes)
    choices.moves(lambda: growth.move(moves), min(1, most), most)
    close_delays(growth)
    choices.stage()
    return _finished(growth)


def _has_siblings(g: Growth) -> bool:
    """Draw whether there are siblings: seldom, where as many states may be."""
    wishes = g.wishes
    leaves = {"parameter", "sequence"} <= {*wishes.kinds} and not wishes.given
    room = wishes.most_delays >= min(COUNTS) and bool(siblings_inits(g))
    return leaves and room and bool(g.pick((False,) * 7 + (True,)))


def _moves(wishes: Wishes) -> tuple[Move, ...]:
    """Return the moves to pick from: two in five are of one op each."""
    if wishes.ops is not None:
        return (sampled,)
    moves: tuple[Move, ...] = SMOOTH
    if not wishes.smooth:
        moves += KINKED
    if wishes.random:
        moves += RANDOM
    return moves + (sampled,) * (2 * len(moves) // 3)


def _encoder(g: Growth) -> Node:
    """A summary of a sequence over a second time axis."""
    x = sequence(g.name("x"), (3,), g.dtype, time="s")
    h_prev = delay(g.name("e"), steps=g.steps(), shape=(3,), dtype=g.dtype, time="s")
    h = tanh(x + h_prev)
    h_prev.close(h)
    summary = g.pick((tm.last, tm.mean_over_time, lambda h: mean(tm.stack(h), 0)))
    result: Node = summary(h)
    return result


def _finished(g: Growth) -> Graph:
    """Name outputs, add up a loss, and keep a leaf for every named dimension.

    Mostly all that nobody reads is kept: else much of what has grown is not met.
    """
    pool = [*g.floats[::-1], *g.ints, *g.bools]
    chosen = g.some(pool, 4)
    ends = _unread(pool) if g.pick((False, True, True, True)) else []
    every = dict.fromkeys([*chosen, *ends])
    outputs: dict[str, Node] = {f"y{i}": node for i, node in enumerate(every)}
    for leaf in g.wishes.given:
        outputs[f"leaf {leaf.label}"] = leaf
    terms = [g.floats[-1], *g.states]
    terms += g.some(g.floats, 2)
    terms += [mean(node) if node.ndim else node for node in ends if node.type.is_float]
    parts = [_scalar(g, node) for node in dict.fromkeys(terms)]
    loss = parts[0]
    for part in parts[1:]:
        loss = add(loss, part)
    outputs["loss"] = cast(loss, g.dtype)
    for name in _names(topological_order(outputs.values())):
        outputs[f"anchor {name}"] = placeholder(g.name("a"), (name,), g.dtype)
    return Graph(outputs)


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


def _names(nodes: Sequence[Node]) -> list[str]:
    """Return the named dimensions anywhere in a graph, time axes left out."""
    times = {node.type.time for node in nodes}
    shapes = dict.fromkeys(node.type.shape for node in nodes)
    found = (name for shape in shapes for name in names_in(shape))
    return [name for name in dict.fromkeys(found) if name not in times]
