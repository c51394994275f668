"""`Op.rows` by experiment: permute what is declared row by row, and see."""

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.testing import assert_same_values
from tinygraph.testing.op_rows import check_rows
from tinygraph.testing.op_samples import SAMPLES
from tinygraph.testing.rows import not_row_wise
from tinygraph.testing.symmetries import moving_order
from tinygraph.testing.wishes import is_random

BATCH = 3
DIRECT = {
    op: rows
    for op, every in SAMPLES.items()
    if (rows := [s for s in every if s.operands and not s.build and not s.per_step])
}
"""Op → samples in which the op is applied to the operands themselves, without time."""
TIMED = {
    op: rows
    for op, every in SAMPLES.items()
    if op != "delay"
    and not is_random(op)
    and (rows := [s for s in every if s.per_step and "batch" in s.operands[0].shape])
}
"""Op → samples of a batch at each step."""


@pytest.mark.parametrize("op", DIRECT)
def test_rows_stay_rows_and_reduced_axes_have_no_order(op):
    for sample in DIRECT[op]:
        if op != "every_step" and not sample.has_extremes:
            arrays = [
                operand.array(f"x{i}", sizes={"batch": BATCH})
                for i, operand in enumerate(sample.operands)
            ]
            check_rows(sample.apply(*sample.leaves()), arrays)


@pytest.mark.parametrize("op", TIMED)
def test_time_ops_keep_rows(op):
    for sample in TIMED[op]:
        y = sample.apply(*sample.leaves())
        graph = tg.Graph({"y": y, **{x.label: x for x in y.inputs}})
        assert not_row_wise(graph, "batch") is None
        feeds = sample.feeds(graph, 4, {"batch": BATCH})
        order = moving_order(BATCH, 0)
        plain = tg.interpret(graph, feeds)["y"]
        moved = tg.interpret(graph, {k: a[:, order] for k, a in feeds.items()})["y"]
        wanted = np.take(plain, order, -y.ndim + y.shape.index("batch"))
        assert_same_values({"y": moved}, {"y": wanted})


def test_every_declaration_has_one_entry_per_axis():
    for op in DIRECT:
        for sample in DIRECT[op]:
            y = sample.apply(*sample.leaves())
            if y.op.rows is None:
                continue
            rows = y.op.rows(y)
            assert [len(axes) for axes in rows] == [x.ndim for x in y.inputs]
            for axes in rows:
                for to in axes:
                    assert to in (tg.REDUCED, tg.MIXED) or -y.ndim <= to < 0, sample


@pytest.mark.parametrize(
    "mixes",
    [
        lambda x: tg.softmax(x, axis=0),
        lambda x: tg.cumsum(x, axis=0),
        lambda x: tg.flip(x, 0),
        lambda x: tg.sum(x, axis=0) @ tg.constant(np.ones((3, 2))) + x[:, :1][0],
        lambda x: tg.take(x, tg.constant(np.array([0, 1])), axis=0),
        lambda x: tg.argmax(x, axis=0),
        lambda x: tg.uniform(("batch", 3), "float64", time=None, name="u") + x,
        lambda x: x @ x.T,
    ],
)
def test_mixing_ops_are_refused(mixes):
    x = tg.placeholder("x", ("batch", 3), "float64")
    graph = tg.Graph({"y": mixes(x), "x": x})
    assert not_row_wise(graph, "batch") is not None
