"""The book's figure: variables alone, weights beside the lines, round loops, a note."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygraph as tg
import tinygraph_rnn as rnn
from tests.drawing import models
from tests.drawing.soundness import (
    assert_clear,
    assert_labels_beside_lines,
    assert_own_tracks,
    assert_sound,
)
from tinygraph.drawing.layout.labels import label_rect
from tinygraph.drawing.layout.loop_lanes import SQUARE
from tinygraph.drawing.layout.page import around
from tinygraph.drawing.model.texts import Moment
from tinygraph.testing import recurrent_graphs
from tinygraph_rnn.cli.pictures import picture_graph

pytestmark = pytest.mark.dot


def textbook():
    """x, h, o, L and y of chapter 10 of Deep Learning, and the sum of L over time."""
    x = tg.sequence("x", ("batch", 8))
    y = tg.sequence("y", ("batch",), "int64")
    h_prev = tg.delay("h_prev", shape=("batch", 16))
    U, W = models.weight("U", 8, 16), models.weight("W", 16, 16)
    h = tg.tanh(x @ U + h_prev @ W + models.weight("b", 16)).named("h")
    h_prev.close(h)
    o = (h @ models.weight("V", 16, 4) + models.weight("c", 4)).named("o")
    L = tg.mean(tg.cross_entropy(o, y)).named("L")
    return tg.Graph({"loss": tg.sum_over_time(L)})


def two_loops(time="t", start=tg.last):
    """A second loop starts from the last state of a first."""
    x = tg.sequence("x", ("batch", 4))
    h_prev = tg.delay("h_prev", shape=("batch", 4))
    h = tg.tanh(x + h_prev @ models.weight("W", 4, 4)).named("h")
    h_prev.close(h)
    s_prev = tg.delay("s_prev", init=start(h), time=time)
    s = tg.tanh(s_prev @ models.weight("R", 4, 4)).named("s")
    s_prev.close(s)
    return tg.Graph({"s": s})


def drawn(graph, **options):
    return tg.draw(graph, collapse="variables", **options)


def texts(drawing):
    boxes = drawing.picture.boxes
    return {key: box.label.at(Moment()) for key, box in boxes.items()}


def test_the_figure_of_the_textbook():
    drawing = drawn(textbook())
    named = texts(drawing)
    assert sorted(named.values()) == sorted(
        ["xₜ", "hₜ", "oₜ", "yₜ", "Lₜ", "loss = Σ Lₜ"]
    )
    lines = {(named[w.tail], named[w.head]): w.label for w in drawing.picture.wires}
    assert lines == {
        ("xₜ", "hₜ"): "U",
        ("hₜ", "oₜ"): "V",
        ("oₜ", "Lₜ"): "",
        ("yₜ", "Lₜ"): "",
        ("Lₜ", "loss = Σ Lₜ"): "",
    }
    (loop,) = drawing.picture.loops
    assert (named[loop.tail], named[loop.head], loop.label) == ("hₜ", "hₜ", "W")


@pytest.mark.parametrize("steps", [None, 2])
@pytest.mark.parametrize("parameters", ["label", "tied", "shared", "hide"])
def test_a_sum_over_time_is_drawn_once(steps, parameters):
    x = tg.sequence("x", (3,))
    before = tg.delay("h_prev", shape=(3,))
    h = tg.tanh(x + before).named("h")
    before.close(h)
    graph = {"loss": tg.sum_over_time(tg.mean(h).named("L"))}
    drawing = drawn(graph, steps=steps, parameters=parameters)
    joined = {end for w in drawing.picture.wires for end in (w.tail, w.head)}
    assert [*texts(drawing).values()].count("loss = Σ Lₜ") == 1
    assert joined == drawing.picture.boxes.keys()


@pytest.mark.parametrize("steps", [None, 1, 3, 9])
@pytest.mark.parametrize("time", ["t", "target"])
@pytest.mark.parametrize("parameters", ["label", "tied", "shared", "hide"])
def test_a_loop_that_starts_from_the_last_state_of_another(steps, time, parameters):
    drawing = drawn(two_loops(time), steps=steps, parameters=parameters)
    named = texts(drawing)
    reads = {
        (named[w.tail], named[w.head]): w.steps_read for w in drawing.picture.wires
    }
    assert reads["hₜ", "last"] == range(-1, 0)
    assert_sound(drawing.page)
    assert not any(shape.text == "s₋₁ = h" for shape in drawing.page.shapes)


def starts(make, **options):
    """Return the texts of the values before the first step of a loop."""
    start = tg.placeholder("start", (2, 4))
    h_prev = tg.delay("h_prev", **make(start))
    h = tg.tanh(h_prev).named("h")
    h_prev.close(h)
    page = drawn(tg.Graph({"h": h}), steps=2, **options).page
    return {shape.text for shape in page.shapes if "before" in shape.key}


@pytest.mark.parametrize(
    ("make", "texts"),
    [
        (lambda start: {"init": start[1]}, {"h₋₁ = start[1, :]"}),
        (lambda start: {"init": tg.tanh(start[1])}, {"h₋₁"}),
        (lambda start: {"init": tg.tanh(start[1]).named("s")}, {"h₋₁"}),
        (lambda start: {"history": start * 2.0, "steps": 2}, {"h₋₁", "h₋₂"}),
        (
            lambda start: {"history": start, "steps": 2},
            {"h₋₁ = start[1]", "h₋₂ = start[0]"},
        ),
    ],
)
def test_what_a_loop_begins_with_is_called_by_its_name_or_not_at_all(make, texts):
    assert starts(make) == texts


def test_what_stands_between_the_last_state_and_the_start_is_no_state():
    graph = two_loops(start=lambda h: tg.tanh(tg.last(h)) * 0.5)
    drawing = drawn(graph, steps=2)
    assert [loop.initial_source for loop in drawing.picture.loops] == [None, "last"]
    assert "tanh" not in texts(drawing).values()


def attending(time="target"):
    """Each step of one loop looks at all states of another."""
    x = tg.sequence("x", ("batch", 4))
    h_prev = tg.delay("h_prev", shape=("batch", 4))
    h = tg.tanh(x + h_prev).named("h")
    h_prev.close(h)
    s_prev = tg.delay("s_prev", shape=("batch", 4), time=time)
    scores = tg.softmax(tg.sum(s_prev * tg.stack(h), axis=-1), axis=0)
    look = tg.sum(tg.expand_dims(scores, -1) * tg.stack(h), axis=0)
    s = tg.tanh(look + s_prev).named("s")
    s_prev.close(s)
    return tg.Graph({"s": s})


@pytest.mark.parametrize("steps", [None, 1, 3, 9])
@pytest.mark.parametrize("time", ["t", "target"])
def test_a_step_that_looks_at_all_of_another_loop(steps, time):
    drawing = drawn(attending(time), steps=steps)
    named = texts(drawing)
    boxes = drawing.picture.boxes
    reads = {
        (named[w.tail], named[w.head], w.steps_read) for w in drawing.picture.wires
    }
    assert ("hₜ", "stack", None) in reads
    for wire in drawing.picture.wires:
        tail, head = boxes[wire.tail].time, boxes[wire.head].time
        assert None in (tail, head) or tail == head
    assert_sound(drawing.page)


def test_parameters_are_beside_edges_unless_asked_for_otherwise():
    assert drawn(models.rnn()).options.parameters == "label"
    assert drawn(models.rnn(), parameters="tied").options.parameters == "tied"
    assert tg.draw(models.rnn()).options.parameters == "tied"


def test_a_note_says_what_the_square_is():
    assert drawn(textbook()).picture.note == "■ delay of one step"
    assert drawn(models.loop(2)).picture.note == "■ k: delay of k steps"
    for without in (drawn(textbook(), steps=2), tg.draw(textbook())):
        assert without.picture.note == ""
    still = drawn({"y": tg.tanh(tg.placeholder("a"))})
    assert still.picture.note == ""
    page = drawn(textbook()).page
    (note,) = (shape for shape in page.shapes if shape.role == "note")
    others = [shape for shape in page.shapes if shape is not note]
    assert note.rect.top < min(shape.rect.bottom for shape in others)


def test_a_loop_of_one_box_is_round_and_near_it():
    page = drawn(textbook()).page
    shapes = {shape.box: shape for shape in page.shapes}
    box, square = shapes["h"].rect, shapes["delay_h_prev"].rect
    assert box.right < square.left < box.right + 2.5 * SQUARE
    assert square.y == box.y
    into, out = (line for line in page.lines if line.role == "delayed")
    assert into.points[-1] == (square.x, square.top)
    assert out.points[0] == (square.x, square.bottom)
    (x, y), (back_x, back_y) = out.tip, out.points[-1]
    assert math.dist(out.tip, out.points[-1]) == pytest.approx(8.0)
    assert back_x > x
    assert back_y < y < box.y
    assert_clear(page)


@pytest.mark.parametrize("cell", ["rnn", "lstm"])
def test_a_loop_stands_by_its_box_where_lines_end_beside_it(cell):
    """In an LSTM a gate's line comes from the side; weights stay in the frame."""
    page = drawn(picture_graph(cell)).page
    shapes = {shape.box: shape for shape in page.shapes}
    state = "h" if cell == "rnn" else "c"
    (loop,) = [k for k in page.lines if k.role == "delayed" and k.head == state]
    box, square = shapes[state].rect, shapes[loop.tail].rect
    assert abs(square.x - box.x) < box.width / 2 + 2.5 * SQUARE
    assert abs(square.y - box.y) <= 24.0
    (frame,) = page.frames
    labels = [label_rect(k, k.label_point) for k in page.lines if k.label]
    assert around([frame.rect, *(label.grown(4.0) for label in labels)]) == frame.rect
    assert_clear(page)
    assert_labels_beside_lines(page)


