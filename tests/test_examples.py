"""Every example runs, from any folder, and prints or writes something."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted((ROOT / "examples").glob("[0-9]*.py"))


def test_there_are_examples():
    assert len(EXAMPLES) >= 5


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example_runs(path, tmp_path):
    draws = any(word in path.stem for word in ("slides", "flow", "gallery"))
    if draws and shutil.which("dot") is None:
        pytest.skip("needs the program dot")
    done = subprocess.run(
        [sys.executable, "-W", "error", str(path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() or any(tmp_path.iterdir())
    assert not done.stderr.strip()


@pytest.mark.dot
def test_the_gallery_is_what_its_command_makes(tmp_path):
    command = [sys.executable, str(ROOT / "examples/09_gallery.py")]
    subprocess.run([*command, "--output", str(tmp_path)], check=True, timeout=120)
    made, kept = tmp_path, ROOT / "docs/gallery"
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
