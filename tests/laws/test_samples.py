"""Every sample of every op: NumPy's words, backends, alone, over time and in a loop."""

import sys
from collections import Counter

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.backends.native.program import NumbaProgram
from tinygraph.semantics.binding import bind
from tinygraph.testing import assert_same_values, check_definition, evaluate_plainly
from tinygraph.testing.op_samples import KINDS, SAMPLES

T = 4
BATCHES = (2, 0, 1)
ops = pytest.mark.parametrize("op", sorted(SAMPLES))
OF_NOTHING = ("argmax", "argmin", "max", "min")
"""Have no value over an empty axis; NumPy says so, and so do we."""


def feeds_of(sample, graph, batch, steps=T):
    arrays = {
        f"x{i}": each.array(
            f"x{i}", steps=steps if each.per_step else None, sizes=batch
        )
        for i, each in enumerate(sample.operands)
    }
    return {name: array for name, array in arrays.items() if name in graph.fed}


def per_step(sample):
    """The sample on sequences, its first operand moved by a loop that holds the op."""
    leaves = [
        tg.sequence(f"x{i}", each.shape, each.dtype)
        for i, each in enumerate(sample.operands)
    ]
    before = tg.delay("before", shape=(), dtype="float64")
    first = leaves[0]
    if first.dtype != bool:
        first = first + tg.cast(before, first.dtype)
    y = sample.apply(first, *leaves[1:])
    total = tg.sum(tg.cast(tg.isfinite(y) if y.type.is_float else y, "float64"))
    before.close(tg.tanh(total * 0.0 + before * 0.5))
    return tg.Graph({"y": y, "before": before})


def test_the_table_is_the_registry():
    assert {name for name, op in tg.REGISTRY.items() if not op.leaf} == {*SAMPLES}


def test_the_table_is_wide():
    every = [sample for rows in SAMPLES.values() for sample in rows]
    operands = [operand for sample in every for operand in sample.operands]
    kinds = Counter(operand.kind for operand in operands)
    dtypes = Counter(operand.dtype for operand in operands)
    ranks = Counter(len(operand.shape) for operand in operands)
    for counts in (kinds, dtypes, ranks):
        sys.stdout.write(f"{len(every)} samples: {dict(counts.most_common())}\n")
    assert set(kinds) == set(KINDS)
    assert {"float64", "float32", "int64", "int32", "int8", "uint8"} <= set(dtypes)
    assert set(range(5)) <= set(ranks)
    assert any(sample.mixes_floats for sample in every)


@ops
@pytest.mark.filterwarnings("ignore:Mean of empty slice", "ignore:invalid value")
@pytest.mark.parametrize("backend", ["interpret", "numpy"])
def test_samples_are_what_numpy_says(op, backend):
    for sample in SAMPLES[op]:
        for batch in BATCHES:
            graph = tg.Graph({"y": sample.apply(*sample.leaves())})
            if "batch" not in graph.dims and batch != 2:
                continue
            feeds = feeds_of(sample, graph, {"batch": batch})
            if op in OF_NOTHING and not batch and "batch" in reduced(sample):
                with pytest.raises(ValueError, match="empty|zero"):
                    tg.interpret(graph, feeds)
            else:
                check_definition(graph, backend, T, feeds)


def reduced(sample):
    """The dimensions that a reduction takes away."""
    return [sample.operands[0].shape[axis] for axis in sample.attrs["axis"]]


@ops
def test_samples_in_native_code(op):
    for sample in SAMPLES[op]:
        graph = tg.Graph({"y": sample.apply(*sample.leaves())})
        check_source(graph, feeds_of(sample, graph, {"batch": 2}))


@ops
def test_samples_in_a_loop(op):
    for sample in SAMPLES[op]:
        if (
            sample.operands
            and not sample.per_step
            and op not in ("every_step", "normal")
        ):
            graph = per_step(sample)
            arrays = {
                f"x{i}": each.array(f"x{i}", steps=T)
                for i, each in enumerate(sample.operands)
            }
            feeds = {k: v for k, v in arrays.items() if k in graph.fed}
            check_definition(graph, "interpret", T, feeds)
            check_definition(graph, "numpy", T, feeds)
            check_source(graph, feeds)


def check_source(graph, feeds):
    """Generated source, as plain Python, gives what NumPy's words give."""
    with np.errstate(all="ignore"):
        got = NumbaProgram(graph, jit=False).run(bind(graph, feeds, T), None)
    steps = dict.fromkeys(graph.times, T)
    assert_same_values(got, evaluate_plainly(graph, feeds, steps), graph=graph)
