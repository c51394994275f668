"""Many processes train as one: same losses, same parameters, same checkpoint."""

import functools
import re
import runpy
import subprocess
import sys
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygraph as tg
from tests.rnn.training.distributed.threads import Meeting
from tests.rnn.training.test_training import SMALL, TEXT, values
from tinygraph_rnn import (
    ConfigError,
    Evaluator,
    LanguageModel,
    Streams,
    Trainer,
    Vocabulary,
)
from tinygraph_rnn.training import checkpoints
from tinygraph_rnn.training.distributed.reduction import added_up, gathered
from tinygraph_rnn.training.distributed.rows import by_global_row

SEVEN = replace(SMALL, batch_size=7)
MASKS = {
    "dropout": 0.3,
    "input_dropout": 0.2,
    "weight_drop": 0.2,
    "zoneout": 0.2,
    "num_layers": 2,
}
KINDS = {
    "plain": SEVEN,
    "float64": replace(SEVEN, dtype="float64", grad_clip=0.1),
    "masks": replace(SEVEN, **MASKS),
    "variational": replace(SEVEN, variational=True, learned_init=True, **MASKS),
    "overlapping": replace(SEVEN, stride=3, cell="gru", dtype="float64", **MASKS),
}
VOCABULARY = Vocabulary.of(TEXT)
TOKENS = VOCABULARY.encode(TEXT)


EXAMPLE = Path(tg.__file__).parents[1] / "examples/12_many_processes.py"


def made(config, index=0, count=1, reduce=None, backend="numpy"):
    """Return the trainer of one of `count` processes."""
    streams = Streams(TOKENS, config.batch_size, config.seq_length, config.stride)
    model = LanguageModel.of(config, len(VOCABULARY))
    return Trainer(config, model, streams.shard(index, count), backend, reduce=reduce)


def reordered(checkpoint, index):
    """Return a checkpoint as another process may read it: names come in any order."""
    families = {
        family: dict(sorted(getattr(checkpoint, family).items(), reverse=index % 2))
        for family in checkpoints.FAMILIES
    }
    return replace(checkpoint, **families)


def trained(config, count, updates, start=None, backend="numpy"):
    """Return updates, checkpoint and parameters of each of `count` processes."""

    def work(index, reduce):
        trainer = made(config, index, count, reduce, backend)
        if start is not None:
            trainer.restore(reordered(start, index))
        found = [trainer.update() for _ in range(updates)]
        return found, trainer.checkpoint({}), values(trainer)

    return Meeting(count).each(work)


@functools.cache
def alone(config, updates):
    """Return the same of one process."""
    return by_one(config, updates)


def by_one(config, updates, start=None):
    """Return the same of one process, which goes on with a checkpoint."""
    trainer = made(config)
    if start is not None:
        trainer.restore(start)
    found = [trainer.update() for _ in range(updates)]
    return found, trainer.checkpoint({}), values(trainer)


def assert_states_agree(found, wanted):
    """Rounding of float32 is all that is left after a dozen updates."""
    atol = {"float32": 5e-5, "float64": 1e-12}[wanted.dtype.name]
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=atol)


@pytest.mark.parametrize(("kind", "count"), [("plain", 2), *((k, 3) for k in KINDS)])
def test_many_are_as_one(kind, count):
    """Losses and norms as of one, all else equal everywhere; 7 rows share unequally."""
    wanted, whole, _ = alone(KINDS[kind], 12)
    first, *others = trained(KINDS[kind], count, 12)
    np.testing.assert_allclose(first[0], wanted, rtol=1e-5)
    for name, array in whole.state.items():
        assert_states_agree(first[1].state[name], array)
    for found, kept, parameters in others:
        assert found == first[0]
        for name, value in parameters.items():
            np.testing.assert_array_equal(value, first[2][name])
        for name, array in kept.state.items():
            np.testing.assert_array_equal(array, first[1].state[name])


