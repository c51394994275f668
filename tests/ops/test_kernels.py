"""Every op equals NumPy: in float64 and float32, alone and over time."""

import itertools

import numpy as np
import pytest

import tinygraph as tg
from tests.ops.cases import CASES, Case
from tinygraph.testing import assert_same_values

cases = pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
T = 3


def leaves(arrays, time=()):
    """Return a leaf per array; those at the places in `time` hold T values."""
    return [
        tg.sequence(f"x{i}", a.shape[1:], a.dtype)
        if i in time
        else tg.placeholder(f"x{i}", a.shape, a.dtype)
        for i, a in enumerate(arrays)
    ]


def run(y, arrays, backend, steps=None):
    graph = tg.Graph({"y": y})
    feeds = {f"x{i}": a for i, a in enumerate(arrays) if f"x{i}" in graph.fed}
    return tg.compile(graph, backend)(feeds, steps)["y"]


def narrowed(array):
    return array.astype("float32") if array.dtype == "float64" else array


@cases
@pytest.mark.parametrize("backend", ["interpret", "numpy"])
def test_value(case: Case, backend):
    y = case.apply(*leaves(case.arrays))
    got = run(y, case.arrays, backend)
    wanted = np.asarray(case.wanted(*case.arrays))
    assert got.dtype == y.dtype
    assert got.shape == y.shape
    assert_same_values({"y": got}, {"y": wanted.astype(y.dtype)})


@cases
def test_value_in_float32(case: Case):
    arrays = [narrowed(array) for array in case.arrays]
    y = case.apply(*leaves(arrays))
    got = run(y, arrays, "numpy")
    wanted = np.asarray(case.wanted(*arrays))
    assert got.dtype == y.dtype
    assert not y.type.is_float or y.dtype == "float32" or case.op == "cast"
    assert_same_values({"y": got}, {"y": wanted.astype(y.dtype)})


@cases
def test_over_time_is_a_loop_over_steps(case: Case):
    """Per-step operands, alone and mixed with ones constant in time."""
    rng = np.random.default_rng(len(case.id))
    many = [np.stack([_shuffled(a, rng, t) for t in range(T)]) for a in case.arrays]
    places = range(len(case.arrays))
    for time in itertools.chain.from_iterable(
        itertools.combinations(places, n) for n in (1, len(case.arrays))
    ):
        arrays = [many[i] if i in time else case.arrays[i] for i in places]
        y = case.apply(*leaves(arrays, time))
        assert y.time == "t"
        got = run(y, arrays, "numpy", T)
        steps = [
            [many[i][t] if i in time else arrays[i] for i in places] for t in range(T)
        ]
        static = case.apply(*leaves(case.arrays))
        wanted = np.stack([run(static, each, "interpret") for each in steps])
        assert_same_values({"y": got}, {"y": wanted})
        assert_same_values({"y": run(y, arrays, "interpret", T)}, {"y": wanted})


def _shuffled(array, rng, t):
    """Return other numbers of the same domain."""
    return rng.permutation(array.reshape(-1)).reshape(array.shape) if t else array
