"""`Op.rows` by experiment: permute what is declared row by row, and see."""

import numpy as np
import pytest

import tinygraph as tg
from tests.ops.cases import CASES, Case
from tests.ops.test_kernels import leaves
from tests.ops.time_cases import TIME_CASES
from tinygraph.testing import assert_same_values
from tinygraph.testing.op_rows import check_rows
from tinygraph.testing.rows import not_row_wise
from tinygraph.testing.symmetries import moving_order


def is_direct(case):
    """True where the op is applied to the arrays themselves, nothing around it."""
    xs = leaves(case.arrays)
    return case.apply(*xs).inputs == tuple(xs)


DIRECT = [case for case in CASES if is_direct(case)]
cases = pytest.mark.parametrize("case", DIRECT, ids=lambda case: case.id)


@cases
def test_rows_stay_rows_and_reduced_axes_have_no_order(case: Case):
    check_rows(case.apply(*leaves(case.arrays)), case.arrays)


@pytest.mark.parametrize("case", TIME_CASES, ids=lambda case: case.id)
def test_time_ops_keep_rows(case: Case):
    array = case.arrays[0]
    if array.ndim < 2 or case.op == "delay":
        return
    x = tg.sequence("x", ("batch", *array.shape[2:]), "float64")
    y = case.apply(x)
    graph = tg.Graph({"y": y, "x": x})
    assert not_row_wise(graph, "batch") is None
    order = moving_order(array.shape[1], 0)
    plain = tg.interpret(graph, {"x": array})["y"]
    moved = tg.interpret(graph, {"x": array[:, order]})["y"]
    batch = 1 - array.ndim
    assert_same_values({"y": moved}, {"y": np.take(plain, order, batch)})


def test_every_declaration_has_one_entry_per_axis():
    for case in DIRECT:
        y = case.apply(*leaves(case.arrays))
        if y.op.rows is None:
            continue
        rows = y.op.rows(y)
        assert [len(axes) for axes in rows] == [x.ndim for x in y.inputs], case.id
        for axes in rows:
            for to in axes:
                assert to in (tg.REDUCED, tg.MIXED) or -y.ndim <= to < 0, case.id


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