@pytest.mark.parametrize("cell", ["lstm", "lstm-coupled", "gru", "rnn"])
@pytest.mark.parametrize("direction", ["BT", "LR"])
def test_rows_make_room_for_a_round_loop(cell, direction):
    """Between the targets and the gates of an LSTM there was none."""
    rng = np.random.default_rng(0)
    model = rnn.LanguageModel(65, cell=cell, hidden_size=8, rng=rng)
    page = drawn(model.loss_graph(), direction=direction).page
    rects = {shape.key: shape.rect for shape in page.shapes}
    ends = {line.tail: line.head for line in page.lines if line.key.endswith("-out")}
    starts = {line.head: line.tail for line in page.lines if line.key.endswith("-in")}
    own = [(rects[k], rects[box]) for k, box in ends.items() if starts[k] == box]
    assert own or cell == "gru"
    for square, box in own:
        assert math.hypot(square.x - box.x, square.y - box.y) < 85
    assert_sound(page)
    assert_clear(page)
    assert_own_tracks(page)
    assert_labels_beside_lines(page)


def test_loops_at_other_heights_stand_at_the_same_distance():
    graph = models.stacked(4)
    page = tg.draw(graph, max_repeats=None).page
    squares = [shape.rect for shape in page.shapes if shape.role == "delay"]
    assert len(squares) == 8
    assert len({round(rect.x) for rect in squares}) == 2
    for a in squares:
        assert not any(a.meets(b) for b in squares if a is not b)
    both = models.stacked(2)
    ends = [shape.rect.x for shape in drawn(both).page.shapes if shape.role == "delay"]
    assert len(ends) == 4


@pytest.mark.parametrize("steps", [None, 1, 3])
@pytest.mark.parametrize("collapse", ["variables", "auto"])
def test_weights_stand_beside_the_lines(steps, collapse):
    for make in (textbook, two_loops, models.rnn, models.encoder_decoder):
        drawing = tg.draw(make(), steps=steps, collapse=collapse, parameters="label")
        assert_labels_beside_lines(drawing.page)


@settings(deadline=None, max_examples=15)
@given(recurrent_graphs(), st.sampled_from([None, 1, 3]))
def test_pictures_of_variables_of_random_graphs_are_sound(graph, steps):
    page = drawn(graph, steps=steps).page
    assert_sound(page)
    assert_clear(page)
    assert_labels_beside_lines(page)