def test_native_code_draws_the_masks_of_its_rows():
    wanted = alone(KINDS["variational"], 5)[0]
    for found, *_ in trained(KINDS["variational"], 2, 5, backend="native"):
        np.testing.assert_allclose(found, wanted, rtol=1e-5)


@pytest.mark.parametrize(("before", "after"), [(3, 2), (1, 4), (2, 1), (3, 3)])
def test_another_number_goes_on_with_a_checkpoint(before, after, tmp_path):
    """The file is that of one process; the same number goes on bit for bit.

    What goes on is saved once more.
    """
    config = KINDS["masks"]
    wanted, whole, _ = alone(config, 9)
    kept = trained(config, before, 5)[0][1]
    checkpoints.save(tmp_path / "c", kept)
    read = checkpoints.load(tmp_path / "c")
    assert read.state.keys() == whole.state.keys()
    if after == 1:
        found, again, _ = by_one(config, 4, read)
    else:
        found, again, _ = trained(config, after, 4, read)[0]
    for name, array in whole.state.items():
        assert_states_agree(again.state[name], array)
    np.testing.assert_allclose(found, wanted[5:], rtol=1e-5)
    if before == after:
        assert found == trained(config, before, 9)[0][0][5:]


def test_one_array_an_update():
    """Gradients, and loss, rows and wishes to stop behind them."""
    meeting = Meeting(2)
    meeting.each(lambda index, reduce: made(SEVEN, index, 2, reduce).update())
    size = sum(value.size for value in made(SEVEN).parameters.values())
    assert meeting.calls == [("float32", size + 3)]


def test_a_wish_to_stop_is_told_to_all():
    def work(index, reduce):
        trainer = made(SEVEN, index, 3, reduce)
        seen = []
        for update in range(3):
            trainer.share.asks_to_stop = index == 1 and update == 1
            trainer.update()
            seen.append(trainer.is_asked_to_stop)
        return seen

    assert Meeting(3).each(work) == [[False, True, False]] * 3


def test_nan_stops_all_before_anything_changes():
    """Only the rows of one process meet it; the others say that they do not know."""

    def work(index, reduce):
        trainer = made(SEVEN, index, 2, reduce)
        trainer.update()
        before = values(trainer)
        if index == 1:
            trainer._state = {
                name: np.full_like(array, np.nan)
                for name, array in trainer._state.items()
            }
        with pytest.raises(tg.NonFiniteError) as caught:
            trainer.update()
        for name, value in values(trainer).items():
            np.testing.assert_array_equal(value, before[name])
        return str(caught.value)

    other, own = Meeting(2).each(work)
    assert "it began in the rows of another process" in other
    assert "first in state/lstm.0" in own


@pytest.mark.parametrize(
    ("reduce", "why"),
    [
        (lambda flat: flat, "the shards of a batch of 7 rows have 3 together"),
        (lambda flat: flat[1:], r"must return the same kind of array, not float32\["),
        (lambda flat: flat.astype("float64"), r"not float64\["),
    ],
)
def test_what_is_no_sum_is_refused(reduce, why):
    with pytest.raises(ConfigError, match=why):
        made(SEVEN, 0, 2, reduce).update()


def test_a_process_without_rows():
    with pytest.raises(ConfigError, match="a batch of 7 rows leaves a process without"):
        made(SEVEN, 0, 8, np.copy)
    with pytest.raises(ConfigError, match="index must be below count 2, not 2"):
        Streams(TOKENS, 7, 8).shard(2, 2)


def test_scores_are_of_all_streams():
    """Processes without a stream add nothing."""
    model = LanguageModel.of(SEVEN, len(VOCABULARY))
    parameters = tg.Parameters.of(model.loss_graph())
    streams = Streams.for_evaluation(TOKENS[:50], 3, 16)
    wanted = Evaluator(model, parameters, "numpy").score(streams)

    def work(index, reduce):
        evaluator = Evaluator(model, parameters, "numpy", reduce=reduce)
        return evaluator.score(streams.shard(index, 4))

    for score in Meeting(4).each(work):
        assert score.tokens == wanted.tokens
        assert score.nats == pytest.approx(wanted.nats, rel=1e-6)


