"""Real processes on loopback, by the command line: as one, killed, unlike, stopped."""

import importlib.util
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tinygraph_rnn.cli.parser import main
from tinygraph_rnn.training import checkpoints

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("jax") is None, reason="needs jax"
)

TEXT = "the quick brown fox jumps over the lazy dog; " * 60
SMALL = [
    *("--text", "text", "--hidden-size", "8", "--seq-length", "6", "--seed", "3"),
    *("--batch-size", "7", "--evaluate-every", "10", "--dropout", "0.2"),
]
LOSSES = "loss", "gradient_norm", "held_out"
ROOT = str(Path(__file__).parents[4])
PROGRAM = """
import sys
from tinygraph_rnn.cli import parser, run_results
run_results.pictured = lambda _: []
sys.exit(parser.main())
"""
"""The command; a finished run draws nothing, which most of a short run is."""
WHOLE = "import sys; from tinygraph_rnn.cli import parser; sys.exit(parser.main())"
"""The command as it is."""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A working directory with a text; private folders of processes are in `tmp`."""
    monkeypatch.chdir(tmp_path)
    Path("text").write_text(TEXT)
    Path("tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setenv("PYTHONPATH", ROOT)


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def started(count, *options, backend="numpy", code=PROGRAM, each=lambda process: []):
    """Start `count` processes of a run; `each` gives more options of one."""
    port = free_port()
    running = []
    for process in range(count):
        where = ["--coordinator", f"127.0.0.1:{port}", "--num-processes", str(count)]
        where += ["--process-id", str(process), "--backend", backend]
        arguments = ["train", *where, *options, *each(process)]
        running.append(
            subprocess.Popen(
                [sys.executable, "-c", code, *arguments],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
    return running


def ended(running, seconds=200.0):
    """Wait for all; return their statuses and what they said on standard error."""
    limit = time.monotonic() + seconds
    said = []
    try:
        for each in running:
            said.append(each.communicate(timeout=max(1, limit - time.monotonic()))[1])
    finally:
        for each in running:
            each.kill()
            each.communicate()
    assert not any("Traceback" in text for text in said), said
    return [each.returncode for each in running], said


def rows(run):
    """Losses, norms and bits of a run, a row for each update."""
    lines = Path(run, "metrics.jsonl").read_text().splitlines()
    read = [json.loads(line) for line in lines]
    return [[row.get(name, 0.0) for name in LOSSES] for row in read]


def alone(run, updates, *more):
    """Train in this process; return the rows."""
    where = ["--output", run, "--updates", str(updates), "--backend", "numpy"]
    assert main(["train", *SMALL, *where, *more]) == 0
    return rows(run)


def until_rows(run, count, running):
    """Wait until so many updates are noted."""
    limit = time.monotonic() + 90
    while not (path := Path(run, "metrics.jsonl")).exists() or (
        path.read_bytes().count(b"\n") < count
    ):
        assert time.monotonic() < limit
        assert all(each.poll() is None for each in running)
        time.sleep(0.05)


nightly = pytest.mark.nightly


@pytest.mark.parametrize(
    ("count", "backend", "devices"),
    [
        (2, "native", 1),
        (2, "jax", 1),
        (2, "numpy", 1),
        (4, "native", 1),
        pytest.param(4, "jax", 1, marks=nightly),
        pytest.param(2, "jax", 2, marks=nightly),
    ],
)
def test_many_processes_are_as_one(count, backend, devices, monkeypatch):
    """50 updates, the same losses; the file is that of one process, which reads it."""
    options = [*SMALL, "--updates", "50", "--output", "many"]
    plain = ["--batch-size", "8", "--dropout", "0"] if devices > 1 else []
    if devices > 1:
        options += ["--devices", str(devices), *plain]
        flag = f"--xla_force_host_platform_device_count={devices}"
        monkeypatch.setenv("XLA_FLAGS", flag)
    draws = backend == "numpy"
    code = WHOLE if draws else PROGRAM
    statuses, said = ended(started(count, *options, backend=backend, code=code))
    assert statuses == [0] * count, said
    if shutil.which("dot"):
        pictures = {"folded.svg", "unrolled.svg"}
        assert pictures & {*os.listdir("many")} == (pictures if draws else set())
    assert f"50 updates to make by {count} processes" in said[0]
    wanted = alone("one", 50, *plain)
    np.testing.assert_allclose(rows("many"), wanted, rtol=1e-5)
    one, many = (
        checkpoints.load(f"{run}/checkpoint.safetensors") for run in ("one", "many")
    )
    assert one.facts["config"] == many.facts["config"]
    for family in ("parameters", "optimizer", "state"):
        kinds = [
            {name: (a.shape, a.dtype) for name, a in getattr(each, family).items()}
            for each in (one, many)
        ]
        assert kinds[0] == kinds[1]
    assert not os.listdir("tmp")
    assert sorted(os.listdir(".")) == ["many", "one", "text", "tmp"]


@pytest.mark.parametrize("counts", [[2], [3, 2]])
def test_a_killed_worker_ends_all_and_others_go_on(counts):
    """Within a minute, with a message; fewer go on where the last was killed, then one.

    The schedule is constant, so that the updates in all change nothing.
    """
    constant = [*SMALL, "--schedule", "constant"]
    running = started(counts[0], *constant, "--updates", "100000", "--output", "run")
    until_rows("run", 12, running)
    running[-1].kill()
    begin = time.monotonic()
    statuses, said = ended(running, 60.0)
    assert time.monotonic() - begin < 60.0
    last = counts[0] - 1
    assert statuses == [*[2] * last, -signal.SIGKILL]
    gone = f"process {last} of {counts[0]} is gone: its connection broke. --resume goes"
    for each in said[:-1]:
        assert gone in each
    done = checkpoints.load("run/checkpoint.safetensors").facts["done"]
    for count in counts[1:]:
        where = {0: ["--resume", "run"], 1: ["--resume"]}
        again = started(count, "--updates", str(done + 15), each=where.get)
        statuses, said = ended(again)
        assert statuses == [0] * count, said
    whole = ["--updates", str(done + 20), "--backend", "numpy"]
    assert main(["train", "--resume", "run", *whole]) == 0
    assert main(["train", *constant, "--output", "one", *whole]) == 0
    found, wanted = (np.array(rows(run))[:, :2] for run in ("run", "one"))
    np.testing.assert_allclose(found, wanted, rtol=1e-5)


def test_the_first_process_is_killed():
    """The others say so; JAX, which has lost its service, may end them first."""
    running = started(2, *SMALL, "--updates", "100000", "--output", "run")
    until_rows("run", 2, running)
    running[0].kill()
    statuses, said = ended(running, 60.0)
    assert statuses[0] == -signal.SIGKILL
    assert statuses[1] in (2, -signal.SIGABRT)
    assert "process 0 of 2 is gone: its connection broke" in said[1]


OTHER_VERSION = """
import sys
import tinygraph
if sys.argv[sys.argv.index("--process-id") + 1] == "1":
    tinygraph.__version__ = "9.9"
