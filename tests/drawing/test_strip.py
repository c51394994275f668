"""The strip: norms of states over many steps, a cell each."""

import itertools
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

import tinygraph as tg
from tests.drawing import models
from tinygraph.drawing.output.norm_colors import color_of

A4 = 595.0
"""The width of a page, in points."""


def strip(graph, steps, **options):
    norms = np.logspace(-5, 0, steps)
    return tg.draw(graph, steps=steps, gradients={"h": norms}, strip=True, **options)


@pytest.mark.dot
def test_a_hundred_steps_fit_a_page():
    drawing = strip(models.lstm(), 100)
    cells = [shape for shape in drawing.page.shapes if shape.key.startswith("h-")]
    assert [shape.step for shape in cells if shape.step is not None] == [*range(100)]
    norms = np.logspace(-5, 0, 100)
    assert [c.fill for c in cells if c.step is not None] == [*map(color_of, norms)]
    assert drawing.page.extent.width < A4
    for one, two in itertools.combinations(drawing.page.shapes, 2):
        assert not one.rect.grown(-0.5).meets(two.rect.grown(-0.5)), (one.key, two.key)
    root = ElementTree.fromstring(drawing.svg())
    titles = [e.text for e in root.iter() if e.tag.endswith("title")]
    assert "h₉₉: norm 1" in titles
    texts = [e.text for e in root.iter() if e.tag.endswith("text")]
    assert {"hₜ", "0", "10", "90", "t"} <= set(texts)


@pytest.mark.dot
@pytest.mark.parametrize("steps", [1, 7, 500, 1000])
def test_any_length_has_cells_and_numbers_apart(steps):
    page = strip(models.lstm(), steps, start=3).page
    marks = [shape for shape in page.shapes if shape.key.startswith("mark")]
    for one, two in itertools.pairwise(marks):
        assert one.rect.right <= two.rect.left + 0.01
    assert sum(shape.step is not None for shape in page.shapes) == steps


@pytest.mark.dot
def test_two_sequences_have_rows_and_numbers_of_their_own(tmp_path):
    norms = {"h": [1.0] * 4, "s": [2.0] * 6}
    counts = {"source": 4, "target": 6}
    graph = models.encoder_decoder()
    drawing = tg.draw(graph, steps=counts, values=norms, strip=True, legend=True)
    keys = {shape.key for shape in drawing.page.shapes}
    assert {"h-3", "s-5", "mark_source-0", "mark_target-0"} <= keys
    assert not {"h-4", "loss"} & keys
    drawing.save(tmp_path / "strip.tex")
    assert "‖value‖" in {shape.text for shape in drawing.page.shapes}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "strip=True draws norms over time: it needs steps= .* and gradients= or"),
        ({"steps": 3}, "strip=True draws norms over time: it needs steps="),
        (
            {"steps": 1001, "values": {"h": np.ones(1001)}},
            "strip=True draws at most 1000 steps, not 1001",
        ),
    ],
)
def test_a_strip_of_nothing(options, message):
    with pytest.raises(tg.DrawingError, match=message):
        tg.draw(models.lstm(), strip=True, **options)


@pytest.mark.dot
def test_a_strip_without_a_state_of_known_norm():
    drawing = tg.draw(models.lstm(), steps=2, values={"x": [1.0, 2.0]}, strip=True)
    with pytest.raises(
        tg.DrawingError, match="but values= has none of a state, output"
    ):
        _ = drawing.page
