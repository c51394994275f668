"""Threads of BLAS: what a call asks for, and what it leaves behind."""

import threading

import numpy as np
import pytest
import threadpoolctl

import tinygraph as tg
from tests.kit import refused
from tinygraph.core import building
from tinygraph.core.nodes import Op
from tinygraph.runtime.blas import BLAS, BlasThreads


def pool():
    """How many threads NumPy's BLAS may use, as threadpoolctl sees it."""
    found = threadpoolctl.threadpool_info()
    numpys = [each for each in found if "numpy" in each["filepath"].lower()]
    blas = [each for each in numpys or found if each["user_api"] == "blas"]
    return max(each["num_threads"] for each in blas)


@pytest.fixture(autouse=True)
def three_threads():
    with threadpoolctl.threadpool_limits(3, user_api="blas"):
        if pool() < 3:
            pytest.skip("this BLAS takes no number of threads")
        yield
        assert pool() == 3


def watched(seen):
    """An op that writes down how many threads there are while it runs."""

    def look(x):
        seen.append(pool())
        return np.tanh(x)

    return Op("look", infer=lambda x: x, impl=look)


def outside(seen):
    x = tg.sequence("x", (2, 2), "float64")
    return {"y": building.apply(watched(seen), x)}


def inside(seen, size=2):
    h = tg.delay("h", shape=(size, size), dtype="float64")
    weight = tg.parameter("W", np.eye(size))
    y = building.apply(watched(seen), h @ weight)
    h.close(y)
    return {"y": y}


FEED = {"x": np.ones((3, 2, 2))}


@pytest.mark.parametrize(("threads", "wanted"), [(None, 3), (2, 2), (1, 1), (8, 3)])
def test_outside_loops_as_asked_and_never_more_than_there_are(threads, wanted):
    seen = []
    run = tg.compile(outside(seen), backend="numpy", threads=threads)
    assert run.threads == threads
    run(FEED)
    assert seen == [wanted] * len(seen)
    assert seen


def test_a_loop_of_small_products_runs_on_one():
    seen = []
    tg.compile(inside(seen), backend="numpy")({}, steps=3)
    assert seen == [1, 1, 1]


def test_a_loop_of_large_products_keeps_them_all():
    seen = []
    tg.compile(inside(seen, 200), backend="numpy")({}, steps=2)
    assert seen == [3, 3]


def test_after_an_error_it_is_as_before():
    x = tg.sequence("x", (2,), "float64")
    h = tg.delay("h", shape=(2, 2), dtype="float64")
    row = tg.take(h @ np.eye(2), tg.sequence("i", (2,), "int64"), 0)
    h.close(row)
    run = tg.compile({"h": row, "x": x}, backend="numpy", threads=2)
    with pytest.raises(IndexError):
        run({"x": np.ones((2, 2)), "i": np.full((2, 2), 7)})


def test_of_several_wishes_the_lowest_counts():
    with BLAS.at_most(2):
        with BLAS.at_most(1), BLAS.at_most(2):
            assert pool() == 1
        assert pool() == 2
        with BLAS.at_most(None):
            assert pool() == 2


def test_calls_from_other_threads_leave_no_trace():
    """Not every BLAS lets them set the number; none is stuck with theirs."""
    entered, gone = threading.Event(), threading.Event()

    def other():
        with BLAS.at_most(1):
            entered.set()
            gone.wait()

    thread = threading.Thread(target=other)
    with BLAS.at_most(2):
        thread.start()
        entered.wait()
    gone.set()
    thread.join()
    assert pool() == 3


def test_a_limit_of_the_users_own_is_kept():
    with threadpoolctl.threadpool_limits(2, user_api="blas"):
        seen = []
        tg.compile(outside(seen), backend="numpy", threads=3)(FEED)
        assert set(seen) == {2}
        assert pool() == 2


@pytest.mark.parametrize("threads", [None, 3, 8])
def test_where_nothing_changes_nothing_is_asked(monkeypatch, threads):
    run = tg.compile(outside([]), backend="numpy", threads=threads)
    monkeypatch.delattr(BlasThreads, "enter")
    run(FEED)


@pytest.mark.parametrize("threads", [0, -1, True, 1.5, "two"])
def test_wrong_numbers(threads):
    graph = outside([])
    pattern = "threads must be a positive int, or None"
    refused(tg.BackendError, pattern, tg.compile, graph, threads=threads)
