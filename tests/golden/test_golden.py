"""Schedules and generated loops, word for word.

A change of the rewrites or of the plan shows here first: read the difference, then
`UPDATE_GOLDEN=1 pytest tests/golden` writes the files anew.
"""

import os
from pathlib import Path

import pytest

import tinygraph as tg
from tests.golden.models import MODELS

FOLDER = Path(__file__).parent
UPDATE = bool(os.environ.get("UPDATE_GOLDEN"))


def check(file, text):
    """Compare a text with a file; write the file where that is asked for."""
    path = FOLDER / file
    if UPDATE:
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8"), f"see {path.name}"


@pytest.mark.parametrize("name", MODELS)
def test_explained(name):
    check(f"{name.replace(' ', '_')}.explain.txt", tg.explain(MODELS[name]()))


@pytest.mark.parametrize("name", ["language model with gradients"])
def test_explained_with_sizes(name):
    text = tg.explain(MODELS[name](), sizes={"batch": 32, "t": 64})
    check(f"{name.replace(' ', '_')}.sizes.explain.txt", text)


@pytest.mark.parametrize("name", ["lstm", "language model with gradients"])
def test_explained_for_native_code(name):
    pytest.importorskip("llvmlite")
    text = tg.explain(MODELS[name](), backend="native")
    check(f"{name.replace(' ', '_')}.native.explain.txt", text)


@pytest.mark.parametrize("name", MODELS)
def test_source_of_the_loops(name):
    check(f"{name.replace(' ', '_')}.loops.txt", tg.compile(MODELS[name]()).source())


def test_no_file_is_left_over():
    names = {name.replace(" ", "_") for name in MODELS}
    for path in FOLDER.glob("*.txt"):
        assert path.name.partition(".")[0] in names, path.name
