"""Random ops by every backend: of whatever is random about what, and at the ends."""

import itertools

import numpy as np
import pytest

import tinygraph as tg
from tests.backends.native.kit import MachineCode
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


@pytest.mark.parametrize(("op", "source"), list(itertools.product(OPS, SOURCES)))
def test_numbers_belong_to_seed_name_step_and_place(op, source):
    """Called with another seed and start, and with other parameters: law 5 does."""
    tried = 0
    for _, _, shape, time, use in [c for c in ALL if c[:2] == (op, source)]:
        graph = graph_of(op, source, shape, time, use)
        if graph is None:
            continue
        tried += 1
        check_backend(graph, "numpy", 3, start=1, seed=2)
        if use == "in a loop" or (shape, time) == ("whole", "t"):
            check_backend(graph, "native", 3, start=1, seed=2)
        check_unrolling(graph, 3, start=2, seed=3)
        check_definition(graph, "interpret", 3, start=2, seed=3)
    assert tried >= 6


@pytest.mark.parametrize("steps", [1, 2, -1])
@pytest.mark.parametrize("op", OPS)
def test_numbers_that_a_loop_draws_by_its_own_state(op, steps):
    """What was drawn says how likely the next is."""
    for shape in CHANCES.values():
        chance = np.linspace(0.2, 0.8, int(np.prod(shape))).reshape(shape)
        before = tg.delay("before", init=chance, steps=steps)
        y = OPS[op](before, "t")
        before.close(0.1 + chance * tg.mean(tg.sigmoid(tg.cast(y, "float64"))))
        graph = tg.Graph({"y": y, "after": tg.delay(source=y, steps=-steps, init=0)})
        for backend in ("numpy", "native"):
            check_backend(graph, backend, 5, start=3, seed=2)
        check_unrolling(graph, 5, start=2, seed=3)
        check_definition(graph, "interpret", 5, start=2, seed=3)


def test_draws_at_places_of_a_loop_that_are_steps_apart():
    """It runs in both directions: what a value of the next step needs comes first."""
    row = {"shape": (3,), "dtype": "float64", "time": "t"}
    before = tg.delay("before", init=np.linspace(0.2, 0.8, 3), steps=2)
    first = tg.bernoulli(before, **row, name="first")
    ahead = tg.delay(source=tg.sigmoid(first + before), steps=-1, init=0.5)
    second = tg.bernoulli(ahead, **row, name="second")
    third = tg.cast(tg.categorical(ahead + second, name="third"), "float64")
    before.close(0.1 + 0.8 * tg.sigmoid(second - third))
    graph = tg.Graph({"first": first, "second": second, "third": third})
    for backend in ("numpy", "native"):
        check_backend(graph, backend, 6, start=3, seed=2)
    check_unrolling(graph, 6, start=2, seed=3)
    check_definition(graph, "interpret", 6, start=2, seed=3)


WORDS = [0, 1, 255, 256, 2**11, 2**21, 2**31, 2**32 - 256, 2**32 - 2, 2**32 - 1]


DRAWN = """
def run(n, words, halves, out):
    out[0] = uniform(halves[0])
    out[1] = uniform_64(words[0])
    out[2] = gumbel(halves[0])
    out[3] = normal_64(words[0])
    out[4] = normal(words[0])
    out[5] = chance(halves[0])
    return 0
"""


@pytest.fixture(scope="module")
def native():
    """What native code makes of random bits: a half, and a word that begins with it."""
    run = MachineCode(DRAWN)

    def drawn(first, second):
        out = np.zeros(6)
        word = np.array([first | second << 32], np.uint64).view(np.int64)
        run(word, np.array([first], np.uint32).view(np.int32), out)
        return out

    return drawn


@pytest.mark.parametrize("first", WORDS)
def test_numbers_at_the_ends_of_what_bits_can_be(monkeypatch, native, first):
    """Uniform ones in [0, 1) or (0, 1), the others finite; native ones the same."""
    for second in WORDS[::3]:
        word = np.array([first | second << 32], np.uint64)
        monkeypatch.setattr(philox, "words", lambda key, step, count, w=word: w)
        uniform, uniform_64, gumbel, *normals, chance = native(first, second)
        key = (0, 0)
        for dtype, of_native in (("float32", uniform), ("float64", uniform_64)):
            u = philox.uniform(key, 0, 1, dtype)
            assert u.dtype == dtype
            assert 0 <= u[0] < 1
            assert of_native == u[0]
            assert np.isfinite(philox.normal(key, 0, 1, dtype)).all()
        assert chance == first / 2**32
        above = np.nextafter(chance, 2)
        for limit, wanted in ((chance, 0), (above, 1)):
            found = philox.bernoulli(key, 0, 1, "int64", np.array(limit))
            assert found == wanted
        found = philox.open_uniform(key, 0, 1)[0]
        assert 0 < found < 1
        assert found == ((first >> 8) + 0.5) / 2**24
        assert np.isfinite(gumbel)
        assert gumbel == pytest.approx(-np.log(-np.log(found)), rel=1e-12)
        wanted = philox.normal(key, 0, 1, "float64")[0]
        assert normals[0] == pytest.approx(wanted, rel=1e-12, abs=1e-12)
        assert normals[1] == pytest.approx(wanted, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("width", [1, 2, 3, 4, 7, 8, 9, 24, 31])
def test_rows_of_any_width_begin_anywhere_in_a_block(width):
    """Native code draws whole blocks for a row: its first bits stand within one."""
    nodes = {
        "mask": tg.bernoulli(0.5, ("batch", 3, width), name="mask"),
        "float32": tg.uniform(("batch", width), name="float32") + 1,
        "float64": tg.uniform(("batch", width), "float64", name="float64") + 1,
        "normal": tg.normal((3, width), name="normal") + 1,
    }
    nodes["state"] = looped(nodes["mask"])
    nodes["fed"] = tg.sequence("x", ("batch",)) * tg.uniform(("batch",), name="row")
    check_backend(tg.Graph(nodes), "native", 3, start=2**40, seed=2**32 - 2)
