"""Sampling: deterministic, independent of blocks, right in distribution."""

import numpy as np
import pytest

import tinygraph as tg
from tinygraph_rnn import (
    ConfigError,
    LanguageModel,
    Sampler,
    Vocabulary,
    VocabularyError,
)
from tinygraph_rnn.models import sampling

VOCABULARY = Vocabulary("\nabcde")


def model(**settings):
    return LanguageModel(
        len(VOCABULARY), hidden_size=8, rng=np.random.default_rng(2), **settings
    )


def sampler(made=None):
    made = made or model()
    values = {node.name: node.attrs["value"] for node in made.parameters}
    return Sampler(made, VOCABULARY, tg.Parameters(values))


def text(of, length=40, **options):
    return "".join(of.stream(length, **options))


def test_same_seed_same_text():
    one, other = sampler(), sampler()
    assert text(one, seed=3) == text(other, seed=3)
    assert text(one, seed=3) != text(one, seed=4)
    assert len(text(one, 7)) == 7
    assert text(one, 0) == ""


def test_blocks_do_not_change_the_text(monkeypatch):
    whole = text(sampler())
    monkeypatch.setattr(sampling, "BLOCK", 7)
    pieces = list(sampler().stream(40))
    assert [len(piece) for piece in pieces] == [7] * 5 + [5]
    assert "".join(pieces) == whole


def test_a_longer_text_starts_like_a_shorter_one():
    assert text(sampler(), 40).startswith(text(sampler(), 13))


@pytest.mark.parametrize("num_layers", [1, 2])
def test_greedy_is_argmax_by_hand(num_layers):
    """Temperature 0: read the prompt, then always the likeliest, in plain calls."""
    made = model(num_layers=num_layers)
    tokens = tg.sequence("tokens", ("batch",), "int32")
    run = tg.compile({"logits": made.logits(tokens)})
    prompt = "abca"
    written = list(VOCABULARY.encode(prompt))
    for _ in range(12):
        fed = np.array(written, "int32")[:, np.newaxis]
        written.append(int(run({"tokens": fed})["logits"][-1, 0].argmax()))
    want = VOCABULARY.decode(written[len(prompt) :])
    assert text(sampler(made), 12, prompt=prompt, temperature=0.0) == want


def test_the_prompt_matters():
    made = sampler()
    texts = {text(made, 30, prompt=p, seed=1) for p in ("a", "b", "ab", "cccc")}
    assert len(texts) > 1


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_first_characters_follow_the_softmax(temperature):
    made = model()
    tokens = tg.sequence("tokens", ("batch",), "int32")
    logits = tg.compile({"logits": made.logits(tokens)})(
        {"tokens": VOCABULARY.encode("a")[:, np.newaxis]}
    )["logits"][0, 0]
    scaled = np.exp((logits - logits.max()) / temperature)
    want = scaled / scaled.sum()
    drawn = sampler(made)
    n = 400
    counts = np.zeros(len(VOCABULARY))
    for seed in range(n):
        (char,) = text(drawn, 1, prompt="a", temperature=temperature, seed=seed)
        counts[VOCABULARY.characters.index(char)] += 1
    deviation = np.sqrt(want * (1 - want) / n)
    assert (np.abs(counts / n - want) < 4 * deviation + 1e-9).all()


def test_unknown_character_in_the_prompt():
    with pytest.raises(VocabularyError, match=r"'z' \(U\+007A"):
        sampler().stream(3, prompt="abz")


@pytest.mark.parametrize("temperature", [-0.1, float("nan"), float("inf"), "1"])
def test_bad_temperature(temperature):
    with pytest.raises(ConfigError, match="temperature must be >= 0 and finite"):
        sampler().stream(3, temperature=temperature)


@pytest.mark.parametrize("top_p", [0.0, 1.5, True, "1"])
def test_bad_top_p(top_p):
    with pytest.raises(ConfigError, match=r"top_p must be in \(0, 1\], not"):
        sampler().stream(3, top_p=top_p)


def test_bad_length():
    with pytest.raises(ConfigError, match="length must be an int >= 0, not -1"):
        sampler().stream(-1)
