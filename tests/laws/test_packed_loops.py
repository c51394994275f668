"""Loops of gates side by side, by every backend, with their gradients."""

from collections import Counter

from hypothesis import given, settings

import tinygraph as tg
from tests.laws.packed_loops import packed_loops
from tinygraph.backends.numpy import loops
from tinygraph.testing import check_backend, gradient_graph


@settings(max_examples=100)
@given(packed_loops())
def test_numpy_loops_of_gates(graph):
    check_backend(graph, "numpy")


@settings(max_examples=40)
@given(packed_loops())
def test_gradients_of_gates(graph):
    check_backend(gradient_graph(graph), "numpy")


@settings(max_examples=40)
@given(graph=packed_loops())
def test_native_code_of_gates(graph):
    check_backend(graph, "native")


def test_parts_are_computed_together(monkeypatch):
    """In many of these loops, and in many they lie in their row without being so."""
    met = Counter()
    plain_calls = loops.calls

    def counted(plan, made):
        groups = plain_calls(plan, made)
        met["together"] += any(len(group) > 1 for group in groups)
        met["within"] += bool(plan.within)
        met["copied"] += any(each.copies is not None for each in plan.instructions)
        return groups

    monkeypatch.setattr(loops, "calls", counted)

    @settings(max_examples=100, database=None, derandomize=True)
    @given(packed_loops())
    def gather(graph):
        tg.compile(graph, "numpy")(tg.testing.feeds_for(graph, 2))

    gather()
    assert min(met["together"], met["copied"]) > 10, met
    assert met["within"] > 50, met
