"""Words, bytes and encodings, from the file to the sample."""

import numpy as np
import pytest

from tests.rnn.cli.test_cli import TEXT, TINY, fails_with
from tests.rnn.data.test_streams import text_of
from tinygraph_rnn import (
    ByteVocabulary,
    CheckpointError,
    ConfigError,
    DataError,
    StorageError,
    Streams,
    Vocabulary,
    VocabularyError,
    WordVocabulary,
)
from tinygraph_rnn.cli.parser import main
from tinygraph_rnn.data.corpus import Corpus
from tinygraph_rnn.data.token_files import map_tokens, write_tokens
from tinygraph_rnn.data.vocabularies import as_vocabulary

PTB = " the <unk> rose N points \n the <unk> fell \n"


def test_words_of_the_penn_treebank_kind():
    vocabulary = WordVocabulary.of(PTB)
    assert vocabulary.words == [
        *("<unk>", "<eos>", "the", "rose", "N", "points", "fell"),
    ]
    tokens = vocabulary.encode(PTB)
    np.testing.assert_array_equal(tokens, [2, 0, 3, 4, 5, 1, 2, 0, 6, 1])
    assert vocabulary.decode(tokens) == "the <unk> rose N points \nthe <unk> fell \n"
    np.testing.assert_array_equal(vocabulary.encode("new\n\nthe"), [0, 1, 1, 2])


def test_rare_words_are_unknown():
    vocabulary = WordVocabulary.of("a b a c b a d", size=4)
    assert vocabulary.words == ["<unk>", "<eos>", "a", "b"]
    np.testing.assert_array_equal(vocabulary.encode("d a"), [0, 2])


def test_bytes_cut_inside_a_character():
    vocabulary = ByteVocabulary()
    tokens = vocabulary.encode("aé🙂")
    assert tokens.dtype == np.uint8
    assert vocabulary.decode(tokens) == "aé🙂"
    decode = vocabulary.decoder()
    assert "".join(decode([byte]) for byte in tokens) == "aé🙂"
    assert vocabulary.decode([255, 65]) == "\ufffdA"


def test_a_byte_that_is_no_utf_8():
    """As the command line hands it over; half a pair of UTF-16 is another thing."""
    vocabulary = ByteVocabulary()
    prompt = b"a\xff\xc3".decode(errors="surrogateescape")
    np.testing.assert_array_equal(vocabulary.encode(prompt), [97, 255, 195])
    with pytest.raises(VocabularyError, match=r"'\\ud83d' \(position 1\) is half of"):
        vocabulary.encode("a\ud83d")


@pytest.mark.parametrize(
    "vocabulary", [Vocabulary("ab\n"), WordVocabulary.of(PTB), ByteVocabulary()]
)
def test_checkpoints_hold_vocabularies(vocabulary):
    again = as_vocabulary(vocabulary.as_facts())
    assert type(again) is type(vocabulary)
    assert again.as_facts() == vocabulary.as_facts()
    assert again.decode([again.opening]) == "\n"


@pytest.mark.parametrize("facts", [{}, {"kind": "words", "symbols": ["a"]}, "abc"])
def test_foreign_vocabularies(facts):
    with pytest.raises(CheckpointError, match="the checkpoint's vocabulary"):
        as_vocabulary(facts)


def test_words_without_their_marks():
    with pytest.raises(VocabularyError, match="each word once, <unk> and <eos> among"):
        WordVocabulary(["a", "b"])


def test_encodings(tmp_path):
    path = tmp_path / "text"
    for encoding in ("latin-1", "utf-16", "cp1252"):
        path.write_bytes("café\r\nnaïve".encode(encoding))
        assert text_of(Corpus(path, encoding)) == "café\nnaïve"
    facts = Corpus(path, "cp1252").as_facts()
    assert text_of(Corpus.from_facts(facts)) == "café\nnaïve"


@pytest.mark.parametrize(
    ("content", "encoding", "message"),
    [
        (b"abc\0d", "utf-8", "holds a NUL byte at offset 3: it is no text in utf-8"),
        ("é\0".encode(), "utf-8", "holds a NUL byte at offset 2"),
        (b"abc\xe9", "utf-8", "is not UTF-8: byte 0xe9 at offset 3.*--encoding"),
        (b"abc\xe9", "ascii", "is not ascii: byte 0xe9 at offset 3"),
    ],
)
def test_what_is_no_text(tmp_path, content, encoding, message):
    path = tmp_path / "text"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message):
        text_of(Corpus(path, encoding))


