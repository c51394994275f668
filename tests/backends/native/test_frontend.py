"""The compiler of generated code: what its small language means."""

import gc
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import tinygraph as tg
from tests.backends.native.kit import MachineCode, row_loop
from tinygraph.backends.native.frontend import functions
from tinygraph.backends.native.ir import values
from tinygraph.backends.native.kernels import expressions
from tinygraph.testing import assert_same_values

pytest.importorskip("llvmlite")


@pytest.mark.parametrize("bits", [8, 16, 32])
@pytest.mark.parametrize("sign", ["", "u"])
def test_floats_become_integers_as_numpy_says(sign, bits):
    dtype = f"{sign}int{bits}"
    x = np.array([-1.0, -2.5, 100.75, 3.0], "float32")
    got = np.zeros(4, dtype)
    row_loop([f"to_{dtype}(x0)"], 1)(x, got)
    np.testing.assert_array_equal(got, x.astype("int64").astype(dtype))


def test_numbers_that_fit_no_integer_become_some_integer():
    x = np.array([np.nan, np.inf, -np.inf, 1e30], "float32")
    got = np.zeros(4, "int32")
    row_loop(["select(to_int32(x0) > 0, to_int32(x0), np.int32(0))"], 1)(x, got)
    assert (got >= 0).all()


@pytest.mark.parametrize("n", [0, 1, 5])
def test_ranges_may_be_empty(n):
    source = """
def run(n, x, out):
    total = np.float64(0)
    for i in range(2, 2):
        total = total + np.float64(100)
    for i in range(n - 1):
        for k in range(i, n - 1):
            total = total + x[k]
    out[0] = total
    return 0
"""
    x, out = np.arange(1.0, n + 2), np.zeros(n + 1)
    run = MachineCode(source)
    run(x, out)
    assert out[0] == sum(x[i:n].sum() for i in range(n))


def test_a_choice_reads_only_what_it_chooses():
    source = """
def run(n, x, out):
    for i in range(n):
        out[i] = (out[i - 1] if i > 0 else np.float64(0)) + x[i]
    return 0
"""
    x, out = np.arange(5.0), np.zeros(5)
    MachineCode(source)(x, out)
    np.testing.assert_array_equal(out, np.cumsum(x))


def test_an_unknown_function_is_named_with_its_line_and_node(monkeypatch):
    x, past = tg.sequence("x", (3,)), tg.delay("past", shape=(3,))
    h = past.close(tg.tanh(x + past, name="squashed")).source
    monkeypatch.setitem(expressions.EXPRESSIONS, "tanh", expressions.function("tahn"))
    with pytest.raises(tg.BackendError, match="tahn.*# squashed.*which is unknown"):
        tg.compile({"h": h}, "native")


def test_a_sum_of_many_is_several_lines(monkeypatch):
    xs = [tg.sequence(f"x{i}", (3,)) for i in range(9)]
    past = tg.delay("past", shape=(3,))
    monkeypatch.setattr(values, "LONGEST", 3)
    total = past.close(0.5 * past + tg.apply(tg.REGISTRY["add_n"], *xs)).source
    run = tg.compile({"y": total}, "native")
    feeds = {f"x{i}": np.full((4, 3), i, "float32") for i in range(9)}
    assert_same_values(run(feeds), tg.interpret(run.graph, feeds))
    sums = [line for line in run.source().splitlines() if "# add_n" in line]
    assert max(line.count(" + ") for line in sums) == 2


def test_threads_parse_at_the_same_time():
    """Garbage is collected in a parse, and lets another thread begin one."""
    lines = "".join(
        f"    x = a[{i}] if a[{i}] > 0 else f(b[{i}] * (c - 1))\n" for i in range(60)
    )
    source = f"def run(a):\n{lines}"

    def switch(*_):
        time.sleep(0)

    before = gc.get_threshold()
    gc.callbacks.append(switch)
    gc.set_threshold(20)
    try:
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(functions.parsed, [source] * 24))
    finally:
        gc.set_threshold(*before)
        gc.callbacks.remove(switch)
    assert {len(function.body) for function in found} == {60}
