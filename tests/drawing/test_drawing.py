"""The Drawing itself: save, describe, notebooks, and options that make no sense."""

import os
import re

import graphviz
import pytest

import tinygraph as tg
from tests.drawing import models
from tinygraph.drawing import draw_function
from tinygraph.drawing.layout import engines


@pytest.mark.dot
@pytest.mark.parametrize(
    ("suffix", "start"),
    [
        ("svg", b"<svg "),
        ("SVG", b"<svg "),
        ("pdf", b"%PDF"),
        ("png", b"\x89PNG"),
        ("dot", b"digraph "),
        ("gv", b"digraph "),
    ],
)
def test_the_suffix_says_the_format(tmp_path, suffix, start):
    path = tmp_path / f"rnn.{suffix}"
    tg.draw(models.rnn()).save(path)
    assert path.read_bytes().startswith(start)
    tg.draw(models.rnn()).save(str(path))


@pytest.mark.parametrize("name", ["rnn", "rnn.docx", "rnn.", ".svg"])
def test_unknown_suffixes_are_refused_before_anything_runs(tmp_path, name):
    with pytest.raises(
        tg.DrawingError, match="the suffix must be one of svg, pdf, png"
    ):
        tg.draw(models.rnn()).save(tmp_path / name)


def test_a_misspelt_suffix_is_told_what_was_meant(tmp_path):
    with pytest.raises(tg.DrawingError, match=r"\(did you mean 'png'\?\)"):
        tg.draw(models.rnn()).save(tmp_path / "rnn.pgn")


@pytest.mark.dot
def test_files_that_cannot_be_written(tmp_path):
    with pytest.raises(
        tg.DrawingError, match=r"cannot write .*rnn\.svg': No such file"
    ):
        tg.draw(models.rnn()).save(tmp_path / "nowhere" / "rnn.svg")
    os.mkdir(tmp_path / "rnn.svg")
    with pytest.raises(tg.DrawingError, match="cannot write .*directory"):
        tg.draw(models.rnn()).save(tmp_path / "rnn.svg")


def test_words():
    assert tg.draw(models.rnn()).describe().splitlines()[:5] == [
        "Recurrent graph, folded: 12 boxes and 1 delay.",
        "Inputs: xₜ.",
        "Parameters: U, W, b, V.",
        "Delay h_prev: hₜ goes to matmul 1 step later; before the first step it is 0.",
        "Results: oₜ.",
    ]
    unfolded = tg.draw(models.bidirectional(), steps=4).describe()
    assert "unfolded over 4 steps" in unfolded
    assert (
        "Delay b_next: bₜ goes to + 1 step earlier; after the last step it is 0."
        in unfolded
    )
    a = tg.placeholder("a", ())
    assert (
        tg.draw(tg.Graph({"y": a + a})).title
        == "Computation graph: 3 boxes and 0 delays"
    )


def test_replicated_first_values_in_words():
    graph = models.shift(1, init=tg.REPLICATE)
    assert "before the first step it is the nearest value" in tg.draw(graph).describe()


@pytest.mark.dot
def test_replicated_first_values_on_the_page():
    page = tg.draw(models.shift(1, init=tg.REPLICATE), steps=2).page
    assert "x₋₁ = x₀" in {shape.text for shape in page.shapes}
    history = tg.placeholder("last two", (2,))
    page = tg.draw(models.shift(2, init=0.0, history=history), steps=3).page
    assert {"x₋₂ = last two[0]", "x₋₁ = last two[1]"} <= {s.text for s in page.shapes}


@pytest.mark.dot
def test_notebooks_get_inline_svg():
    drawing = tg.draw(models.rnn())
    bundle = drawing._repr_mimebundle_(include=None, exclude=None)
    assert bundle["image/svg+xml"] == drawing.svg()
    assert bundle["text/plain"] == drawing.describe()
    html = bundle["text/html"]
    assert 'style="max-width: 100%; height: auto"' in html.partition(">")[0]
    assert html.count(" id=") == drawing.svg().count(" id=") > 10


@pytest.mark.dot
def test_no_id_is_twice_in_a_notebook():
    shown = [tg.draw(models.rnn()), tg.draw(models.lstm()), tg.draw(models.rnn())]
    pages = [drawing._repr_mimebundle_()["text/html"] for drawing in shown]
    ids = [found for page in pages for found in re.findall(r' id="([^"]*)"', page)]
    assert len(ids) == len(set(ids))
    assert pages[0] != pages[2]
    assert all(found[0].isalpha() for found in ids)


