"""The how-tos: every notebook runs, the printed one is up to date, all are listed."""

import re

import pytest

import tinygraph as tg
from tests.docs import notebooks
from tests.docs.pages import DOCS, script

FOLDER = DOCS / "howto"
HEAD = "---\nfile_format: mystnb\n"
TEXTS = {path: path.read_text("utf-8") for path in sorted(FOLDER.glob("*.md"))}
NOTEBOOKS = [
    pytest.param(path, id=path.stem)
    for path, text in TEXTS.items()
    if text.startswith(HEAD)
]


START = pytest.param(DOCS / "start.md", id="start")


@pytest.fixture
def ops():
    """A page may register an op; the registry is as before afterwards."""
    before = dict(tg.REGISTRY)
    yield
    tg.REGISTRY.clear()
    tg.REGISTRY.update(before)


@pytest.mark.dot
@pytest.mark.parametrize("path", [*NOTEBOOKS, START])
def test_a_page_runs(path, ops):
    notebooks.run(path)


@pytest.mark.parametrize(("page", "needs"), [("elsewhere", "torch"), ("jax", "jax")])
def test_what_is_printed_is_up_to_date(page, needs):
    pytest.importorskip(needs)
    stale = script("printed").difference(FOLDER / f"{page}.md")
    assert not stale, f"run python docs/printed.py --write\n{stale}"


def test_the_first_page_lists_every_other():
    first = TEXTS[FOLDER / "README.md"]
    assert {*re.findall(r"\]\((\w+\.md)\)", first)} == {path.name for path in TEXTS} - {
        "README.md"
    }
