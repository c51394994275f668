"""A real process, killed at twenty random moments, ends as if it never had been."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tests.rnn.cli.test_cli import TEXT, TINY, rows
from tests.rnn.training.killed import OPTIONS
from tinygraph_rnn.cli.parser import main
from tinygraph_rnn.training import checkpoints

KILLS = 20


@pytest.mark.skipif(not hasattr(os, "fork"), reason="fork is POSIX's")
def test_killed_at_random_moments(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("text").write_text(TEXT)
    script = str(Path(__file__).parent / "killed.py")
    root = str(Path(__file__).parents[3])
    done = subprocess.run(
        [sys.executable, script, "text", "parts", str(KILLS)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**os.environ, "PYTHONPATH": root},
    )
    assert "Traceback" not in done.stderr
    assert done.stdout.startswith("killed\n" * KILLS), done.stdout
    assert done.returncode == 0, done.stderr
    assert main(["train", "--text", "text", "--output", "whole", *OPTIONS]) == 0
    assert rows(Path("parts")) == rows(Path("whole"))
    for name in ("checkpoint.safetensors", "best.safetensors"):
        one, other = (checkpoints.load(Path(run) / name) for run in ("whole", "parts"))
        assert one.facts == other.facts
        for family in ("parameters", "optimizer", "state"):
            before, after = getattr(one, family), getattr(other, family)
            assert set(before) == set(after)
            for key, array in before.items():
                np.testing.assert_array_equal(after[key], array, strict=True)
    assert not [name for name in os.listdir("parts") if name.startswith(".")]


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
def test_ctrl_c_of_a_real_process(tmp_path, monkeypatch):
    """SIGINT in mid-training: status 130, a checkpoint, no traceback."""
    monkeypatch.chdir(tmp_path)
    Path("text").write_text(TEXT)
    arguments = ["train", "--text", "text", "--output", "run", *TINY]
    process = subprocess.Popen(
        [sys.executable, "-m", "tinygraph_rnn", *arguments, "--updates", "1000000"],
        stderr=subprocess.PIPE,
        text=True,
    )
    metrics = tmp_path / "run" / "metrics.jsonl"
    limit = time.monotonic() + 30
    while time.monotonic() < limit and not (
        metrics.exists() and metrics.stat().st_size
    ):
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, shown = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in shown
    assert "all saved; go on with `tinygraph-rnn train --resume run`" in shown
    done = checkpoints.load(tmp_path / "run" / checkpoints.FILE_NAME).facts["done"]
    assert done == rows(tmp_path / "run")[-1]["update"]
