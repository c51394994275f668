"""Loops of many dtypes by every backend, at the ends of their ranges too."""

import itertools
from collections import Counter

from hypothesis import given, settings

import tinygraph as tg
from tests.laws.mixed_dtypes import ARITHMETIC, ORDER, mixed_loops
from tinygraph.core.verification import cycles_of
from tinygraph.testing import assert_same_values, extreme_feeds, feeds_for

STEPS = 3


def check(graph, backend, kinds):
    """Compare with the reference at extreme values of some kinds, and at others."""
    run = tg.compile(graph, backend)
    cases = {"ordinary": feeds_for(graph, STEPS), **extreme_feeds(graph, STEPS)}
    for kind in ("ordinary", *kinds):
        assert_same_values(
            run(cases[kind], STEPS),
            tg.interpret(graph, cases[kind], STEPS),
            law=f"{backend} at {kind} values = the interpreter",
            graph=graph,
        )


KINDS = ("zeros", "ones", "huge", "infinite", "NaN")


@settings(max_examples=200)
@given(mixed_loops())
def test_numpy_loops_of_many_dtypes(graph):
    check(graph, "numpy", KINDS)


@settings(max_examples=60)
@given(mixed_loops())
def test_native_code_of_many_dtypes(graph):
    check(graph, "native", KINDS)


def test_pairs_of_dtypes_meet():
    """In comparisons and sums; and one loop makes results of several dtypes."""
    compared, added, together = set(), set(), Counter()

    @settings(max_examples=700, database=None, derandomize=True)
    @given(mixed_loops())
    def gather(graph):
        for node in graph:
            pair = frozenset(x.dtype.name for x in node.inputs)
            if node.op.name in {op.__name__ for op in ORDER}:
                compared.add(pair)
            elif node.op.name in {op.__name__ for op in ARITHMETIC}:
                added.add(pair)
        (loop,) = cycles_of(graph.nodes) or [[]]
        together[len({node.dtype for node in loop})] += 1

    gather()
    for pair in itertools.combinations(("float32", "float64", "int32", "int64"), 2):
        assert frozenset(pair) in compared & added, pair
    assert sum(together.values()) == 700
    assert together[2] + together[3] + together[4] > 200, together
