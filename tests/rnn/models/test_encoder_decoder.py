"""Attention, and one definition for teacher forcing, sampling and free running."""

import numpy as np
import pytest

import tinygraph as tg
from tinygraph_rnn import AdditiveAttention, ConfigError, DotAttention, EncoderDecoder
from tinygraph_rnn.errors import MaskError

S, B, N, V = 4, 2, 5, 6


def model(**settings):
    options = {"hidden_size": 7, "cell": "gru", "dtype": "float64", **settings}
    return EncoderDecoder(V, V, rng=np.random.default_rng(0), **options)


def tokens(steps, seed=0):
    return np.random.default_rng(seed).integers(0, V, (steps, B)).astype("int32")


@pytest.mark.parametrize("kind", ["dot", "additive"])
@pytest.mark.parametrize("masked", [False, True])
def test_attention_against_torch(kind, masked):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    attention = DotAttention()
    if kind == "additive":
        attention = AdditiveAttention(N, N, 3, rng=rng, dtype="float64")
    query = tg.sequence("query", ("batch", N), "float64")
    memory = tg.placeholder("memory", ("source", "batch", N), "float64")
    mask = tg.placeholder("mask", ("source", "batch"), "bool") if masked else None
    context, weights = attention(query, memory, mask)
    wrt = [query, memory, *attention.parameters]
    loss = tg.sum_over_time(tg.sum(tg.square(context)))
    found = {f"{i}": g for i, g in enumerate(tg.grad(loss, wrt))}
    feeds = {"query": rng.normal(size=(3, B, N)), "memory": rng.normal(size=(S, B, N))}
    flags = np.ones((S, B), bool)
    flags[2:, 1] = not masked
    got = tg.compile({"context": context, "weights": weights, **found})(
        {**feeds, **({"mask": flags} if masked else {})}
    )
    q, m, *w = (
        torch.tensor(np.array(a), requires_grad=True)
        for a in (*feeds.values(), *(p.attrs["value"] for p in attention.parameters))
    )
    if kind == "dot":
        scores = (q[:, None] * m).sum(-1)
    else:
        scores = (torch.tanh((q @ w[0])[:, None] + m @ w[1] + w[2]) @ w[3])[..., 0]
    shares = scores.masked_fill(~torch.tensor(flags), -torch.inf).softmax(1)
    peer = (shares[..., None] * m).sum(1)
    (peer**2).sum().backward()
    close = {"rtol": 1e-9, "atol": 1e-12}
    np.testing.assert_allclose(got["context"], peer.detach(), **close)
    np.testing.assert_allclose(got["weights"], shares.detach(), **close)
    for i, tensor in enumerate((q, m, *w)):
        np.testing.assert_allclose(got[f"{i}"], tensor.grad, **close)


@pytest.mark.parametrize("attention", ["none", "dot", "additive"])
@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_forced_by_its_own_words_it_runs_free(attention, cell):
    """Free running, then the same tokens by teacher forcing: the same logits."""
    made = model(attention=attention, cell=cell, num_layers=2)
    source = tokens(S)
    free = tg.compile(made.free_running())({"source": source}, steps={"target": 5})
    feeds = {"source": source, "target": free["tokens"]}
    forced = tg.compile(made.teacher_forced())(feeds)
    np.testing.assert_allclose(forced["logits"], free["logits"], rtol=0, atol=1e-12)
    np.testing.assert_array_equal(forced["tokens"], free["tokens"])


def test_scheduled_sampling_lies_between():
    made = model()
    feeds = {"source": tokens(S), "target": tokens(8, 1)}
    forced = tg.compile(made.teacher_forced())(feeds)
    free = tg.compile(made.free_running())(
        {"source": feeds["source"]}, steps={"target": 8}
    )
    run = tg.compile(made.scheduled())
    got = {p: run({**feeds, "teacher": np.float32(p)}) for p in (0.0, 0.5, 1.0)}
    close = {"rtol": 0, "atol": 1e-12}
    np.testing.assert_allclose(got[1.0]["logits"], forced["logits"], **close)
    np.testing.assert_allclose(got[0.0]["logits"], free["logits"], **close)
    for other in (forced, free):
        assert np.abs(got[0.5]["logits"] - other["logits"]).max() > 1e-3
    assert got[1.0]["loss"] == pytest.approx(forced["loss"], abs=1e-12)


