"""Functions are called as NumPy's are: any axis, key, shape that NumPy takes."""

import numpy as np
import pytest

import tinygraph as tg
from tests.kit import values
from tests.ops.calls import CALLS
from tinygraph.testing import assert_same_values, check_vjp

calls = pytest.mark.parametrize("name", CALLS)


def called(name, arrays, time=False):
    """Return the call on leaves, sequences where arrays hold a value per step."""
    call, *_ = CALLS[name]
    leaves = [
        tg.sequence(f"x{i}", a.shape[1:], a.dtype)
        if time
        else tg.placeholder(f"x{i}", a.shape, a.dtype)
        for i, a in enumerate(arrays)
    ]
    return call(tg, *leaves)


@calls
def test_calls_give_what_numpy_gives(name):
    call, *arrays = CALLS[name]
    check(name, arrays, np.asarray(call(np, *arrays)))


@calls
def test_calls_over_time_in_float32(name):
    call, *arrays = CALLS[name]
    narrow = [a.astype("float32") if a.dtype.kind == "f" else a for a in arrays]
    steps = [np.stack([a, np.flip(a)]) for a in narrow]
    each = [call(np, *[a[t] for a in steps]) for t in (0, 1)]
    check(name, steps, np.stack(each), steps=2)


def check(name, arrays, wanted, steps=None):
    graph = tg.Graph({"y": called(name, arrays, time=steps is not None)})
    feeds = {f"x{i}": a for i, a in enumerate(arrays) if f"x{i}" in graph.fed}
    assert_same_values(values(graph, feeds, steps), {"y": wanted}, graph=graph)


@calls
def test_derivatives_of_calls(name):
    call, *arrays = CALLS[name]
    y = called(name, arrays)
    if y.type.is_float:
        check_vjp(lambda *nodes: call(tg, *nodes), *arrays, order=2)
