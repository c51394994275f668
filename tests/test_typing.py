"""Type checkers see the public names and their types, and no others."""

import json
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
USE = Path(__file__).with_name("typed_use.py")


def refused_lines():
    lines = enumerate(USE.read_text().splitlines(), 1)
    return [number for number, line in lines if "# refused" in line]


def checker(module, *options):
    if find_spec(module) is None:
        pytest.skip(f"needs {module}")
    done = subprocess.run(
        [sys.executable, "-m", module, *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode in (0, 1), done.stderr
    return done.stdout


def test_mypy():
    told = checker("mypy", "--strict", str(USE))
    found = re.findall(r"typed_use\.py:(\d+): error", told)
    assert sorted(set(map(int, found))) == refused_lines(), told


def test_pyright():
    told = json.loads(checker("pyright", "--outputjson", str(USE)))
    problems = told["generalDiagnostics"]
    found = {each["range"]["start"]["line"] + 1 for each in problems}
    assert sorted(found) == refused_lines(), problems
