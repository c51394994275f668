"""Texts larger than memory: whatever the blocks, all is as if it were read at once."""

import errno
import gc
import os
import signal
import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rnn.cli.test_cli import TEXT, TINY, fails_with, rows
from tests.rnn.data.test_streams import text_of
from tinygraph_rnn import (
    Config,
    DataError,
    Evaluator,
    LanguageModel,
    Streams,
    Trainer,
    Vocabulary,
    VocabularyError,
    WordVocabulary,
    map_tokens,
    split,
    write_tokens,
)
from tinygraph_rnn.cli.parser import main
from tinygraph_rnn.data.corpus import Corpus
from tinygraph_rnn.training import checkpoints
from tinygraph_rnn.training.experiment import Experiment
from tinygraph_rnn.training.interrupts import StopRequest
from tinygraph_rnn.training.progress import Progress
from tinygraph_rnn.training.run_folder import RunFolder

ODD = ["a", " ", "<unk>", "<eos>", "\r\n", *"\r\n\t\x0b\x0c\x1c\x1f\x85\u2028\u3000é🙂"]
TEXTS = st.lists(
    st.sampled_from(ODD)
    | st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufeff"),
    min_size=1,
).map("".join)
PARTS = ["a", "\r\n", "\r", "\n", "\0", "é", "🙂"]
BYTES = st.lists(
    st.sampled_from([part.encode() for part in PARTS] + [b"\xe9", b"\xf0\x9f", b"\xff"])
)
HARMS = {
    "none": lambda path, content: None,
    "lost": lambda path, content: path.unlink(),
    "cut": lambda path, content: path.write_bytes(content[:-1]),
    "changed": lambda path, content: path.write_bytes(content[::-1]),
}
BLOCKS = st.integers(1, 9)
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32", "utf-7", "gb18030")


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("large") / "text"


def with_line_feeds(text):
    return text.replace("\r\n", "\n").replace("\r", "\n")


@given(TEXTS, st.sampled_from(ENCODINGS), BLOCKS)
def test_blocks_do_not_change_the_text(path, text, encoding, size):
    path.write_bytes(text.encode(encoding))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tinygraph_rnn.data.text_files.BLOCK", size)
        got = text_of(Corpus(path, encoding))
    assert got == with_line_feeds(text)


def characters_at_once(text):
    """Sorted characters and their numbers, plainly."""
    known = sorted(set(text))
    return known, [known.index(char) for char in text]


def words_at_once(text, size):
    """Words by frequency, then by place; numbers line by line, plainly."""
    words = [word for word in text.split() if word not in ("<unk>", "<eos>")]
    common = sorted(dict.fromkeys(words), key=words.count, reverse=True)
    known = ["<unk>", "<eos>", *common[: size - 2 if size else None]]
    numbers = []
    for line in text.splitlines(keepends=True):
        numbers += [known.index(w) if w in known else 0 for w in line.split()]
        numbers += [1] * line.endswith("\n")
    return known, numbers


@given(TEXTS, BLOCKS, st.sampled_from([0, 3, 5]))
def test_blocks_do_not_change_the_tokens(path, text, size, limit):
    path.write_text(text, encoding="utf-8", newline="")
    plain = text_of(Corpus(path))
    tokens = path.with_name("tokens")
    for kind, symbols, (known, numbers) in (
        (Vocabulary, "characters", characters_at_once(plain)),
        (WordVocabulary, "words", words_at_once(plain, limit)),
    ):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("tinygraph_rnn.data.text_files.BLOCK", size)
            vocabulary = kind.of(Corpus(path).pieces(), limit)
            count = write_tokens(path, vocabulary, tokens)
        assert list(getattr(vocabulary, symbols)) == known
        assert kind.of(plain, limit).as_facts() == vocabulary.as_facts()
        assert count == len(numbers)
        np.testing.assert_array_equal(map_tokens(tokens, vocabulary), numbers)
        np.testing.assert_array_equal(vocabulary.encode(plain), numbers)


