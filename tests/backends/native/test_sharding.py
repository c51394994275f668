"""How long a region takes one thread, and from when on others take some of its rows."""

import numpy as np
import pytest

import tinygraph as tg
import tinygraph_rnn as rnn
from tinygraph.rewriting import optimise
from tinygraph.runtime.blas import BlasThreads
from tinygraph.runtime.threads import run_all

program = pytest.importorskip("tinygraph.backends.native.program")
call = pytest.importorskip("tinygraph.backends.native.machine.call")
sharding = pytest.importorskip("tinygraph.backends.native.ir.sharding")


def step(outputs, batch=1):
    """Return the nanoseconds of a step of the only region."""
    (function,) = program.NativeProgram(optimise(tg.Graph(outputs)).graph).functions

    def shape(dims):
        return tuple(batch if dim == "batch" else dim for dim in dims)

    return sharding.nanoseconds(function.region, shape)


def loop(body, dtype="float32", size=32):
    h = tg.delay("h", shape=("batch", size), dtype=dtype)
    y = body(h, tg.sequence("x", ("batch", size), dtype))
    h.close(y)
    return {"y": y}


def product(h, x):
    size = h.type.shape[-1]
    return h @ tg.parameter("U", np.zeros((size, size), h.dtype)) + x


def test_a_product_takes_its_multiplications():
    found = step(loop(product), 8)
    numbers = 8 * 32
    assert found == sharding.MULTIPLICATION * numbers * 32 + sharding.SIMPLE * numbers


def test_rows_formulas_and_wide_numbers():
    plain, long = (step(loop(lambda h, x, f=f: f(h + x))) for f in (tg.abs, tg.tanh))
    assert plain < long / 5
    assert step(loop(lambda h, x: tg.tanh(h + x)), 6) == pytest.approx(6 * long)
    wide = step(loop(lambda h, x: tg.tanh(h + x), "float64"))
    assert wide == pytest.approx(2 * long)


def test_a_sum_takes_what_it_adds_up():
    assert step(loop(lambda h, x: x + tg.mean(h, -1, keepdims=True))) > (
        1.9 * step(loop(lambda h, x: x + h))
    )


@pytest.mark.parametrize(
    ("batch", "hidden", "shared"), [(1, 64, 0), (4, 64, 0), (16, 128, 2), (32, 64, 2)]
)
def test_small_loops_stay_on_one_thread(monkeypatch, batch, hidden, shared):
    """Two threads were 1.4 times slower at (4, 64), and faster from (4, 128) on."""
    cut = []

    def noted(tasks):
        cut.append(len(tasks))
        return run_all(tasks)

    monkeypatch.setattr(call, "run_all", noted)
    monkeypatch.setattr(BlasThreads, "size", lambda self: 2)
    h = rnn.LSTM(hidden, hidden, rng=np.random.default_rng(0))(
        tg.sequence("x", ("batch", hidden))
    )
    run = tg.compile({"h": h}, "native", threads=2)
    run({"x": np.zeros((64, batch, hidden), "float32")})
    assert cut == [shared] * bool(shared)