@given(st.integers(1, 20), st.integers(1, 25))
def test_shards_are_all_streams_in_their_order(size, count):
    streams = Streams(np.arange(5 * size + 1), size, 5)
    shards = [streams.shard(index, count) for index in range(count)]
    assert [row for shard in shards for row in shard.rows] == list(range(size))
    lengths = {len(shard.rows) for shard in shards}
    assert max(lengths) - min(lengths) <= 1
    columns = np.concatenate([shard[0].tokens for shard in shards], axis=1)
    np.testing.assert_array_equal(columns, streams[0].tokens)


@given(st.lists(st.integers(1, 9), min_size=1, max_size=4), st.integers(0, 2**32 - 1))
def test_unequal_shards_add_up_to_the_mean_of_all(sizes, seed):
    """Whatever the shards: the mean of all rows, as float64 has it."""
    rng, rows = np.random.default_rng(seed), sum(sizes)
    each = rng.normal(size=(rows, 6))
    cuts = np.cumsum(sizes)[:-1]
    means = [part.mean(0) for part in np.split(each, cuts)]

    def work(index, reduce):
        mean = means[index]
        gradients = {"a": mean[1:3], "b": mean[3:].reshape(1, 3)}
        return added_up(reduce, mean[0], gradients, sizes[index], rows)

    for total in Meeting(len(sizes)).each(work):
        found = [total.loss, *total.gradients["a"], *total.gradients["b"].ravel()]
        np.testing.assert_allclose(found, each.mean(0), rtol=1e-12, atol=1e-14)
        assert total.gradients["b"].shape == (1, 3)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "bool", "float16"])
def test_gathered_rows_are_equal_bit_for_bit(dtype):
    """-0.0, NaN and infinities too; along any axis."""
    whole = np.array([[-0.0, np.nan, np.inf, 1.5, 3.0]] * 2).astype(
        dtype if dtype.startswith("float") else "float32"
    )
    if not dtype.startswith("float"):
        whole = np.arange(10).reshape(2, 5).astype(dtype)

    def work(index, reduce):
        rows = range(5 * index // 2, 5 * (index + 1) // 2)
        part = whole[:, rows.start : rows.stop]
        return gathered(reduce, part, rows, 5, 1)

    for found in Meeting(2).each(work):
        assert found.dtype == whole.dtype
        assert found.tobytes() == whole.tobytes()


def test_only_masks_are_drawn_by_row():
    noise = tg.normal(("batch", 2), name="noise")
    x = tg.sequence("x", ("batch", 2))
    with pytest.raises(ConfigError, match="noise.*draws other numbers for each row"):
        by_global_row(tg.Graph({"y": x + noise}), 4)
    still = tg.Graph({"y": x})
    assert by_global_row(still, 4) is still


@pytest.mark.skipif(find_spec("torch") is None, reason="needs torch")
def test_two_real_processes_by_gloo(tmp_path):
    """The example prints the losses of one process that has all rows."""
    done = subprocess.run(
        [sys.executable, "-W", "error", str(EXAMPLE)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert not done.stderr
    shown = [float(number) for number in re.findall(r": (\S+) nats", done.stdout)]
    example = runpy.run_path(str(EXAMPLE))
    config, vocabulary = example["CONFIG"], Vocabulary.of(example["TEXT"])
    streams = Streams(vocabulary.encode(example["TEXT"]), 7, 16)
    one = Trainer(config, LanguageModel.of(config, len(vocabulary)), streams, "numpy")
    losses = [one.update().loss for _ in range(config.updates)]
    half_a_digit = 5e-4
    np.testing.assert_allclose(shown, losses[19::20], rtol=1e-5, atol=half_a_digit)
