"""Options of the command line: backend, dtype, TOML, warm-up, nothing held out."""

import shutil
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest

import tinygraph as tg
from tests.rnn.cli.test_cli import TEXT, TINY, fails_with, rows
from tinygraph_rnn import ConfigError
from tinygraph_rnn.cli.parser import main
from tinygraph_rnn.training import checkpoints
from tinygraph_rnn.training.config_files import read_config

RUN = ["train", "--text", "text", "--output", "run", *TINY]


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text").write_text(TEXT)


def dtypes(run="run"):
    loaded = checkpoints.load(Path(run) / checkpoints.FILE_NAME)
    return {a.dtype.name for a in (*loaded.parameters.values(), *loaded.state.values())}


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_float64_is_remembered(capsys, cell):
    options = ["--dtype", "float64", "--cell", cell, "--dropout", "0.1"]
    assert main([*RUN, *options, "--updates", "5", "--stride", "4"]) == 0
    assert dtypes() == {"float64"}
    assert main(["train", "--resume", "run", "--updates", "6"]) == 0
    assert dtypes() == {"float64"}
    sampling = ["sample", "run", "--length", "9"]
    assert main([*sampling, "--top-k", "3", "--top-p", "0.9"]) == 0
    assert main([*sampling, "--beam", "2"]) == 0
    capsys.readouterr()
    assert main(["evaluate", "run"]) == 0
    bits = float(capsys.readouterr().out.split()[0])
    assert bits == pytest.approx(rows(Path("run"))[-1]["held_out"], abs=1e-4)
    arguments = ["train", "--resume", "run", "--dtype", "float32", "--updates", "9"]
    fails_with(capsys, arguments, "has dtype 'float64', not 'float32'")


def test_float32_unless_asked():
    assert main([*RUN, "--updates", "1"]) == 0
    assert dtypes() == {"float32"}


@pytest.fixture
def backends(monkeypatch):
    """The backends that graphs were compiled for."""
    asked = []
    compile_ = tg.compile

    def watched(graph, backend="auto", *arguments, **more):
        asked.append(backend)
        return compile_(graph, backend, *arguments, **more)

    monkeypatch.setattr(tg, "compile", watched)
    return asked


def test_a_backend_of_ones_own(backends, capsys):
    """Of every graph of a command; a resumed run may take another one."""
    assert main([*RUN, "--updates", "1"]) == 0
    assert set(backends) == {"auto"}
    for arguments in (
        ["train", "--resume", "run", "--updates", "2"],
        ["sample", "run", "--length", "2"],
        ["sample", "run", "--length", "2", "--beam", "2"],
        ["evaluate", "run"],
    ):
        backends.clear()
        assert main([*arguments, "--backend", "interpret"]) == 0
        assert set(backends) == {"interpret"}
    capsys.readouterr()
    fails_with(capsys, [*RUN, "--backend", "cuda"], "invalid choice: 'cuda'")


@pytest.mark.usefixtures("pictures")
def test_nothing_held_out(tmp_path, capsys):
    """All of the text is trained on; there are checkpoints, but no best one."""
    assert main([*RUN, "--held-out", "0", "--epochs", "1"]) == 0
    shown = capsys.readouterr().err
    assert "nothing held out, after " in shown
    assert "bits/char" not in shown
    written = rows(tmp_path / "run")
    assert len(written) == (len(TEXT) - 1) // 4 // 8
    assert not any("held_out" in row for row in written)
    assert not (tmp_path / "run" / "best.safetensors").exists()
    ElementTree.parse(tmp_path / "run" / "loss.svg")
    assert main(["train", "--resume", "run", "--epochs", "2"]) == 0
    capsys.readouterr()
    fails_with(
        capsys, ["evaluate", "run"], "held nothing out (held_out 0): give a text"
    )
    assert main(["evaluate", "run", "--text", "text"]) == 0


def test_warming_up_beyond_the_updates(capsys):
    assert main([*RUN, "--updates", "2", "--warmup", "3"]) == 0
    line = "warning: warmup 3 is beyond the 2 updates: the learning rate never reaches"
    assert line in capsys.readouterr().err
    shutil.rmtree("run")
    assert main([*RUN, "--updates", "2", "--warmup", "2"]) == 0
    assert "warning" not in capsys.readouterr().err


