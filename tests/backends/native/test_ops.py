"""Every op within a cycle, as generated source: native, but for a list, and right."""

import numpy as np
import pytest

import tinygraph as tg
from tests.ops.cases import CASES, Case
from tinygraph.backends.native import program
from tinygraph.backends.native.tasks import RegionTask
from tinygraph.backends.numpy.tasks import LoopTask
from tinygraph.semantics.binding import bind
from tinygraph.testing import assert_same_values

T = 3
BY_NUMPY = {"max_n", "product_of_others", "stack_padded"}
"""Ops without generated code: a loop that holds one runs on NumPy."""
cases = pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)


def steps_of(array):
    """T values that differ from step to step, in the same range."""
    return np.stack([np.roll(array, t) for t in range(T)])


def in_a_cycle(case: Case, arrays):
    """The op on per-step leaves, the first moved a little by what came before."""
    leaves = [tg.sequence(f"x{i}", a.shape, a.dtype) for i, a in enumerate(arrays)]
    before = tg.delay("before", shape=(), dtype="float64")
    first = leaves[0]
    if first.dtype != bool:
        first = first + tg.cast(before, first.dtype)
    y = case.apply(first, *leaves[1:])
    moved = tg.tanh(tg.sum(tg.cast(y, "float64"))) * 1e-3
    before.close(moved if first.dtype != bool else moved + before)
    return tg.Graph({"y": y})


def check(case, arrays):
    graph = in_a_cycle(case, arrays)
    made = program.NumbaProgram(graph, jit=False)
    feeds = {f"x{i}": steps_of(a) for i, a in enumerate(arrays)}
    feeds = {name: value for name, value in feeds.items() if name in graph.fed}
    steps = {"t": T}
    found = made.run(bind(graph, feeds, steps=steps), None)
    assert_same_values(found, tg.interpret(graph, feeds, steps=steps), graph=graph)
    return made


@cases
def test_op_in_a_cycle(case: Case):
    made = check(case, case.arrays)
    loops = [task for task in made.tasks if isinstance(task, LoopTask)]
    expected = case.op in BY_NUMPY or not _has_code(case)
    assert bool(loops) == expected
    assert (f"no generated code for {case.op}" in made.source()) == expected
    changes = bool(made.graph.fed)  # of ones_like, nothing does from step to step
    native = any(isinstance(task, RegionTask) for task in made.tasks)
    assert native == (changes and not expected)


def _has_code(case):
    """Return False for the few uses of an op that generated code does not know."""
    shapes = [a.shape for a in case.arrays]
    kinds = {a.dtype.kind for a in case.arrays}
    if case.op == "put_along_axis":
        return {shape[-1] for shape in shapes} == {1}
    if case.op in ("matmul", "power"):
        return kinds == {"f"}
    return True


@cases
def test_op_in_a_cycle_in_float32(case: Case):
    arrays = [a.astype("float32") if a.dtype == "float64" else a for a in case.arrays]
    check(case, arrays)


def test_source_is_in_the_order_in_which_it_runs():
    x = tg.sequence("x", (3,), "float64")
    before = tg.delay("before", shape=(3,), dtype="float64")
    first = tg.tanh(x + before)
    before.close(first)
    last = tg.delay("last", shape=(3,), dtype="float64")
    second = tg.apply(tg.REGISTRY["max_n"], last * 0.5, first, x)
    last.close(second)
    made = program.NumbaProgram(tg.Graph({"y": second}), jit=False)
    kinds = [type(t) for t in made.tasks if isinstance(t, RegionTask | LoopTask)]
    assert kinds == [RegionTask, LoopTask]
    source = made.source()
    assert source.index("def ") < source.index("# A loop of")