@given(st.booleans(), BYTES, BLOCKS)
def test_blocks_do_not_change_what_is_wrong(path, marked, parts, size):
    """The first byte that is no UTF-8, or NUL, by its offset in the file."""
    mark = b"\xef\xbb\xbf" * marked
    raw = mark + b"".join(parts)
    path.write_bytes(raw)
    wrong, nul = None, raw.find(b"\0")
    try:
        raw.decode()
    except UnicodeDecodeError as problem:
        wrong = problem.start
    message = "is empty" if raw == mark else None
    if nul >= 0 and (wrong is None or nul < wrong):
        message = f"holds a NUL byte at offset {nul}: "
    elif wrong is not None:
        message = rf"is not UTF-8: byte {raw[wrong]:#04x} at offset {wrong}\."
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tinygraph_rnn.data.text_files.BLOCK", size)
        if message is None:
            assert text_of(Corpus(path)) == with_line_feeds(raw.decode("utf-8-sig"))
            return
        with pytest.raises(DataError, match=message):
            text_of(Corpus(path))


@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
def test_nul_of_two_bytes(path, size, monkeypatch):
    monkeypatch.setattr("tinygraph_rnn.data.text_files.BLOCK", size)
    path.write_bytes("é🙂\0a".encode("utf-16-le"))
    with pytest.raises(DataError, match="NUL byte at offset 6: it is no text in utf-1"):
        text_of(Corpus(path, "utf-16-le"))


@pytest.mark.parametrize("size", [1, 4, 100])
def test_unknown_character_in_a_later_block(path, size, monkeypatch):
    monkeypatch.setattr("tinygraph_rnn.data.text_files.BLOCK", size)
    path.write_text("the\nfox\nα", encoding="utf-8")
    with pytest.raises(VocabularyError, match=r"'α' .U\+03B1, line 3, position 8."):
        write_tokens(path, Vocabulary("\nthefox"), path.with_name("unwritten"))
    assert not path.with_name("unwritten").exists()


def test_numbers_of_the_fewest_bytes(path):
    text = "".join(map(chr, range(300, 600)))
    path.write_text(text, encoding="utf-8")
    vocabulary = Vocabulary.of(text)
    write_tokens(path, vocabulary, path.with_name("tokens"))
    tokens = map_tokens(path.with_name("tokens"), vocabulary)
    assert tokens.dtype == "<u2"
    assert path.with_name("tokens").stat().st_size == 2 * 300
    np.testing.assert_array_equal(tokens, range(300))


def test_a_text_that_is_no_file():
    with pytest.raises(DataError, match=f"{os.devnull!r} is a pipe or a device, but a"):
        text_of(Corpus(os.devnull))


def test_a_text_that_changes_while_it_is_read(path):
    path.write_text(TEXT)
    corpus = Corpus(path)
    vocabulary = Vocabulary.of(corpus.pieces())
    path.write_text(TEXT[::-1])
    with pytest.raises(DataError, match="was changed while it was read: try again"):
        corpus.encoded(vocabulary, path.with_name("unwritten"))
    assert not path.with_name("unwritten").exists()


def peak_of(folder, kind, lines):
    """The most that Python and NumPy held at once, from the text to an evaluation."""
    path = folder / f"{kind}{lines}"
    path.write_text("Pack my box with five dozen liquor jugs, said the fox.\n" * lines)
    config = Config(tokens=kind, hidden_size=4, updates=3, seq_length=32)
    gc.collect()
    tracemalloc.start()
    try:
        run = RunFolder(folder / f"run-{kind}{lines}")
        made = Experiment.new(run, config, Corpus(path))
        for _ in range(3):
            made.trainer.update()
        made.evaluate()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("kind", ["characters", "words"])
def test_memory_does_not_grow_with_the_text(tmp_path, kind, monkeypatch):
    """A text that is 1.5 MB longer costs less than a third of that."""
    monkeypatch.setattr("tinygraph_rnn.data.text_files.BLOCK", 2**14)
    peak_of(tmp_path, kind, 3_000)
    small, large = (peak_of(tmp_path, kind, lines) for lines in (4_000, 30_000))
    assert large < small + 500_000


@pytest.fixture
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("text").write_bytes((TEXT + "naïve 🙂\r\n").encode())
    monkeypatch.setattr("tinygraph_rnn.data.text_files.BLOCK", 7)


SMALL = Config(hidden_size=8, seq_length=4, batch_size=4, updates=4, evaluate_every=3)


def train(experiment):
    progress = Progress(8, characters=1)
    experiment.train(progress, StopRequest())
    progress.close()
    return experiment


def new(folder, kind):
    config = replace(SMALL, tokens=kind)
    return train(Experiment.new(RunFolder(folder), config, Corpus("text")))


