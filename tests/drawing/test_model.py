"""What is on a picture: boxes, wires and loops, before anything has a place."""

import numpy as np
import pytest

import tinygraph as tg
from tests.drawing import models
from tinygraph.drawing.model.texts import Moment

NOW = Moment()


def texts(graph, **options):
    """The text of every box, by key."""
    picture = tg.draw(graph, **options).picture
    return {key: box.label.at(NOW) for key, box in picture.boxes.items()}


def wires(graph, **options):
    """(text, text) of the ends of every wire."""
    picture = tg.draw(graph, **options).picture
    named = {key: box.label.at(NOW) for key, box in picture.boxes.items()}
    return [(named[wire.tail], named[wire.head]) for wire in picture.wires]


def roles(graph, **options):
    """Text → role."""
    boxes = tg.draw(graph, **options).picture.boxes.values()
    return {box.label.at(NOW): box.role for box in boxes}


def loops(graph, **options):
    """(tail, head, steps) of every loop, by text."""
    picture = tg.draw(graph, **options).picture
    named = {key: box.label.at(NOW) for key, box in picture.boxes.items()}
    return [(named[k.tail], named[k.head], k.steps) for k in picture.loops]


def test_an_rnn_is_the_picture_of_the_textbook():
    found = texts(models.rnn())
    assert sorted(found.values()) == sorted(
        [
            "xₜ",
            "matmul",
            "U",
            "matmul",
            "W",
            "+",
            "b",
            "tanh",
            "hₜ",
            "matmul",
            "V",
            "oₜ",
        ]
    )
    assert loops(models.rnn()) == [("hₜ", "matmul", 1)]
    edges = wires(models.rnn())
    assert len(edges) == len(found) - 1
    assert [head for _, head in edges].count("+") == 3
    assert ("tanh", "hₜ") in edges
    assert ("matmul", "oₜ") in edges


def test_roles_say_what_a_box_is():
    found = roles(models.rnn())
    assert found["xₜ"] == "input"
    assert found["hₜ"] == "state"
    assert found["oₜ"] == "output"
    assert found["W"] == "parameter"
    assert found["+"] == "circle"
    assert found["tanh"] == "op"
    assert roles(models.language_model())["Lₜ"] == "loss"


def test_lifts_are_hidden():
    graph = models.rnn()
    assert any(node.op.name == "every_step" for node in graph)
    assert "every_step" not in texts(graph).values()
    assert ("W", "matmul") in wires(graph)


def test_by_default_the_outermost_scopes_that_leave_something_to_see_are_boxes():
    picture = tg.draw(models.lstm()).picture
    assert picture.title == "LSTM cell"
    found = texts(models.lstm())
    assert "Linear f" in found.values()
    assert "gate fₜ\nσ" in found.values()
    assert "Wf" not in found.values()
    words = texts(models.language_model()).values()
    assert set(words) == {
        *("xₜ", "yₜ", "Embed", "RNN cell", "hₜ", "Linear", "cross-entropy", "Lₜ"),
        "loss = Σ Lₜ",
    }


@pytest.mark.parametrize("collapse", ["layers", 1, "LSTM cell", ["LSTM cell"]])
def test_a_cell_collapses_into_one_box_with_its_states_outside(collapse):
    graph = models.lstm()
    assert set(texts(graph, collapse=collapse).values()) == {
        "xₜ",
        "LSTM cell",
        "hₜ",
        "cₜ",
    }
    assert sorted(loops(graph, collapse=collapse)) == [
        ("cₜ", "LSTM cell", 1),
        ("hₜ", "LSTM cell", 1),
    ]


@pytest.mark.parametrize("collapse", [None, False, 0])
def test_nothing_collapses(collapse):
    found = list(texts(models.lstm(), collapse=collapse).values())
    assert found.count("matmul") == 4
    assert "Wf" in found


def test_scopes_that_start_small_are_functions_and_not_modules():
    found = roles(models.language_model())
    assert found["cross-entropy"] == "function"
    assert found["Linear"] == "module"


def test_two_applications_of_a_layer_are_two_boxes():
    x = tg.sequence("x", (4,))

    def layer(value):
        with tg.scope("Layer"):
            return value * 2

    graph = tg.Graph({"y": layer(tg.tanh(layer(x)))})
    assert list(texts(graph, collapse="layers").values()).count("Layer") == 2


def test_variables_only():
    graph = models.rnn()
    found = texts(graph, collapse="variables", parameters="label")
    assert sorted(found.values()) == ["hₜ", "oₜ", "xₜ"]
    picture = tg.draw(graph, collapse="variables", parameters="label").picture
    assert [wire.label for wire in picture.wires] == ["U", "V"]
    assert picture.loops[0].label == "W"


def test_weights_beside_edges_or_in_ops():
    picture = tg.draw(models.rnn(), parameters="label").picture
    assert sorted(wire.label for wire in picture.wires if wire.label) == ["U", "V"]
    assert picture.loops[0].label == "W"
    assert "+ b" in texts(models.rnn(), parameters="label").values()
    hidden = texts(models.rnn(), parameters="hide").values()
    assert not {"W", "U", "V", "b", "+ b"} & set(hidden)


