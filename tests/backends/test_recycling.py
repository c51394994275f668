"""Arrays for callers are used again when nobody holds them, and never before."""

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.backends.linking import recycling
from tinygraph.backends.linking.recycling import Recycler, arrays_of

SHAPE, DTYPE = (3, 4), np.dtype("float32")
counted = pytest.mark.skipif(
    recycling._ALONE < 1, reason="this Python does not count references"
)


@pytest.fixture
def every_size(monkeypatch):
    monkeypatch.setattr(recycling, "LEAST", 0)


def place(array):
    return array.__array_interface__["data"][0]


@pytest.fixture
def arrays():
    return Recycler(SHAPE, DTYPE)


@counted
def test_what_was_let_go_of_is_used_again(arrays):
    first = place(arrays())
    assert place(arrays()) == first


@counted
def test_what_is_rebound_call_after_call_is_one_of_two(arrays):
    seen = set()
    for _ in range(6):
        found = arrays()
        seen.add(place(found))
    assert len(seen) == 2


HOLD = {
    "itself": lambda a: a,
    "a view": lambda a: a[1:],
    "a view of a view": lambda a: a.T[:2][1:],
    "a flat iterator": lambda a: a.flat,
    "a buffer": memoryview,
    "an array of a buffer": lambda a: np.frombuffer(memoryview(a).cast("B"), DTYPE),
    "a list": lambda a: [[a]],
}


@pytest.mark.parametrize("how", HOLD)
def test_what_somebody_holds_is_not(arrays, how):
    first = arrays()
    number, held = place(first), HOLD[how](first)
    del first
    for _ in range(3):
        assert place(arrays()) != number
    del held


def reshaped(array):
    array.shape = (12,)


def frozen(array):
    array.flags.writeable = False


@pytest.mark.parametrize("change", [reshaped, frozen])
def test_what_is_not_as_it_was_made_is_not(arrays, change):
    array = arrays()
    change(array)
    del array
    again = arrays()
    assert again.shape == SHAPE
    assert again.flags.writeable


def test_nor_what_is_small_or_large(monkeypatch):
    monkeypatch.setattr(recycling, "LEAST", 96)
    monkeypatch.setattr(recycling, "MOST", 104)
    kinds = [type(arrays_of((n,), DTYPE)) is Recycler for n in (23, 24, 26, 27)]
    assert kinds == [False, recycling._ALONE > 0, recycling._ALONE > 0, False]
    assert arrays_of((2, 23), DTYPE)().shape == (2, 23)


def test_nor_where_references_are_not_counted(arrays, monkeypatch):
    monkeypatch.delattr("sys.getrefcount")
    assert recycling._counting()(arrays) == -1
    monkeypatch.setattr(recycling, "_count", recycling._no_count)
    found = [place(arrays()) for _ in range(2)]
    assert [place(each) for each in arrays._arrays] == found[::-1]


@pytest.mark.parametrize("backend", ["numpy", "native"])
def test_results_that_are_kept_stay_as_they_are(backend, every_size):
    """Fresh ones, copies of what stays in the frame, and feeds handed through."""
    x, w = tg.sequence("x", (2, 3)), tg.parameter("w", np.ones((3, 3), "float32"))
    h = tg.delay("h", shape=(2, 3))
    y = tg.tanh(x @ w + h)
    h.close(y)
    dw = tg.grad(tg.sum(tg.last(y)), w)
    outputs = {"y": y, "last": tg.last(y), "x": x, "w": w, "dw": dw}
    run = tg.compile(outputs, backend)
    rng = np.random.default_rng(0)
    feeds = [rng.normal(size=(5, 2, 3)).astype("float32") for _ in range(4)]
    kept = [run({"x": each}) for each in feeds]
    copies = [{name: a.copy() for name, a in found.items()} for found in kept]
    for found in (run({"x": each}) for each in feeds):
        found["y"] += 1
    for found, copy, fed in zip(kept, copies, feeds, strict=True):
        again = run({"x": fed})
        for name, array in found.items():
            np.testing.assert_array_equal(array, copy[name])
            np.testing.assert_array_equal(array, again[name])


@pytest.mark.parametrize("backend", ["numpy", "native"])
def test_a_result_fed_back(backend, every_size):
    x = tg.sequence("x", (2, 3))
    h = tg.delay("h", shape=(2, 3))
    y = tg.tanh(x + 0.5 * h)
    h.close(y)
    run, slow = tg.compile({"y": y}, backend), tg.compile({"y": y}, "numpy")
    fed = wanted = np.ones((4, 2, 3), "float32")
    for _ in range(4):
        fed = run({"x": fed})["y"]
        wanted = slow({"x": wanted.copy()})["y"].copy()
        np.testing.assert_allclose(fed, wanted, rtol=1e-5)
    nested = run({"x": run({"x": run({"x": fed})["y"]})["y"]})["y"]
    for _ in range(3):
        fed = run({"x": fed})["y"]
    np.testing.assert_array_equal(nested, fed)


@pytest.mark.parametrize("threads", [1, 2])
def test_native_code_writes_a_state_where_the_caller_finds_it(every_size, threads):
    """It stands behind what its delay sees at first; nobody else may read that."""
    pytest.importorskip("llvmlite")
    x = tg.sequence("x", ("batch", 3))
    h, last = tg.delay("h", shape=("batch", 3)), tg.delay("o", shape=("batch", 3))
    y = tg.tanh(x + 0.5 * h)
    h.close(y)
    shifted = tg.delay("shifted", source=y)
    last.close(tg.sin(x + 0.5 * last))
    graph = tg.Graph({"y": y, "shifted": shifted, "o": last.source, "o before": last})
    run = tg.compile(graph, "native", threads=threads)
    feeds = [{"x": np.full((4, 2, 3), k, "float32")} for k in range(3)]
    kept = [run(each) for each in feeds]
    for found, fed in zip(kept, feeds, strict=True):
        wanted = tg.interpret(graph, fed)
        for name, array in wanted.items():
            np.testing.assert_allclose(found[name], array, rtol=1e-6)
