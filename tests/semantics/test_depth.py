"""Depth costs no recursion: chains far beyond the limit, every stage of the engine."""

import sys
from contextlib import contextmanager

import numpy as np
import pytest

import tinygraph as tg
from tests.kit import F64, close

DEEP = 2_000
XS = np.array([0.3, -0.2, 0.5])


@contextmanager
def shallow(room=120):
    """Leave Python room for so many calls only: one per node would not fit."""
    depth, frame = 0, sys._getframe()
    while frame is not None:
        depth, frame = depth + 1, frame.f_back
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(depth + room)
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)


@pytest.fixture(scope="module")
def chain():
    """A loop of 2,000 additions: h[t] = x[t] + h[t - 1] + 2000 · 0.001."""
    x, w = tg.sequence("x", (), F64), tg.parameter("w", np.array(0.001))
    before = tg.delay("before", shape=(), dtype=F64)
    node = x + before
    for _ in range(DEEP):
        node = node + w
    before.close(node)
    return x, w, before, node


def states(step=0.001):
    return np.cumsum(XS + DEEP * step)


def test_building_running_and_rewriting(chain):
    _x, w, _, h = chain
    with shallow():
        graph = tg.Graph({"h": h, "last": tg.last(h)})
        found = [tg.interpret(graph, {"x": XS})["h"]]
        found.append(tg.compile(graph, backend="numpy")({"x": XS})["h"])
        found.append(tg.interpret(tg.unroll(graph, 3), {"x": XS})["h"])
        found.append(tg.interpret(tg.reverse_time(graph), {"x": XS[::-1]})["h"][::-1])
        doubled = tg.interpret(graph.replace({w: w * 2.0}), {"x": XS})["h"]
        forced = tg.open_loop(graph, "before", tg.sequence("y", (), F64))
        carried = tg.stateful(graph)
        again = tg.interpret(carried, {"x": XS, **graph.initial_state({"x": XS})})
    for array in [*found, again["h"]]:
        close(array, states())
    close(doubled, states(0.002))
    assert len(forced) >= DEEP


def test_gradients(chain):
    x, w, _, h = chain
    with shallow():
        loss = tg.sum_over_time(tg.square(h))
        dw = tg.grad(loss, w)
        second = tg.grad(dw, w)
        forth = tg.jvp(h, w, 1.0)
        graph = tg.Graph({"dw": dw, "second": second, "forth": forth, "x": x})
        found = tg.interpret(graph, {"x": XS})
    reach = DEEP * np.array([1.0, 2.0, 3.0])
    close(found["dw"], (2 * states() * reach).sum())
    close(found["second"], (2 * reach**2).sum())
    close(found["forth"], reach)


def test_the_error_for_a_long_cycle_is_found_without_recursion():
    before = tg.delay("before", shape=(), init=tg.REPLICATE)
    node = before
    for _ in range(DEEP):
        node = tg.tanh(node)
    before.close(node)
    with shallow(), pytest.raises(tg.DelayFreeCycleError, match="2001 nodes"):
        tg.Graph(node)
