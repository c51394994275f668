"""One process at a time trains in a run folder; a closed terminal ends it in order."""

import contextlib
import errno
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.rnn.cli.test_cli import TEXT, TINY, fails_with, rows
from tinygraph_rnn import StorageError
from tinygraph_rnn.cli.parser import main
from tinygraph_rnn.training import checkpoints, locks
from tinygraph_rnn.training.run_folder import RunFolder

posix = pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")

HOLDER = """
import fcntl, sys, time
file = open(sys.argv[1], "w")
fcntl.flock(file, fcntl.LOCK_EX)
file.write(sys.argv[2])
file.flush()
print("held", flush=True)
time.sleep(60)
"""


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("text").write_text(TEXT)


@contextlib.contextmanager
def held(path, content):
    """Let another process hold a lock while the block runs; then kill it."""
    with subprocess.Popen(
        [sys.executable, "-S", "-c", HOLDER, str(path), content], stdout=subprocess.PIPE
    ) as process:
        try:
            assert process.stdout.readline() == b"held\n"
            yield
        finally:
            process.kill()


def until(condition):
    limit = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < limit
        time.sleep(0.02)


@posix
def test_a_closed_terminal_and_a_second_process(capsys):
    """While one trains, another is refused; SIGHUP saves, and status is 129."""
    arguments = ["train", "--text", "text", "--output", "run", *TINY]
    process = subprocess.Popen(
        [sys.executable, "-m", "tinygraph_rnn", *arguments, "--updates", "1000000"],
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        metrics = Path("run/metrics.jsonl")
        until(lambda: metrics.exists() and metrics.stat().st_size)
        until(lambda: b'"update": 1' in Path("run/lock.json").read_bytes())
        message = f"process {process.pid} on '{os.uname().nodename}' trains in 'run', "
        fails_with(capsys, ["train", "--resume", "run"], message)
        fails_with(capsys, arguments, "wait for it, end it, or give another --output")
        process.send_signal(signal.SIGHUP)
        _, shown = process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode == 128 + signal.SIGHUP
    assert "all saved; go on with `tinygraph-rnn train --resume run`" in shown
    done = checkpoints.load(Path("run") / checkpoints.FILE_NAME).facts["done"]
    assert [row["update"] for row in rows(Path("run"))] == list(range(1, done + 1))
    assert not Path("run/lock.json").exists()


@posix
def test_a_killed_process_leaves_nothing_locked():
    facts = {"pid": 7, "host": "h", "since": "then", "heard": "now", "update": 3}
    folder = RunFolder("run")
    folder.path.mkdir()
    path = folder.path / locks.FILE_NAME
    message = "process 7 on 'h' trains in 'run', since then, last heard of at now in up"
    with held(path, json.dumps(facts)):
        with pytest.raises(StorageError, match=message), folder.locked():
            pass
        assert path.exists()
    with folder.locked(), folder.locked():
        assert json.loads(path.read_text())["pid"] == os.getpid()
    assert os.listdir("run") == []


@posix
@pytest.mark.parametrize("content", ["", '{"pid"', "[1]", '{"pid": 1}'])
def test_a_holder_that_has_not_said_its_name(content):
    Path("run").mkdir()
    with (
        held(Path("run", locks.FILE_NAME), content),
        pytest.raises(StorageError, match="^another process trains in 'run': wait"),
        RunFolder("run").created(),
    ):
        pass
    assert Path("run").exists(), "it is not ours to remove"


def test_the_heart_beats_once_a_second(monkeypatch):
    Path("run").mkdir()
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    lock, told = locks.Lock(Path("run")), []
    for update in range(5):
        now[0] += 0.4
        lock.beat(update)
        told.append(json.loads(lock.path.read_text())["update"])
    lock.release()
    assert told == [None, None, 2, 2, 2]


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOTSUP])
def test_a_file_system_without_locks(monkeypatch, capsys, number):
    """Training goes on unguarded, and says so."""

    def refuse(_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(locks, "_lock", refuse)
    settings = [*TINY, "--updates", "1"]
    assert main(["train", "--text", "text", "--output", "run", *settings]) == 0
    assert "the file system of 'run' has no locks: see to it" in capsys.readouterr().err


def test_a_folder_that_cannot_be_locked(monkeypatch):
    def refuse(_):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    Path("run").mkdir()
    monkeypatch.setattr(locks, "_lock", refuse)
    with (
        pytest.raises(StorageError, match="cannot write the lock 'run.lock.json': Inp"),
        RunFolder("run").locked(),
    ):
        pass


@posix
def test_a_link_is_not_followed():
    Path("run").mkdir()
    Path("other").write_text("mine")
    Path("run", locks.FILE_NAME).symlink_to(Path("other").absolute())
    with (
        pytest.raises(StorageError, match="cannot write the lock .*symbolic links"),
        RunFolder("run").locked(),
    ):
        pass
    assert Path("other").read_text() == "mine"


@posix
def test_signals_that_are_ignored_stay_ignored():
    """As under nohup."""
    from tinygraph_rnn.training.interrupts import stop_requests

    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stop_requests() as stop:
            signal.raise_signal(signal.SIGHUP)
            assert not stop
    finally:
        signal.signal(signal.SIGHUP, before)
