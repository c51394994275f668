"""Every example runs, from any folder, and prints or writes something."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted((ROOT / "examples").glob("[0-9]*.py"))
GALLERY = ROOT / "examples/09_gallery.py"
ELSEWHERE = {GALLERY, ROOT / "examples/12_many_processes.py"}
"""Have tests of their own; that of the processes compares what they print."""


def test_there_are_examples():
    assert len(EXAMPLES) >= 5


ON_NUMPY = """
import os, runpy, sys
import tinygraph.backends.registry
tinygraph.backends.registry.preferred = lambda: "numpy"
sys.argv = sys.argv[1:]
sys.path[0] = os.path.dirname(sys.argv[0])
runpy.run_path(sys.argv[0], run_name="__main__")
"""
"""As in all tests, which do not wait for native code, but for one."""
NATIVE = {"06_tiny_language_model"}


def run(path, folder, *arguments):
    """Run an example in a folder: no warning, no error, something to show for it."""
    how = [] if path.stem in NATIVE else ["-c", ON_NUMPY]
    done = subprocess.run(
        [sys.executable, "-W", "error", *how, str(path), *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() or any(folder.iterdir())
    assert not done.stderr.strip()


def example(path):
    """Return an example as a parameter; some need `dot`."""
    needs_dot = any(word in path.stem for word in ("slides", "flow"))
    marks = [pytest.mark.dot] * needs_dot
    return pytest.param(path, id=path.stem, marks=marks)


@pytest.mark.parametrize("path", [example(p) for p in EXAMPLES if p not in ELSEWHERE])
def test_example_runs(path, tmp_path):
    run(path, tmp_path)


@pytest.mark.dot
def test_the_gallery_is_what_its_command_makes(tmp_path):
    made, kept = tmp_path / "gallery", ROOT / "docs/gallery"
    run(GALLERY, tmp_path, "--output", str(made))
    assert {p.name for p in made.iterdir()} == {p.name for p in kept.iterdir()}
    page = (kept / "README.md").read_text()
    assert page == (made / "README.md").read_text()
    for name in re.findall(r"\]\((\w+\.svg)\)", page):
        ids = [
            set(re.findall(' id="([^"]*)"', (d / name).read_text()))
            for d in (made, kept)
        ]
        assert ids[0] == ids[1], name


def test_pictures_of_the_readme_are_there():
    shown = re.findall(r"\]\((docs/[^)]*)\)", (ROOT / "README.md").read_text())
    assert len(shown) >= 5
    assert all((ROOT / path).is_file() for path in shown)
