"""Options that do not count are refused; figures are of what was scored."""

import contextlib
import math
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rnn.cli.test_cli import TEXT, TINY, fails_with, rows
from tests.rnn.data.test_large_texts import TEXTS
from tests.rnn.data.test_streams import text_of
from tinygraph_rnn import Config, ConfigError, Evaluator, Streams, WordVocabulary, split
from tinygraph_rnn.cli.parser import main
from tinygraph_rnn.data.corpus import Corpus
from tinygraph_rnn.training.experiment import Experiment
from tinygraph_rnn.training.run_folder import RunFolder
from tinygraph_rnn.training.saved_model import SavedModel

WORDS = "Pack  my box\r\n\n with five\tdozen liquor jugs, said the fox.\n" * 40


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run of five updates on words with more than a blank between them, and text."""
    folder = tmp_path_factory.mktemp("words")
    (folder / "text").write_bytes(WORDS.encode())
    settings = [*TINY, "--updates", "5", "--tokens", "words", "--seed", "3"]
    with contextlib.chdir(folder):
        assert main(["train", "--text", "text", "--output", "run", *settings]) == 0
    return folder


@pytest.fixture
def run(tmp_path, trained, monkeypatch):
    """A copy of that run, in the working directory."""
    shutil.copytree(trained, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return Path("run")


def characters_by_hand(text, first, count):
    """Characters of `count` tokens from the `first` on, blanks after each included."""
    starts = [found.start() for found in re.finditer(r"\n|\S+", text)]
    starts.append(len(text))
    return starts[first + count] - starts[first]


@pytest.mark.parametrize("streams", [1, 4, 7])
@pytest.mark.parametrize("whole", [True, False])
def test_bits_per_character_of_the_text_that_was_scored(run, capsys, streams, whole):
    capsys.readouterr()
    (run / "tokens.bin").unlink()
    text, arguments = text_of(Corpus("text")), ["--streams", str(streams)]
    assert main(["evaluate", "run", *arguments, *["--text", "text"] * whole]) == 0
    shown = capsys.readouterr().out
    saved = SavedModel(run / "checkpoint.safetensors")
    encoded = saved.vocabulary.encode(text)
    tokens = encoded if whole else split(encoded, Config().held_out)[1]
    read = Streams.for_evaluation(tokens, streams, 8)
    nats = Evaluator(saved.model, saved.parameters).score(read).nats
    count, before = read.steps * read.batch_size, len(encoded) - len(tokens)
    characters = characters_by_hand(text, before + 1, count)
    bits = nats / math.log(2.0)
    assert shown == (
        f"{bits / count:.4f} bits per word, perplexity {math.exp(nats / count):.3f}, "
        f"{bits / characters:.4f} bits per character over {count:,} of "
        f"{len(tokens):,} words\n"
    )


@given(TEXTS, st.integers(1, 9), st.data())
def test_where_words_start(text, size, data):
    """Wherever the text is cut, and whatever are blanks."""
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    vocabulary = WordVocabulary.of(text)
    count = len(vocabulary.encode(text))
    first, last = sorted(data.draw(st.tuples(*[st.integers(0, count)] * 2)))
    start, end = vocabulary.starts(pieces, first, last)
    assert end - start == characters_by_hand(text, first, last - first)
    tokens = vocabulary.encode(text[start:end])
    np.testing.assert_array_equal(tokens, vocabulary.encode(text)[first:last])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["sample", "run", "--beam", "2", "--top-p", "7", "--temperature", "-3"],
            "draws nothing: --temperature, --top-p would not count, leave it out",
        ),
        (["sample", "--beam", "2", "--seed", "0"], "draws nothing: --seed would not"),
        (["evaluate", "run", "--encoding", "ascii"], "--encoding is that of a --text"),
        (["train", "--encoding", "ascii"], "--encoding is that of a --text FILE: give"),
        (
            ["train", "--resume", "run", "--hidden-size", "9"],
            "has hidden_size 8, not 9",
        ),
        (
            ["train", "--resume", "run", "--held-out", "0.5"],
            "has held_out 0.1, not 0.5: with --resume it stays, it is what it was",
        ),
        (
            ["train", "--resume", "run", "--config", "a.toml"],
            "has cell 'lstm', not 'gru'",
        ),
        (
            ["train", "--resume", "run", "--tied"],
            "has tied False, not True: with --resume",
        ),
        (
            ["train", "--resume", "run", "--encoding", "ascii"],
            "encoding 'utf-8', not 'as",
        ),
        (
            ["train", "--resume", "run", "--output", "b"],
            "--resume goes on in 'run', not in",
        ),
        (
            ["train", "--resume", "run", "--epochs", "0"],
            "argument --epochs: must be >= 1",
        ),
    ],
)
def test_options_that_would_not_count(run, capsys, arguments, message):
    Path("a.toml").write_text("cell = 'gru'")
    capsys.readouterr()
    fails_with(capsys, arguments, message)


def test_a_resumed_run_takes_its_own_settings_and_epochs_in_all(run, capsys):
    """The same command with --resume goes on; of updates and epochs, new totals."""
    Path("a.toml").write_text("updates = 6\ntokens = 'words'\nhidden_size = 8")
    again = ["train", "--resume", "run", "--output", "run", "--text", "text", *TINY]
    assert main([*again, "--config", "a.toml", "--encoding", "utf-8"]) == 0
    assert len(rows(run)) == 6
    assert main([*again, "--epochs", "2"]) == 0
    words = len(SavedModel(run / "checkpoint.safetensors").vocabulary.encode(WORDS))
    trained_on = words - round(0.1 * words)
    assert len(rows(run)) == 2 * ((trained_on - 1) // 4 // 8)
    capsys.readouterr()
    message = "give more --updates or --epochs, in all, to go on"
    fails_with(capsys, ["train", "--resume", "run", "--epochs", "1"], message)


def test_epochs_of_the_library(tmp_path):
    (tmp_path / "text").write_text(TEXT)
    folder = RunFolder(tmp_path / "run")
    with pytest.raises(ConfigError, match="epochs must be an int >= 1, not 0"):
        Experiment.new(folder, Config(), Corpus(tmp_path / "text"), epochs=0)


@pytest.mark.parametrize("command", ["train", "sample", "evaluate", "draw"])
def test_help_has_no_holes(command, capsys):
    with pytest.raises(SystemExit, match="0"):
        main([command, "--help"])
    shown = capsys.readouterr().out
    assert not re.search("{[A-Z]", shown)
    assert ("runs/" in shown) == (command != "draw")


def test_a_prompt_of_any_byte(run, capsys):
    settings = [*TINY, "--updates", "1", "--tokens", "bytes"]
    assert main(["train", "--text", "text", "--output", "bytes", *settings]) == 0
    capsys.readouterr()
    assert main(["sample", "bytes", "--prompt", "\udcff", "--length", "3"]) == 0
    assert main(["sample", "bytes", "--prompt", "\udcff", "--beam", "2"]) == 0
