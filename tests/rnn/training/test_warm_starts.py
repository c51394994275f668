"""A new run begins with trained weights; its vocabulary is checked, or extended."""

import contextlib
import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.rnn.cli.test_cli import TEXT, TINY, fails_with
from tinygraph_rnn.cli.parser import main
from tinygraph_rnn.training import checkpoints
from tinygraph_rnn.training.saved_model import SavedModel

OTHER = "Jürgen packs five jugs of ale.\n" * 30
NEW = [*("--text", "other", "--output", "new", "--updates", "1"), *TINY[2:]]


@pytest.fixture(scope="module", params=["characters", "words", "bytes"])
def trained(request, tmp_path_factory):
    """A run of five updates on each kind of tokens."""
    folder = tmp_path_factory.mktemp(request.param)
    (folder / "text").write_text(TEXT)
    (folder / "other").write_text(OTHER)
    settings = [*TINY, "--tokens", request.param, "--updates", "5", "--cell", "gru"]
    with contextlib.chdir(folder):
        assert main(["train", "--text", "text", "--output", "run", *settings]) == 0
    return request.param, folder


@pytest.fixture
def tokens(tmp_path, trained, monkeypatch):
    """What a copy of that run, in the working directory, reads."""
    shutil.copytree(trained[1], tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return trained[0]


def begun(*options):
    """Begin a run of no effect: its first checkpoint is what it began with."""
    rate = ["--learning-rate", "1e-30"]
    assert main(["train", "--init-from", "run", *NEW, *rate, *options]) == 0
    return SavedModel("new/checkpoint.safetensors")


@pytest.mark.parametrize("tied", [[], ["--tied"]])
def test_weights_are_kept_and_the_vocabulary_grows(tokens, capsys, tied):
    if tied:
        shutil.rmtree("run")
        settings = [*TINY, "--tokens", tokens, "--updates", "5", *tied]
        assert main(["train", "--text", "text", "--output", "run", *settings]) == 0
    new = begun("--extend-vocabulary")
    old = SavedModel("run/checkpoint.safetensors")
    added = len(new.vocabulary) - len(old.vocabulary)
    count = {"characters": 3, "words": 5, "bytes": 0}[tokens]
    assert added == count
    told = capsys.readouterr().err
    assert (f"{added} {tokens} are new to the model: " in told) == bool(count)
    assert new.vocabulary.decode(new.vocabulary.encode(OTHER)) != ""
    grown = 0
    for name, value in old.parameters.items():
        got = new.parameters[name]
        np.testing.assert_array_equal(got[tuple(map(slice, value.shape))], value)
        differ = [a - b for a, b in zip(got.shape, value.shape, strict=True)]
        assert set(differ) <= {0, count}
        grown += any(differ)
    assert grown == (0 if not count else 2 if tied else 3)
    assert {new.config.cell, old.config.cell} == {"lstm" if tied else "gru"}
    assert new.config.updates == 1
    assert checkpoints.load("run/checkpoint.safetensors").facts["done"] == 5


def test_new_tokens_are_said(tokens, capsys):
    arguments = ["train", "--init-from", "run/best.safetensors", *NEW]
    if tokens == "characters":
        message = "the text has 3 characters that the model in 'run/best.safetensors' n"
        fails_with(capsys, arguments, message)
        fails_with(
            capsys, arguments, "never saw: 'J', 'p', 'ü'. --extend-vocabulary adds"
        )
        assert not Path("new").exists()
        return
    assert main(arguments) == 0
    message = "5 words of the text are unknown to the model, and read as <unk>: 'Jürgen"
    assert (message in capsys.readouterr().err) == (tokens == "words")


def test_options_of_a_beginning(tokens, capsys):
    for arguments, message in (
        (
            ["--init-from", "run", "--hidden-size", "9"],
            "has hidden_size 8, not 9: ",
        ),
        (["--init-from", "run", "--resume", "run"], "give only one of them"),
        (["--extend-vocabulary"], "--extend-vocabulary is that of --init-from: give"),
        (["--init-from", "nowhere"], "cannot read the checkpoint 'nowhere/checkpoint"),
    ):
        fails_with(capsys, ["train", "--text", "other", *arguments], message)
    assert not Path("runs").exists()


def test_how_many_words(tokens):
    """With --vocabulary-size, so many in all; the most frequent ones are added."""
    if tokens != "words":
        return
    known = len(SavedModel("run/checkpoint.safetensors").vocabulary)
    size = ["--vocabulary-size", str(known + 2)]
    new = begun("--extend-vocabulary", *size)
    assert len(new.vocabulary) == new.config.vocabulary_size == known + 2
