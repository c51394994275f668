"""TBPTT(k₁, k₂), early stopping, the best checkpoint."""

from dataclasses import replace

import numpy as np
import pytest

import tinygraph as tg
from tests.rnn.training.test_training import SMALL, TEXT, check_resumes, trainer
from tinygraph_rnn import ConfigError, DataError, Streams, Trainer
from tinygraph_rnn.data.corpus import Corpus
from tinygraph_rnn.models.config import Config
from tinygraph_rnn.training import checkpoints
from tinygraph_rnn.training.experiment import Experiment
from tinygraph_rnn.training.interrupts import StopRequest
from tinygraph_rnn.training.progress import Progress
from tinygraph_rnn.training.run_folder import RunFolder

K1, K2 = 3, 8
STRIDED = replace(SMALL, seq_length=K2, stride=K1)


def test_streams_with_a_stride():
    streams = Streams(np.arange(23, dtype="uint8"), 2, 4, stride=3)
    assert (len(streams), streams.whole_chunks) == (4, 3)
    starts = [chunk.tokens[0, 0] for chunk in streams]
    assert starts == [0, 3, 6, 9]
    assert [len(chunk.tokens) for chunk in streams] == [4, 4, 4, 2]
    np.testing.assert_array_equal(streams[2].targets[:, 1], [18, 19, 20, 21])


def test_an_update_counts_k1_steps_and_goes_back_k2():
    """The third update's gradient, from the graph of everything, cut by hand.

    All 2·k₁ + k₂ steps are run at once, from parameters that stand still. The state
    is stopped before the window; the losses counted are the last k₁.
    """
    made = trainer(replace(STRIDED, learning_rate=1e-30, optimizer="sgd"))
    seen = []
    made.optimizer.update = lambda _, gradients, rate: seen.append(gradients)
    made.config = replace(made.config, grad_clip=1e9)
    losses = [made.update().loss for _ in range(3)]
    start, steps = 2 * K1, 2 * K1 + K2
    tokens = tg.sequence("tokens", ("batch",), "int32")
    targets = tg.sequence("targets", ("batch",), "int32")
    model = made.model
    graph = tg.Graph({"logits": model.logits(tokens)})
    cut = {
        d: tg.where(tg.step_index() < start + 1, tg.stop_gradient(d), d)
        for d in graph.delays
    }
    logits = graph.replace(cut)["logits"]
    counted = tg.step_index() >= steps - K1
    each = tg.where(counted, tg.mean(tg.cross_entropy(logits, targets)), 0.0)
    loss = tg.sum_over_time(each) / K1
    reach = tg.grad(loss, model.parameters)
    want = tg.compile({"loss": loss, **dict(zip("abcdef", reach, strict=True))})(
        made.streams.between(0, steps)._asdict()
    )
    assert losses[2] == pytest.approx(float(want["loss"]), abs=1e-6)
    for name, p in zip("abcdef", model.parameters, strict=True):
        np.testing.assert_allclose(seen[2][p.name], want[name], atol=2e-7)


def test_k1_equal_to_k2_is_the_usual_kind():
    usual, strided = trainer(), trainer(replace(SMALL, stride=SMALL.seq_length))
    for _ in range(5):
        assert usual.update() == strided.update()


@pytest.mark.parametrize(
    "config",
    [
        STRIDED,
        replace(SMALL, dropout=0.3, variational=True, weight_drop=0.2, zoneout=0.1),
        replace(SMALL, cell="gru", tied=True, optimizer="rmsprop", warmup=5),
        replace(STRIDED, dropout=0.5, optimizer="adamw", weight_decay=0.1),
        replace(STRIDED, learned_init=True, num_layers=2),
        replace(SMALL, clip_value=0.01, optimizer="nesterov", schedule="plateau"),
    ],
)
def test_every_kind_of_training_resumes_bit_for_bit(config, tmp_path):
    check_resumes(config, tmp_path / "c", 4, 5)


def test_masks_are_new_in_every_update():
    """Without learning, the same chunk costs something else each time it is read."""
    config = replace(SMALL, dropout=0.5, variational=True, learning_rate=1e-30)
    made = trainer(config, TEXT[:30])
    assert made.streams.whole_chunks == 1
    losses = [made.update().loss for _ in range(4)]
    assert len(set(losses)) == 4


@pytest.fixture
def run(tmp_path):
    """Start a run of 12 looks whose held-out numbers are given."""
    path = tmp_path / "text"
    path.write_text(TEXT)

    def start(looks, **settings):
        config = replace(SMALL, updates=12, evaluate_every=1, **settings)
        made = Experiment.new(RunFolder(tmp_path / "run"), config, Corpus(path))
        numbers = iter(looks)
        made.evaluate = lambda: next(numbers)
        progress = Progress(config.updates, characters=1)
        made.train(progress, StopRequest())
        progress.close()
        return made

    return start


LOOKS = [5.0, 4.0, 4.5, 3.0, 3.1, 3.2, 3.3, 2.0, 2.0, 2.0, 2.0, 2.0]


def test_early_stopping_and_the_best_checkpoint(run):
    made = run(LOOKS, patience=3)
    assert made.trainer.done == 7
    folder = made.folder
    best, last = (checkpoints.load(p) for p in (folder.best, folder.checkpoint))
    assert (best.facts["done"], last.facts["done"]) == (4, 7)
    assert last.facts["held_out"] == LOOKS[:7]
    with pytest.raises(ConfigError, match="stopped early after 7 updates: 3 looks"):
        Experiment.resumed(folder)


def test_without_patience_it_goes_on(run):
    made = run(LOOKS)
    assert made.trainer.done == 12
    assert checkpoints.load(made.folder.best).facts["done"] == 8


def test_a_checkpoint_is_there_from_the_start(tmp_path):
    (tmp_path / "text").write_text(TEXT)
    folder = RunFolder(tmp_path / "run")
    Experiment.new(folder, SMALL, Corpus(tmp_path / "text"))
    assert Experiment.resumed(folder).trainer.done == 0


def test_bytes_are_read_from_a_memory_map(tmp_path):
    """A corpus of 8 GB, nearly all of it a hole in a sparse file, is opened at once."""
    path = tmp_path / "big"
    with path.open("wb") as file:
        file.truncate(8 * 2**30)
        file.seek(2**32)
        file.write(b"recurrent")
    tokens = Corpus(path).bytes
    streams = Streams(tokens, 2, 9)
    assert streams.steps == 2**32 - 1
    chunk = streams.between(1, 10)
    assert bytes(chunk.tokens[:, 1].astype("uint8")) == b"recurrent"
    assert not chunk.tokens[:, 0].any()


def test_a_stride_beyond_the_chunk():
    with pytest.raises(ConfigError, match="stride must be at most seq_length 4, not 5"):
        Streams(np.zeros(99, "int32"), 2, 4, stride=5)
    with pytest.raises(ConfigError, match="batch_size must be an int >= 1, not 0"):
        Streams(np.zeros(99, "int32"), 0, 4)
    with pytest.raises(DataError, match="tokens to train on are shorter"):
        Streams(np.zeros(4, "int32"), 2, 4)
    assert Config(stride=5).new_steps == 5


def test_streams_of_another_config():
    made = trainer()
    with pytest.raises(ConfigError, match="seq_length 8 and stride 8 are not those of"):
        Trainer(STRIDED, made.model, made.streams)
