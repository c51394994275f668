"""Samples as graphs: an op alone, over time or in a loop, and a loss of its result."""

import numpy as np

import tinygraph as tg
from tinygraph.backends.native.program import NativeProgram
from tinygraph.semantics.binding import bind
from tinygraph.testing import assert_same_values, evaluate_plainly, gradient_graph
from tinygraph.testing.feeding import random_array
from tinygraph.testing.growing import without_names
from tinygraph.testing.op_samples import SAMPLES, Sample

SHIFT = 1e-3
"""By how much a loop moves the first operand."""
WITH_SLOPES = {
    op: rows
    for op, every in SAMPLES.items()
    if (rows := [sample for sample in every if sample.has_slope])
}
"""Op → the samples at which its derivatives are what differences give."""
OF_NOTHING = ("argmax", "argmin", "max", "min")
"""Have no value over an empty axis; NumPy says so, and so do we."""


def reduced(sample: Sample) -> list[int | str]:
    """Return the dimensions that a reduction takes away."""
    return [sample.operands[0].shape[axis] for axis in sample.attrs["axis"]]


def weighed(y: tg.Node) -> tg.Node:
    """Return the sum of all numbers of a node, each with a weight of its own."""
    whole = y if y.type.is_float else tg.cast(y, "float64")
    shape = without_names(y.shape)
    weights = random_array(shape, whole.dtype, "weights")
    return tg.sum(whole * tg.constant(weights)) / 2


def alone(sample: Sample, moving=()) -> tg.Graph:
    """Return "y", the op on leaves, those at some places sequences, and "loss"."""
    y = sample.apply(*sample.leaves(moving))
    loss = weighed(y)
    return tg.Graph({"y": y, "loss": tg.sum_over_time(loss) if loss.time else loss})


def may_loop(sample: Sample) -> bool:
    """Return True for what a sequence can be given to."""
    return bool(sample.operands) and not sample.per_step and sample.op != "every_step"


def looped(sample: Sample) -> tg.Graph:
    """Return the op on sequences, the first moved by what the loop gave before.

    Where it holds extremes it is not moved: all would be NaN from the second step on.
    """
    first, *others = sample.leaves(range(len(sample.operands)))
    kind = sample.apply(first, *others).type
    dtype = kind.dtype if kind.is_float else "float64"
    before = tg.delay("before", shape=(), dtype=dtype)
    moved = first
    if first.dtype != bool:
        moved = first + tg.cast(before, first.dtype)
    y = sample.apply(moved, *others)
    whole = kind.is_float and sample.has_extremes
    loss = weighed(tg.cast(tg.isfinite(y), dtype) if whole else y)
    before.close(tg.tanh(loss * (0 if sample.has_extremes else SHIFT) + before / 2))
    return tg.Graph({"y": y, "before": before, "loss": tg.sum_over_time(loss)})


def with_gradients(sample: Sample, graph: tg.Graph) -> tg.Graph:
    """Return the graph with the gradients of its loss, where the sample has slopes."""
    return gradient_graph(graph) if sample.has_slope else graph


def by_all(graph: tg.Graph, feeds, steps):
    """Return what runs it: the interpreter, NumPy's backend, and native code."""
    bound = dict.fromkeys(graph.times, steps)
    return {
        "interpret": lambda: tg.interpret(graph, feeds, bound),
        "numpy": lambda: tg.compile(graph, "numpy")(feeds, bound),
        "native": lambda: NativeProgram(graph).run(bind(graph, feeds, bound), None),
    }


def check_by_all(graph: tg.Graph, feeds, steps) -> None:
    """All that runs a graph gives what NumPy's words give."""
    wanted = evaluate_plainly(graph, feeds, dict.fromkeys(graph.times, steps))
    for name, run in by_all(graph, feeds, steps).items():
        with np.errstate(all="ignore"):
            got = run()
        law = f"{name} = NumPy's words"
        assert_same_values(got, wanted, law=law, graph=graph)
