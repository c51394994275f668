"""Pictures say no more and no less than the graph: operands, axes, colours, gaps."""

import pytest

import tinygraph as tg
from tests.drawing import models
from tests.drawing.soundness import assert_clear, assert_sound
from tests.drawing.test_model import roles, texts, wires


def labelled(graph, **options):
    """(tail, head, label) of every wire, by texts."""
    picture = tg.draw(graph, **options).picture
    named = texts(graph, **options)
    return [(named[w.tail], named[w.head], w.label) for w in picture.wires]


@pytest.mark.parametrize("time", [None, "t"])
def test_a_value_that_is_read_twice_has_two_edges(time):
    x = tg.placeholder("x", (3, 3)) if time is None else tg.sequence("x", (3, 3))
    name = "x" if time is None else "xₜ"
    assert wires({"y": x * x}).count((name, "×")) == 2
    assert wires({"y": (x + x) + tg.exp(x)}).count((name, "+")) == 2
    assert wires({"y": tg.tanh(x)}).count((name, "tanh")) == 1


@pytest.mark.dot
@pytest.mark.parametrize("steps", [None, 1, 3, 9])
def test_two_edges_of_two_boxes_are_two_lines(steps):
    x, s = tg.sequence("x", (3,)), tg.placeholder("s", (3,))
    static = tg.last(x) * tg.last(x) + s * s
    page = tg.draw({"y": x * x, "z": static}, steps=steps).page
    assert_sound(page)
    assert_clear(page)


def test_a_delay_that_is_read_twice_has_an_ellipse_and_two_edges():
    x = tg.sequence("x", ())
    before = tg.delay("s_prev", shape=())
    s = tg.tanh(x + before * before).named("s")
    before.close(s)
    assert wires({"s": s}).count(("sₜ₋₁", "×")) == 2


def test_modules_and_variables_read_a_value_once():
    x = tg.sequence("x", ())
    with tg.scope("Square"):
        y = x * x
    graph = tg.Graph({"y": tg.tanh(y).named("y")})
    assert wires(graph, collapse="layers").count(("xₜ", "Square")) == 1
    assert wires(graph, collapse="variables") == [("xₜ", "yₜ")]


def test_the_right_operand_is_marked_where_order_matters():
    x, z = tg.sequence("x", (3, 3)), tg.sequence("z", (3, 3))
    W = models.weight("W", 3, 3)
    assert ("zₜ", "−", "right") in labelled({"y": x - z})
    assert ("xₜ", "−", "") in labelled({"y": x - z})
    assert ("xₜ", "÷", "right") in labelled({"y": z / x})
    assert ("zₜ", "matmul", "right") in labelled({"y": x @ z})
    assert ("xₜ", "matmul", "right") in labelled({"y": W @ x})
    assert [label for *_, label in labelled({"y": x - x})].count("right") == 1
    for plain in (x @ W, x * z, x + z, 1 - x, x / 2.0):
        assert {label for *_, label in labelled({"y": plain})} == {""}
    assert ("zₜ", "−", "3×3 right") in labelled({"y": x - z}, shapes="edge")


def test_an_input_that_is_an_output_says_so():
    x, z = tg.sequence("x", ()), tg.sequence("z", ())
    found = texts({"x": x, "copy": z, "y": x + z})
    assert {"xₜ\noutput", "zₜ\noutput copy"} <= set(found.values())
    assert roles({"x": x})["xₜ\noutput"] == "input"


def test_each_time_axis_has_a_letter_of_its_own():
    axes = ("t", "target", "source", "step", "文")
    nodes = {axis: tg.sequence(f"x{i}", (), time=axis) for i, axis in enumerate(axes)}
    picture = tg.draw(nodes).picture
    assert len(set(picture.letters.values())) == len(axes)
    assert picture.letters["t"] == "ₜ"
    two = tg.draw(models.encoder_decoder()).picture.letters
    assert two == {"source": "ₛ", "target": "ₜ"}
    found = {box.label.at(picture.now(box)) for box in picture.boxes.values()}
    assert {
        f"x{i}{picture.letters[a]}\noutput {a}" for i, a in enumerate(axes)
    } == found


def test_a_sum_over_time_names_its_axis():
    x, y = tg.sequence("x", (), time="source"), tg.sequence("y", (), time="target")
    found = texts({"z": tg.sum_over_time(x) + tg.sum_over_time(y)}).values()
    assert {"Σₛ", "Σₜ"} <= set(found)
    part = tg.exp(x).named("L")
    total = tg.Graph({"L": part, "loss": tg.sum_over_time(part)})
    assert "loss = Σ Lₛ" in texts(total).values()


def test_a_state_has_one_colour_in_every_picture_of_a_graph():
    graph = models.stacked(2)
    drawn = [
        {loop.name: loop.color for loop in tg.draw(graph, **options).picture.loops}
        for options in (
            {},
            {"steps": 3},
            {"collapse": None},
            {"collapse": "variables"},
            {"expand": "Cell 2"},
        )
    ]
    assert all(colors == drawn[0] for colors in drawn)
    assert sorted(drawn[0].values()) == [0, 0, 1, 1]
    ahead = tg.draw(models.bidirectional()).picture.loops
    assert sorted(loop.color for loop in ahead) == [0, 2]


@pytest.mark.dot
@pytest.mark.parametrize("most", [3, 4, 6, 8])
def test_as_many_steps_are_shown_as_are_asked_for(most):
    page = tg.draw(models.rnn(), steps=8, max_steps=most).page
    numbers = [frame.step for frame in page.frames]
    assert numbers == (list(range(8)) if most == 8 else [*range(most - 1), 7])
    usual = tg.draw(models.rnn(), steps=8).page
    assert [frame.step for frame in usual.frames] == [0, 1, 7]


@pytest.mark.dot
@pytest.mark.parametrize("direction", ["BT", "TB"])
def test_a_sum_over_a_window_has_dots_among_its_arrows(direction):
    x = tg.sequence("x", (3,))
    graph = tg.Graph({"s": tg.sum_over_time(x), "last": tg.last(x)})
    page = tg.draw(graph, steps=9, direction=direction).page
    tails = {line.tail: line.head for line in page.lines}
    dots = [shape for shape in page.shapes if shape.key.startswith("more_t-above")]
    assert [tails[shape.key] for shape in dots] == ["sum_over_time"]
    assert_sound(page)
    whole = tg.draw(graph, steps=6).page
    assert not [shape for shape in whole.shapes if shape.role == "ellipsis"]


@pytest.mark.dot
def test_a_shared_parameter_reaches_the_steps_left_out_too():
    page = tg.draw(models.rnn(), steps=9, parameters="shared").page
    heads = [line.head for line in page.lines if line.tail in ("U", "W", "V", "b")]
    assert sum(head.startswith("more_t-below") for head in heads) >= 1
    assert_sound(page)
    assert_clear(page)


@pytest.mark.dot
def test_a_newline_or_a_tab_in_a_name_is_harmless():
    x = tg.sequence("a\nb\tc", (3,))
    before = tg.delay("d\n", shape=(3,))
    h = tg.tanh(x + before).named("u\nv")
    before.close(h)
    drawing = tg.draw({"y\n": h})
    assert "a␊b␉cₜ" in {shape.text for shape in drawing.page.shapes}
    assert_sound(drawing.page)
    assert "\t" not in drawing.svg()
    assert all(
        "goes to" in line or ":" in line for line in drawing.describe().split("\n")
    )