def test_shapes_on_edges():
    picture = tg.draw(models.rnn(), shapes="edge", parameters="hide").picture
    assert {wire.label for wire in picture.wires} == {"batch×8", "batch×16", "batch×4"}
    assert "float32[" not in "".join(
        box.hover for box in tg.draw(models.rnn(), shapes=None).picture.boxes.values()
    )


def test_constant_scalars_stand_in_the_ops_that_read_them():
    x = tg.sequence("x", (3,))
    graph = tg.Graph({"y": (1 - x) * 0.5 + tg.maximum(x, 0.0)})
    found = set(texts(graph).values())
    assert {"1 −", "× 0.5", "maximum 0"} <= found
    mean = tg.Graph({"y": tg.mean_over_time(x)})
    assert "÷ T" in texts(mean).values()


def test_sums_of_several_are_one_circle():
    x, y = tg.sequence("x", ()), tg.sequence("y", ())
    graph = tg.Graph({"s": ((x + y) + tg.tanh(x)) + y})
    assert list(texts(graph).values()).count("+") == 1
    named = tg.Graph({"s": (x + y).named("part") + y})
    assert "partₜ\n+" in texts(named).values()


def test_a_delay_read_in_two_places_has_an_ellipse_of_its_own():
    x = tg.sequence("x", ())
    before = tg.delay("s_prev", shape=())
    s = (tg.tanh(before) + x * before).named("s")
    before.close(s)
    graph = tg.Graph({"s": s})
    assert loops(graph) == [("sₜ", "sₜ₋₁", 1)]
    assert roles(graph)["sₜ₋₁"] == "held"
    assert {("sₜ₋₁", "tanh"), ("sₜ₋₁", "×")} <= set(wires(graph))


def test_delays_in_a_row_and_delayed_inputs():
    x = tg.sequence("x", ())
    one = tg.delay("one", source=x)
    two = tg.delay("two", source=one, steps=2)
    graph = tg.Graph({"y": x + two})
    assert sorted(loops(graph)) == [("xₜ", "xₜ₋₁", 1), ("xₜ₋₁", "+", 2)]


def test_a_delay_of_itself_draws():
    d = tg.delay("d", init=tg.placeholder("d0", (3,)))
    d.close(d)
    assert loops(tg.Graph({"y": d * 2})) == [("d", "d", 1)]


def test_initial_values_are_drawn_where_they_are_more_than_a_number():
    h0 = tg.placeholder("h0", ("batch", 16))
    folded = tg.draw(models.rnn(h0)).picture
    assert [(w.tail, w.initial) for w in folded.wires if w.initial] == [("h0", True)]
    unrolled = tg.draw(models.rnn(h0), steps=2).picture
    assert "h0" not in unrolled.boxes
    assert unrolled.loops[0].initial_values == ("h0",)
    assert tg.draw(models.rnn(), steps=2).picture.loops[0].initial_values == ("0",)
    computed = tg.draw(models.encoder_decoder(), steps=2).picture
    assert [loop.initial_source for loop in computed.loops] == [None, "last"]


@pytest.mark.dot
def test_an_initial_value_read_from_steps_is_named():
    """`last(h)` stays in pictures of variables: h has a box per step."""
    drawing = tg.draw(models.encoder_decoder(), steps=2, collapse="variables")
    _, s_prev = drawing.picture.loops
    assert (s_prev.initial_source, s_prev.initial_values) == ("last", ())
    (text,) = (s.text for s in drawing.page.shapes if s.key.startswith(s_prev.key))
    assert text == "s₋₁"


def test_an_unrolled_graph_is_drawn_from_its_folded_form():
    graph = models.rnn()
    unrolled = tg.draw(tg.unroll(graph, 3))
    assert unrolled.steps == {"t": 3}
    assert unrolled.dot == tg.draw(graph, steps=3).dot


def test_a_leaf_that_is_an_output_and_nothing_else_is_drawn():
    a = tg.placeholder("a", (3,))
    assert list(texts(tg.Graph({"a": a})).values()) == ["a\noutput"]


def test_outputs_and_a_single_node_may_be_drawn_directly():
    x = tg.sequence("x", ())
    assert texts({"y": tg.tanh(x)}) == texts(tg.Graph({"y": tg.tanh(x)}))
    assert "tanh" in texts(tg.tanh(x)).values()


def test_labels_by_name_node_op_and_scope():
    graph = models.language_model()
    labels = {
        "x": "word xₜ",
        graph["y"]: "next word xₜ₊₁",
        "Embed": "Embed V×d",
        "loss": "L = Σ Lₜ",
    }
    found = set(texts(graph, labels=labels).values())
    assert {"word xₜ", "next word xₜ₊₁", "Embed V×d", "L = Σ Lₜ"} <= found
    assert "σ(z)" in texts(models.rnn(), labels={"tanh": "σ(z)"}).values()


