"""What reaches a terminal: no control characters, no source lines, no tracebacks."""

import io
import sys
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygraph as tg
from tests.rnn.cli.test_cli import TEXT, TINY, fails_with
from tinygraph_rnn import Sampler
from tinygraph_rnn.cli.parser import main
from tinygraph_rnn.training.terminal import printable, say, warned, write


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text").write_text(TEXT)


@given(st.text(st.characters(categories=["Cc"])))
def test_no_control_character_is_left(text):
    left = {c for c in printable(text) if not c.isprintable()}
    assert left <= {"\n", "\t"}


def test_other_text_is_as_it_was():
    text = "Größe: α\tβ\n\u200d\u00a0𝄞"
    assert printable(text) == text
    assert printable("\x1b]0;t\x07\x9b1m\r\u202e") == (r"\x1b]0;t\x07\x9b1m\r\u202e")


def test_text_is_kept_in_a_file_and_made_harmless_on_a_terminal(monkeypatch):
    for stream, want in ((io.StringIO(), "\x1b[31m"), (Terminal(), r"\x1b[31m")):
        monkeypatch.setattr(sys, "stdout", stream)
        write("\x1b[31m")
        assert stream.getvalue() == want


def test_a_sample_on_a_terminal(tmp_path, monkeypatch):
    (tmp_path / "red").write_text("\x1b[31m\x07" * 300)
    arguments = ["--text", "red", "--output", "run", *TINY, "--updates", "1"]
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    assert main(["train", *arguments]) == 0
    for way in ([], ["--beam", "2"]):
        assert main(["sample", "run", "--prompt", "\x1b[", "--length", "9", *way]) == 0
    assert "\x1b" not in terminal.getvalue()
    assert r"\x1b[" in terminal.getvalue()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "--\x1b[31mred"], r"unrecognized arguments: --\x1b[31mred"),
        (["train", "--text", "\x1b[31mred"], r"cannot read the text '\x1b[31mred'"),
        (["train", "--updates", "\x1b[31m"], r"invalid int value: '\x1b[31m'"),
        (["sample", "\x1b[31mred"], r"\x1b[31mred"),
    ],
)
def test_messages(capsys, arguments, message):
    fails_with(capsys, arguments, message)


def test_names_of_folders(capsys):
    arguments = ["--text", "text", "--output", "\x1b[31mred", *TINY, "--updates", "1"]
    assert main(["train", *arguments]) == 0
    shown = capsys.readouterr().err
    assert "\x1b" not in shown
    assert r"\x1b[31mred: 1,650 characters" in shown


def test_lines_on_standard_error(capsys):
    say("\x07bell")
    assert capsys.readouterr() == ("", "\\x07bell\n")


def test_warnings_have_no_source_lines(capsys):
    with warned("tinygraph-rnn train"):
        warnings.simplefilter("always")
        warnings.warn("llvmlite is not installed", RuntimeWarning, stacklevel=1)
    want = "tinygraph-rnn train: warning: llvmlite is not installed\n"
    assert capsys.readouterr() == ("", want)


def test_a_command_without_llvmlite(tmp_path, monkeypatch, capsys):
    def preferred():
        warnings.warn("llvmlite is not installed", RuntimeWarning, stacklevel=1)
        return "numpy"

    monkeypatch.setattr("tinygraph.backends.registry.preferred", preferred)
    arguments = ["--text", "text", "--output", "run", *TINY, "--updates", "1"]
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        assert main(["train", *arguments]) == 0
    lines = capsys.readouterr().err.splitlines()
    assert "tinygraph-rnn train: warning: llvmlite is not installed" in lines
    assert not [line for line in lines if ".py:" in line or "warnings.warn" in line]


@pytest.mark.usefixtures("pictures")
def test_a_text_with_one_distinct_character(tmp_path, capsys):
    pytest.importorskip("matplotlib")
    (tmp_path / "one").write_text("a" * 900)
    arguments = ["--text", "one", "--output", "run", *TINY, "--updates", "2"]
    assert main(["train", *arguments]) == 0
    assert "arning" not in capsys.readouterr().err
    assert (tmp_path / "run" / "gradient_norm.svg").exists()


def test_no_memory_left_is_one_line(tmp_path, monkeypatch, capsys):
    arguments = ["--text", "text", "--output", "run", *TINY, "--updates", "1"]
    assert main(["train", *arguments]) == 0
    capsys.readouterr()

    def full(*_, **__):
        raise MemoryError("Unable to allocate 10.9 TiB")

    monkeypatch.setattr(Sampler, "stream", full)
    message = "not enough memory: Unable to allocate 10.9 TiB. Make the model, --batch"
    fails_with(capsys, ["sample", "run"], message)


def test_version(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    assert capsys.readouterr().out == f"tinygraph-rnn {tg.__version__}\n"