@pytest.mark.usefixtures("_here")
@pytest.mark.parametrize(
    ("kind", "harm"),
    [
        *((kind, harm) for kind in ("characters", "words") for harm in HARMS),
        ("bytes", "none"),
    ],
)
def test_resumed_with_the_tokens_kept_or_made_anew(kind, harm, monkeypatch):
    """Another size of blocks, and tokens that are there, gone or damaged: one run."""
    new("run", kind)
    tokens = Path("run/tokens.bin")
    assert tokens.exists() == (kind != "bytes")
    content = tokens.read_bytes() if tokens.exists() else b""
    HARMS[harm](tokens, content)
    before = tokens.stat().st_ino if tokens.exists() else None
    monkeypatch.setattr("tinygraph_rnn.data.text_files.BLOCK", 10_000)
    again = train(Experiment.resumed(RunFolder("run"), updates=8))
    if kind != "bytes":
        assert tokens.read_bytes() == content
        assert (tokens.stat().st_ino == before) == (harm == "none")
    new("whole", kind)
    whole = train(Experiment.resumed(RunFolder("whole"), updates=8))
    assert rows(Path("run")) == rows(Path("whole"))
    a, b = (checkpoints.load(each.folder.checkpoint) for each in (whole, again))
    assert a.facts == b.facts
    for name, array in a.parameters.items():
        np.testing.assert_array_equal(b.parameters[name], array, strict=True)


@pytest.mark.usefixtures("_here")
def test_all_is_as_if_the_text_were_in_memory():
    """Losses of each update, and of the held-out text, from tokens made at once."""
    made = new("run", "characters")
    text = Path("text").read_text(encoding="utf-8")
    known, numbers = characters_at_once(text)
    tokens, held_out = split(np.array(numbers, "int32"), SMALL.held_out)
    model = LanguageModel.of(SMALL, len(known))
    trainer = Trainer(SMALL, model, Streams(tokens, 4, 4))
    evaluator = Evaluator(model, trainer.parameters)
    for row in made.metrics.rows:
        assert trainer.update().loss == row["loss"]
        if "held_out" in row:
            streams = Streams.for_evaluation(held_out, 4, 4)
            assert evaluator.bits_per_character(streams) == row["held_out"]
    assert {"held_out"} < set(made.metrics.rows[-1])


@pytest.mark.usefixtures("_here")
def test_ctrl_c_while_the_text_is_encoded(monkeypatch, capsys):
    """Nothing is left, and a folder that was there before keeps what it held."""

    def interrupted(self, pieces):
        yield np.zeros(9, "int32")
        signal.raise_signal(signal.SIGINT)
        yield np.zeros(9, "int32")

    monkeypatch.setattr(Vocabulary, "encoded", interrupted)
    arguments = ["train", "--text", "text", *TINY]
    assert main(arguments) == 130
    assert capsys.readouterr().err == "tinygraph-rnn train: interrupted\n"
    assert os.listdir() == ["text"]
    Path("mine").mkdir()
    Path("mine/notes").touch()
    Path("mine/.tokens.bin.killed").touch()
    assert main([*arguments, "--output", "mine"]) == 130
    assert os.listdir("mine") == ["notes"]


@pytest.mark.usefixtures("_here")
def test_full_disk_while_the_text_is_encoded(monkeypatch, capsys):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    message = "cannot write the tokens 'run/tokens.bin': No space left on device"
    fails_with(capsys, ["train", "--text", "text", "--output", "run", *TINY], message)
    assert os.listdir() == ["text"]
    monkeypatch.undo()


@pytest.mark.usefixtures("_here")
def test_no_room_for_temporary_tokens(monkeypatch, capsys, tmp_path):
    new("run", "characters")
    capsys.readouterr()

    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("tempfile.TemporaryFile", full)
    message = "No space left on device. TMPDIR names another folder for them"
    fails_with(capsys, ["evaluate", "run", "--text", "text"], message)


@pytest.mark.usefixtures("_here")
@pytest.mark.parametrize("kind", ["characters", "words"])
def test_evaluation_leaves_nothing_behind(kind, capsys):
    """With the tokens of the run, or anew: the same numbers, no file more."""
    new("run", kind)
    before = sorted(os.listdir("run"))
    capsys.readouterr()
    shown = []
    for options in ([], ["--text", "text"], []):
        assert main(["evaluate", "run", *options]) == 0
        shown.append(capsys.readouterr().out)
    assert shown[0] == shown[2] != shown[1]
    assert sorted(os.listdir("run")) == before