@pytest.mark.parametrize("attention", ["none", "dot", "additive"])
def test_padding_of_source_and_target_changes_nothing(attention):
    made = model(attention=attention, lengths=True)
    graph = made.teacher_forced()
    found = tg.grad(graph["loss"], made.parameters)
    named = {p.name: g for p, g in zip(made.parameters, found, strict=True)}
    run = tg.compile({"loss": graph["loss"], **named})
    source, target = tokens(S), tokens(3, 1)
    lengths = {"source_lengths": np.array([2, 3]), "target_lengths": np.array([3, 1])}
    want = run({"source": source[:3], "target": target, **lengths})
    longer = {"source": tokens(6, 5), "target": tokens(5, 6)}
    longer["source"][:3], longer["target"][:3] = source[:3], target
    longer["source"][2, 0], longer["target"][1:3, 1] = 5, 5
    got = run({**longer, **lengths})
    for name, value in want.items():
        np.testing.assert_allclose(got[name], value, rtol=0, atol=1e-12)


def test_it_learns_to_turn_a_sequence_around():
    """Attention finds the way back in a few hundred updates; then it runs free."""
    from tinygraph_rnn import Adam

    made = model(dtype="float32", hidden_size=24)
    graph = made.teacher_forced()
    gradients = tg.grad(graph["loss"], made.parameters)
    named = {p.name: g for p, g in zip(made.parameters, gradients, strict=True)}
    step = tg.compile({"loss": graph["loss"], **named})
    adam, rng = Adam(step.parameters), np.random.default_rng(0)
    for _ in range(250):
        source = rng.integers(1, V, (4, 16)).astype("int32")
        out = step({"source": source, "target": source[::-1].copy()})
        adam.update(step.parameters, {n: out[n] for n in named}, 0.01)
    free = tg.compile(made.free_running(), parameters=step.parameters)
    source = rng.integers(1, V, (4, 50)).astype("int32")
    told = free({"source": source}, steps={"target": 4})["tokens"]
    assert (told == source[::-1]).mean() > 0.95


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"attention": "dott"}, r"attention must be one of .* \(did you mean 'dot'"),
        ({"cell": "gruu"}, r"cell must be one of .*did you mean 'gru'"),
        ({"start_token": V}, r"start_token must be a token of the target, in \[0, 6\)"),
        ({"hidden_size": 0}, "hidden_size must be an int >= 1, not 0"),
    ],
)
def test_bad_settings(settings, message):
    with pytest.raises(ConfigError, match=message):
        model(**settings)


def test_a_mask_that_does_not_fit():
    query = tg.sequence("query", ("batch", N))
    memory = tg.placeholder("memory", ("source", "batch", N))
    with pytest.raises(MaskError, match="mask must be bool, static, of shape"):
        DotAttention()(query, memory, tg.placeholder("mask", ("batch",), "bool"))


@pytest.mark.parametrize("width", ["int64", "int16", "uint8"])
def test_tokens_of_any_width(width):
    small = model()
    source, target = tokens(S), tokens(S, 1)
    feeds = {"source": source, "target": target}
    run = tg.compile(small.teacher_forced())
    wanted = run(feeds)["loss"]
    feeds = {"source": source.astype(width), "target": target.astype(width)}
    assert run(feeds)["loss"] == wanted
    mixed = tg.compile(small.scheduled())
    assert mixed({**feeds, "teacher": np.float64(1.0)})["loss"] == wanted


def test_tokens_that_are_none():
    small = model()
    run = tg.compile(small.free_running())
    pattern = "sequence 'source' is int32, got float64: .*Feed source.astype"
    with pytest.raises(tg.FeedDTypeError, match=pattern):
        run({"source": np.zeros((3, 2))}, steps={"target": 2})
