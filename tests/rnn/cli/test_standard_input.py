"""Texts from standard input: trained on, resumed, evaluated, refused."""

import io
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.rnn.cli.test_cli import TEXT, TINY, fails_with, rows
from tinygraph_rnn.cli.parser import main
from tinygraph_rnn.training import checkpoints

RUN = ["train", "--text", "-", "--output", "run", *TINY]


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text").write_text(TEXT)


@pytest.fixture
def typed(monkeypatch):
    """A function that puts bytes on standard input."""

    def put(content):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))

    return put


@pytest.mark.parametrize("tokens", ["characters", "words", "bytes"])
def test_a_run_equals_that_of_a_file(typed, tmp_path, tokens):
    typed(TEXT.encode())
    options = ["--tokens", tokens, "--updates", "3", "--seed", "1"]
    assert main([*RUN, *options]) == 0
    again = ["train", "--text", "text", "--output", "file", *TINY, *options]
    assert main(again) == 0
    assert rows(tmp_path / "run") == rows(tmp_path / "file")


def test_resumed_without_the_text_and_by_the_same_command(typed, tmp_path, capsys):
    """The run folder keeps the text; it may move with it."""
    typed(TEXT.encode())
    assert main([*RUN, "--updates", "2"]) == 0
    assert main(["train", "--resume", "run", "--updates", "3"]) == 0
    shutil.move("run", "moved")
    assert main(["train", "--resume", "moved", "--updates", "4"]) == 0
    capsys.readouterr()
    assert main(["evaluate", "moved"]) == 0
    bits = float(capsys.readouterr().out.split()[0])
    assert bits == pytest.approx(rows(Path("moved"))[-1]["held_out"], abs=1e-4)
    typed(TEXT.encode())
    same = ["train", "--text", "-", "--resume", "moved", "--updates", "5"]
    assert main(same) == 0
    assert len(rows(Path("moved"))) == 5
    assert sorted(Path("moved").glob(".*")) == []


def test_resumed_with_another_text(typed, capsys):
    typed(TEXT.encode())
    assert main([*RUN, "--updates", "2"]) == 0
    capsys.readouterr()
    again = ["train", "--text", "-", "--resume", "run", "--updates", "3"]
    typed(TEXT.upper().encode())
    fails_with(capsys, again, "standard input is not the text this run was trained on")
    assert Path("run", "standard_input.txt").read_text() == TEXT
    assert main(["train", "--resume", "run", "--updates", "3"]) == 0


def test_a_run_of_a_file_resumed_from_standard_input(typed, tmp_path, capsys):
    arguments = ["train", "--text", "text", "--output", "run", *TINY, "--updates", "2"]
    assert main(arguments) == 0
    again = ["train", "--text", "-", "--resume", "run", "--updates"]
    capsys.readouterr()
    typed(TEXT.upper().encode())
    fails_with(capsys, [*again, "3"], "is not the text this run was trained on")
    assert not Path("run", "standard_input.txt").exists()
    (tmp_path / "text").unlink()
    typed(TEXT.encode())
    assert main([*again, "3"]) == 0
    assert main(["train", "--resume", "run", "--updates", "4"]) == 0


def test_evaluate(typed, capsys, tmp_path, monkeypatch):
    """What is kept meanwhile is removed."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "kept"))
    (tmp_path / "kept").mkdir()
    typed(TEXT.encode())
    assert main([*RUN, "--updates", "2"]) == 0
    capsys.readouterr()
    assert main(["evaluate", "run", "--text", "text"]) == 0
    want = capsys.readouterr().out
    typed(TEXT.encode())
    assert main(["evaluate", "run", "--text", "-"]) == 0
    assert capsys.readouterr().out == want
    assert list((tmp_path / "kept").iterdir()) == []


def test_of_another_encoding(typed):
    typed(("café " * 300).encode("latin-1"))
    assert main([*RUN, "--encoding", "latin-1", "--updates", "1"]) == 0
    loaded = checkpoints.load(Path("run") / checkpoints.FILE_NAME)
    assert "é" in loaded.facts["vocabulary"]["symbols"]
    assert loaded.facts["text"]["path"] == str(Path("run/standard_input.txt").resolve())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "standard input is empty: there is no text to read"),
        (b"too short", "tokens to train on are shorter than one chunk"),
        (b"\xff" * 99, "is not UTF-8: byte 0xff at offset 0"),
    ],
)
def test_bad_texts_leave_nothing_behind(typed, capsys, content, message):
    typed(content)
    fails_with(capsys, RUN, message)
    assert not Path("run").exists()


def test_closed(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", None)
    fails_with(capsys, RUN, "standard input is closed: give a text with --text FILE")


def test_a_run_that_is_there_keeps_its_text(typed, capsys):
    typed(TEXT.encode())
    assert main([*RUN, "--updates", "1"]) == 0
    capsys.readouterr()
    typed(TEXT.upper().encode())
    fails_with(capsys, RUN, "holds a run already")
    assert Path("run", "standard_input.txt").read_text() == TEXT


def test_through_a_pipe(tmp_path):
    command = f"{sys.executable} -m tinygraph_rnn {' '.join(RUN)} --backend numpy"
    done = subprocess.run(
        ["bash", "-c", f"cat text | {command} --updates 1"], capture_output=True
    )
    assert done.returncode == 0, done.stderr
    row = (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()[0]
    assert json.loads(row)["update"] == 1
