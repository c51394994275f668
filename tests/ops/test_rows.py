"""`Op.rows` by experiment: permute what is declared row by row, and see."""

import numpy as np
import pytest

import tinygraph as tg
from tests.ops.cases import CASES, Case
from tests.ops.test_kernels import leaves, run
from tests.ops.time_cases import TIME_CASES
from tinygraph.testing import assert_same_values
from tinygraph.testing.rows import not_row_wise, row_axes


def is_direct(case):
    """True where the op is applied to the arrays themselves, nothing around it."""
    xs = leaves(case.arrays)
    return case.apply(*xs).inputs == tuple(xs)


DIRECT = [case for case in CASES if is_direct(case)]
cases = pytest.mark.parametrize("case", DIRECT, ids=lambda case: case.id)
RNG = np.random.default_rng(7)


def permutation(length):
    """A permutation that moves something, where something can move."""
    order = RNG.permutation(length)
    return np.roll(order, 1) if (order == np.arange(length)).all() else order


def permuted(arrays, axes, order):
    """Permute each array along its axes in `axes`: {array: [axis, ...]}."""
    return [
        np.take(array, order, axes[i]) if axes.get(i) is not None else array
        for i, array in enumerate(arrays)
    ]


@cases
def test_rows_stay_rows(case: Case):
    """For each axis of y: permute the axes declared to be its rows."""
    y = case.apply(*leaves(case.arrays))
    plain = run(y, case.arrays, "interpret")
    for place in range(-y.ndim, 0):
        length = y.shape[place]
        axes = {
            i: axis
            for i, mapped in enumerate(row_axes(y))
            for axis, to in mapped.items()
            if to == place and y.inputs[i].shape[axis] == length != 1
        }
        if not axes or _moves_something_else(y, axes, place):
            continue
        order = permutation(length)
        moved = run(y, permuted(case.arrays, axes, order), "interpret")
        assert_same_values({"y": moved}, {"y": np.take(plain, order, place)})


def _moves_something_else(y, axes, place):
    """Return True if an input without these rows is laid along them as it is."""
    return any(
        x.ndim >= -place and x.shape[place] == y.shape[place] and i not in axes
        for i, x in enumerate(y.inputs)
        if y.op.rows is None
    )


@cases
def test_reduced_axes_may_come_in_any_order(case: Case):
    y = case.apply(*leaves(case.arrays))
    reduced = {
        i: [axis for axis, to in mapped.items() if to == tg.REDUCED]
        for i, mapped in enumerate(row_axes(y))
    }
    for n in range(max(map(len, reduced.values()), default=0)):
        axes = {i: listed[n] for i, listed in reduced.items() if listed}
        lengths = {y.inputs[i].shape[axis] for i, axis in axes.items()}
        order = permutation(lengths.pop())
        assert not lengths
        moved = run(y, permuted(case.arrays, axes, order), "interpret")
        assert_same_values(
            {"y": moved}, {"y": run(y, case.arrays, "interpret")}, kind="gradients"
        )


@pytest.mark.parametrize("case", TIME_CASES, ids=lambda case: case.id)
def test_time_ops_keep_rows(case: Case):
    array = case.arrays[0]
    if array.ndim < 2 or case.op == "delay":
        return
    x = tg.sequence("x", ("batch", *array.shape[2:]), "float64")
    y = case.apply(x)
    graph = tg.Graph({"y": y, "x": x})
    assert not_row_wise(graph, "batch") is None
    order = permutation(array.shape[1])
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
