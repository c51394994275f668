"""How long pictures may take: the best of three by the clock; what work is linear."""

import time

import pytest

import tinygraph as tg
from tests.drawing import models
from tinygraph.drawing.layout import folded, own_tracks, shared_tracks
from tinygraph.drawing.output.description import describe

pytestmark = pytest.mark.usefixtures("each_layout_is_a_run")


@pytest.mark.dot
@pytest.mark.parametrize(
    ("options", "limit"),
    [
        ({}, 0.3),
        ({"steps": 50, "max_steps": None}, 1.5),
        ({"steps": 1000}, 0.5),
    ],
)
def test_an_lstm_is_drawn_soon(options, limit):
    def seconds():
        start = time.perf_counter()
        tg.draw(models.lstm(), **options).svg()
        return time.perf_counter() - start

    assert min(seconds() for _ in range(3)) < limit


@pytest.mark.dot
def test_hidden_steps_cost_nothing():
    pages = [tg.draw(models.lstm(), steps=steps).page for steps in (100, 10**9)]
    assert len(pages[0].shapes) == len(pages[1].shapes)
    assert len(pages[0].lines) == len(pages[1].lines)


def test_words_look_at_each_wire_once():
    reads = 0

    class Counted(list):
        def __iter__(self):
            nonlocal reads
            for item in list.__iter__(self):
                reads += 1
                yield item

    h = tg.sequence("x", (3,))
    for _ in range(100):
        h = tg.tanh(h)
    picture = tg.draw({"h": h}).picture
    object.__setattr__(picture, "wires", Counted(picture.wires))
    assert "tanh goes to tanh." in describe(picture, None)
    assert reads == len(picture.wires)


@pytest.mark.dot
def test_lines_that_are_not_near_each_other_are_not_compared(monkeypatch):
    compared = 0

    def counted(*args):
        nonlocal compared
        compared += 1
        return ()

    monkeypatch.setattr(shared_tracks, "_met", counted)
    h = tg.sequence("x", (3,))
    for _ in range(200):
        h = tg.tanh(h)
    assert len(tg.draw({"h": h}).page.lines) == 201
    assert compared == 0


@pytest.mark.dot
def test_a_page_of_many_wires_is_placed_in_one_pass_over_them(monkeypatch):
    seen = 0
    plain = own_tracks.Way

    def counted(*args, **options):
        nonlocal seen
        seen += 1
        return plain(*args, **options)

    monkeypatch.setattr(own_tracks, "Way", counted)
    monkeypatch.setattr(folded, "any_shared", lambda lines: True)
    h = tg.sequence("x", (3,))
    for _ in range(50):
        h = tg.tanh(h)
    drawing = tg.draw({"h": h})
    assert len(drawing.page.lines) == len(drawing.picture.wires) == seen
