"""Top-k, nucleus and beams: what may be drawn, and how often."""

import functools
import itertools

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import tinygraph as tg
from tests.rnn.models.test_sampling import VOCABULARY, model, sampler, text
from tinygraph_rnn import BeamSearch, ConfigError, nucleus, top_k


def kept(function, logits, value):
    leaf = tg.placeholder("logits", logits.shape, logits.dtype)
    given = tg.placeholder("value")
    run = tg.compile({"kept": function(leaf, given)})
    return run({"logits": logits, "value": np.float32(value)})["kept"] > -1e29


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("spread", [0.01, 1.0, 30.0])
def test_thresholds_are_those_of_sorting(dtype, spread):
    logits = np.random.default_rng(0).normal(size=(6, 97)).astype(dtype) * spread
    logits = logits.astype(dtype)
    order = np.argsort(-logits, axis=-1)
    ranks = np.argsort(order, axis=-1)
    for k in (1, 2, 10, 96, 97, 200):
        np.testing.assert_array_equal(kept(top_k, logits, k), ranks < k)
    assert kept(top_k, logits, 0).all()
    shares = np.exp(logits - logits.max(-1, keepdims=True))
    shares = np.take_along_axis(shares / shares.sum(-1, keepdims=True), order, -1)
    before = np.cumsum(shares, -1) - shares
    for p in (0.05, 0.5, 0.9, 0.99):
        want = np.take_along_axis(before < np.float32(p), ranks, -1)
        assert (kept(nucleus, logits, p) == want).mean() > 0.998
    assert kept(nucleus, logits, 1.0).all()


def test_ties_are_kept_together():
    logits = np.array([[2.0, 1.0, 2.0, 0.0]])
    np.testing.assert_array_equal(kept(top_k, logits, 1), [[True, False, True, False]])


@functools.cache
def both(dtype, order):
    """Top-k and nucleus, one after the other, of rows of 7 classes."""
    given = {name: tg.placeholder(name) for name in ("top_k", "nucleus")}
    node = tg.placeholder("logits", ("rows", 7), dtype)
    for function in (top_k, nucleus)[::order]:
        node = function(node, given[function.__name__])
    return tg.compile({"kept": node})


def sorted_out(logits, k, p, order):
    """Which of the classes of one row are kept, by comparing each with each."""
    alive = np.isfinite(logits)
    for kind in ("top_k", "nucleus")[::order]:
        if (k == 0) if kind == "top_k" else (p == 1.0):
            continue
        shares = np.where(alive, np.exp(logits - logits.max(), dtype="float64"), 0.0)
        shares /= shares.sum()
        weights = alive * 1.0 if kind == "top_k" else shares
        before = np.where(logits > logits[:, np.newaxis], weights, 0.0).sum(axis=1)
        budget = k if kind == "top_k" else p
        assume(kind == "top_k" or np.abs(before - budget).min() > 1e-5)
        alive &= before < budget
    return alive


MASKED = st.sampled_from([-1e4, -1e9, -1e30, -np.inf])


@given(
    dtype=st.sampled_from(["float32", "float64"]),
    order=st.sampled_from([1, -1]),
    row=st.lists(st.integers(-400, 400), min_size=1, max_size=7),
    masks=st.lists(MASKED, min_size=6, max_size=6),
    k=st.integers(0, 8),
    p=st.sampled_from([0.05, 0.3, 0.6, 0.9, 0.99, 1.0]),
)
def test_one_truncation_after_the_other(dtype, order, row, masks, k, p):
    """Masked classes, whatever stands for "never", hide no difference of the others."""
    logits = np.array([*(each / 64 for each in row), *masks][:7], dtype)
    feeds = {"logits": logits[np.newaxis], "top_k": k, "nucleus": np.float32(p)}
    got = both(dtype, order)(feeds)["kept"][0]
    assert got.dtype == dtype
    want = sorted_out(logits, k, p, order) & (logits > -1e3)
    np.testing.assert_array_equal(got > -1e3, want)