def test_half_an_epoch_is_refused_in_words(capsys):
    message = "argument --epochs: must be a whole number >= 1, not '0.5'"
    fails_with(capsys, [*RUN, "--epochs", "0.5"], message)


def test_the_text_may_stand_in_the_file_of_settings(tmp_path):
    (tmp_path / "latin").write_bytes(("café " * 300).encode("latin-1"))
    (tmp_path / "run.toml").write_bytes(
        b"\xef\xbb\xbf" + b"text = 'latin'\nencoding = 'latin-1'\noutput = 'out'\n"
        b"epochs = 1\nthreads = 1\nbackend = 'numpy'\n[model]\nhidden_size = 7"
    )
    assert main(["train", "--config", "run.toml", *TINY[2:]]) == 0
    loaded = checkpoints.load(tmp_path / "out" / checkpoints.FILE_NAME)
    assert loaded.facts["text"]["path"] == str(tmp_path / "latin")
    assert "é" in loaded.facts["vocabulary"]["symbols"]
    assert loaded.facts["config"]["hidden_size"] == 7


def test_windows_change_no_number(tmp_path):
    """Recomputed for the gradient: the same losses, in the run and when it goes on."""
    (tmp_path / "text").write_text(4 * TEXT)
    losses = {}
    for memory in ([], ["--memory", "checkpoint"]):
        shutil.rmtree("run", ignore_errors=True)
        options = ["--seq-length", "400", "--batch-size", "2", *memory]
        assert main([*RUN, *options, "--dropout", "0.2", "--updates", "2"]) == 0
        again = ["train", "--resume", "run", "--text", "text", "--updates", "3"]
        assert main([*again, *memory]) == 0
        losses[bool(memory)] = [row["loss"] for row in rows(tmp_path / "run")]
    assert len(losses[True]) == 3
    np.testing.assert_allclose(losses[True], losses[False], rtol=1e-4)


def test_windows_are_asked_for_in_the_program(monkeypatch):
    asked = []

    def compiled(*arguments, memory=None, **options):
        asked.append(memory)
        return compile_(*arguments, memory=memory, **options)

    compile_ = tg.compile
    monkeypatch.setattr(tg, "compile", compiled)
    assert main([*RUN, "--memory", "checkpoint", "--updates", "1"]) == 0
    assert asked[0] == "checkpoint"


def test_options_go_before_the_file(tmp_path):
    settings = "text = 'nowhere'\noutput = 'no'\nepochs = 9"
    (tmp_path / "run.toml").write_text(settings)
    assert main([*RUN, "--config", "run.toml", "--updates", "2"]) == 0
    assert len(rows(tmp_path / "run")) == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("text = 3", "'bad.toml': text must be a text in quotes, not 3"),
        ("epochs = 0.5", "'bad.toml': epochs must be an int, not 0.5"),
        ("epochs = true", "'bad.toml': epochs must be an int, not True"),
        ("threads = 0", "threads must be an int >= 1, not 0"),
        ("memory = 'checkpoints'", "'checkpoints' (did you mean 'checkpoint'?)"),
        ("backend = 'nump'", "'nump' (did you mean 'numpy'?)"),
        ("txt = 'a'", "unknown setting 'txt' (did you mean 'text'?)"),
        ("epochs = 1\nupdates = 2", "says both 'epochs' and 'updates': leave one out"),
        ("text = 'a'\n[t]\ntext = 'b'", "says 'text' twice"),
        ("text = 'nowhere'", "cannot read the text 'nowhere': No such file"),
    ],
)
def test_bad_options_in_the_file(tmp_path, capsys, content, message):
    (tmp_path / "bad.toml").write_text(content)
    fails_with(capsys, ["train", "--config", "bad.toml"], message)


def test_a_byte_order_mark_of_the_library(tmp_path):
    (tmp_path / "run.toml").write_bytes(b"\xef\xbb\xbfupdates = 3")
    assert read_config("run.toml") == {"updates": 3}
    (tmp_path / "run.toml").write_bytes(b"updates = 3\n\xff")
    with pytest.raises(ConfigError, match="is no TOML"):
        read_config("run.toml")
