"""Random ops by every backend: of whatever is random about what, and at the ends."""

import functools
import itertools

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.backends.native import program
from tinygraph.backends.native.codegen import random as native
from tinygraph.ops import philox
from tinygraph.testing import check_backend, check_definition, check_unrolling

SHAPE = (2, 3)
SOURCES = {
    "a constant": lambda a: tg.constant(a),
    "a parameter": lambda a: tg.parameter("p", a),
    "made of a parameter": lambda a: tg.square(tg.parameter("p", a)),
    "a placeholder": lambda a: tg.placeholder("p", a.shape, a.dtype),
    "per step": lambda a: tg.sequence("p", a.shape, a.dtype),
    "the same at each step": lambda a: tg.every_step(tg.parameter("p", a)),
}
CHANCES = {"one": (1,), "row": (3,), "whole": SHAPE}
OPS = {
    "bernoulli": lambda p, time: tg.bernoulli(p, SHAPE, p.dtype, time=time, name="r"),
    "categorical": lambda p, time: tg.categorical(p, name="r"),
    "dropped": lambda p, time: p * tg.bernoulli(0.5, p.shape, p.dtype, time=time),
    "noisy": lambda p, time: p + tg.normal(SHAPE, p.dtype, time=time, name="r"),
    "uniform": lambda p, time: p * tg.uniform(SHAPE, p.dtype, time=time, name="r"),
}
USES = {
    "alone": lambda y: {"y": y},
    "beside a sequence": lambda y: {"y": y, "z": tg.sequence("x", SHAPE[-1:]) + y},
    "in a loop": lambda y: {"y": y, "h": looped(y)},
}


def looped(y):
    before = tg.delay("before", shape=y.shape, dtype="float64")
    h = tg.tanh(0.5 * before + tg.cast(y, "float64"))
    before.close(h)
    return h


def graph_of(op, source, shape, time, use):
    chance = np.linspace(0.2, 0.8, int(np.prod(CHANCES[shape]))).reshape(CHANCES[shape])
    p = SOURCES[source](chance)
    if p.time is not None and time is None:
        return None
    if use == "beside a sequence" and op == "categorical":
        return None
    return tg.Graph(USES[use](OPS[op](p, time)))


ALL = list(itertools.product(OPS, SOURCES, CHANCES, ("t", None), USES))


@pytest.fixture
def plain(monkeypatch):
    """Run generated source without compiling it."""
    made = functools.partial(program.NativeProgram, jit=False)
    monkeypatch.setattr(program, "NativeProgram", made)


@pytest.mark.parametrize(("op", "source"), list(itertools.product(OPS, SOURCES)))
def test_numbers_belong_to_seed_name_step_and_place(plain, op, source):
    """Called with another seed and start, and with other parameters: law 5 does."""
    tried = 0
    for _, _, shape, time, use in [c for c in ALL if c[:2] == (op, source)]:
        graph = graph_of(op, source, shape, time, use)
        if graph is None:
            continue
        tried += 1
        for backend in ("numpy", "native"):
            check_backend(graph, backend, 3, start=1, seed=2)
        check_unrolling(graph, 3, start=2, seed=3)
        check_definition(graph, "interpret", 3, start=2, seed=3)
    assert tried >= 6


WORDS = [0, 1, 255, 256, 2**11, 2**21, 2**31, 2**32 - 256, 2**32 - 2, 2**32 - 1]


@pytest.mark.parametrize(
    ("first", "second"), list(itertools.product(WORDS, WORDS[::3]))
)
def test_numbers_at_the_ends_of_what_words_can_be(monkeypatch, first, second):
    """Uniform ones in [0, 1) or (0, 1), the others finite; native ones the same."""

    def words(key, step, size, per):
        listed = np.array([first, second], np.uint64)[:per]
        return np.broadcast_to(listed, (*np.shape(step), size, per))

    def word(seed, name, step, number):
        return np.uint64((first, second)[number % 2])

    monkeypatch.setattr(philox, "words", words)
    monkeypatch.setattr(native, "word", word)
    key = (0, 0)
    for dtype in ("float32", "float64"):
        u = philox.uniform(key, 0, 1, dtype)
        assert u.dtype == dtype
        assert 0 <= u[0] < 1
        of_native = native.uniform if dtype == "float32" else native.uniform_64
        assert of_native(0, 0, 0, 0) == u[0]
        assert np.isfinite(philox.normal(key, 0, 1, dtype)).all()
    found = philox.open_uniform(key, 0, 1)[0]
    assert 0 < found < 1
    assert found == ((first >> 8) + 0.5) / 2**24
    gumbel = native.gumbel(0, 0, 0, 0)
    assert np.isfinite(gumbel)
    assert gumbel == pytest.approx(-np.log(-np.log(found)), rel=1e-12)
    assert native.normal(0, 0, 0, 0) == philox.normal(key, 0, 1, "float64")[0]
