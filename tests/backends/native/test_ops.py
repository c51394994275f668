"""Every op within a cycle is generated code, but for a list; samples say it is right.

That it is right is said in `tests/laws/test_samples.py`.
"""

import pytest

import tinygraph as tg
from tests.sampled import looped, may_loop
from tinygraph.backends.native.program import NativeProgram
from tinygraph.backends.native.tasks import RegionTask
from tinygraph.backends.numpy.tasks import LoopTask
from tinygraph.testing.op_samples import SAMPLES

BY_NUMPY = {"max_n", "product_of_others", "stack_padded"}
"""Ops without generated code: a loop that holds one runs on NumPy."""


@pytest.mark.parametrize("op", sorted(SAMPLES))
def test_op_in_a_cycle(op):
    for sample in filter(may_loop, SAMPLES[op]):
        made = NativeProgram(looped(sample))
        loops = [task for task in made.tasks if isinstance(task, LoopTask)]
        expected = op in BY_NUMPY or not has_code(sample)
        assert bool(loops) == expected, sample
        assert (f"no generated code for {op}" in made.source()) == expected
        assert expected or any(isinstance(task, RegionTask) for task in made.tasks)


def has_code(sample):
    """Return False for the few uses of an op that generated code does not know."""
    if sample.op == "put_along_axis":
        along = sample.attrs["axis"]
        return {operand.shape[along] for operand in sample.operands} == {1}
    if sample.op == "matmul":
        one = len({operand.dtype for operand in sample.operands}) == 1
        return one and sample.operands[0].is_float
    return True


def test_source_is_in_the_order_in_which_it_runs():
    x = tg.sequence("x", (3,), "float64")
    before = tg.delay("before", shape=(3,), dtype="float64")
    first = tg.tanh(x + before)
    before.close(first)
    last = tg.delay("last", shape=(3,), dtype="float64")
    second = tg.apply(tg.REGISTRY["max_n"], last * 0.5, first, x)
    last.close(second)
    made = NativeProgram(tg.Graph({"y": second}))
    kinds = [type(t) for t in made.tasks if isinstance(t, RegionTask | LoopTask)]
    assert kinds == [RegionTask, LoopTask]
    source = made.source()
    assert source.index("def ") < source.index("# A loop of")
