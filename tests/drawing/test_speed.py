"""How long pictures may take: the best of three, in seconds of the clock."""

import time

import pytest

import tinygraph as tg
from tests.drawing import models

pytestmark = pytest.mark.dot


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


def test_hidden_steps_cost_nothing():
    pages = [tg.draw(models.lstm(), steps=steps).page for steps in (100, 10**9)]
    assert len(pages[0].shapes) == len(pages[1].shapes)
    assert len(pages[0].lines) == len(pages[1].lines)
