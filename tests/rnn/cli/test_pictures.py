"""Pictures: pages, the model of a finished run, what cannot be written."""

import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from tests.rnn.cli.test_cli import fails_with
from tinygraph_rnn import Config, LanguageModel
from tinygraph_rnn.cli.gradient_runs import SCALES, weight_runs
from tinygraph_rnn.cli.parser import main
from tinygraph_rnn.cli.pictures import PICTURES, picture_graph, save_picture


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.dot
def test_draw_an_interactive_page(tmp_path):
    path = tmp_path / "page.html"
    assert main(["draw", "--cell", "rnn", "--output", str(path)]) == 0
    text = path.read_text()
    assert text.startswith("<!DOCTYPE html>")
    assert '"large weights":{"1":' in text
    assert "://" not in text.replace("http://www.w3.org/2000/svg", "")


@pytest.mark.parametrize("cell", PICTURES)
def test_a_page_of_one_cell_shows_gradient_norms(cell):
    """The language model has a loss of its own, and a Jordan cell no h: no runs."""
    graph = picture_graph(cell)
    runs = weight_runs(graph)
    assert list(runs) == ([] if cell in ("lm", "jordan") else list(SCALES))
    for run in runs.values():
        norms = run(2).gradients[graph["h"]]
        assert norms.shape == (2,)
        assert np.all(norms > 0.0)


@pytest.mark.dot
@pytest.mark.parametrize("name", ["a.svg", "a.html"])
def test_draw_into_a_missing_folder(capsys, tmp_path, name):
    path = str(tmp_path / "missing" / name)
    arguments = ["draw", "--cell", "rnn", "--output", path]
    fails_with(capsys, arguments, f"cannot write {path!r}: No such file")


@pytest.mark.dot
@pytest.mark.parametrize(
    "config",
    [
        Config(tied=True, dropout=0.5, input_dropout=0.2),
        Config(cell="gru", learned_init=True, weight_drop=0.3, variational=True),
        Config(cell="rnn", dtype="float64", zoneout=0.1, num_layers=2),
        Config(cell="lstm-layer-norm", tokens="bytes"),
    ],
    ids=lambda config: config.cell,
)
@pytest.mark.parametrize("steps", [None, 3])
def test_the_model_of_any_run_can_be_drawn(tmp_path, config, steps):
    graph = LanguageModel.of(config, 5).loss_graph()
    save_picture(graph, tmp_path / "model.svg", steps)
    text = (tmp_path / "model.svg").read_text()
    ElementTree.fromstring(text)
    assert ("t = 2" in text) == bool(steps)


@pytest.mark.dot
@pytest.mark.parametrize("cell", ["rnn", "lstm", "lm", "gru", "lstm-peephole"])
@pytest.mark.parametrize("steps", [[], ["--steps", "3"]])
def test_draw(tmp_path, cell, steps, capsys):
    assert main(["draw", "--cell", cell, *steps, "--output", "a.svg"]) == 0
    assert capsys.readouterr().err == "wrote a.svg\n"
    text = (tmp_path / "a.svg").read_text()
    ElementTree.fromstring(text)
    assert ("t = 2" in text) == bool(steps)


@pytest.mark.dot
def test_draw_for_a_slide(tmp_path):
    flags = ["--direction", "LR", "--squares", "z", "--legend", "--counts", "--math"]
    flags += ["--highlight", "x:h", "--highlight", "c:c", "--style", "c=orange"]
    assert main(["draw", *flags, "--output", "a.svg"]) == 0
    text = (tmp_path / "a.svg").read_text()
    for wanted in ("z⁻¹", "highlighted path", "#ffa726", "parameters", "italic"):
        assert wanted in text
    assert main(["draw", "--variables", "--theme", "dark", "--output", "b.svg"]) == 0
    assert "delay of one step" in (tmp_path / "b.svg").read_text()

    def width(*dpi):
        assert main(["draw", *dpi, "--output", "c.png"]) == 0
        return int.from_bytes((tmp_path / "c.png").read_bytes()[16:20], "big")

    assert abs(width("--dpi", "100") - width() / 2) < 3
