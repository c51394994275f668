"""How long pictures may take: the best of three by the clock; what work is linear."""

import time

import pytest

import tinygraph as tg
from tests.drawing import models
from tinygraph.drawing.output.description import describe


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
