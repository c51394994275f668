"""Opening a scope moves nothing else across, and frames what was in it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygraph as tg
import tinygraph_rnn as rnn
from tests.drawing import models
from tests.drawing.soundness import assert_clear, assert_own_tracks, assert_sound
from tests.drawing.steadiness import (
    assert_framed,
    assert_steady,
    scopes_to_open,
    with_open,
)
from tests.laws.seeded import seeded_graphs
from tinygraph.testing import recurrent_graphs

pytestmark = pytest.mark.dot

WAYS = [
    {},
    {"steps": 2},
    {"direction": "LR"},
    {"direction": "TB", "steps": 2},
    {"steps": 2, "direction": "LR"},
    {"steps": 2, "parameters": "shared"},
]
"""Folded and unfolded, in every direction."""


def assert_opens_steadily(graph, most=9, **options):
    """Open each closed scope, then each scope in it, and look at every page."""
    whole = tg.draw(graph, **options)
    for scope in scopes_to_open(whole)[:most]:
        opened = with_open(whole, scope)
        assert_opened(whole, opened)
        for inner in scopes_to_open(opened, scope)[:most]:
            assert_opened(opened, with_open(opened, inner))


def assert_opened(closed, opened):
    assert_sound(opened.page)
    assert_clear(opened.page)
    assert_own_tracks(opened.page)
    assert_framed(opened)
    assert_steady(closed, opened)


def cell(kind):
    layer = rnn.LAYERS[kind](8, 16, rng=np.random.default_rng(0))
    (states,) = layer.states(tg.sequence("x", ("batch", 8)))
    return tg.Graph(dict(zip(layer.state_names, states, strict=True)))


@pytest.mark.parametrize("options", [{}, {"steps": 2}])
@pytest.mark.parametrize("kind", rnn.LAYERS)
def test_gates_of_cells_open_without_moving_the_others(kind, options):
    assert_opens_steadily(cell(kind), **options)


def inputs(name="x", time="t"):
    return tg.sequence(name, ("batch", 8), time=time)


def stack():
    return tg.Graph({"y": rnn.LSTM(8, 16, 2, rng=np.random.default_rng(0))(inputs())})


def encoder_decoder():
    rng = np.random.default_rng(0)
    x, y = inputs("x", "source"), inputs("y", "target")
    with tg.scope("Encoder"):
        h = rnn.GRU(8, 16, rng=rng, name="encoder")(x)
    with tg.scope("Decoder"):
        s = rnn.GRU(8, 16, rng=rng, name="decoder")(y, init=[[tg.last(h)]])
    return tg.Graph({"p": tg.softmax(rnn.Linear(16, 8, rng=rng)(s), axis=-1)})


GRAPHS = [models.lstm, models.language_model, models.stacked, stack, encoder_decoder]


@pytest.mark.parametrize("options", WAYS)
@pytest.mark.parametrize("make", GRAPHS)
def test_modules_open_without_moving_the_others(make, options):
    assert_opens_steadily(make(), **options)


@settings(deadline=None, max_examples=12)
@given(recurrent_graphs(most_moves=8), st.sampled_from(WAYS))
def test_scopes_of_random_graphs_open_without_moving_the_others(graph, options):
    assert_opens_steadily(graph, most=2, **options)


@pytest.mark.parametrize("number", [0, 12, 17])
def test_all_scopes_of_graphs_by_number_are_framed(number):
    graph = seeded_graphs(24, most_moves=8)[number]
    for options in WAYS[:3]:
        drawing = tg.draw(graph, collapse=None, **options)
        assert_framed(drawing)
        assert_sound(drawing.page)
        assert_clear(drawing.page)
        assert_own_tracks(drawing.page)