@pytest.mark.dot
def test_a_graph_is_its_picture_in_a_notebook(monkeypatch):
    graph = models.rnn()
    for shown, steps in ((graph, None), (tg.unroll(graph, 3), 3)):
        bundle = shown._repr_mimebundle_(include=None, exclude=None)
        assert bundle["text/plain"] == repr(shown)
        assert bundle["image/svg+xml"] == tg.draw(graph, steps=steps).svg()
        assert "<svg" in bundle["text/html"]
    monkeypatch.setattr(draw_function, "NOTEBOOK_NODES", 5)
    assert graph._repr_mimebundle_() == {"text/plain": repr(graph)}
    assert tg.unroll(graph, 2)._repr_mimebundle_().keys() == {"text/plain"}


def test_a_graph_is_words_where_it_cannot_be_drawn(monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(engines, "find_spec", lambda name: None)
    assert models.rnn()._repr_mimebundle_()["text/plain"] == repr(models.rnn())
    monkeypatch.setattr(draw_function, "draw", lambda *_, **__: 1 / 0)
    assert models.rnn()._repr_mimebundle_().keys() == {"text/plain"}


@pytest.mark.dot
def test_graphviz_takes_over():
    source = tg.draw(models.rnn()).to_graphviz()
    assert isinstance(source, graphviz.Source)
    assert b"<svg" in source.pipe(format="svg")


def test_nothing_runs_before_it_is_asked_for(monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert repr(tg.draw(models.lstm(), steps=1000)).startswith(
        "<Drawing: LSTM cell, unf"
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"direction": "RL"}, "direction must be one of 'BT', 'TB', 'LR', not 'RL'"),
        ({"parameters": "loud"}, "parameters must be one of 'tied', 'label', 'shared'"),
        ({"shapes": True}, "shapes must be one of 'hover', 'edge', 'box', None, not"),
        ({"start": "s"}, "start must be the number of the first step or 't', not 's'"),
        ({"max_steps": 2}, "max_steps must be 'auto', None or at least 3, not 2"),
        ({"collapse": -1}, "collapse must be 'auto', 'layers', 'variables', a depth"),
        ({"collapse": 1.5}, "collapse must be 'auto', 'layers', 'variables', a depth"),
        (
            {"collapse": "GRU"},
            "the scope 'GRU', but no node was made in it; the scopes",
        ),
        (
            {"labels": {3: "x"}},
            "labels maps a node or a name to a text .* not 3 to 'x'",
        ),
        ({"labels": {"x": [1]}}, "labels maps a node or a name to a text"),
        (
            {"steps": 0},
            "steps must say how many steps of 't' to draw, at least 1: got 0",
        ),
        (
            {"steps": {"s": 2}},
            "how many steps of 't' to draw, at least 1: got {'s': 2}",
        ),
        ({"steps": 2.5}, "how many steps of 't' to draw"),
    ],
)
def test_options_without_a_meaning(options, message):
    with pytest.raises(tg.DrawingError, match=message):
        tg.draw(models.lstm(), **options)


@pytest.mark.parametrize(
    ("options", "near"),
    [
        ({"collapse": "varables"}, "variables"),
        ({"collapse": "Layers"}, "layers"),
        ({"collapse": ["linear f"]}, "Linear f"),
        ({"expand": "Linaer f"}, "Linear f"),
        ({"direction": "bt"}, "BT"),
        ({"parameters": "shard"}, "shared"),
        ({"shapes": "hovr"}, "hover"),
        ({"squares": "numbr"}, "number"),
        ({"theme": "drak"}, "dark"),
        ({"max_steps": "atuo"}, "auto"),
        ({"labels": {"gatef": "x"}}, "gate f"),
        ({"styles": {"c": "yelow"}}, "yellow"),
        ({"styles": {"c": {"penwith": 2}}}, "penwidth"),
        ({"styles": {"c": {"style": "doted"}}}, "dotted"),
    ],
)
def test_misspelt_options_are_told_what_was_meant(options, near):
    with pytest.raises(tg.DrawingError, match=rf"\(did you mean '{near}'\?\)"):
        tg.draw(models.lstm(), **options)