@pytest.mark.parametrize(
    ("encoding", "message"),
    [
        ("utf8x", r"not 'utf8x' \(did you mean 'utf-8'\?\)"),
        ("hex", "encoding must be one that Python knows, such as utf-8, .*not 'hex'"),
        ("idna", "such as utf-8, .*not 'idna'"),
    ],
)
def test_unknown_encoding(tmp_path, encoding, message):
    with pytest.raises(ConfigError, match=message):
        Corpus(tmp_path / "text", encoding)


@pytest.fixture
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text").write_text(TEXT)


@pytest.mark.usefixtures("_here")
@pytest.mark.parametrize(
    ("kind", "unit"),
    [("words", "word"), ("bytes", "byte"), ("characters", "character")],
)
def test_train_sample_and_evaluate(kind, unit, capsys):
    settings = ["--tokens", kind, *TINY, "--updates", "5", "--batch-size", "2"]
    assert main(["train", "--text", "text", "--output", "run", *settings]) == 0
    assert f"bits per {unit} (best" in capsys.readouterr().err
    for options in (["--top-k", "3"], ["--top-p", "0.5"], ["--beam", "3"]):
        assert (
            main(["sample", "run", "--prompt", "Pack", "--length", "9", *options]) == 0
        )
        assert capsys.readouterr().out.startswith("Pack")
    arguments = ["evaluate", "run", "--text", "text", "--streams", "1"]
    assert main(arguments) == 0
    shown = capsys.readouterr().out
    assert f"bits per {unit}, perplexity" in shown
    count = {"words": 330 + 30, "bytes": len(TEXT), "characters": len(TEXT)}[kind]
    assert shown.endswith(f"over {count - 1:,} of {count:,} {unit}s\n")
    assert ("bits per character over" in shown) == (kind == "words")


@pytest.mark.usefixtures("_here")
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--text", "nul"], "holds a NUL byte at offset 2"),
        (
            ["--text", "text", "--encoding", "latin1x"],
            "encoding must be one that Python",
        ),
        (["--text", "text", "--tokens", "words"], "tokens to train on are shorter"),
    ],
)
def test_bad_texts(tmp_path, capsys, options, message):
    (tmp_path / "nul").write_bytes(b"ab\0" * 999)
    fails_with(capsys, ["train", *options], message)


@pytest.mark.parametrize("kind", [Vocabulary, WordVocabulary, ByteVocabulary])
def test_a_text_larger_than_memory(tmp_path, kind):
    """Encoded line by line into a file, the tokens are those of the whole text."""
    (tmp_path / "text").write_bytes("one é two\r\none three\n".encode())
    text = text_of(Corpus(tmp_path / "text"))
    vocabulary = kind.of(text)
    path = tmp_path / "tokens"
    count = write_tokens(tmp_path / "text", vocabulary, path)
    tokens = map_tokens(path, vocabulary)
    assert isinstance(tokens, np.memmap)
    assert tokens.dtype == np.uint8
    np.testing.assert_array_equal(tokens, vocabulary.encode(text))
    assert len(tokens) == count
    chunk = Streams(tokens, 2, 2)[0]
    np.testing.assert_array_equal(chunk.tokens[:, 0], vocabulary.encode(text)[:2])


def test_what_cannot_be_mapped(tmp_path):
    with pytest.raises(DataError, match="cannot map the tokens .*No such file"):
        map_tokens(tmp_path / "nowhere", ByteVocabulary())
    with pytest.raises(DataError, match="cannot read the text .*No such file"):
        write_tokens(tmp_path / "nowhere", ByteVocabulary(), tmp_path / "tokens")
    (tmp_path / "text").write_bytes(b"abc\xe9")
    with pytest.raises(DataError, match="is not UTF-8: byte 0xe9 at offset 3"):
        write_tokens(tmp_path / "text", ByteVocabulary(), tmp_path / "tokens")
    with pytest.raises(StorageError, match="cannot write the tokens"):
        write_tokens(tmp_path / "text", ByteVocabulary(), tmp_path / "no" / "tokens")
