"""Which backend "auto" is, and what happens where numba is missing or refuses."""

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
def without_numba(monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name: None if name == "numba" else found(name),
    )


def graph():
    x = tg.sequence("x", (2,))
    state = tg.delay("state", shape=(2,))
    state.close(tg.tanh(state + x))
    return tg.Graph({"state": state})


def test_auto_is_numba_where_it_is_installed(automatic):
    assert tg.compile(graph()).backend == "numba"
    assert tg.compile(graph(), memory="checkpoint").backend == "numpy"


def test_auto_says_once_that_numba_is_missing(automatic, without_numba):
    with pytest.warns(
        RuntimeWarning, match=r"numba is not installed.*pip install numba, or"
    ):
        run = tg.compile(graph())
    assert run.backend == "numpy"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert tg.compile(graph()).backend == "numpy"


def test_numba_asked_for_and_missing(without_numba):
    with pytest.raises(tg.BackendError, match=r"needs numba.*pip install numba"):
        tg.compile(graph(), backend="numba")


def refuse(graph, threads):
    raise TypeError("no such register")


def test_numba_that_refuses_is_an_error_where_it_was_asked_for(monkeypatch):
    monkeypatch.setattr(program, "NumbaProgram", refuse)
    with pytest.raises(
        tg.BackendError, match="cannot compile this graph, TypeError: no"
    ):
        tg.compile(graph(), backend="numba")


def test_auto_runs_on_numpy_what_numba_refuses(automatic, monkeypatch):
    monkeypatch.setattr(program, "NumbaProgram", refuse)
    with pytest.warns(RuntimeWarning, match="no such register.*runs on NumPy"):
        run = tg.compile(graph())
    xs = np.ones((3, 2), "float32")
    assert run({"x": xs})["state"].shape == (3, 2)