def test_the_nucleus_of_the_five_likeliest():
    shares = [0.5, 0.2, 0.1, 0.1, 0.06, 0.04]
    leaf = tg.placeholder("logits", (6,))
    run = tg.compile({"kept": nucleus(top_k(leaf, 5), 0.6)})
    got = run({"logits": np.log(shares, dtype="float32")})["kept"]
    assert (got > -1e29).sum() == 2


@pytest.mark.parametrize("options", [{"top_k": 1}, {"top_p": 1e-6}])
def test_only_the_likeliest(options):
    made = sampler()
    greedy = text(made, temperature=0.0, prompt="ab")
    assert text(made, prompt="ab", seed=5, **options) == greedy
    assert text(made, prompt="ab", seed=5) != greedy


@pytest.mark.parametrize("options", [{"top_k": 6}, {"top_k": 99, "top_p": 1.0}])
def test_nothing_left_out_is_plain_sampling(options):
    assert text(sampler(), **options) == text(sampler())


def test_one_call_or_many_the_same_text():
    whole = list(sampler().stream(40, top_p=0.8, block=40))
    assert len(whole) == 1
    assert text(sampler(), top_p=0.8, block=1) == whole[0]


def test_a_model_with_dropout_samples_without():
    assert text(sampler(model(dropout=0.5, zoneout=0.0))) == text(sampler(model()))


def log_probabilities(made, prompt, continuations):
    """Of texts of one length, in one plain call."""
    tokens = tg.sequence("tokens", ("batch",), "int32")
    run = tg.compile({"p": tg.log_softmax(made.logits(tokens))})
    read = np.array([VOCABULARY.encode(prompt + each) for each in continuations]).T
    scores = run({"tokens": read[:-1]})["p"]
    picked = np.take_along_axis(scores, read[1:, :, np.newaxis], -1)[..., 0]
    totals = picked[len(prompt) - 1 :].sum(axis=0)
    return dict(zip(continuations, totals, strict=True))


def search(made):
    values = {node.name: node.attrs["value"] for node in made.parameters}
    return BeamSearch(made, VOCABULARY, tg.Parameters(values)).search


def test_a_wide_beam_finds_the_likeliest_of_all():
    """All 6³ texts of three characters, tried one by one."""
    made = model(num_layers=2)
    found = search(made)(3, prompt="ca", width=6**3)
    every = [
        "".join(each) for each in itertools.product(VOCABULARY.characters, repeat=3)
    ]
    want = log_probabilities(made, "ca", every)
    assert {each.text for each in found} == set(every)
    scores = [each.score for each in found]
    np.testing.assert_allclose(scores, sorted(want.values())[::-1], atol=1e-5)
    assert found[0].text == max(want, key=want.get)
    for each in found[:5]:
        assert each.score == pytest.approx(want[each.text], abs=1e-5)


def test_a_beam_of_one_is_greedy():
    made = model()
    (only,) = search(made)(12, prompt="ab", width=1)
    assert only.text == text(sampler(made), 12, prompt="ab", temperature=0.0)


def test_wider_is_never_worse_here():
    scores = [search(model())(8, width=width)[0].score for width in (1, 3, 9)]
    assert scores == sorted(scores)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"top_k": -1}, "top_k must be an int >= 0, not -1"),
        ({"top_p": 0.0}, r"top_p must be in \(0, 1\], not 0.0"),
        ({"top_p": 1.5}, r"top_p must be in \(0, 1\], not 1.5"),
        ({"block": 0}, "block must be an int >= 1, not 0"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(ConfigError, match=message):
        sampler().stream(3, **options)


def test_bad_beams():
    with pytest.raises(ConfigError, match="width must be an int >= 1, not 0"):
        search(model())(3, width=0)
    with pytest.raises(ConfigError, match="length must be an int >= 0, not -1"):
        search(model())(-1)


def test_top_p_is_felt_behind_top_k():
    made = sampler()
    greedy = text(made, temperature=0.0, prompt="ab")
    assert text(made, prompt="ab", seed=5, top_k=5, top_p=1e-6) == greedy
