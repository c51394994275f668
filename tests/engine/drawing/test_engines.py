"""Engines: what happens with none, with one that hangs, fails or lies."""

import os
import shutil
import subprocess
import sys
import time

import pytest

import tinygraph as tg
from tests.engine.drawing import models
from tinygraph.drawing import engines
from tinygraph.drawing.engines import Engine, find_engine


@pytest.fixture
def no_engine(monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(engines, "find_spec", lambda name: None)


def fake_dot(folder, monkeypatch, script):
    program = folder / "dot"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


@pytest.mark.usefixtures("no_engine")
def test_without_an_engine_only_pictures_fail(tmp_path):
    drawing = tg.draw(models.lstm())
    advice = "neither `dot` on PATH nor the package pygraphviz was found. Install"
    with pytest.raises(tg.DrawingError, match=advice):
        drawing.svg()
    for suffix in ("svg", "png", "pdf"):
        with pytest.raises(tg.DrawingError, match=advice):
            drawing.save(tmp_path / f"lstm.{suffix}")
    assert not list(tmp_path.iterdir())
    assert "LSTM cell" in drawing.describe()
    assert repr(drawing) == f"<Drawing: {drawing.title}>"
    assert set(drawing._repr_mimebundle_()) == {"text/plain"}
    assert "No picture: no program to draw" in drawing._repr_mimebundle_()["text/plain"]
    drawing.save(tmp_path / "lstm.dot")
    assert (
        (tmp_path / "lstm.dot").read_text() == drawing.dot == str(drawing.to_graphviz())
    )


@pytest.mark.usefixtures("no_engine")
def test_without_an_engine_the_text_is_for_dot_to_lay_out():
    text = tg.draw(models.rnn()).dot
    assert text.startswith("digraph ")
    assert "pos=" not in text
    assert text.count('fillcolor="#000000"') == 1


@pytest.mark.dot
def test_dot_lays_out_the_text_of_no_engine(monkeypatch):
    dot = shutil.which("dot")
    monkeypatch.setattr(engines.shutil, "which", lambda name: None)
    monkeypatch.setattr(engines, "find_spec", lambda name: None)
    text = tg.draw(models.adjoint()).dot
    done = subprocess.run([dot, "-Tsvg"], input=text.encode(), capture_output=True)
    assert done.returncode == 0
    assert b"<svg" in done.stdout


def test_a_hanging_engine_is_stopped(tmp_path, monkeypatch):
    fake_dot(tmp_path, monkeypatch, "/bin/sleep 60")
    drawing = tg.draw(models.rnn(), limit=0.3)
    start = time.monotonic()
    with pytest.raises(tg.DrawingError, match=r"took longer than 0\.3 s and was stop"):
        drawing.svg()
    assert time.monotonic() - start < 10
    assert "digraph" in drawing.dot
    assert set(drawing._repr_mimebundle_()) == {"text/plain"}


def test_an_engine_that_fails_is_quoted(tmp_path, monkeypatch):
    fake_dot(tmp_path, monkeypatch, "echo out of ink >&2; exit 3")
    with pytest.raises(tg.DrawingError, match="dot failed for .* 'json': out of ink"):
        tg.draw(models.rnn()).svg()


def test_an_engine_that_says_nothing_fails(tmp_path, monkeypatch):
    fake_dot(tmp_path, monkeypatch, "while read -r line; do :; done")
    with pytest.raises(tg.DrawingError, match="dot failed .* no reason given"):
        tg.draw(models.rnn()).svg()


def test_an_engine_that_writes_nonsense_fails(tmp_path, monkeypatch):
    fake_dot(tmp_path, monkeypatch, "while read -r line; do :; done; echo hello")
    with pytest.raises(tg.DrawingError, match="dot wrote a layout that cannot be read"):
        tg.draw(models.rnn()).svg()


def test_a_program_that_cannot_be_run():
    engine = Engine("dot", ("/nowhere/dot",))
    with pytest.raises(tg.DrawingError, match="dot cannot be run: .*No such file"):
        engine.render("digraph {}", "svg")


@pytest.mark.dot
def test_an_unknown_format_of_the_engine():
    with pytest.raises(tg.DrawingError, match="dot failed for the format 'ink'"):
        find_engine().render("digraph {}", "ink")


@pytest.mark.dot
def test_several_graphs_are_laid_out_in_one_run():
    texts = [f'digraph {{ "{name}" [label="}}\\n"]; }}\n' for name in "ab"]
    laid = find_engine().layouts(texts)
    assert [one["objects"][0]["name"] for one in laid] == ["a", "b"]


@pytest.fixture
def only_pygraphviz(monkeypatch):
    """The engine without `dot`, in the environment the tests run in."""
    pytest.importorskip("pygraphviz", exc_type=ImportError)
    monkeypatch.setenv("PATH", "")


@pytest.mark.usefixtures("only_pygraphviz")
@pytest.mark.parametrize("make", [models.rnn, models.lstm, models.encoder_decoder])
def test_pygraphviz_draws_without_dot(make, tmp_path):
    assert find_engine().name == "pygraphviz"
    drawing = tg.draw(make(), steps=3)
    assert drawing.svg().startswith("<svg ")
    for suffix in ("png", "pdf"):
        drawing.save(tmp_path / f"model.{suffix}")
        assert (tmp_path / f"model.{suffix}").stat().st_size > 1000


@pytest.mark.dot
@pytest.mark.usefixtures("only_pygraphviz")
def test_engines_draw_the_same_boxes_and_lines(monkeypatch):
    mine = tg.draw(models.lstm(), steps=2).page
    monkeypatch.undo()
    other = tg.draw(models.lstm(), steps=2).page
    assert [s.key for s in mine.shapes] == [s.key for s in other.shapes]
    assert [k.key for k in mine.lines] == [k.key for k in other.lines]


@pytest.mark.parametrize("problem", ["ImportError('no')", "OSError('libX11 missing')"])
def test_pygraphviz_that_cannot_be_imported(tmp_path, monkeypatch, problem):
    (tmp_path / "pygraphviz.py").write_text(f"raise {problem}\n")
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(engines, "find_spec", lambda name: object())
    with pytest.raises(tg.DrawingError, match="pygraphviz cannot be imported: "):
        tg.draw(models.rnn()).svg()


def test_drawing_loads_no_engine():
    code = (
        "import sys, tinygraph; tinygraph.draw;"
        "assert not {'graphviz', 'pygraphviz'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
