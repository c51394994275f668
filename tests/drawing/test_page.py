"""Where things are on the page: steps, lanes, squares, order in time."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygraph as tg
from tests.drawing import models
from tests.drawing.models import MODELS
from tests.drawing.soundness import assert_clear, assert_sound
from tinygraph.testing import recurrent_graphs

pytestmark = pytest.mark.dot


def delayed(page):
    return [line for line in page.lines if line.role == "delayed"]


@pytest.mark.parametrize("make", MODELS)
def test_folded_pages_hold_one_square_per_delay(make):
    graph = make()
    drawing = tg.draw(graph)
    squares = [shape for shape in drawing.page.shapes if shape.role == "delay"]
    assert len(squares) == len(graph.delays)
    assert len(delayed(drawing.page)) == 2 * len(squares)
    assert len(drawing.page.shapes) == len(drawing.picture.boxes) + len(squares)
    assert_sound(drawing.page)
    assert_clear(drawing.page)


@pytest.mark.parametrize("make", MODELS)
@pytest.mark.parametrize("steps", [1, 2, 5])
def test_unfolded_pages_repeat_one_step(make, steps):
    graph = make()
    drawing = tg.draw(graph, steps=steps)
    page, picture = drawing.page, drawing.picture
    assert not any(shape.role == "delay" for shape in page.shapes)
    in_time = [box.key for box in picture.boxes.values() if box.time]
    copies = [shape for shape in page.shapes if shape.step is not None]
    assert len(copies) == steps * len(in_time)
    assert len(page.frames) == steps * len(graph.times)
    inside = sum(max(0, steps - abs(loop.steps)) for loop in picture.loops)
    from_slots = sum(min(steps, abs(loop.steps)) for loop in picture.loops)
    assert len(delayed(page)) == inside + from_slots
    assert_sound(page)
    assert_clear(page)


@pytest.mark.parametrize("make", MODELS)
def test_time_runs_to_the_right_and_each_step_is_the_first_one_moved(make):
    page = tg.draw(make(), steps=4).page
    for name in {shape.box for shape in page.shapes if shape.step is not None}:
        places = [s.rect for s in page.shapes if s.box == name and s.step is not None]
        moves = {
            (round(b.left - a.left, 6), round(b.bottom - a.bottom, 6))
            for a, b in itertools.pairwise(places)
        }
        ((across, up),) = moves
        assert up == 0
        assert across > places[0].width
    for shape in page.shapes:
        if shape.frame:
            (frame,) = (f for f in page.frames if f.key == shape.frame)
            assert frame.step == shape.step
            assert frame.rect.meets(shape.rect)
            assert frame.rect.left < shape.rect.left
            assert shape.rect.right < frame.rect.right


@pytest.mark.parametrize("make", [models.rnn, models.lstm, models.language_model])
def test_lanes_stay_in_the_gap_between_two_steps(make):
    page = tg.draw(make(), steps=3).page
    frames = {frame.step: frame.rect for frame in page.frames}
    for line in delayed(page):
        if not line.tail.endswith("-0"):
            continue
        upright = [
            a[0]
            for a, b in itertools.pairwise(line.points)
            if abs(a[0] - b[0]) < 1e-6 and abs(a[1] - b[1]) > 1e-6
        ]
        assert upright
        assert all(frames[0].right < x < frames[1].left for x in upright)


def test_the_title_of_a_step_has_room_in_its_frame():
    page = tg.draw(models.encoder_decoder(), steps=12, max_steps=None).page
    for frame in page.frames:
        assert 6.5 * len(frame.title) + 8 < frame.rect.width
        own = [s.rect for s in page.shapes if s.frame == frame.key]
        left = min(rect.left for rect in own) - frame.rect.left
        right = frame.rect.right - max(rect.right for rect in own)
        assert left == pytest.approx(right, abs=1)


def test_a_past_delay_runs_right_and_a_future_delay_left():
    for k in (1, 2, -1, -2):
        page = tg.draw(models.loop(k), steps=5).page
        places = {shape.key: shape for shape in page.shapes}
        inside = [line for line in delayed(page) if places[line.tail].step is not None]
        assert len(inside) == 5 - abs(k)
        for line in inside:
            assert places[line.head].step - places[line.tail].step == k
            leaves_right = line.points[0][0] > places[line.tail].rect.x
            enters_left = line.tip[0] < places[line.head].rect.x
            assert leaves_right == enters_left == (k > 0)


def test_the_spine_of_an_rnn_is_straight():
    page = tg.draw(models.rnn(), steps=1).page
    places = {shape.key: shape.rect for shape in page.shapes}
    keys = ("x-0", "matmul-0", "add-0", "tanh-0", "h-0", "matmul_3-0", "o-0")
    spine = [places[key] for key in keys]
    assert max(p.x for p in spine) - min(p.x for p in spine) < 0.5
    assert all(a.top < b.bottom for a, b in itertools.pairwise(spine))


def test_the_loops_of_an_lstm_run_on_both_sides():
    page = tg.draw(models.lstm()).page
    places = {shape.key: shape.rect for shape in page.shapes}
    assert places["delay_c_prev"].right < places["c"].left
    assert places["delay_h_prev"].left > places["h"].right
    assert places["delay_c_prev"].y == pytest.approx(
        (places["c"].y + places["multiply"].y) / 2
    )
    (frame,) = page.frames
    assert frame.title == "LSTM cell"
    assert {line.color for line in delayed(page)} == {0, 1}


def test_the_loss_stands_above_the_middle_of_the_steps():
    page = tg.draw(models.language_model(), steps=5).page
    (loss,) = (shape for shape in page.shapes if shape.text == "loss = Σ Lₜ")
    (middle,) = (s for s in page.shapes if s.box == "L" and s.step == 2)
    assert loss.rect.x == pytest.approx(middle.rect.x)
    assert all(loss.rect.bottom > frame.rect.top for frame in page.frames)
    assert sum(line.head == loss.key for line in page.lines) == 5


def test_two_time_axes_are_two_rows_of_steps():
    drawing = tg.draw(models.encoder_decoder(), steps={"source": 3, "target": 4})
    frames = drawing.page.frames
    source = [f.rect for f in frames if f.title.startswith("source")]
    target = [f.rect for f in frames if f.title.startswith("target")]
    assert (len(source), len(target)) == (3, 4)
    assert max(f.top for f in source) < min(f.bottom for f in target)
    tail = [line.tail for line in drawing.page.lines if line.head == "last"]
    assert tail == ["h-2"]


@pytest.mark.parametrize(
    ("t", "steps", "tail"), [(1, 4, "h-1"), (-2, 4, "h-2"), (40, 90, "h-1")]
)
def test_a_picked_step_is_joined_by_its_copy(t, steps, tail):
    h = tg.tanh(tg.sequence("x", (3,)), name="h")
    page = tg.draw({"y": tg.at(h, t) * 2.0}, steps=steps).page
    assert [line.tail for line in page.lines if line.head == "at"] == [tail]


def test_many_steps_are_a_window_unless_told_otherwise():
    page = tg.draw(models.rnn(), steps=1000).page
    assert [frame.title for frame in page.frames] == ["t = 0", "t = 1", "t = 999"]
    assert any(shape.role == "ellipsis" for shape in page.shapes)
    leaving = [line for line in page.lines if line.role == "leaving"]
    assert len(leaving) == 2
    assert len(tg.draw(models.rnn(), steps=8, max_steps=None).page.frames) == 8


@pytest.mark.parametrize("k", [1, 2, 3, -1, -2])
@pytest.mark.parametrize("steps", [1, 3, 4, 7, 9])
def test_a_window_of_long_delays_is_sound(k, steps):
    for options in ({}, {"start": "t"}, {"max_steps": 4}):
        page = tg.draw(models.loop(k), steps=steps, **options).page
        assert_sound(page)
        assert_clear(page)


def test_a_piece_of_a_longer_sequence():
    page = tg.draw(models.rnn(), steps=3, start="t").page
    assert [f.title for f in page.frames] == ["step t−1", "step t", "step t+1"]
    texts = {shape.text for shape in page.shapes}
    assert {"hₜ₋₂", "hₜ₋₁", "hₜ", "hₜ₊₁"} <= texts
    assert [line.role for line in page.lines if line.color is not None] == [
        *("leaving", "delayed", "delayed", "leaving")
    ]


def test_steps_may_be_numbered_from_one():
    page = tg.draw(models.rnn(), steps=2, start=1).page
    texts = {shape.text for shape in page.shapes}
    assert {"h₀ = 0", "h₁", "h₂"} <= texts
    assert [frame.title for frame in page.frames] == ["t = 1", "t = 2"]


def test_weights_are_copied_or_shared():
    tied = tg.draw(models.rnn(), steps=3).page
    assert sum(shape.role == "tied" for shape in tied.shapes) == 12
    shared = tg.draw(models.rnn(), steps=3, parameters="shared").page
    weights = [shape for shape in shared.shapes if shape.role == "parameter"]
    assert len(weights) == 4
    assert all(w.rect.top < f.rect.bottom for w in weights for f in shared.frames)
    assert_sound(shared)


def test_equal_initial_values_of_one_node_are_one_ellipse():
    x = tg.sequence("x", ())
    a, b = tg.delay("a", shape=()), tg.delay("b", shape=(), steps=2)
    s = tg.tanh(x + a * 2 + b * 3).named("s")
    a.close(s)
    b.close(s)
    page = tg.draw(tg.Graph({"s": s}), steps=3).page
    slots = sorted(shape.text for shape in page.shapes if shape.role == "initial")
    assert slots == ["s₋₁ = 0", "s₋₂ = 0"]


def test_upside_down():
    upwards, downwards = (
        tg.draw(models.rnn(), steps=2, direction=d) for d in ("BT", "TB")
    )
    places = {shape.key: shape.rect for shape in upwards.page.shapes}
    for shape in downwards.page.shapes:
        assert shape.rect.y == pytest.approx(-places[shape.key].y)
        assert shape.rect.x == pytest.approx(places[shape.key].x)
    assert_sound(downwards.page)


@pytest.mark.parametrize("make", MODELS)
def test_from_left_to_right(make):
    graph = make()
    folded = tg.draw(graph, direction="LR")
    assert_sound(folded.page)
    assert_clear(folded.page)
    places = {shape.key: shape.rect for shape in folded.page.shapes}
    for wire in folded.picture.wires:
        if wire.tail in places and not wire.initial:
            assert places[wire.tail].x < places[wire.head].x
    upright = tg.draw(graph).page
    sizes = {s.key: (s.rect.width, s.rect.height) for s in upright.shapes}
    for key, rect in places.items():
        assert (rect.width, rect.height) == pytest.approx(sizes[key], abs=0.1)
    page = tg.draw(graph, steps=3, direction="LR").page
    assert_sound(page)
    assert_clear(page)
    for before, after in itertools.pairwise(sorted(f.rect.left for f in page.frames)):
        assert before < after
    lows = [frame.rect.bottom for frame in page.frames]
    assert max(lows) - min(lows) < min(frame.rect.height for frame in page.frames)


def test_an_encoder_hands_over_in_a_straight_line():
    page = tg.draw(models.encoder_decoder(), steps=3, direction="LR").page
    places = {shape.key: shape.rect for shape in page.shapes}
    (value,) = (s for s in page.shapes if s.text == "s₋₁")
    row = [places["h-2"], places["last"], value.rect, places["s-0"]]
    assert all(a.right < b.left for a, b in itertools.pairwise(row))
    assert max(r.y for r in row) - min(r.y for r in row) < 0.5
    (into,) = (line for line in page.lines if line.head == "last")
    (out,) = (line for line in page.lines if line.tail == "last")
    for line in (into, out):
        assert {round(y, 3) for _, y in line.points} == {round(row[0].y, 3)}
    folded = tg.draw(models.encoder_decoder(), direction="LR").page
    places = {shape.key: shape.rect for shape in folded.shapes}
    heights = [places[key].y for key in ("x", "h", "last", "add_2", "s")]
    assert max(heights) - min(heights) < 0.5


def test_what_another_sequence_reads_at_each_step_goes_over_the_row():
    x = tg.sequence("x", ("batch", 4), time="source")
    keys = tg.mean(tg.stack(tg.tanh(x).named("h")), axis=0).named("mean")
    y = tg.tanh(tg.sequence("y", ("batch", 4), time="target") * keys)
    page = tg.draw(tg.Graph({"y": y}), steps=3, direction="LR").page
    assert_sound(page)
    assert_clear(page)
    places = {shape.key: shape.rect for shape in page.shapes}
    assert all(places["mean"].bottom > frame.rect.top for frame in page.frames)


def test_a_graph_without_time_draws():
    a = tg.placeholder("a", (2, 3))
    page = tg.draw(tg.Graph({"y": tg.tanh(a @ models.weight("W", 3, 3))}), steps=4).page
    assert not page.frames
    assert_sound(page)


@given(
    recurrent_graphs(most_moves=8),
    st.integers(1, 8),
    st.sampled_from(["tied", "label", "shared", "hide"]),
    st.sampled_from(["auto", None, "variables"]),
    st.sampled_from([0, "t"]),
    st.sampled_from(["BT", "LR"]),
)
@settings(max_examples=25, deadline=None)
def test_any_recurrent_graph_draws(
    graph, steps, parameters, collapse, start, direction
):
    options = {"parameters": parameters, "collapse": collapse, "start": start}
    options["direction"] = direction
    folded = tg.draw(graph, **options)
    assert_sound(folded.page)
    assert_clear(folded.page)
    squares = [shape for shape in folded.page.shapes if shape.role == "delay"]
    assert len(squares) == len(graph.delays)
    unfolded = tg.draw(graph, steps=steps, **options).page
    assert_sound(unfolded)
    assert_clear(unfolded)
    for axis in graph.times:
        frames = [f for f in unfolded.frames if f.key.startswith(f"step_{axis}-")]
        for before, after in itertools.pairwise(frames):
            assert before.step < after.step
            assert before.rect.right < after.rect.left
