"""Ctrl-C in the first second: nothing is printed, and the status is 130."""

import ast
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import tinygraph_rnn
from tests.rnn.cli.test_cli import main
from tinygraph_rnn import starting

ROOT = Path(tinygraph_rnn.__file__).parents[1]
SCRIPT = "import sys\nfrom tinygraph_rnn.cli.parser import main\nsys.exit(main())\n"


def interrupted(tmp_path, module, *arguments):
    """Run Python; `module` sends it SIGINT when it is imported."""
    (tmp_path / f"{module}.py").write_text(
        "import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n"
    )
    path = os.pathsep.join([str(tmp_path), str(ROOT)])
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": path},
    )


@pytest.mark.parametrize("module", ["threadpoolctl", "safetensors"])
def test_silent_while_the_command_imports(tmp_path, module):
    done = interrupted(tmp_path, module, "-m", "tinygraph_rnn", "train")
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_silent_while_the_script_imports(tmp_path):
    script = tmp_path / "tinygraph-rnn"
    script.write_text(SCRIPT)
    done = interrupted(tmp_path, "threadpoolctl", str(script), "train")
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_a_program_of_ones_own_sees_the_interrupt(tmp_path):
    code = (
        "try:\n    import tinygraph_rnn\nexcept KeyboardInterrupt:\n    print('mine')"
    )
    done = interrupted(tmp_path, "safetensors", "-c", code)
    assert (done.returncode, done.stdout) == (0, "mine\n")


@pytest.mark.parametrize(
    ("arguments", "original", "want"),
    [
        (["/bin/tinygraph-rnn"], ["python", "/bin/tinygraph-rnn"], True),
        (["tinygraph-rnn.exe"], ["tinygraph-rnn.exe"], True),
        (["-m", "train"], ["python", "-m", "tinygraph_rnn", "train"], True),
        (["-m"], ["python", "-m", "pytest"], False),
        (["my.py", "tinygraph-rnn"], ["python", "my.py", "tinygraph-rnn"], False),
        ([""], ["python"], False),
        ([], [], False),
    ],
)
def test_which_process_is_the_command(arguments, original, want):
    assert starting.is_command(arguments, original) is want


def test_the_command_handles_the_interrupt_itself(monkeypatch, capsys):
    """From the moment it runs: one line, status 130."""
    before = signal.getsignal(signal.SIGINT)
    monkeypatch.setattr(sys, "argv", ["tinygraph-rnn"])
    monkeypatch.setattr(
        "tinygraph_rnn.cli.draw_command.save_picture",
        lambda *_, **__: signal.raise_signal(signal.SIGINT),
    )
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        starting.leave_quietly()
        assert signal.getsignal(signal.SIGINT) is not signal.default_int_handler
        assert main(["draw", "--output", "a.svg"]) == 130
    finally:
        signal.signal(signal.SIGINT, before)
    assert capsys.readouterr().err == "tinygraph-rnn draw: interrupted\n"


def imported(path):
    """The modules that a file imports, in order."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module


def test_it_is_imported_first_and_imports_little():
    package = Path(tinygraph_rnn.__file__)
    assert next(imported(package)) == starting.__name__
    assert {*imported(package.with_name("starting.py"))} <= {
        *("os", "signal", "sys", "threading", "types")
    }
