"""The lessons: every page runs as the site runs it, and holds to its form."""

import ast
import re
import sys

import pytest

from tests.docs import notebooks
from tests.docs.pages import DOCS

CHAPTER = sorted((DOCS / "chapter").glob("[0-9]*.md"))
LECTURE = sorted((DOCS / "lecture").glob("[0-9]*.md"))
PAGES = [pytest.param(path, id=path.stem) for path in CHAPTER + LECTURE]
OF_CHAPTER = [pytest.param(path, id=path.stem) for path in CHAPTER]
MOST_LINES = 15
"""Of the code of a graph."""
MOST_COLUMNS = 88
HEAD = "---\nfile_format: mystnb\nkernelspec:\n  name: python3\n---\n"
LINK = re.compile(r"\]\(([\w/.]+\.(?:md|py))\)")


@pytest.fixture
def drawn_nowhere(monkeypatch):
    """Charts are made, shown to nobody, and closed."""
    import matplotlib as mpl
    from matplotlib import pyplot as plt

    before = mpl.get_backend()
    plt.switch_backend("agg")
    monkeypatch.setattr(plt, "show", lambda: plt.gcf().canvas.draw())
    yield
    plt.close("all")
    plt.switch_backend(before)


@pytest.mark.dot
@pytest.mark.parametrize("path", PAGES)
def test_a_page_runs(path, drawn_nowhere, monkeypatch):
    monkeypatch.chdir(path.parent)
    monkeypatch.setattr(sys, "path", [*sys.path])
    notebooks.run(path)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_begins_as_a_notebook_and_its_links_lead_somewhere(path):
    text = path.read_text("utf-8")
    assert text.startswith(
        "---\nfile_format: mystnb\nkernelspec:\n  name: python3\n---"
    )
    for link in LINK.findall(text):
        assert (path.parent / link).exists(), link


@pytest.mark.parametrize("path", PAGES)
def test_lines_of_code_are_seen_whole(path):
    code = [cell.code for cell in notebooks.cells(path.read_text("utf-8"))]
    lines = [line for text in code for line in text.splitlines()]
    assert [line for line in lines if len(line) > MOST_COLUMNS] == []


def calls(path, name):
    """Return the calls of `tg.<name>` on a page."""
    trees = [ast.parse(cell.code) for cell in notebooks.cells(path.read_text("utf-8"))]
    return [
        node
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == f"tg.{name}"
    ]


@pytest.mark.parametrize("path", OF_CHAPTER)
def test_a_page_of_the_chapter_draws_runs_differentiates_and_claims(path):
    pictures = [{word.arg for word in call.keywords} for call in calls(path, "draw")]
    assert any("steps" not in words for words in pictures)
    assert any("steps" in words for words in pictures)
    assert calls(path, "compile")
    assert calls(path, "grad")
    assert "\nassert " in path.read_text("utf-8")


@pytest.mark.parametrize("path", OF_CHAPTER)
def test_the_code_of_a_graph_is_short(path):
    code = [cell.code for cell in notebooks.cells(path.read_text("utf-8"))]
    first = next(text for text in code if "tg.Graph(" in text)
    lines = [line for line in first.splitlines() if line.strip()]
    assert len([line for line in lines if "tg.draw(" not in line]) <= MOST_LINES


@pytest.mark.parametrize("pages", [CHAPTER, LECTURE], ids=["chapter", "lecture"])
def test_a_folder_lists_its_pages(pages):
    listed = LINK.findall((pages[0].parent / "README.md").read_text("utf-8"))
    assert {*listed} >= {path.name for path in pages}
