"""Training: it learns, goes on bit for bit, and stops where numbers break."""

from dataclasses import replace

import numpy as np
import pytest

import tinygraph as tg
from tinygraph_rnn import (
    CheckpointError,
    Config,
    Evaluator,
    LanguageModel,
    Streams,
    Trainer,
    Vocabulary,
)
from tinygraph_rnn.models.carried import Carried
from tinygraph_rnn.training import checkpoints

TEXT = "the quick brown fox jumps over the lazy dog; " * 12
SMALL = Config(
    hidden_size=12, seq_length=8, batch_size=3, updates=40, learning_rate=0.02
)


def trainer(config=SMALL, text=TEXT):
    vocabulary = Vocabulary.of(text)
    streams = Streams(
        vocabulary.encode(text), config.batch_size, config.seq_length, config.stride
    )
    return Trainer(config, LanguageModel.of(config, len(vocabulary)), streams)


def values(of):
    return {name: np.array(value) for name, value in of.parameters.items()}


def check_resumes(config, path, stop, more):
    """Stopped after some updates and loaded again, training goes on bit for bit."""
    whole = trainer(config)
    losses = [whole.update() for _ in range(stop + more)]
    first = trainer(config)
    again = [first.update() for _ in range(stop)]
    checkpoints.save(path, first.checkpoint({}))
    second = trainer(config)
    second.restore(checkpoints.load(path))
    again += [second.update() for _ in range(more)]
    assert again == losses
    for name, value in values(whole).items():
        np.testing.assert_array_equal(second.parameters[name], value, strict=True)


@pytest.mark.parametrize(("optimizer", "rate"), [("adam", 0.03), ("momentum", 0.3)])
@pytest.mark.parametrize("cell", ["lstm", "rnn"])
def test_the_loss_falls(cell, optimizer, rate):
    made = trainer(
        replace(SMALL, cell=cell, optimizer=optimizer, learning_rate=rate, updates=120)
    )
    losses = [made.update().loss for _ in range(120)]
    first, last = np.mean(losses[:5]), np.mean(losses[-5:])
    assert first == pytest.approx(np.log(len(set(TEXT))), rel=0.2)
    assert last < 0.5 * first


@pytest.mark.parametrize("stop_after", [1, 15, 22, 23])
def test_resumed_equals_uninterrupted(stop_after, tmp_path):
    """22 updates are one epoch: stops within, at and after its end."""
    whole = trainer()
    assert whole.streams.whole_chunks == 22
    losses = [whole.update() for _ in range(30)]
    first = trainer()
    again = [first.update() for _ in range(stop_after)]
    checkpoints.save(tmp_path / "c", first.checkpoint({}))
    second = trainer()
    second.restore(checkpoints.load(tmp_path / "c"))
    again += [second.update() for _ in range(30 - stop_after)]
    assert again == losses
    for name, value in values(whole).items():
        np.testing.assert_array_equal(second.parameters[name], value, strict=True)


def test_the_state_is_carried_within_an_epoch_only():
    """What carrying changes is seen in the second chunk, not in the first."""
    one = trainer()
    chunks = [one.streams[i]._asdict() for i in (0, 1)]
    loss = Carried(one.model.loss_graph(), one.parameters)
    start = loss.start(chunks[0])
    _, carried = loss(chunks[0], start)
    wanted = float(loss(chunks[1], carried)[0]["loss"])
    fresh = float(loss(chunks[1], start)[0]["loss"])
    assert abs(wanted - fresh) > 1e-4
    config = replace(SMALL, learning_rate=1e-30)
    still = trainer(config)
    seen = [still.update().loss for _ in range(23)]
    assert seen[1] == pytest.approx(wanted, abs=1e-6)
    assert seen[22] == pytest.approx(seen[0], abs=1e-6)


def test_same_seed_same_run_other_seed_other_run():
    a, b = trainer(), trainer()
    c = trainer(replace(SMALL, seed=1))
    for each in (a, b, c):
        each.update()
    for name, value in values(a).items():
        np.testing.assert_array_equal(b.parameters[name], value)
    assert any((values(c)[n] != v).any() for n, v in values(a).items())


def test_nan_names_the_first_node_and_changes_nothing():
    made = trainer()
    made.update()
    weight = np.array(made.parameters["lstm.0.weight_h"])
    weight[3, 2] = np.inf
    made.parameters.update({"lstm.0.weight_h": weight})
    before, state = values(made), made.checkpoint({}).optimizer
    moments = {name: array.copy() for name, array in state.items()}
    with pytest.raises(
        tg.NonFiniteError, match=r"in update 2: first in lstm.0.weight_h: float32"
    ) as caught:
        made.update()
    assert caught.value.update == 2
    assert made.done == 1
    for name, value in values(made).items():
        np.testing.assert_array_equal(value, before[name])
    for name, array in moments.items():
        np.testing.assert_array_equal(made.optimizer.state[name], array)


def test_nan_that_appears_at_a_step():
    """Logits that overflow: the message names a node, the step and the line."""
    made = trainer()
    made.parameters.update({"output.bias": np.full(28, 3e38, "float32")})
    made.parameters.update({"output.weight": np.full((12, 28), 3e38, "float32")})
    with pytest.raises(tg.NonFiniteError, match=r"made at .*:\d+, at step \d+") as info:
        made.update()
    assert isinstance(info.value.step, int)


def test_a_checkpoint_of_another_model():
    other = trainer(replace(SMALL, hidden_size=5))
    with pytest.raises(CheckpointError, match="of another model: .*wanted shape"):
        trainer().restore(other.checkpoint({}))
    deeper = trainer(replace(SMALL, num_layers=2))
    with pytest.raises(CheckpointError, match="of another model: lstm.1.bias"):
        trainer().restore(deeper.checkpoint({}))


def test_schedules_end_at_nothing():
    made = trainer()
    rates = [made.update().learning_rate for _ in range(SMALL.updates)]
    assert rates[0] == SMALL.learning_rate
    assert rates == sorted(rates, reverse=True)
    assert 0.0 < rates[-1] < 0.01 * rates[0]


def test_evaluation_is_the_loss_of_one_long_run():
    """Chunks with carried state, a shorter last one included, equal one pass."""
    made = trainer()
    made.update()
    evaluator = Evaluator(made.model, made.parameters)
    streams = Streams(made.streams.tokens[:, 0].astype("int32"), 2, 13)
    assert len(streams[len(streams) - 1].tokens) < 13
    whole = tg.compile(made.model.loss_graph(), parameters=made.parameters)
    nats = whole({"tokens": streams.tokens, "targets": streams.targets})["loss"]
    bits = evaluator.bits_per_character(streams)
    assert bits == pytest.approx(float(nats) / np.log(2), rel=1e-6)
