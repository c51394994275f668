"""The command line: what it writes, and one clear line for each bad input."""

import contextlib
import errno
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

import tinygraph as tg
from tinygraph_rnn.cli.parser import main
from tinygraph_rnn.training import checkpoints

TEXT = "Pack my box with five dozen liquor jugs, said the fox.\n" * 30
TINY = [
    *("--hidden-size", "8", "--seq-length", "8", "--batch-size", "4"),
    *("--evaluate-every", "5"),
]


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text").write_text(TEXT)


def train(*options, output="run", updates=10):
    return main(
        [
            *("train", "--text", "text", "--output", output, *TINY),
            *("--updates", str(updates), *options),
        ]
    )


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A finished run of ten updates, made once."""
    folder = tmp_path_factory.mktemp("trained")
    (folder / "text").write_text(TEXT)
    with contextlib.chdir(folder):
        assert train() == 0
    return folder / "run"


@pytest.fixture
def run(tmp_path, trained):
    """A copy of that run, and its text where the checkpoint says it is."""
    (trained.parent / "text").write_text(TEXT)
    return Path(shutil.copytree(trained, tmp_path / "run"))


def fails_with(capsys, arguments, message, status=2):
    """Run a command that must fail with one line on stderr that has `message`."""
    try:
        got = main(arguments)
    except SystemExit as stop:
        got = stop.code
    shown = capsys.readouterr()
    lines = shown.err.splitlines()
    assert got == status
    assert len(lines) == 1, shown.err
    assert re.match(rf"tinygraph-rnn( {arguments[0]})?: error: ", lines[0])
    assert message in lines[0]
    assert shown.out == ""


def rows(folder):
    lines = (folder / "metrics.jsonl").read_text().splitlines()
    return [{**json.loads(line), "seconds": None} for line in lines]


@pytest.mark.usefixtures("pictures")
def test_train_writes_a_run_folder(tmp_path, capsys):
    pytest.importorskip("matplotlib")
    assert train() == 0
    shown = capsys.readouterr()
    assert len(shown.out) > 300
    assert set(shown.out) <= set(TEXT)
    assert "update 10/10: loss" in shown.err
    assert "), after 10 updates in" in shown.err
    (share,) = re.findall(r"(\d+)% of this run's time outside the compiled", shown.err)
    assert 0 < int(share) < 100
    folder = tmp_path / "run"
    assert {"checkpoint.safetensors", "metrics.jsonl", "loss.svg"} <= set(
        os.listdir(folder)
    )
    ElementTree.parse(folder / "loss.svg")
    written = rows(folder)
    assert [row["update"] for row in written] == list(range(1, 11))
    assert [row["update"] for row in written if "held_out" in row] == [5, 10]


def test_runs_are_numbered_and_the_latest_is_the_default(tmp_path, capsys):
    arguments = ["train", "--text", "text", *TINY, "--updates", "1"]
    assert main(arguments) == 0
    assert main(arguments) == 0
    assert sorted(os.listdir(tmp_path / "runs")) == ["1", "2"]
    (tmp_path / "runs" / "2" / "checkpoint.safetensors").unlink()
    fails_quietly = main(["sample"])
    assert fails_quietly == 2
    assert "runs/2" in capsys.readouterr().err.splitlines()[-1]


def test_epochs_count_updates(tmp_path):
    arguments = ["train", "--text", "text", "--output", "run", *TINY, "--epochs", "1"]
    assert main(arguments) == 0
    train_length = len(TEXT) - round(0.1 * len(TEXT))
    assert len(rows(tmp_path / "run")) == (train_length - 1) // 4 // 8


def test_resume_equals_uninterrupted(tmp_path, monkeypatch, capsys):
    """Interrupted after 7 updates (not a multiple of 5), then --resume."""
    assert train(output="whole") == 0
    from tinygraph_rnn.training.trainer import Trainer

    update = Trainer.update

    def interrupted(self):
        if self.done == 6:
            signal.raise_signal(signal.SIGINT)
        return update(self)

    monkeypatch.setattr(Trainer, "update", interrupted)
    assert train(output="parts") == 130
    assert "stopped after 7 updates, all saved" in capsys.readouterr().err
    monkeypatch.undo()
    assert main(["train", "--resume", str(tmp_path / "parts")]) == 0
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    assert rows(parts) == rows(whole)
    one, other = (
        checkpoints.load(folder / checkpoints.FILE_NAME) for folder in (whole, parts)
    )
    assert one.facts == other.facts
    for family in ("parameters", "optimizer", "state"):
        before, after = getattr(one, family), getattr(other, family)
        assert set(before) == set(after)
        for name, array in before.items():
            np.testing.assert_array_equal(after[name], array, strict=True)


@pytest.mark.parametrize("how", [["--resume", "run"], ["--output", "run", "--resume"]])
def test_more_updates(run, how):
    assert main(["train", *how, "--updates", "12"]) == 0
    assert [row["update"] for row in rows(run)] == list(range(1, 13))


def test_sample_streams_prompt_and_text(run, capsys):
    arguments = ["sample", str(run), "--prompt", "Pack", "--length", "50"]
    assert main(arguments) == 0
    first = capsys.readouterr().out
    assert first.startswith("Pack")
    assert len(first) == 4 + 50 + 1
    assert main([*arguments, "--seed", "1"]) == 0
    assert capsys.readouterr().out != first
    assert main(["sample", str(run / "checkpoint.safetensors"), *arguments[2:]]) == 0
    assert capsys.readouterr().out == first


def test_evaluate_repeats_the_last_row(run, capsys):
    assert main(["evaluate", str(run)]) == 0
    bits = float(capsys.readouterr().out.split()[0])
    assert bits == pytest.approx(rows(run)[-1]["held_out"], abs=1e-4)


def test_learned_first_states(tmp_path, capsys):
    """Trained, resumed, evaluated and sampled from; other weights than without."""
    assert train("--learned-init", "--cell", "gru", updates=8) == 0
    assert main(["train", "--resume", "run", "--updates", "10"]) == 0
    capsys.readouterr()
    assert main(["evaluate", "run"]) == 0
    bits = float(capsys.readouterr().out.split()[0])
    assert bits == pytest.approx(rows(tmp_path / "run")[-1]["held_out"], abs=1e-4)
    assert main(["sample", "run", "--length", "9"]) == 0
    found = checkpoints.load(tmp_path / "run" / checkpoints.FILE_NAME).parameters
    assert found["gru.0.h_0"].any()


def test_evaluate_a_file(run, capsys):
    (run / "other").write_text("the fox said liquor")
    assert main(["evaluate", str(run), "--text", str(run / "other")]) == 0
    assert "over 18 of 19 characters" in capsys.readouterr().out


def test_the_module_is_the_command(run):
    command = [sys.executable, "-m", "tinygraph_rnn", "sample", str(run)]
    done = subprocess.run(
        [*command, "--length", "5"], capture_output=True, text=True, check=True
    )
    assert len(done.stdout) == 6


def test_output_that_cannot_be_encoded(run, monkeypatch):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    (run.parent / "umlauts").write_text("äöü" * 200)
    arguments = ["--text", "umlauts", "--output", "u", *TINY, "--updates", "1"]
    assert main(["train", *arguments]) == 0
    assert b"\\xe4" in raw.getvalue()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--text", "nowhere"], "cannot read the text 'nowhere': No such file"),
        (["--text", "."], "cannot read the text '.': Is a directory"),
        (["--text", "empty"], "'empty' is empty"),
        (["--text", "latin"], "'latin' is not UTF-8: byte 0xe9 at offset 3"),
        (["--text", "short"], "8 tokens to train on are shorter"),
        (["--hidden-size", "0"], "hidden_size must be an int >= 1, not 0"),
        (["--learning-rate", "-1"], "learning_rate must be positive and finite"),
        (["--epochs", "0"], "argument --epochs: must be >= 1, not 0"),
        (["--epochs", "1", "--updates", "1"], "not allowed with argument"),
        (["--cell", "gro"], "invalid choice: 'gro'"),
        (["--hidden-size", "many"], "invalid int value: 'many'"),
        (["--threads", "0"], "must be >= 1, not 0"),
        (["--colour"], "unrecognized arguments: --colour"),
        (["--resume", "nowhere"], "cannot read the checkpoint"),
        (["--resume"], "there is no run in 'runs'"),
        (["--output", "text"], "cannot write the run folder 'text': it is a file"),
    ],
)
def test_bad_training_options(tmp_path, capsys, arguments, message):
    (tmp_path / "empty").touch()
    (tmp_path / "latin").write_bytes("café".encode("latin-1"))
    (tmp_path / "short").write_text("too short")
    fails_with(capsys, ["train", *arguments], message)
    assert not (tmp_path / "runs").exists()


def test_a_run_is_not_overwritten(run, capsys):
    arguments = ["train", "--text", "text", "--output", "run"]
    fails_with(capsys, arguments, "holds a run already: go on with it by --resume")


def test_nothing_left_to_do(run, capsys):
    arguments = ["train", "--resume", "run"]
    fails_with(capsys, arguments, "has made 10 updates of 10: give more --updates")


def test_resume_with_another_text(run, capsys):
    (run.parent / "text").write_text(TEXT.upper())
    arguments = ["train", "--resume", "run", "--updates", "12", "--text", "text"]
    fails_with(capsys, arguments, "is not the text this run was trained on")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["sample", "nowhere"], "cannot read the checkpoint"),
        (["sample", "text"], "'text' is damaged or no checkpoint at all"),
        (["sample", "run", "--prompt", "Päck"], "character 'ä' (U+00E4, line 1, posit"),
        (["sample", "run", "--temperature", "-1"], "temperature must be >= 0"),
        (["sample", "run", "--length", "-1"], "length must be an int >= 0, not -1"),
        (["sample", "run", "--top-p", "0"], "top_p must be in (0, 1], not 0.0"),
        (["sample", "run", "--beam", "0"], "argument --beam: must be >= 1, not 0"),
        (["evaluate", "run", "--streams", "0"], "argument --streams: must be >= 1"),
        (["evaluate", "run", "--text", "greek"], "character 'α' (U+03B1, line 2, pos"),
        (["evaluate", "run", "--text", "one"], "1 tokens to evaluate on"),
        (["evaluate", "run", "--text", "nowhere"], "cannot read the text 'nowhere'"),
        (["draw", "--output", "a.svg", "--steps", "0"], "at least one step, not 0"),
        (["draw", "--output", "a.txt"], "the suffix must be one of svg"),
        (["draw"], "the following arguments are required: --output"),
        (["draw", "--direction", "RL"], "choose from 'BT', 'TB', 'LR'"),
        (["draw", "--output", "a.svg", "--highlight", "x"], "must be A:B, names of"),
        (
            ["draw", "--output", "a.svg", "--highlight", "x:z"],
            "names 'z', but",
        ),
        (
            ["draw", "--output", "a.svg", "--style", "c=beige"],
            "be '#RRGGBB' or",
        ),
        (["draw", "--output", "a.svg", "--style", "c"], "--style must be NAME=COLOUR"),
        (["draw", "--output", "a.png", "--dpi", "0"], "dpi must be between 1 and 2400"),
    ],
)
def test_bad_input_of_the_other_commands(run, capsys, arguments, message):
    (run.parent / "greek").write_text("the\nfox α")
    (run.parent / "one").write_text("a")
    fails_with(capsys, arguments, message)


@pytest.mark.dot
@pytest.mark.usefixtures("pictures")
def test_train_draws_its_model(tmp_path):
    assert train("--num-layers", "2") == 0
    texts = [(tmp_path / "run" / f).read_text() for f in ("folded.svg", "unrolled.svg")]
    for text in texts:
        ElementTree.fromstring(text)
        assert "LSTM cell 2" in text
    assert "t = 2" in texts[1]
    assert "t = 2" not in texts[0]


@pytest.mark.usefixtures("pictures")
def test_no_engine_to_draw_with(tmp_path, monkeypatch, capsys):
    def refuse(*_, **__):
        raise tg.DrawingError("no engine\nand much more")

    monkeypatch.setattr(tg, "draw", refuse)
    assert train() == 0
    assert "no pictures: no engine\n" in capsys.readouterr().err
    assert not (tmp_path / "run" / "folded.svg").exists()


@pytest.mark.usefixtures("pictures")
def test_no_matplotlib(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("tinygraph_rnn.cli.run_results.can_plot", lambda: False)
    assert train() == 0
    assert "no loss curve: matplotlib is not installed" in capsys.readouterr().err
    assert not (tmp_path / "run" / "loss.svg").exists()


def test_damaged_checkpoint(run, capsys):
    path = run / "checkpoint.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    for command in (
        ["sample", "run"],
        ["evaluate", "run"],
        ["train", "--resume", "run"],
    ):
        fails_with(capsys, command, "is damaged or no checkpoint at all")


def test_foreign_checkpoint(run, capsys):
    path = run / "checkpoint.safetensors"
    safetensors.numpy.save_file({"w": np.ones(3)}, path)
    fails_with(capsys, ["sample", "run"], "but no checkpoint of tinygraph_rnn")


def test_full_disk_in_mid_training(run, monkeypatch, capsys):
    """The old checkpoint stays and can be resumed."""
    before = (run / "checkpoint.safetensors").read_bytes()

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    save = checkpoints.save

    def save_on_a_full_disk(*arguments):
        monkeypatch.setattr(os, "fsync", full)
        save(*arguments)

    monkeypatch.setattr(checkpoints, "save", save_on_a_full_disk)
    assert main(["train", "--resume", "run", "--updates", "15"]) == 2
    line = capsys.readouterr().err.splitlines()[-1]
    assert line.startswith("tinygraph-rnn train: error: cannot write the checkpoint")
    assert line.endswith("No space left on device; the checkpoint before it is intact")
    assert (run / "checkpoint.safetensors").read_bytes() == before
    monkeypatch.undo()
    monkeypatch.chdir(run.parent)
    assert main(["train", "--resume", "run", "--updates", "15"]) == 0


def test_nan_in_training_is_one_line(capsys):
    status = train("--learning-rate", "1e38", updates=40)
    line = capsys.readouterr().err.splitlines()[-1]
    assert status == 2
    assert "NaN or infinity in update" in line
    assert "Lower the learning rate" in line


def test_a_closed_pipe_is_no_error(run):
    command = (
        f"{sys.executable} -m tinygraph_rnn sample {run} --length 3000 | head -c 9"
    )
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, text=True
    )
    assert done.stderr == ""
    assert done.returncode == 0
