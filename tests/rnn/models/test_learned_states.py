"""Learned initial states of a language model: where streams begin, and only there."""

from dataclasses import replace

import numpy as np
import pytest

import tinygraph as tg
from tests.rnn.layers.test_cells import spread
from tests.rnn.models.test_sampling import VOCABULARY, model, text
from tests.rnn.training.test_training import SMALL, TEXT, check_resumes, trainer, values
from tinygraph_rnn import (
    LAYERS,
    BeamSearch,
    Evaluator,
    LanguageModel,
    Sampler,
    Streams,
    Vocabulary,
)
from tinygraph_rnn.models.carried import Carried

B, H, T, V = 3, 5, 6, 11
LEARNED = replace(SMALL, learned_init=True)
WHOLE = np.random.default_rng(0).integers(0, V, (2 * T + 1, B)).astype("int32")


def chunk(begin, steps=T):
    tokens, targets = WHOLE[begin:-1], WHOLE[begin + 1 :]
    return {"tokens": tokens[:steps], "targets": targets[:steps]}


def made(cell, num_layers=2):
    """A model in float64, and values that are nowhere 0."""
    of = LanguageModel(
        V,
        cell=cell,
        hidden_size=H,
        num_layers=num_layers,
        learned_init=True,
        rng=np.random.default_rng(1),
        dtype="float64",
    )
    return of, spread(of)


def learned_of(of):
    return [p for p in of.parameters if p.name.endswith("_0")]


def two_chunks(of, found):
    """Outputs of the first chunk, and of the second from the state of the first."""
    parameters = tg.Parameters(found)
    step = Carried(of.loss_graph(), parameters, "loss", of.parameters)
    first, state = step(chunk(0))
    second, state = step(chunk(T), state)
    return first, second, state


@pytest.mark.parametrize("num_layers", [1, 2])
@pytest.mark.parametrize("cell", LAYERS)
def test_gradients_are_those_of_differences(cell, num_layers):
    """Along a random direction, in the first chunk; in the second they are 0."""
    of, found = made(cell, num_layers)
    learned = learned_of(of)
    assert len(learned) == num_layers * len(of.recurrent.state_names)
    first, second, _ = two_chunks(of, found)
    rng = np.random.default_rng(2)
    way = {p.name: rng.normal(size=p.shape) for p in learned}
    run = tg.compile(of.loss_graph())
    losses = []
    for eps in (1e-6, -1e-6):
        moved = {name: found[name] + eps * way[name] for name in way}
        run.parameters.update(found | moved)
        losses.append(float(run(chunk(0))["loss"]))
    got, later = tg.gradients_in(first), tg.gradients_in(second)
    slope = sum(np.vdot(got[name], way[name]) for name in way)
    assert slope == pytest.approx((losses[0] - losses[1]) / 2e-6, rel=1e-6, abs=1e-8)
    assert all(got[p.name].any() for p in learned)
    assert not any(later[p.name].any() for p in learned)


@pytest.mark.parametrize("cell", LAYERS)
def test_two_chunks_are_one_long_run(cell):
    """Losses of chunks with carried state, and the state, are those of all steps."""
    of, found = made(cell)
    first, second, state = two_chunks(of, found)
    out, at_end = Carried(of.loss_graph(), tg.Parameters(found))(chunk(0, 2 * T))
    mean = (first["loss"] + second["loss"]) / 2
    np.testing.assert_allclose(mean, out["loss"], rtol=1e-12)
    for name, want in at_end.items():
        np.testing.assert_allclose(state[name], want, rtol=0, atol=1e-12)


