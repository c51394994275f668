"""Long chains of boxes are placed apart, and look as if they were not."""

import pytest

import tinygraph as tg
from tests.drawing import models
from tests.drawing.soundness import assert_clear, assert_own_tracks, assert_sound
from tinygraph.drawing.layout import long_chains
from tinygraph.drawing.layout.engines import Engine

pytestmark = [pytest.mark.dot, pytest.mark.usefixtures("each_layout_is_a_run")]


def chain(length):
    """A state that a long chain of ops brings forward."""
    x, h_prev = tg.sequence("x", (3,)), tg.delay("h_prev", shape=(3,))
    h = x + h_prev
    for i in range(length):
        h = tg.sin(h) if i % 3 else tg.softplus(h)
    h = tg.tanh(h).named("h")
    h_prev.close(h)
    return tg.Graph({"h": h})


def beside(length):
    """A long chain, and another way round it."""
    x = tg.sequence("z", (3,))
    return tg.Graph({"y": tg.tanh(chain(length)["h"] + tg.exp(tg.sqrt(tg.abs(x))))})


@pytest.fixture
def _short(monkeypatch):
    monkeypatch.setattr(long_chains, "MANY", 10)
    monkeypatch.setattr(long_chains, "LONG", 5)


@pytest.fixture
def texts(monkeypatch):
    """What the engine is asked to lay out."""
    asked, plain = [], Engine.layouts

    def layouts(self, texts):
        asked.extend(texts)
        return plain(self, texts)

    monkeypatch.setattr(Engine, "layouts", layouts)
    return asked


@pytest.mark.usefixtures("_short")
@pytest.mark.parametrize("steps", [None, 3])
@pytest.mark.parametrize("make", [chain, beside])
def test_a_long_chain_is_drawn_as_any_other(make, steps, monkeypatch):
    page = tg.draw(make(20), steps=steps).page
    assert_sound(page)
    assert_clear(page)
    assert_own_tracks(page)
    monkeypatch.setattr(long_chains, "MANY", 1000)
    plain = tg.draw(make(20), steps=steps).page
    assert [s.key for s in plain.shapes] == [s.key for s in page.shapes]
    assert [line.key for line in plain.lines] == [line.key for line in page.lines]
    for a, b in zip(page.shapes, plain.shapes, strict=True):
        assert a.rect.width == pytest.approx(b.rect.width, abs=0.1)
        assert a.rect.height == pytest.approx(b.rect.height, abs=0.1)
    heights = [page.extent.height, plain.extent.height]
    assert heights[0] == pytest.approx(heights[1], rel=0.05)


@pytest.mark.usefixtures("_short")
def test_dot_is_asked_for_one_box_in_place_of_a_chain(texts):
    tg.draw(chain(50)).page.lines.clear()
    assert sum("sin" in text for text in texts) == 1
    assert max(text.count(" -> ") for text in texts) < 6


@pytest.mark.usefixtures("_short")
def test_a_chain_with_boxes_beside_it_is_left_to_dot(texts):
    tg.draw(beside(50)).page.lines.clear()
    assert max(text.count(" -> ") for text in texts) > 50


@pytest.mark.usefixtures("_short")
def test_models_are_drawn_alike_with_and_without():
    for make in (models.lstm, models.language_model, models.adjoint):
        for options in ({"collapse": None}, {"collapse": None, "steps": 2}):
            page = tg.draw(make(), **options).page
            assert_sound(page)
            assert_clear(page)


def test_five_thousand_ops_are_three_boxes_to_dot(texts):
    page = tg.draw(chain(5000)).page
    assert len(page.shapes) > 5000
    assert max(text.count("[label=") for text in texts) < 12
