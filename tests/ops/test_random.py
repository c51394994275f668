"""Random ops: Philox by its known answers, distributions, and draws that keep."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.ops import philox
from tinygraph.testing import assert_same_values

KNOWN = [  # Random123, kat_vectors, philox4x64-10: counter, key, result
    ("0 0 0 0", "0 0",
     "16554d9eca36314c db20fe9d672d0fdc d7e772cee186176b 7e68b68aec7ba23b"),
    ("ffffffffffffffff " * 4, "ffffffffffffffff " * 2,
     "87b092c3013fe90b 438c3c67be8d0224 9cc7d7c69cd777b6 a09caebf594f0ba0"),
    ("243f6a8885a308d3 13198a2e03707344 a4093822299f31d0 082efa98ec4e6c89",
     "452821e638d01377 be5466cf34e90c6c",
     "a528f45403e61d95 38c72dbd566e9788 a5a1610e72fd18b5 57bd43b5e52b7fe6"),
]  # fmt: skip
N = 20_000


def words(text):
    return tuple(int(word, 16) for word in text.split())


COUNTERS = [words(counter) for counter, _, _ in KNOWN]


@pytest.mark.parametrize(("counter", "key", "wanted"), KNOWN)
def test_known_answers(counter, key, wanted):
    got = philox.philox(words(counter), words(key))
    assert tuple(int(word[0]) for word in got) == words(wanted)


def test_counters_are_vectorised():
    counters = [np.array(each, np.uint64) for each in zip(*COUNTERS, strict=True)]
    for counter, key, _ in KNOWN:
        many = np.stack(philox.philox(tuple(counters), words(key)))
        one = np.stack(philox.philox(words(counter), words(key)))
        assert one[:, 0].tolist() in many.T.tolist()


def own_generator(key, step):
    """NumPy's generator as its documentation gives it."""
    return np.random.Philox(key=key, counter=[0, 0, step, 0])


@pytest.mark.parametrize("size", [1, 7, 32, 33])
@pytest.mark.parametrize("steps", [1, 2, 700, None])
def test_the_words_are_those_of_numpy_s_generator(monkeypatch, steps, size):
    """One by one or together: how many steps there are changes no number."""
    monkeypatch.setattr(philox, "CACHED", 2**10)
    key, first = (2**32 - 1, 5), 2**33
    step = first if steps is None else np.arange(first, first + steps)
    (
        wide,
        half,
    ) = (philox.uniform(key, step, size, t) for t in ("float64", "float32"))
    for index in [(), *np.ndindex(np.shape(step))][steps is not None :]:
        at = int(np.asarray(step)[index])
        own = np.random.Generator(own_generator(key, at))
        np.testing.assert_array_equal(wide[index], own.random(size))
        own = np.random.Generator(own_generator(key, at))
        np.testing.assert_array_equal(half[index], own.random(size, np.float32))


def test_threads_do_not_share_a_generator():
    """Each draws the numbers of its own key, however their calls interleave."""

    def draw(name):
        return [philox.uniform((1, name), step, 64, "float32") for step in range(200)]

    wanted = [draw(name) for name in range(4)]
    with ThreadPoolExecutor(4) as pool:
        for found, alone in zip(pool.map(draw, range(4)), wanted, strict=True):
            np.testing.assert_array_equal(found, alone)


@pytest.mark.parametrize("chance", [0.0, -1.0, 2.0**-33, 0.5, 1.0, 2.0, np.nan])
def test_chances_at_the_ends(chance):
    """Words of 32 bits: never at 0, always from 1 on; nothing is less than NaN."""
    drawn = philox.bernoulli((1, 2), np.arange(3), 1000, "int64", np.array(chance))
    wanted = {0.5: drawn.mean(), 2.0**-33: 0}.get(chance, float(chance >= 1))
    assert drawn.mean() == wanted
    assert 0.4 < drawn.mean() < 0.6 or chance != 0.5


def test_the_hash_of_a_name_never_changes():
    """Checkpoints and papers depend on it: pinned."""
    assert philox.stable_hash("dropout") == 0xE7AFB83A


def draw(node, steps=None, **options):
    return tg.compile(tg.Graph({"y": node}))({}, steps, **options)["y"]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_uniform(dtype):
    x = draw(tg.uniform((N,), dtype, time=None))
    assert x.dtype == dtype
    assert 0 <= x.min() < 1e-3
    assert 1 - 1e-3 < x.max() < 1
    counts = np.histogram(x, bins=20, range=(0, 1))[0]
    assert chi_squared(counts, np.full(20, N / 20)) < 43.8  # 19 degrees, p = 0.001
    bits = 24 if dtype == "float32" else 53
    assert (x * 2.0**bits % 1 == 0).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_normal(dtype):
    x = draw(tg.normal((N,), dtype, time=None))
    assert x.dtype == dtype
    assert np.isfinite(x).all()
    assert abs(x.mean()) < 4 / np.sqrt(N)
    assert abs(x.var() - 1) < 4 * np.sqrt(2 / N)
    inside = [(np.abs(x) < k).mean() for k in (1, 2, 3)]
    np.testing.assert_allclose(inside, [0.6827, 0.9545, 0.9973], atol=0.012)


def test_bernoulli():
    p = tg.constant(np.array([0.0, 0.3, 1.0]))
    x = draw(tg.bernoulli(p, (N, 3), time=None))
    assert set(np.unique(x)) == {0, 1}
    means = x.mean(0)
    assert means[0] == 0
    assert means[2] == 1
    assert abs(means[1] - 0.3) < 4 * np.sqrt(0.21 / N)
    assert draw(tg.bernoulli(0.5, (3,), "bool", time=None)).dtype == bool


