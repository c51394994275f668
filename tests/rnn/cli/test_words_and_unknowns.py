"""Words keep their blanks, and what a vocabulary does not hold is told apart."""

import contextlib
import math
import re
import shutil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rnn.cli.test_cli import TINY, fails_with
from tests.rnn.data.test_large_texts import TEXTS
from tinygraph_rnn import Evaluator, Streams, Vocabulary, WordVocabulary
from tinygraph_rnn.cli.parser import main
from tinygraph_rnn.data.unknown_tokens import KnownCharacters, count_words
from tinygraph_rnn.training.saved_model import SavedModel

WORDS = "the cat sat on the mat and the dog sat on the rug\n" * 20


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Runs on words, on characters and on bytes of one text, and what each printed."""
    folder = tmp_path_factory.mktemp("words")
    (folder / "text").write_text(WORDS)
    printed = {}
    with contextlib.chdir(folder):
        for tokens in ("words", "characters", "bytes"):
            settings = [*TINY, "--updates", "2", "--tokens", tokens]
            with contextlib.redirect_stdout(Shown()) as shown:
                assert train(tokens, settings) == 0
            printed[tokens] = shown.text
    return folder, printed


class Shown:
    """Takes what is printed."""

    def __init__(self):
        self.text = ""

    def write(self, text):
        self.text += text

    def flush(self):
        pass

    def isatty(self):
        return False


def train(output, settings):
    return main(["train", "--text", "text", "--output", output, *settings])


@pytest.fixture
def runs(tmp_path, trained, monkeypatch, capsys):
    """A copy of these runs, in the working directory."""
    shutil.copytree(trained[0], tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    capsys.readouterr()
    return tmp_path


KNOWN = {*WORDS.split(), "<unk>"}


@pytest.mark.parametrize("way", [[], ["--beam", "2"]])
@pytest.mark.parametrize(
    ("prompt", "start"),
    [("the cat", "the cat "), ("the ", "the "), ("the\n", "the\n"), ("", "")],
)
def test_a_prompt_of_words_keeps_its_blank(runs, capsys, way, prompt, start):
    assert main(["sample", "words", "--prompt", prompt, "--length", "6", *way]) == 0
    text = capsys.readouterr().out
    assert text.startswith(start)
    assert set(text.split()) <= KNOWN, "two words ran together"
    assert "  " not in text


@pytest.mark.parametrize("way", [[], ["--beam", "2"]])
def test_characters_go_on_within_the_word(runs, capsys, way):
    arguments = ["sample", "characters", "--prompt", "the ca", "--length", "0", *way]
    assert main(arguments) == 0
    assert capsys.readouterr().out == "the ca\n"


def test_the_sample_at_the_end_of_training_keeps_its_blank(trained):
    text = trained[1]["words"]
    assert text.startswith("the ")
    assert set(text.split()) <= KNOWN


def test_no_blank_where_nothing_follows(runs, capsys):
    assert main(["sample", "words", "--prompt", "the cat", "--length", "0"]) == 0
    assert capsys.readouterr().out == "the cat\n"


def test_unknown_words_are_not_known_characters(runs, capsys):
    (runs / "other").write_text("zzzz qqqqqqqqqq the wwww\n")
    arguments = ["evaluate", "words", "--text", "other", "--streams", "1"]
    assert main(arguments) == 0
    shown = capsys.readouterr().out
    saved = SavedModel(runs / "words" / "checkpoint.safetensors")
    tokens = saved.vocabulary.encode("zzzz qqqqqqqqqq the wwww\n")
    score = Evaluator(saved.model, saved.parameters).score(
        Streams.for_evaluation(tokens, 1, 8)
    )
    bits = score.nats / math.log(2.0)
    known = len("the ") + len("\n")
    assert f", {bits / known:.4f} bits per character over 4 of 5 words" in shown
    assert shown.endswith(", 50.0% of them <unk>\n")


def test_a_text_of_unknown_words_has_no_bits_per_character(runs, capsys):
    (runs / "other").write_text("zzzz qqqqqqqqqq wwww")
    assert main(["evaluate", "words", "--text", "other", "--streams", "1"]) == 0
    shown = capsys.readouterr().out
    assert "per character" not in shown
    assert shown.endswith("over 2 of 3 words, 100.0% of them <unk>\n")


@given(TEXTS, st.integers(1, 9), st.integers(0, 6), st.data())
def test_known_words_and_their_characters(text, size, known, data):
    """Wherever the text is cut; all known, its characters are those of the text."""
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    vocabulary = WordVocabulary.of(text, size=3 + known)
    tokens = vocabulary.encode(text)
    first, last = sorted(data.draw(st.tuples(*[st.integers(0, len(tokens))] * 2)))
    places = [found.start() for found in re.finditer(r"\n|\S+", text)] + [len(text)]
    unknown = sum(token == vocabulary.unknown for token in tokens[first:last])
    characters = sum(
        places[i + 1] - places[i]
        for i in range(first, last)
        if tokens[i] != vocabulary.unknown
    )
    want = (unknown, characters)
    assert count_words(vocabulary, pieces, first, last) == want


def test_unknown_characters_are_left_out_on_wish(runs, capsys):
    (runs / "other").write_text("the CAT sat on éthe mat")
    (runs / "known").write_text("the  sat on the mat")
    arguments = ["evaluate", "characters", "--streams", "1", "--text"]
    assert main([*arguments, "known"]) == 0
    want = capsys.readouterr().out.strip()
    assert main([*arguments, "other", "--unknown", "skip"]) == 0
    got = capsys.readouterr().out.strip()
    assert got == f"{want}, 4 characters left out that the model does not know"
    for how in ([], ["--unknown", "error"]):
        message = "character 'C' (U+0043, line 1, position 4) never occurred"
        fails_with(capsys, [*arguments, "other", *how], message)


def test_only_unknown_characters(runs, capsys):
    (runs / "other").write_text("ÄÖÜ")
    arguments = ["evaluate", "characters", "--text", "other", "--unknown", "skip"]
    fails_with(capsys, arguments, "0 tokens to evaluate on leave nothing to predict")


@pytest.mark.parametrize(
    ("run", "message"),
    [
        ("words", "this one reads words (unknown words are read as <unk> and counted)"),
        ("bytes", "this one reads bytes (there are no unknown bytes): leave it out"),
    ],
)
def test_where_no_character_is_unknown(runs, capsys, run, message):
    arguments = ["evaluate", run, "--text", "text", "--unknown", "skip"]
    fails_with(capsys, arguments, message)


@given(st.text(), st.text(min_size=1))
def test_known_characters_of_any_text(text, known):
    """Also those that mean something in a set of a regular expression."""
    vocabulary = Vocabulary.of(known)
    left = KnownCharacters(vocabulary)
    assert "".join(left.of(text)) == "".join(c for c in text if c in known)
    assert left.skipped == sum(c not in known for c in text)


@pytest.mark.parametrize("character", [*r"^]-\[", "\n"])
def test_characters_with_a_meaning_of_their_own(character):
    left = KnownCharacters(Vocabulary(character))
    assert list(left.of([f"a{character}"])) == [character]