from tinygraph_rnn.cli.parser import main
sys.exit(main())
"""


TOLD = {
    "version": r"tinygraph is 0.1.0 in process 0, but 9.9 in process 1",
    "text": "text is that of SHA-256",
    "config": "hidden_size is 8 in process 0, but 9 in process 1",
    "resume": "--resume is False in process 0, but True in process 1",
    "rows": "a batch of 1 rows leaves a process without any",
}


@pytest.mark.parametrize(
    "unlike",
    [
        ["version"],
        ["text", "config"],
        ["resume"],
        ["rows"],
    ],
    ids=" and ".join,
)
def test_processes_that_are_unlike(unlike):
    """Each says how, within half a minute, and nothing is trained or left behind."""
    Path("other").write_text(TEXT.replace("quick", "slow"))
    own = {
        "text": ["--text", "other"],
        "config": ["--hidden-size", "9"],
        "resume": ["--resume"],
    }
    options = [*SMALL, *(["--batch-size", "1"] if "rows" in unlike else [])]
    begin = time.monotonic()
    running = started(
        2,
        *options,
        code=OTHER_VERSION if "version" in unlike else PROGRAM,
        each=lambda process: [x for e in unlike for x in own.get(e, [])] * process,
    )
    statuses, said = ended(running)
    assert time.monotonic() - begin < 30.0
    assert statuses == [2, 2]
    for each in said:
        for name in unlike:
            assert TOLD[name] in each
    assert not os.listdir("tmp")
    assert not Path("runs").exists()


def test_processes_on_unlike_platforms():
    """JAX would wait for minutes; it is not started before they are compared."""
    code = (
        "import os, sys; from tinygraph_rnn.cli.parser import main\n"
        "if sys.argv[sys.argv.index('--process-id') + 1] == '1':\n"
        "    os.environ['JAX_PLATFORMS'] = 'nothing'\n"
        "sys.exit(main())"
    )
    statuses, said = ended(started(2, *SMALL, backend="jax", code=code))
    assert statuses == [2, 2]
    for each in said:
        assert "the platform of JAX is cpu in process 0, but none (" in each


def test_a_wish_to_one_stops_all_after_the_same_update():
    running = started(2, *SMALL, "--updates", "100000", "--output", "run")
    until_rows("run", 2, running)
    running[1].send_signal(signal.SIGTERM)
    statuses, said = ended(running, 60.0)
    assert statuses == [128 + signal.SIGTERM] * 2
    done = checkpoints.load("run/checkpoint.safetensors").facts["done"]
    assert f"stopped after {done} updates, all saved" in said[0]
    assert len(rows("run")) == done


def test_standard_input_is_that_of_one_process(capsys):
    where = ["--coordinator", "127.0.0.1:1", "--num-processes", "2"]
    assert main(["train", "--text", "-", *where, "--process-id", "0"]) == 2
    assert "standard input is that of one process" in capsys.readouterr().err
