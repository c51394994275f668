"""A norm of 0 is hatched wherever a picture goes."""

import itertools
import math
import re

import pytest

import tinygraph as tg
from tests.drawing import models
from tests.drawing.seeing import contrast
from tinygraph.drawing.layout.dot_text import page_text
from tinygraph.drawing.layout.engines import find_engine
from tinygraph.drawing.layout.lanes import ELLIPSES
from tinygraph.drawing.layout.page import Page, Rect, Shape
from tinygraph.drawing.layout.themes import dark_of
from tinygraph.drawing.model.styles import HATCH, INK
from tinygraph.drawing.output.hatching import APART, PAPER, hatched
from tinygraph.drawing.output.norm_colors import ZERO


def strokes(width, height, role):
    rect = Rect(100, 50, 100 + width, 50 + height)
    page = hatched(Page([], [Shape("a", "a", role, "a", rect, fill=ZERO)], []))
    base, shape = page.shapes
    assert (base.text, shape.text, shape.fill) == ("", "a", "transparent")
    assert {line.tail for line in page.lines} == {base.key} == page.under_strokes
    return rect, [(line.points[0], line.points[-1]) for line in page.lines]


@pytest.mark.parametrize("role", ["op", "state", "swatch"])
@pytest.mark.parametrize(("width", "height"), [(40, 27), (14, 14), (20, 90), (200, 30)])
def test_strokes_fill_a_box_and_stay_inside(width, height, role):
    rect, found = strokes(width, height, role)
    assert len(found) >= (width + height) / APART * 0.6
    for start, end in found:
        assert end[0] - start[0] == pytest.approx(end[1] - start[1])
        assert end[0] > start[0]
        for x, y in (start, end):
            across, up = abs(x - rect.x) / (width / 2), abs(y - rect.y) / (height / 2)
            away = math.hypot(across, up) if role in ELLIPSES else max(across, up)
            assert 0.2 < away < 1
    firsts = sorted(start[1] - start[0] for start, _ in found)
    assert max(b - a for a, b in itertools.pairwise(firsts)) < APART + 0.1


@pytest.mark.dot
def test_strokes_lie_between_a_white_box_and_its_text():
    drawing = tg.draw(models.rnn(), steps=2, gradients={"h": [0.0, 1.0]})
    page = hatched(drawing.page)
    assert len(page.under_strokes) == 3  # tanh, h₀, legend
    assert hatched(Page([], [], [])) == Page([], [], [])
    raw = find_engine().render(page_text(page, "p", drawing.options.look), "svg")
    order = re.findall(
        r'<g id="(hatch-h-0|hatch-h-0-3|h-0|h-1)"', raw.decode().replace("&#45;", "-")
    )
    assert order == ["hatch-h-0", "hatch-h-0-3", "h-0", "h-1"]


@pytest.mark.dot
def test_papers_are_hatched_as_screens_are(tmp_path):
    drawing = tg.draw(models.rnn(), steps=2, gradients={"h": [0.0, 1.0]})
    strokes = [k for k in hatched(drawing.page).lines if k.role == "hatch"]
    assert len(strokes) > 12
    assert drawing.tikz().count("draw=tgB4BBC0") == len(strokes)
    assert ZERO[1:] not in drawing.tikz()
    sizes = {}
    for norm in (0.0, 1.0):
        one = tg.draw(models.rnn(), steps=1, gradients={"h": [norm]})
        one.save(tmp_path / "one.pdf")
        sizes[norm] = (tmp_path / "one.pdf").stat().st_size
    assert sizes[0.0] > sizes[1.0]
    plain = tg.draw(models.rnn(), steps=2)
    assert hatched(plain.page) == plain.page


@pytest.mark.dot
def test_the_text_for_graphviz_is_hatched_too(tmp_path):
    drawing = tg.draw(models.rnn(), steps=2, gradients={"h": [0.0, 1.0]})
    strokes = [k for k in hatched(drawing.page).lines if k.role == "hatch"]
    drawing.save(tmp_path / "rnn.dot")
    text = (tmp_path / "rnn.dot").read_text(encoding="utf-8")
    assert text == drawing.dot == drawing.to_graphviz().source
    assert text.count('class="hatch"') == len(strokes)
    assert ZERO not in text
    assert "url(#norm-zero)" in drawing.svg()
    assert "hatch" not in drawing.svg().replace("norm-zero", "")


def test_text_upon_strokes_can_be_read_in_the_dark():
    for name, color in (("fillcolor", PAPER), ("color", HATCH["color"])):
        assert dark_of(name, color) == color
        assert contrast(INK, color) > 7
