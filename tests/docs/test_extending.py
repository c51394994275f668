"""The pages of docs/extending: their code runs, and the files they name are there."""

import doctest
import re
from pathlib import Path
from unittest import mock

import numpy as np
import pytest

import tinygraph as tg
import tinygraph_rnn as rnn
from tinygraph import testing
from tinygraph.backends import registry
from tinygraph.backends.native.kernels import expressions, formulas
from tinygraph.drawing.model import styles
from tinygraph.rewriting import pipeline
from tinygraph.testing import references

ROOT = Path(tg.__file__).parents[1]
FOLDER = ROOT / "docs" / "extending"
PAGES = sorted(path.name for path in FOLDER.glob("*.md"))
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"`((?:tinygraph|tinygraph_rnn|tests|docs)/[\w/.]+)`")
TABLES = [
    *(tg.REGISTRY, registry.BACKENDS, registry._NAMES, pipeline.REWRITES),
    *(references.REFERENCES, styles.BOX_STYLES),
    *(expressions.EXPRESSIONS, formulas.FORMULAS),
]
"""What a page may enter something in; as before afterwards."""


@pytest.fixture(autouse=True)
def tables():
    before = [dict(table) for table in TABLES]
    yield
    for table, old in zip(TABLES, before, strict=True):
        table.clear()
        table.update(old)
    mock.patch.stopall()


def drawn(page):
    """A page that has pictures placed needs dot."""
    marks = [pytest.mark.dot] if page in ("cell.md", "picture.md") else []
    return pytest.param(page, marks=marks)


class Checker(doctest.OutputChecker):
    """A page names the class of an error without the module it stands in."""

    def check_output(self, want, got, flags):
        """Compare what is printed with what the page says."""
        bare = re.sub(r"^(?:\w+\.)+(?=\w+Error: )", "", got)
        return super().check_output(want, bare, flags)


def run_block(code, line, path, names):
    """Run a block: as an example where it has prompts, else as it stands."""
    if ">>> " not in code:
        exec(compile("\n" * line + code, str(path), "exec"), names)
        return
    example = doctest.DocTestParser().get_doctest(code, names, path.name, path, line)
    runner = doctest.DocTestRunner(Checker(), False, doctest.ELLIPSIS)
    report = []
    runner.run(example, out=report.append, clear_globs=False)
    names.update(example.globs)
    assert not runner.failures, "".join(report)


@pytest.mark.parametrize("page", [drawn(page) for page in PAGES])
def test_the_code_of_a_page_runs(page, tmp_path, monkeypatch):
    if page == "kernel.md":  # code that is kept would hide a change of its formula
        monkeypatch.setenv("TINYGRAPH_CACHE", "off")
    path = FOLDER / page
    text = path.read_text(encoding="utf-8")
    names = {"np": np, "tg": tg, "rnn": rnn, "testing": testing, "__name__": page}
    blocks = list(BLOCK.finditer(text))
    assert blocks or page == "README.md"
    for block in blocks:
        line = text.count("\n", 0, block.start(1))
        run_block(block[1], line, path, names)


@pytest.mark.parametrize("page", PAGES)
def test_the_files_that_a_page_names_are_there(page):
    text = (FOLDER / page).read_text(encoding="utf-8")
    for named in NAMED.findall(text):
        assert (ROOT / named).exists(), named


def test_the_list_names_every_page():
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert {*re.findall(r"\]\((\w+\.md)\)", text)} == {*PAGES} - {"README.md"}
