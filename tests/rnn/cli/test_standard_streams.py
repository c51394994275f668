"""What cannot be shown or logged costs no work; the exit status tells of it."""

import contextlib
import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.rnn.cli.test_cli import TEXT, TINY, rows
from tinygraph_rnn import StorageError
from tinygraph_rnn.cli.parser import main
from tinygraph_rnn.cli.standard_streams import standard_streams
from tinygraph_rnn.training.metrics import Metrics

FULL = Path("/dev/full")
needs_full = pytest.mark.skipif(not FULL.exists(), reason="/dev/full is Linux's")
posix = pytest.mark.skipif(os.name != "posix", reason="needs bash")

TRAIN = ["train", "--text", "text", "--output", "run", *TINY, "--updates", "6"]
SAVED = {"checkpoint.safetensors", "best.safetensors", "metrics.jsonl"}


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("text").write_text(TEXT)


@pytest.fixture
def full(monkeypatch):
    """Put a full disk in the place of standard output or error."""
    with contextlib.ExitStack() as files:

        def fill(name):
            monkeypatch.setattr(sys, name, files.enter_context(FULL.open("w")))

        yield fill


def all_is_written():
    assert set(os.listdir("run")) >= SAVED
    assert [row["update"] for row in rows(Path("run"))] == list(range(1, 7))
    ends = [os.path.exists(f"run/{name}.svg") for name in ("loss", "gradient_norm")]
    pytest.importorskip("matplotlib")
    assert all(ends)


def in_bash(line):
    command = [sys.executable, "-m", "tinygraph_rnn", *TRAIN]
    script = f"set -o pipefail; {' '.join(command)} {line}"
    return subprocess.run(
        ["bash", "-c", script], capture_output=True, text=True, timeout=60, check=False
    )


@needs_full
@pytest.mark.parametrize("names", [["stdout"], ["stderr"], ["stdout", "stderr"]])
@pytest.mark.usefixtures("pictures")
def test_training_into_a_full_disk(full, capsys, names):
    for name in names:
        full(name)
    assert main(TRAIN) == 3
    all_is_written()
    if names == ["stdout"]:
        message = "cannot write to standard output: No space left on device"
        assert message in capsys.readouterr().err.splitlines()


@posix
def test_training_without_standard_streams():
    """Nothing is written into a file that got number 1 or 2."""
    assert in_bash(">&- 2>&- <&-").returncode == 3
    all_is_written()


@posix
def test_training_for_a_reader_that_leaves():
    done = in_bash("2>&1 | head -1")
    assert (done.returncode, done.stderr) == (0, "")
    slow, quick = "run: reading the text and preparing", "run: 1,650 characters"
    assert done.stdout.startswith((slow, quick))
    all_is_written()


@needs_full
@pytest.mark.parametrize("arguments", [["sample", "run"], ["evaluate", "run"]])
def test_a_result_that_cannot_be_written_is_an_error(full, capsys, arguments):
    assert main(TRAIN) == 0
    capsys.readouterr()
    full("stdout")
    assert main(arguments) == 2
    assert capsys.readouterr().err == (
        f"tinygraph-rnn {arguments[0]}: error: cannot write to standard output: "
        "No space left on device\n"
    )


@needs_full
@pytest.mark.parametrize(("arguments", "status"), [(["--help"], 2), (["sing"], 2)])
def test_what_the_parser_says(full, arguments, status):
    full("stdout")
    full("stderr")
    with pytest.raises(SystemExit, match=str(status)):
        sys.exit(main(arguments))


def test_an_error_that_nobody_hears(monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    assert main(["sample", "nowhere"]) == 2


def test_standard_streams_are_as_before(monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    before = sys.stdout, sys.stderr
    with standard_streams() as (output, error):
        assert sys.stderr is error
        assert not output.isatty()
        for _ in range(2):
            with pytest.raises(StorageError, match="standard output: Bad file descri"):
                sys.stdout.write("lost")
        assert (output.has_lost, error.has_lost) == (True, False)
    assert (sys.stdout, sys.stderr) == before


class FullAtTimes:
    """`Path.open` on a disk that is full in some of the calls that append."""

    def __init__(self, calls):
        self.calls, self.count, self.open = calls, 0, Path.open

    def __get__(self, path, _=None):
        def opened(mode="r", *arguments, **named):
            self.count += mode == "ab"
            if mode == "ab" and self.count in self.calls:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return self.open(path, mode, *arguments, **named)

        return opened


@pytest.mark.parametrize(("calls", "status"), [({2, 3}, 0), (range(2, 99), 3)])
@pytest.mark.usefixtures("pictures")
def test_metrics_on_a_disk_that_fills(monkeypatch, capsys, calls, status):
    """Training goes on; what is missing is written as soon as there is room."""
    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", FullAtTimes(calls))
        assert main(TRAIN) == status
    told = capsys.readouterr().err
    message = "cannot write the metrics 'run/metrics.jsonl': No space left on device; "
    assert told.count(f"{message}training goes on, and tries again\n") == 1
    if status:
        assert [row["update"] for row in rows(Path("run"))] == [1]
        assert {*SAVED} <= set(os.listdir("run"))
    else:
        all_is_written()


@posix
def test_half_a_line_is_taken_back(tmp_path):
    resource = pytest.importorskip("resource")
    metrics = Metrics(tmp_path / "m")
    metrics.add({"update": 1})
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20, limits[1]))
    try:
        for update in (2, 3):
            with pytest.raises(StorageError, match="cannot write the metrics .*large"):
                metrics.add({"update": update})
            assert metrics.path.stat().st_size == 20
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    metrics.add({"update": 4})
    lines = metrics.path.read_text().splitlines()
    assert [json.loads(line) for line in lines] == metrics.rows
    assert len(lines) == 4


@pytest.mark.usefixtures("pictures")
def test_a_picture_that_cannot_be_written(capsys):
    pytest.importorskip("matplotlib")
    Path("run/loss.svg").mkdir(parents=True)
    assert main(TRAIN) == 3
    told = capsys.readouterr().err
    assert "cannot write the loss curve 'run/loss.svg': Is a directory\n" in told
    assert Path("run/gradient_norm.svg").exists()
    assert "held out: " in told.splitlines()[-1]


@pytest.mark.dot
@pytest.mark.usefixtures("pictures")
def test_a_drawing_that_cannot_be_written(capsys):
    Path("run/folded.svg").mkdir(parents=True)
    assert main(TRAIN) == 3
    assert "no pictures: cannot write 'run/folded.svg': Is a" in capsys.readouterr().err
    assert Path("run/unrolled.svg").exists()
