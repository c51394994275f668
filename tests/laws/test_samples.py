"""Every sample of every op: NumPy's words, backends, alone, over time and in a loop."""

import sys
from collections import Counter

import pytest

import tinygraph as tg
from tests.sampled import (
    OF_NOTHING,
    alone,
    by_all,
    check_by_all,
    looped,
    may_loop,
    reduced,
    with_gradients,
)
from tinygraph.testing import check_backend
from tinygraph.testing.op_samples import KINDS, SAMPLES

T = 4
WITH_GRADIENTS = 2
"""Of how many samples of an op gradients are taken in a loop; nightly of all."""
ops = pytest.mark.parametrize("op", sorted(SAMPLES))


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


def in_turn(op, first):
    """Yield the samples of an op, every other one narrowed: from `first` on."""
    for i, sample in enumerate(SAMPLES[op]):
        yield sample if (i + first) % 2 else sample.narrowed()


@ops
def test_samples_are_what_numpy_says(op):
    """And so are gradients, by all that runs them."""
    for sample in in_turn(op, 1):
        graph = with_gradients(sample, alone(sample))
        check_by_all(graph, sample.feeds(graph, T), T)


@ops
def test_samples_in_a_loop(op):
    for i, sample in enumerate(in_turn(op, 0)):
        if may_loop(sample):
            graph = looped(sample)
            whole = with_gradients(sample, graph) if i < WITH_GRADIENTS else graph
            check_by_all(whole, sample.feeds(whole, T), T)


COMPILED = [
    pytest.param(op, marks=pytest.mark.nightly if i % 3 else ())
    for i, op in enumerate(op for op in sorted(SAMPLES) if may_loop(SAMPLES[op][0]))
]


@pytest.mark.parametrize("op", COMPILED)
def test_compiled_code_in_a_loop_is_the_interpreter(op):
    """Other tests run generated source as plain Python."""
    sample = SAMPLES[op][0]
    graph = looped(sample)
    check_backend(graph, "native", T, sample.feeds(graph, T))


@ops
@pytest.mark.nightly
def test_gradients_of_samples_in_a_loop(op):
    for sample in SAMPLES[op][WITH_GRADIENTS:]:
        if may_loop(sample) and sample.has_slope:
            graph = with_gradients(sample, looped(sample))
            check_by_all(graph, sample.feeds(graph, T), T)


@ops
def test_floats_stay_as_wide_as_they_are(op):
    """No node of an op of float32, or of its gradients, is float64."""
    for sample in (sample.narrowed() for sample in SAMPLES[op]):
        graph = with_gradients(sample, alone(sample))
        y = graph["y"]
        if y.type.is_float and {o.dtype for o in sample.operands} <= {
            "float32",
            "bool",
        }:
            assert not any(node.dtype == "float64" for node in graph)


@ops
def test_samples_beside_what_is_constant_in_time(op):
    for sample in SAMPLES[op]:
        places = range(len(sample.operands) if len(sample.operands) > 1 else 0)
        for place in () if sample.per_step else places:
            graph = alone(sample, moving=[place])
            check_backend(graph, "numpy", T, sample.feeds(graph, T))


@ops
@pytest.mark.parametrize("batch", [0, 1])
def test_samples_of_other_batches(op, batch):
    for sample in SAMPLES[op]:
        graph = alone(sample)
        if "batch" not in graph.dims:
            continue
        feeds = sample.feeds(graph, T, {"batch": batch})
        if op in OF_NOTHING and not batch and "batch" in reduced(sample):
            for run in by_all(graph, feeds, T).values():
                with pytest.raises(ValueError, match="empty|zero"):
                    run()
        else:
            check_by_all(graph, feeds, T)