def test_categorical():
    p = np.array([0.1, 0.6, 0.3])
    logits = tg.constant(np.broadcast_to(np.log(p) + 5, (N, 3)).copy())
    x = draw(tg.categorical(logits))
    assert x.dtype == np.int64
    counts = np.bincount(x, minlength=3)
    assert chi_squared(counts, N * p) < 13.8  # 2 degrees of freedom, p = 0.001


def test_categorical_never_draws_the_impossible():
    logits = tg.constant(np.array([[0.0, -np.inf, 0.0]] * 500))
    assert 1 not in draw(tg.categorical(logits))


def chi_squared(counts, wanted):
    return float(((counts - wanted) ** 2 / wanted).sum())


def nodes():
    """One node of each kind, per step and in all."""
    logits = tg.constant(np.zeros((4, 5)))
    return {
        "uniform": tg.uniform((3,), name="u"),
        "uniform64": tg.uniform((3,), "float64", name="u64"),
        "normal": tg.normal((2, 3), name="n"),
        "bernoulli": tg.bernoulli(0.5, (7,), name="b"),
        "categorical": tg.categorical(tg.every_step(logits), name="c"),
        "scalar": tg.normal((), name="s"),
        "static": tg.uniform((3,), time=None, name="once"),
        "static bernoulli": tg.bernoulli(0.5, (9,), time=None, name="mask"),
        "static categorical": tg.categorical(logits, name="choice"),
    }


def test_folded_unrolled_and_chunked_runs_draw_the_same_numbers():
    graph = tg.Graph(nodes())
    whole = tg.interpret(graph, steps=6, start=2, seed=11)
    assert_same_values(tg.compile(graph)({}, 6, 2, 11), whole)
    unrolled = tg.unroll(graph, 6)
    assert_same_values(tg.interpret(unrolled, start=2, seed=11), whole)
    assert_same_values(tg.compile(unrolled)({}, None, 2, 11), whole)
    for name, value in tg.compile(graph)({}, 2, 6, 11).items():
        if not name.startswith("static"):
            assert (value == whole[name][4:]).all()
        else:
            assert (value == whole[name]).all()


def test_in_a_loop_the_same_numbers_are_drawn():
    """A loop runs step by step, forwards or backwards; the counter is the step."""
    for steps in (1, -1):
        noise = tg.normal((3,), "float64", name="noise")
        d = tg.delay("d", shape=(3,), dtype="float64", steps=steps)
        state = d * 0.5 + noise
        d.close(state)
        graph = tg.Graph({"noise": noise, "state": state})
        alone = draw(tg.normal((3,), "float64", name="noise"), 4, start=3)
        assert (tg.compile(graph)({}, 4, 3)["noise"] == alone).all()


def test_steps_names_and_seeds_give_other_numbers():
    u, v = tg.uniform((100,), name="u"), tg.uniform((100,), name="v")
    out = tg.compile(tg.Graph({"u": u, "v": v}))({}, 3)
    again = tg.compile(tg.Graph({"u": u, "v": v}))({}, 3, seed=1)
    rows = [*out["u"], *out["v"], *again["u"], *again["v"]]
    for i, a in enumerate(rows):
        for b in rows[:i]:
            assert abs(np.corrcoef(a, b)[0, 1]) < 0.35


def test_steps_beyond_32_bits_count():
    u = tg.Graph({"u": tg.uniform((4,), name="u")})
    run = tg.compile(u)
    rows = [run({}, 1, start)["u"][0] for start in (0, 1, 2**32, 2**32 + 1, 2**40)]
    assert len({row.tobytes() for row in rows}) == 5


def test_elements_do_not_depend_on_the_shape():
    """Element i is drawn by its number: a larger batch keeps the first rows."""
    few = draw(tg.uniform((2, 3), name="u"), 2)
    many = draw(tg.uniform((5, 3), name="u"), 2)
    assert (few == many[:, :2]).all()


def test_a_rewritten_node_keeps_its_key():
    x = tg.placeholder("x", (3,))
    noise = tg.uniform((3,), name="noise")
    graph = tg.Graph({"y": tg.every_step(x) * noise, "x": x})
    other = graph.replace({x: x + 1})
    feeds = {"x": np.ones(3, "float32")}
    a = tg.interpret(graph, feeds, 4)["y"]
    assert_same_values({"y": tg.interpret(other, feeds, 4)["y"]}, {"y": 2 * a})
    g = tg.grad(tg.sum_over_time(tg.sum(graph["y"])), x)
    assert_same_values({"g": tg.evaluate(g, steps=4)}, {"g": a.sum(0)})


def test_no_gradient_through_draws():
    p = tg.placeholder("p", (3,))
    mask = tg.bernoulli(p, (3,), name="mask")
    loss = tg.sum_over_time(tg.sum(mask * p))
    g = tg.grad(loss, p)
    out = tg.compile(tg.Graph({"g": g, "mask": mask}))({"p": np.full(3, 0.5, "f4")}, 5)
    assert (out["g"] == out["mask"].sum(0)).all()


def test_two_random_nodes_of_one_name_are_refused():
    a, b = tg.uniform((2,), name="u"), tg.uniform((2,), name="u")
    with pytest.raises(tg.DuplicateNameError, match="'u'"):
        tg.Graph({"y": a + b})


def test_two_unnamed_random_nodes_are_refused():
    """They would draw the same numbers."""
    a, b = tg.uniform((2,)), tg.uniform((2,))
    with pytest.raises(tg.DuplicateNameError, match="uniform"):
        tg.Graph({"y": a + b})


@pytest.mark.parametrize("seed", [-1, 2**32, 1.5])
def test_a_seed_out_of_range_is_refused(seed):
    with pytest.raises(tg.TinygraphError, match="seed"):
        tg.evaluate(tg.uniform((2,), time=None), seed=seed)
