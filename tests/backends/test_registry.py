"""Which backend "auto" is, and what happens where llvmlite is missing or it refuses."""

import importlib.util
import warnings

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.backends import registry
from tinygraph.backends.native import program

PREFERRED = registry.preferred


@pytest.fixture
def automatic(monkeypatch):
    """What users have: "auto" decides."""
    monkeypatch.setattr(registry, "preferred", PREFERRED)
    registry._warn_once.cache_clear()


@pytest.fixture
def without_llvmlite(monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name: None if name == "llvmlite" else found(name),
    )


def graph():
    x = tg.sequence("x", (2,))
    state = tg.delay("state", shape=(2,))
    state.close(tg.tanh(state + x))
    return tg.Graph({"state": state})


def test_auto_is_native_where_that_can_be_compiled(automatic):
    assert tg.compile(graph()).backend == "native"
    assert tg.compile(graph(), memory="checkpoint").backend == "native"


def test_auto_says_once_that_llvmlite_is_missing(automatic, without_llvmlite):
    with pytest.warns(
        RuntimeWarning, match=r"llvmlite is not installed.*pip install llvmlite, or"
    ):
        run = tg.compile(graph())
    assert run.backend == "numpy"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert tg.compile(graph()).backend == "numpy"


def test_native_asked_for_and_missing(without_llvmlite):
    with pytest.raises(tg.BackendError, match=r"needs llvmlite.*pip install llvmlite"):
        tg.compile(graph(), backend="native")


def refuse(graph, threads):
    raise TypeError("no such register")


def test_native_that_refuses_is_an_error_where_it_was_asked_for(monkeypatch):
    monkeypatch.setattr(program, "NativeProgram", refuse)
    with pytest.raises(
        tg.BackendError, match="cannot compile this graph, TypeError: no"
    ):
        tg.compile(graph(), backend="native")


def test_auto_runs_on_numpy_what_native_refuses(automatic, monkeypatch):
    monkeypatch.setattr(program, "NativeProgram", refuse)
    with pytest.warns(RuntimeWarning, match="no such register.*runs on NumPy"):
        run = tg.compile(graph())
    xs = np.ones((3, 2), "float32")
    assert run({"x": xs})["state"].shape == (3, 2)


@pytest.mark.parametrize("backend", ["numpy", "native", "interpret"])
def test_parallel_is_for_backends_that_register_it(backend):
    with pytest.raises(
        tg.BackendError,
        match=f"backend '{backend}' runs every cycle step by step: parallel='time' is "
        "for 'jax'",
    ):
        tg.compile({"y": tg.placeholder("x")}, backend, parallel="time")
