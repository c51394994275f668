"""A run goes on with other settings, after a NaN too; what cannot change is named."""

import contextlib
import math
import re
import shutil
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

import tinygraph as tg
from tests.rnn.cli.test_cli import TEXT, TINY, rows
from tinygraph_rnn import CheckpointError, Config, ConfigError
from tinygraph_rnn.cli.parser import main
from tinygraph_rnn.training import checkpoints
from tinygraph_rnn.training.changes import SHAPE
from tinygraph_rnn.training.experiment import Experiment
from tinygraph_rnn.training.interrupts import StopRequest
from tinygraph_rnn.training.progress import Progress
from tinygraph_rnn.training.run_folder import RunFolder

OTHER = {
    "dropout": 0.2,
    "input_dropout": 0.1,
    "variational": True,
    "weight_drop": 0.3,
    "zoneout": 0.1,
    "label_smoothing": 0.1,
    "seq_length": 6,
    "stride": 3,
    "batch_size": 3,
    "updates": 13,
    "learning_rate": 0.5,
    "schedule": "linear",
    "warmup": 3,
    "optimizer": "rmsprop",
    "weight_decay": 0.1,
    "grad_clip": 1.0,
    "clip_value": 0.5,
    "evaluate_every": 4,
    "patience": 3,
    "seed": 4,
}
SHAPES = {
    "tokens": "bytes",
    "vocabulary_size": 9,
    "cell": "gru",
    "hidden_size": 9,
    "num_layers": 2,
    "learned_init": True,
    "residual": True,
    "tied": True,
    "dtype": "float64",
    "held_out": 0.2,
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A finished run of ten updates, made once."""
    folder = tmp_path_factory.mktemp("trained")
    (folder / "text").write_text(TEXT)
    settings = [*TINY, "--updates", "10"]
    with contextlib.chdir(folder):
        assert main(["train", "--text", "text", "--output", "run", *settings]) == 0
    return folder


@pytest.fixture
def run(tmp_path, trained, monkeypatch):
    """A copy of that run, in the working directory."""
    shutil.copytree(trained, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return Path("run")


def resumed(folder="run", **settings):
    """Go on to the end; return the experiment."""
    made = Experiment.resumed(RunFolder(folder), text="text", **settings)
    made.train(Progress(made.config.updates, characters=1), StopRequest())
    return made


def test_each_setting_can_change_or_is_named():
    assert {*OTHER, *SHAPES} == {each.name for each in fields(Config)}
    assert set(SHAPES) == {*SHAPE, "held_out"}


@pytest.mark.parametrize("name", OTHER)
def test_what_does_not_change_the_shape_can_change(run, name):
    """Noted in the row of the first update with it, and kept from then on."""
    settings = {"updates": 12, name: OTHER[name]}
    made = resumed(**settings)
    old = Config.from_facts({**made.config.as_facts(), "updates": 10})
    before = {"updates": 10, name: getattr(Config(hidden_size=8), name)} | {
        key: value
        for key, value in (("seq_length", 8), ("batch_size", 4), ("evaluate_every", 5))
        if key == name
    }
    written = rows(run)
    assert [row["update"] for row in written] == list(range(1, settings["updates"] + 1))
    noted = [row["update"] for row in written if "changed" in row]
    assert noted == [11]
    changed = {key: [before[key], value] for key, value in settings.items()}
    if name == "updates":
        changed = {"updates": [10, 13]}
    assert written[10]["changed"] == changed
    facts = checkpoints.load(run / checkpoints.FILE_NAME).facts
    assert facts["config"] == made.config.as_facts() != old.as_facts()
    again = resumed(updates=15)
    assert getattr(again.config, name) == (15 if name == "updates" else OTHER[name])


@pytest.mark.parametrize("name", SHAPES)
def test_what_changes_the_shape_is_refused(run, name):
    message = f"^the run in 'run' has {name} .*, not {re.escape(repr(SHAPES[name]))}: "
    settings = {name: SHAPES[name]}
    if name == "vocabulary_size":
        settings["tokens"], message = "words", "^the run in 'run' has tokens 'charac"
    with pytest.raises(ConfigError, match=message):
        resumed(updates=12, **settings)


def test_streams_that_are_cut_anew_begin_anew(run):
    """The same updates as of a run that only begins there."""
    made = Experiment.resumed(RunFolder("run"), "text", batch_size=3, updates=30)
    trainer, read = made.trainer, []
    streams = trainer.streams
    whole = streams.whole_chunks

    class Watched:
        whole_chunks = whole

        def __getitem__(self, index):
            read.append(index)
            return streams[index]

    trainer.streams = Watched()
    for _ in range(3):
        trainer.update()
    made.save()
    again = Experiment.resumed(RunFolder("run"), "text")
    again.trainer.streams = Watched()
    again.trainer.update()
    assert read == [0, 1, 2, 3]
    assert again.trainer.begun == 10
    with pytest.raises(ConfigError, match="since update 10 .* give --updates instead"):
        Experiment.resumed(RunFolder("run"), "text", epochs=9)


def test_the_same_command_says_what_changed(run, capsys):
    arguments = ["train", "--resume", "run", "--text", "text", "--updates", "12"]
    assert main([*arguments, "--learning-rate", "0.25"]) == 0
    told = capsys.readouterr().err
    assert "changed after update 10: learning_rate 0.008 to 0.25\n" in told
    assert rows(run)[10]["changed"] == {
        "updates": [10, 12],
        "learning_rate": [0.008, 0.25],
    }


def test_a_run_that_met_nan_goes_on(run, capsys):
    """The message names the option, no line of the script; --resume takes another."""
    again = ["train", "--resume", "run", "--text", "text", "--updates", "40"]
    before = (run / checkpoints.FILE_NAME).read_bytes()
    assert main([*again, "--learning-rate", "1e38"]) == 2
    line = capsys.readouterr().err.splitlines()[-1]
    assert "Lower the learning rate (--learning-rate 1e+38)" in line
    assert "What was saved after update 10 is intact; go on from there with" in line
    assert "`tinygraph-rnn train --resume run --learning-rate 1e+37`" in line
    assert "made at" not in line
    assert (run / checkpoints.FILE_NAME).read_bytes() == before
    assert main([*again, "--learning-rate", "0.01"]) == 0
    written = rows(run)
    assert [row["update"] for row in written] == list(range(1, 41))
    assert written[10]["changed"]["learning_rate"] == [0.008, 0.01]
    assert all(math.isfinite(row["loss"]) for row in written)


def test_weights_that_are_none_are_not_saved(run, capsys):
    """The held-out text is looked at between two updates, before either meets a NaN."""
    before = (run / checkpoints.FILE_NAME).read_bytes()
    options = ["--learning-rate", "1e38", "--evaluate-every", "1", "--updates", "12"]
    again = ["train", "--resume", "run", "--text", "text", "--schedule", "constant"]
    assert main([*again, *options]) == 2
    assert "NaN or infinity in the held-out loss after up" in capsys.readouterr().err
    assert (run / checkpoints.FILE_NAME).read_bytes() == before


def test_a_stop_does_not_save_weights_that_are_none(run):
    made = Experiment.resumed(RunFolder("run"), text="text", updates=12)
    made.trainer.update()
    name, value = next(iter(made.trainer.parameters.items()))
    made.trainer.parameters.update({name: np.full_like(value, np.inf)})
    with pytest.raises(tg.NonFiniteError, match="infinity in the weights after upd"):
        made.save()
    assert checkpoints.load(run / checkpoints.FILE_NAME).facts["done"] == 10


def test_going_on_with_the_best_keeps_it(run):
    """Training saves beside it, and forgets what came after."""
    best = run / "best.safetensors"
    shutil.copy(run / checkpoints.FILE_NAME, best)
    before = best.read_bytes()
    assert main(["train", "--resume", "run", "--text", "text", "--updates", "12"]) == 0
    best.write_bytes(before)
    made = resumed(str(best), updates=11, learning_rate=1e-9, evaluate_every=1000)
    assert made.folder.last == run / checkpoints.FILE_NAME
    assert [row["update"] for row in rows(run)] == list(range(1, 12))
    assert checkpoints.load(made.folder.last).facts["done"] == 11


@pytest.mark.parametrize("begun", [-1, 11, "1", 2.0, True, None])
def test_streams_that_begin_nowhere(run, begun):
    found = checkpoints.load(run / checkpoints.FILE_NAME)
    forged = replace(found, facts={**found.facts, "begun": begun})
    checkpoints.save(run / checkpoints.FILE_NAME, forged)
    with pytest.raises(CheckpointError, match="the checkpoint's streams begin at upda"):
        Experiment.resumed(RunFolder("run"), "text", updates=12)


def test_older_checkpoints_know_of_no_beginning(run):
    found = checkpoints.load(run / checkpoints.FILE_NAME)
    older = {name: fact for name, fact in found.facts.items() if name != "begun"}
    checkpoints.save(run / checkpoints.FILE_NAME, replace(found, facts=older))
    assert resumed(updates=12).trainer.begun == 0


def with_stream(run, stream):
    """Let a checkpoint say which stream its masks were drawn from; None: nothing."""
    found = checkpoints.load(run / checkpoints.FILE_NAME)
    facts = {**found.facts, "random": stream}
    if stream is None:
        del facts["random"]
    checkpoints.save(run / checkpoints.FILE_NAME, replace(found, facts=facts))


@pytest.mark.parametrize("stream", [None, "philox4x32-10", "another"])
def test_another_stream_of_random_numbers_is_noted(run, capsys, stream):
    """A run with masks goes on, with other ones than it would have had."""
    facts = checkpoints.load(run / checkpoints.FILE_NAME).facts
    assert facts["random"] == tg.RANDOM_STREAM == "philox4x64-10"
    with_stream(run, stream)
    arguments = ["train", "--resume", "run", "--text", "text", "--updates", "12"]
    assert main([*arguments, "--dropout", "0.2"]) == 0
    old = stream or "philox4x32-10"
    told = f"changed after update 10: random {old} to {tg.RANDOM_STREAM}\n"
    assert told in capsys.readouterr().err
    assert rows(run)[10]["changed"]["random"] == [old, tg.RANDOM_STREAM]
    made = checkpoints.load(run / checkpoints.FILE_NAME)
    assert made.facts["random"] == tg.RANDOM_STREAM


def test_a_run_without_masks_does_not_care(run):
    with_stream(run, None)
    assert resumed(updates=12).changes.keys() == {"updates"}


@pytest.mark.parametrize("stream", [7, "", ["philox"], "x" * 101])
def test_a_stream_that_is_no_name(run, stream):
    with_stream(run, stream)
    with pytest.raises(CheckpointError, match="checkpoint's stream of random numbers"):
        Experiment.resumed(RunFolder("run"), "text", updates=12)