def test_labels_of_each_step():
    drawing = tg.draw(models.rnn(), steps=3, labels={"x": ["a", "b"], "o": "out oₜ₊₁"})
    shown = {shape.key: shape.text for shape in drawing.page.shapes}
    assert [shown[f"x-{t}"] for t in range(3)] == ["a", "b", "x₂"]
    assert [shown[f"o-{t}"] for t in range(3)] == ["out o₁", "out o₂", "out o₃"]


def test_labels_of_the_user_are_never_cut():
    long = "a text of the user, as long as the slide is wide, and longer"
    labels = {"h": f"{long} hₜ", "V": long, "o": [f"{long} one", f"{long} two"]}
    drawing = tg.draw(models.rnn(), steps=2, labels=labels)
    shown = {shape.key: shape.text for shape in drawing.page.shapes}
    assert shown["h-1"] == f"{long} h₁"
    assert shown["V-0"] == long
    assert shown["o-1"] == f"{long} two"
    graph = models.language_model()
    found = set(texts(graph, labels={"L": long, "Embed": long}).values())
    assert {f"loss = Σ {long}ₜ", long} <= found


def test_labels_that_name_nothing_are_refused():
    with pytest.raises(
        tg.DrawingError, match="labels names 'z', but the graph has no such"
    ):
        tg.draw(models.rnn(), labels={"z": "zₜ"})


def test_slices_say_what_they_cut():
    x = tg.sequence("x", ("batch", 8))
    a, b = tg.split(x, 2, axis=-1)
    assert {"[:, 0:4]", "[:, 4:8]"} <= set(texts(tg.Graph({"y": a * b})).values())


def test_slices_of_a_product_that_names_follow_are_left_out():
    """As of a GRU, where sums lie between. Without names they stay."""
    x = tg.sequence("x", ("batch", 8))
    product = x @ models.weight("W", 8, 8)
    a, b = product[..., :4], product[..., 4:]
    total = a + models.weight("b", 4)
    named = tg.Graph({"y": tg.tanh(total).named("f") * tg.tanh(b).named("g")})
    assert not [text for text in texts(named).values() if "[" in text]
    plain = tg.Graph({"y": tg.exp(total * 2.0) * tg.tanh(b)})
    assert {"[:, :4]", "[:, 4:]"} <= set(texts(plain).values())


def test_a_picture_of_a_big_constant():
    x = tg.sequence("x", (3,))
    found = roles(tg.Graph({"y": x * tg.constant(np.arange(3.0, dtype="float32"))}))
    assert found["constant"] == "constant"


def test_a_cell_repeated_more_than_twice_is_drawn_once():
    found = list(texts(models.stacked(4)).values())
    assert sorted(found) == ["Cell ×4", "cₜ ×4", "hₜ ×4", "xₜ"]
    assert sorted(loops(models.stacked(4))) == [
        ("cₜ ×4", "Cell ×4", 1),
        ("hₜ ×4", "Cell ×4", 1),
    ]
    assert "Cell 2" in texts(models.stacked(2)).values()
    assert "Cell ×2" in texts(models.stacked(2), max_repeats=1).values()
    assert "Cell 4" in texts(models.stacked(4), max_repeats=None).values()
    (cell,) = (
        box
        for box in tg.draw(models.stacked(3)).picture.boxes.values()
        if box.role == "module"
    )
    assert {node.scope for node in cell.shows} == {
        ("Cell 1",),
        ("Cell 2",),
        ("Cell 3",),
    }


def test_what_reads_the_top_cell_reads_the_one_that_is_drawn():
    top = models.stacked(3)["y"]
    graph = tg.Graph({"loss": tg.sum_over_time(tg.sum(top * 2))})
    assert ("hₜ ×3", "× 2") in wires(graph)
    assert [wire[1] for wire in wires(graph)].count("Cell ×3") == 1


def test_a_delay_that_leaves_the_top_cell_leaves_the_one_that_is_drawn():
    top = models.stacked(3)["y"]
    late = tg.delay("late", source=top, steps=2)
    graph = tg.Graph({"y": late * 2})
    assert ("hₜ ×3", "× 2", 2) in loops(graph)
    assert "Cell ×3" in texts(graph).values()


def test_unequal_cells_and_cells_read_from_the_side_are_drawn_each():
    x = tg.sequence("x", ("batch", 4))
    below = models.stacked(3, x)
    side = tg.Graph({"y": below["y"] + x, "c": below.delays[1].source * 2})
    assert "Cell 1" in texts(side).values()

    def layer(value, i):
        with tg.scope(f"Layer {i}"):
            return value * 2 if i % 2 else tg.tanh(value)

    alike = layer(layer(layer(x, 1), 3), 5)
    assert "Layer ×3" in texts(tg.Graph({"y": alike}), collapse="layers").values()
    mixed = layer(layer(layer(x, 1), 2), 3)
    assert "Layer 2" in texts(tg.Graph({"y": mixed}), collapse="layers").values()
    two = tg.Graph({"y": layer(tg.exp(layer(x, 1)), 2)})
    assert "Layer 1" in texts(two, max_repeats=1).values()


def test_repeats_without_a_meaning():
    with pytest.raises(tg.DrawingError, match="max_repeats must be None or at least 1"):
        tg.draw(models.rnn(), max_repeats=0)