@pytest.mark.parametrize("num_layers", [1, 2])
def test_pytorch_with_parameters_for_all_rows(num_layers):
    torch = pytest.importorskip("torch")
    from tests.rnn.layers.test_layers_against_torch import CLOSE, PeerModel

    of, found = made("lstm", num_layers)
    weights = [p for p in of.parameters if p not in learned_of(of)]
    found |= {p.name: p.attrs["value"] for p in weights}
    peer = PeerModel(of, num_layers)
    learned = [
        torch.tensor(
            np.stack([found[f"lstm.{i}.{name}_0"] for i in range(num_layers)]),
            requires_grad=True,
        )
        for name in "hc"
    ]
    rows = tuple(each[:, None].expand(-1, B, -1).contiguous() for each in learned)
    ours = two_chunks(of, found)[:2]
    state = rows
    for begin, out in zip((0, T), ours, strict=True):
        peer.zero_grad()
        for each in learned:
            each.grad = None
        loss, state = peer.loss(*chunk(begin).values(), state)
        loss.backward()
        state = tuple(each.detach() for each in state)
        np.testing.assert_allclose(out["loss"], loss.detach(), **CLOSE)
        got = tg.gradients_in(out)
        for which, each in zip("hc", learned, strict=True):
            mine = [got[f"lstm.{i}.{which}_0"] for i in range(num_layers)]
            want = np.zeros((num_layers, H)) if each.grad is None else each.grad
            np.testing.assert_allclose(np.stack(mine), want, **CLOSE)
        for node, want in zip(weights, peer.gradients(), strict=True):
            np.testing.assert_allclose(got[node.name], want, **CLOSE)


@pytest.mark.parametrize("config", [LEARNED, replace(LEARNED, stride=3, cell="gru")])
def test_training_moves_them_where_an_epoch_begins(config):
    """By plain descent: in the first update of each pass over the text, no other."""
    learner = trainer(replace(config, optimizer="sgd", learning_rate=0.5))
    names = [p.name for p in learned_of(learner.model)]
    moved = []
    for _ in range(learner.streams.whole_chunks + 2):
        before = values(learner)
        learner.update()
        moved.append(any((learner.parameters[n] != before[n]).any() for n in names))
    begins = {0, learner.streams.whole_chunks}
    assert moved == [done in begins for done in range(len(moved))]


def test_evaluation_begins_with_what_was_learned():
    learner = trainer(replace(LEARNED, updates=30))
    for _ in range(25):
        learner.update()
    streams = Streams(learner.streams.tokens[:, 0], 2, 13)
    whole = tg.compile(learner.model.loss_graph(), parameters=learner.parameters)
    nats = whole({"tokens": streams.tokens, "targets": streams.targets})["loss"]
    evaluator = Evaluator(learner.model, learner.parameters)
    bits = evaluator.bits_per_character(streams)
    assert bits == pytest.approx(float(nats) / np.log(2), rel=1e-6)
    zeros = {p.name: np.zeros(p.shape, "float32") for p in learned_of(learner.model)}
    learner.parameters.update(zeros)
    assert abs(evaluator.bits_per_character(streams) - bits) > 1e-6


@pytest.mark.parametrize("prompt", ["", "abca"])
def test_sampling_begins_with_what_was_learned(prompt):
    """Greedy texts and beams of width 1, from states far away from 0."""
    of = model(learned_init=True, num_layers=2)
    rng = np.random.default_rng(3)
    parameters = tg.Parameters({p.name: p.attrs["value"] for p in of.parameters})
    parameters.update(
        {p.name: rng.normal(0, 3, p.shape).astype("float32") for p in learned_of(of)}
    )
    tokens = tg.sequence("tokens", ("batch",), "int32")
    run = tg.compile({"logits": of.logits(tokens)}, parameters=parameters)
    written = [*VOCABULARY.encode(prompt or "\n")]
    begin = len(written)
    for _ in range(12):
        fed = np.array(written, "int32")[:, np.newaxis]
        written.append(int(run({"tokens": fed})["logits"][-1, 0].argmax()))
    want = VOCABULARY.decode(written[begin:])
    sampler = Sampler(of, VOCABULARY, parameters)
    assert text(sampler, 12, prompt=prompt, temperature=0.0) == want
    beams = BeamSearch(of, VOCABULARY, parameters)
    assert beams.search(12, prompt=prompt, width=1)[0].text == want


@pytest.mark.parametrize("cell", LAYERS)
def test_resumed_equals_uninterrupted(cell, tmp_path):
    """Stopped where the second pass over the text begins."""
    config = replace(LEARNED, cell=cell, stride=5, dropout=0.1, seq_length=40)
    tokens = Vocabulary.of(TEXT).encode(TEXT)
    epoch = Streams(tokens, config.batch_size, 40, config.stride).whole_chunks
    check_resumes(config, tmp_path / "c", epoch, 3)
