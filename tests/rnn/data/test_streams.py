"""Texts, vocabularies, streams."""

import numpy as np
import pytest

from tinygraph_rnn import DataError, Streams, Vocabulary, VocabularyError, split
from tinygraph_rnn.data.corpus import Corpus, default_text
from tinygraph_rnn.errors import CheckpointError


def text_of(corpus):
    return "".join(corpus.pieces())


def test_streams_follow_the_text():
    tokens = np.arange(23, dtype="int32")
    streams = Streams(tokens, batch_size=2, seq_length=4)
    assert (streams.batch_size, len(streams), streams.whole_chunks) == (2, 3, 2)
    whole = np.concatenate([chunk.tokens for chunk in streams])
    np.testing.assert_array_equal(whole, [[i, i + 11] for i in range(11)])
    for chunk in streams:
        np.testing.assert_array_equal(chunk.targets, chunk.tokens + 1)
    assert [len(chunk.tokens) for chunk in streams] == [4, 4, 3]
    assert streams[0].tokens.dtype == np.int32
    with pytest.raises(IndexError):
        streams[3]


@pytest.mark.parametrize(("length", "fits"), [(13, True), (12, False)])
def test_one_chunk_must_fit(length, fits):
    tokens = np.zeros(length, "int32")
    if fits:
        assert len(Streams(tokens, 3, 4)) == 1
        return
    with pytest.raises(
        DataError, match="12 tokens to train on.*3 x seq_length 4 needs 13"
    ):
        Streams(tokens, 3, 4)


@pytest.mark.parametrize(
    ("length", "batch", "steps"), [(2, 1, 1), (5, 1, 4), (9, 2, 4), (100, 3, 33)]
)
def test_evaluation_reads_short_texts_too(length, batch, steps):
    streams = Streams.for_evaluation(np.zeros(length, "int32"), 3, 4)
    assert streams.tokens.shape == (steps, batch)


def test_nothing_to_predict():
    with pytest.raises(DataError, match="1 tokens to evaluate on leave nothing"):
        Streams.for_evaluation(np.zeros(1, "int32"), 3, 4)


def test_split_keeps_order_and_loses_nothing():
    train, held_out = split(np.arange(10, dtype="int32"), 0.2)
    np.testing.assert_array_equal(train, range(8))
    np.testing.assert_array_equal(held_out, [8, 9])


def test_vocabulary_round_trip():
    text = "naïve\ncafé 🙂"
    vocabulary = Vocabulary.of(text)
    assert vocabulary.decode(vocabulary.encode(text)) == text
    assert list(vocabulary.characters) == sorted(set(text))
    assert vocabulary.encode("").shape == (0,)


def test_unknown_character_says_which_and_where():
    with pytest.raises(VocabularyError, match=r"'é' \(U\+00E9, line 2, position 6\)"):
        Vocabulary.of("plain\n caf").encode("plain\nécaf")


def test_the_embedded_text():
    text = default_text()
    assert len(text) > 300_000
    assert "lambda" in text
    assert text == default_text()


def test_line_ends_and_byte_order_mark(tmp_path):
    path = tmp_path / "text"
    path.write_bytes(b"\xef\xbb\xbfa\r\nb\rc\n")
    assert text_of(Corpus(path)) == "a\nb\nc\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot read the text .*No such file"),
        ("folder", "cannot read the text .*Is a directory"),
        (b"", "is empty: give a file"),
        (b"ab\xff", "is not UTF-8: byte 0xff at offset 2"),
    ],
)
def test_unreadable_texts(tmp_path, content, message):
    path = tmp_path / "text"
    if content == "folder":
        path.mkdir()
    elif content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=message):
        text_of(Corpus(path))


def test_a_corpus_is_known_again(tmp_path):
    path = tmp_path / "text"
    path.write_text("one text")
    facts = Corpus(path).as_facts()
    assert text_of(Corpus.from_facts(facts)) == "one text"
    moved = path.rename(tmp_path / "moved")
    assert text_of(Corpus.from_facts(facts, moved)) == "one text"
    moved.write_text("another text")
    with pytest.raises(CheckpointError, match="is not the text this run was trained"):
        Corpus.from_facts(facts, moved)
