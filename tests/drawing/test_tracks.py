"""Lines never share a track, whatever is drawn."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygraph as tg
import tinygraph_rnn as rnn
from tests.drawing import models
from tests.drawing.models import MODELS
from tests.drawing.soundness import (
    assert_clear,
    assert_labels_beside_lines,
    assert_own_tracks,
    assert_sound,
)
from tests.laws.seeded import seeded_graphs
from tinygraph.drawing.layout.channel_tracks import Span, tracks
from tinygraph.drawing.layout.page import Rect
from tinygraph.drawing.layout.row_lanes import Row, spread
from tinygraph.testing import recurrent_graphs

pytestmark = pytest.mark.dot

OPTIONS = [
    {},
    {"steps": 1},
    {"steps": 3},
    {"steps": 3, "collapse": None, "parameters": "shared"},
    {"collapse": "variables"},
    {"steps": 9, "start": "t", "collapse": "variables"},
    {"direction": "LR"},
    {"steps": 3, "direction": "LR", "collapse": "variables"},
]
"""Of the first 24 graphs by number drawn in the first six ways 97 of 144 pictures had
lines upon each other, in 4,502 places."""


LABELLED = [
    {"collapse": "variables", "steps": 3},
    {"parameters": "label", "steps": 2},
    {"shapes": "edge"},
]
"""Ways to draw with texts beside the lines."""


@pytest.mark.parametrize("steps", [None, 1, 3])
@pytest.mark.parametrize("make", MODELS)
def test_lines_of_the_models_never_share_a_track(make, steps):
    for parameters in ("tied", "shared"):
        assert_own_tracks(tg.draw(make(), steps=steps, parameters=parameters).page)


@pytest.mark.parametrize("number", [3, 7, 13, 18])
def test_lines_of_graphs_by_number_never_share_a_track(number):
    graph = seeded_graphs(24, most_moves=8)[number]
    for options in OPTIONS:
        page = tg.draw(graph, **options).page
        assert_own_tracks(page)
        assert_sound(page)
        assert_clear(page)


@pytest.mark.parametrize("kind", ["gru", "lstm-peephole"])
def test_cells_with_shared_parameters_have_a_track_to_each(kind):
    """A GRU had 36 places where lines ran together, the longest 760 points."""
    layer = rnn.LAYERS[kind](8, 16, rng=np.random.default_rng(0))
    (states,) = layer.states(tg.sequence("x", ("batch", 8)))
    graph = dict(zip(layer.state_names, states, strict=True))
    for options in ({"steps": 3}, {"steps": 9, "start": "t"}):
        page = tg.draw(graph, collapse=None, parameters="shared", **options).page
        assert_own_tracks(page)
        assert_clear(page)


@pytest.mark.parametrize("number", [4, 15])
def test_labels_of_graphs_by_number_stand_beside_the_lines(number):
    graph = seeded_graphs(24, most_moves=8)[number]
    for options in LABELLED:
        page = tg.draw(graph, **options).page
        assert_labels_beside_lines(page)
        assert_own_tracks(page)


@settings(deadline=None, max_examples=15)
@given(recurrent_graphs(most_moves=8), st.sampled_from(OPTIONS + LABELLED))
def test_lines_of_random_graphs_never_share_a_track(graph, options):
    page = tg.draw(graph, **options).page
    assert_own_tracks(page)
    assert_sound(page)
    assert_clear(page)
    assert_labels_beside_lines(page)


def level(net, start, end):
    """A net that comes from below at `start` and goes on above at `end`."""
    return Span(net, {start}, {end})


def test_level_pieces_that_overlap_have_tracks_of_their_own():
    spans = [level("a", 0, 50), level("b", 60, 90), level("c", 40, 70)]
    found = tracks(spans)
    assert found["c"] not in (found["a"], found["b"])
    assert tracks(spans[:2]) == {"a": 0, "b": 0}
    assert tracks([level("a", 10, 10), level("b", 20, 20.2)]) == {}


def test_a_net_with_a_foot_below_a_top_of_another_runs_below_it():
    for first, second in ((0, 1), (1, 0)):
        spans = [level("low", 50, 90), level("high", 10, 50)]
        found = tracks([spans[first], spans[second]])
        assert found["low"] < found["high"]
    turning = tracks([level("a", 0, 50), level("b", 50, 0)])
    assert sorted(turning.values()) == [0, 1]


def test_many_nets_of_a_channel_are_ordered_in_linear_time():
    spans = [level(str(i), 10.0 * i, 10.0 * i + 10_000) for i in range(400)]
    found = tracks(spans)
    assert sorted(found.values()) == list(range(400))
    assert found["0"] > found["399"]


def test_what_leaves_sideways_has_a_level_of_its_own():
    spans = [Span("left", {0.0}, ends={-1e6}), Span("right", {100.0}, ends={1e6})]
    assert sorted(tracks(spans).values()) == [0, 1]


def test_lanes_are_spread_near_where_they_are_wanted():
    assert spread([0, 100], 7, -50, 150) == [0, 100]
    assert spread([10, 10, 10], 7, -50, 50) == [3, 10, 17]
    assert spread([0, 0], 7, 0, 50) == [0, 7]
    assert spread([0, 0, 0], 7, 0, 4) == [0, 2, 4]
    assert spread([], 7, 0, 4) == []


def test_boxes_move_apart_where_lanes_need_room():
    row = Row({"a": Rect(0, 0, 40, 20), "b": Rect(50, 0, 90, 20)})
    gaps = {row.passing(net, 45.0, 45.0) for net in ("n", "m")}
    for net in "uvw":
        row.beside(net, "a", right=True)
    row.settle()
    assert row.rects["b"].left - row.rects["a"].right >= 14 + 2 * 7
    inside = sorted(x for (_, gap), x in row.lanes.items() if gap == 1)
    assert all(b - a >= 7 - 1e-9 for a, b in itertools.pairwise(inside))
    assert row.rects["a"].right + 7 <= inside[0]
    assert gaps <= {0, 1, 2}


@pytest.mark.parametrize("k", [2, 3, 5, -3])
def test_long_delays_have_as_many_roofs_as_steps(k):
    page = tg.draw(models.loop(k), steps=9, max_steps=None).page
    top = max(frame.rect.top for frame in page.frames)
    bottom = min(frame.rect.bottom for frame in page.frames)
    roofs = {
        round(y)
        for line in page.lines
        for _, y in line.points
        if line.color is not None and not bottom < y < top
    }
    flat = {y for y in roofs if abs(y - top) > 1 or abs(y - bottom) > 1}
    assert len(flat) >= abs(k)
    assert_own_tracks(page)


def exchanging():
    """Two states that change places at every step."""
    x, a, b = (
        tg.sequence("x", (3,)),
        tg.delay("a", shape=(3,)),
        tg.delay("b", shape=(3,)),
    )
    p, q = tg.tanh(a + x).named("p"), tg.tanh(b + x).named("q")
    a.close(q)
    b.close(p)
    return tg.Graph({"p": p, "q": q})


@pytest.mark.parametrize("steps", [None, 3, 9])
@pytest.mark.parametrize("collapse", ["auto", "variables"])
def test_two_states_that_change_places_do_not_touch(steps, collapse):
    for graph in (exchanging(), models.bidirectional()):
        assert_own_tracks(tg.draw(graph, steps=steps, collapse=collapse).page)


def test_states_that_many_boxes_compute_have_ways_of_their_own():
    x, states = tg.sequence("x", (3,)), {}
    for i in range(6):
        start = tg.tanh(tg.placeholder(f"s{i}", (3,)))
        before = tg.delay(f"d{i}", init=start, shape=(3,))
        states[f"h{i}"] = h = tg.tanh(x + before).named(f"h{i}")
        before.close(h)
    for steps in (1, 3):
        page = tg.draw(tg.Graph(states), steps=steps).page
        assert_own_tracks(page)
        assert_sound(page)
