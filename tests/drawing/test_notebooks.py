"""A real notebook, executed: what a reader of it sees, with an engine and without."""

import os
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

import tinygraph as tg
from tests.drawing import models
from tinygraph.drawing.layout import engines

ROOT = Path(tg.__file__).parents[1]

CELLS = (
    "import tinygraph as tg\n"
    "from tests.drawing import models\n"
    "tg.draw(models.lstm(), steps=2)",
    "import os\n"
    "from tinygraph.drawing.layout import engines\n"
    "os.environ['PATH'] = ''\n"
    "engines.find_spec = lambda name: None\n"
    "tg.draw(models.lstm())",
)


@pytest.fixture(scope="module")
def outputs():
    """The output of each cell: MIME type → content."""
    nbclient = pytest.importorskip("nbclient", reason="needs the package nbclient")
    nbformat = pytest.importorskip("nbformat", reason="needs the package nbformat")
    pytest.importorskip("ipykernel", reason="needs the package ipykernel")
    cells = [nbformat.v4.new_code_cell(source) for source in CELLS]
    notebook = nbformat.v4.new_notebook(cells=cells)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    client = nbclient.NotebookClient(notebook, timeout=60, kernel_name="python3")
    client.execute(cwd=str(ROOT), env=environment)
    return [cell.outputs for cell in notebook.cells]


@pytest.mark.dot
def test_a_cell_shows_an_inline_svg_with_tooltips(outputs):
    (output,) = outputs[0]
    html = output["data"]["text/html"]
    assert output["data"]["image/svg+xml"] == tg.draw(models.lstm(), steps=2).svg()
    root = ElementTree.fromstring(html)
    titles = [e.text for e in root.iter("{http://www.w3.org/2000/svg}title")]
    assert any(text.startswith("h: float32[batch, 16]") for text in titles)
    assert output["data"]["text/plain"].startswith("LSTM cell, unfolded over 2 steps")


def test_without_an_engine_a_cell_shows_words(outputs):
    (output,) = outputs[1]
    assert output["output_type"] == "execute_result"
    assert set(output["data"]) == {"text/plain"}
    assert "No picture: no program to draw with" in output["data"]["text/plain"]


@pytest.mark.dot
def test_marimo_gets_the_svg_as_html():
    drawing = tg.draw(models.rnn())
    role, text = drawing._mime_()
    assert role == "text/html"
    assert text.partition("<title>")[2].startswith(drawing.title)


def test_marimo_gets_words_without_an_engine(monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(engines, "find_spec", lambda name: None)
    role, text = tg.draw(models.rnn())._mime_()
    assert role == "text/plain"
    assert "No picture" in text
