"""Ways of lines: corners, ends at outlines, lanes, the way round what is there."""

import itertools

import pytest

import tinygraph as tg
from tests.drawing.soundness import assert_clear, assert_sound
from tinygraph.drawing.layout.curves import edge_point, rounded, side_point
from tinygraph.drawing.layout.detours import detour
from tinygraph.drawing.layout.lanes import Lane, Ports, ordered_lanes
from tinygraph.drawing.layout.page import Rect

pytestmark = pytest.mark.dot


def test_round_corners_keep_their_ends_and_their_box():
    points = rounded([(0, 0), (100, 0), (100, 80)])
    assert points[0] == (0, 0)
    assert points[-1] == (100, 80)
    assert all(0 <= x <= 100 and 0 <= y <= 80 for x, y in points)
    assert len(rounded([(0, 0), (50, 0), (50, 0), (90, 0)])) == 4


def test_lines_end_on_the_outline():
    place = Rect(-20, -10, 20, 10)
    assert side_point(place, right=True, y=0, ellipse=True) == (20, 0)
    x, _ = side_point(place, right=False, y=6, ellipse=True)
    assert x == pytest.approx(-16)
    assert edge_point(place, (0, 99), ellipse=True) == (0, 10)
    assert edge_point(place, (40, 0), ellipse=False) == (20, 0)


def test_lanes_cross_as_little_as_they_can():
    upper = Lane(("a", "out"), 60.0, 30.0, (30.0, 60.0))
    lower = Lane(("b", "out"), 50.0, 10.0, (10.0, 50.0))
    assert ordered_lanes([upper, lower]) == [lower, upper]
    many = [
        Lane((str(i), "out"), 60.0 - i, 30.0 - i, (30.0 - i, 60.0 - i))
        for i in range(8)
    ]
    assert ordered_lanes(many) == many[::-1]


def test_long_ways_pass_above_and_below_stacks_of_initial_values():
    x = tg.sequence("x", ())
    states = {}
    for i in range(6):
        before = tg.delay(f"before {i}", steps=3, shape=())
        states[f"s{i}"] = state = tg.tanh(x + before).named(f"s{i}")
        before.close(state)
    page = tg.draw(tg.Graph(states), steps=4, collapse="variables").page
    slots = [shape.rect for shape in page.shapes if shape.role == "initial"]
    frame = page.frames[0].rect
    assert max(place.top for place in slots) > frame.top
    assert_sound(page)
    assert_clear(page)


def test_delays_that_exchange_their_values():
    x, a, b = tg.sequence("x", ()), tg.delay("a", shape=()), tg.delay("b", shape=())
    a.close(b)
    b.close(a)
    y = tg.sum_over_time(tg.tanh(x)) + tg.sum_over_time(a) + tg.sum_over_time(b)
    for page in (tg.draw(tg.Graph({"y": y}), steps=n).page for n in (None, 3)):
        assert_sound(page)
        assert_clear(page)


def test_a_way_out_of_a_corner_leads_round_everything():
    places = {
        "a": Rect(0, 100, 40, 127),
        "above": Rect(-10, 150, 55, 177),
        "below": Rect(-10, 50, 55, 77),
        "wall": Rect(60, 0, 100, 227),
    }
    (port,) = Ports(places, ()).all([("a", True)])
    assert port.corners[0] == (40, 113.5)
    assert port.corners[-1][0] > 100
    for (x, y), (u, v) in itertools.pairwise(port.corners):
        way = Rect(min(x, u), min(y, v) - 1, max(x, u), max(y, v) + 1)
        assert not any(way.meets(place.grown(-0.1)) for place in places.values())


def test_no_way_round_a_ring_of_boxes():
    ring = [Rect(-20, -20, 20, -10), Rect(-20, 10, 20, 20)]
    ring += [Rect(-20, -20, -10, 20), Rect(10, -20, 20, 20)]
    assert detour([(0, 0)], [(50, 0)], ring) is None
    way = detour([(0, 0)], [(50, 0)], ring[:3])
    assert way
    assert (way[0], way[-1]) == ((0, 0), (50, 0))
