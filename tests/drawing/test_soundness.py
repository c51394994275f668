"""What is measured on pages is seen where it is planted."""

import itertools
from dataclasses import replace

import pytest

from tests.drawing.soundness import (
    assert_clear,
    assert_labels_beside_lines,
    assert_own_tracks,
    assert_sound,
)
from tests.drawing.tracks import shared_stretches
from tinygraph.drawing.layout.curves import straight
from tinygraph.drawing.layout.page import Line, Page, Rect, Shape


def box(key, x, y, role="op"):
    return Shape(key, key, role, key, Rect(x - 10, y - 10, x + 10, y + 10), None)


def line(tail, head, *corners, **options):
    """A line from corner to corner."""
    pieces = [straight(a, b) for a, b in itertools.pairwise(corners)]
    points = (corners[0], *itertools.chain(*pieces))
    return Line(f"{tail}_{head}", tail, head, points, None, **options)


def page(*lines, boxes=()):
    """Four boxes at the corners of a square, and what is planted."""
    corners = [box(k, x, y) for k, x, y in zip("abcd", _X, _Y, strict=True)]
    return Page([], [*corners, *boxes], lines)


_X, _Y = (0, 100, 0, 100), (0, 0, 100, 100)


def test_a_page_without_faults():
    sound = page(
        line("a", "c", (0, 10), (0, 90), label="W", label_point=(25, 50)),
        line("b", "d", (100, 10), (100, 90)),
    )
    for check in (assert_sound, assert_clear, assert_own_tracks):
        check(sound)
    assert_labels_beside_lines(sound)


def test_how_far_lines_run_together():
    one, two = line("a", "c", (0, 10), (0, 90)), line("b", "d", (1, 60), (1, 200))
    assert shared_stretches(page(one, two))["a_c", "b_d"] == pytest.approx(30, abs=2)
    with pytest.raises(AssertionError, match="a_c"):
        assert_own_tracks(page(one, two))
    beside = line("b", "d", (1.5, 60), (1.5, 200))
    across = line("b", "d", (-50, 50), (50, 50))
    from_a = replace(two, tail="a")
    for other in (beside, across, from_a):
        assert_own_tracks(page(one, other))


def test_stretches_with_a_gap_between_them_are_not_one():
    away = [(1, 60), (1, 63), (40, 65), (40, 66), (1, 67), (1, 69)]
    straight_up = line("a", "c", (0, 10), (0, 90))
    assert_own_tracks(page(straight_up, line("b", "d", *away)))
    with pytest.raises(AssertionError, match="b_d"):
        assert_own_tracks(page(straight_up, line("b", "d", (1, 60), (1, 69))))


@pytest.mark.parametrize("role", ["op", "state"])
def test_a_line_through_a_box(role):
    way = line("a", "b", (0, 0), (100, 0))
    assert_clear(page(way))
    with pytest.raises(AssertionError, match="'m'"):
        assert_clear(page(way, boxes=[box("m", 50, 0, role)]))


def test_a_line_past_the_corner_of_an_ellipse():
    way = line("a", "b", (0, 15), (42, 15))
    assert_clear(page(way, boxes=[box("m", 50, 8, "state")]))
    with pytest.raises(AssertionError, match="'m'"):
        assert_clear(page(way, boxes=[box("m", 50, 8)]))


def test_boxes_that_overlap_and_keys_that_are_there_twice():
    with pytest.raises(AssertionError, match="'a', 'm'"):
        assert_sound(page(boxes=[box("m", 15, 0)]))
    assert_sound(page(boxes=[box("m", 19.5, 0)]))
    with pytest.raises(AssertionError, match="'d', 'a'"):
        assert_sound(page(boxes=[box("a", 50, 50)]))
    with pytest.raises(AssertionError, match="a_nowhere"):
        assert_sound(page(line("a", "nowhere", (0, 0), (9, 9))))


@pytest.mark.parametrize("point", [(50, 3), (100, 12), (56, 45)])
def test_a_label_on_a_line_a_box_or_another_label(point):
    own = line("a", "b", (0, 0), (100, 0), label="W", label_point=(50, 50))
    assert_labels_beside_lines(page(own))
    other = line("b", "d", (100, 10), (100, 90), label="U", label_point=point)
    with pytest.raises(AssertionError, match="_"):
        assert_labels_beside_lines(page(own, other))
