"""What a lecturer adds to a picture: styles, highlights, legend, shapes, signs."""

import itertools
import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygraph as tg
import tinygraph_rnn as rnn
from tests.drawing import models
from tests.drawing.seeing import contrast
from tinygraph.drawing.layout.themes import dark_of
from tinygraph.drawing.model.user_styles import COLORS, as_styles
from tinygraph.drawing.output.legend import KINDS, LINES
from tinygraph.testing import recurrent_graphs

LOOK = {
    "c": "orange",
    "Linear f": {"color": "#123456", "penwidth": 4, "style": "dashed"},
}


def shapes(drawing):
    return {shape.key: shape for shape in drawing.page.shapes}


def texts(graph, **options):
    boxes = tg.draw(graph, **options).picture.boxes
    return {key: box.label.still for key, box in boxes.items()}


@pytest.mark.dot
@pytest.mark.parametrize("steps", [None, 2])
def test_boxes_have_the_look_that_the_user_gives_them(steps):
    drawing = tg.draw(models.lstm(), steps=steps, styles=LOOK)
    ending = "" if steps is None else "-1"
    root = ElementTree.fromstring(drawing.svg())
    found = {group.get("id"): group for group in root.iter() if group.get("id")}

    def outline(key):
        tags = ("ellipse", "path", "polygon")
        return next(e for e in found[key] if e.tag.rpartition("}")[2] in tags)

    assert outline(f"c{ending}").get("fill") == COLORS["orange"].lower()
    linear = outline(f"Linear_f{ending}")
    assert linear.get("stroke") == "#123456"
    assert linear.get("stroke-width") == "4"
    assert linear.get("stroke-dasharray")
    assert outline(f"Linear_i{ending}").get("stroke") == "#5b3e96"
    plain = tg.draw(models.lstm(), steps=steps)
    assert [s.rect for s in plain.page.shapes] == [s.rect for s in drawing.page.shapes]
    tikz = drawing.tikz()
    assert "fill=tgFFA726" in tikz
    assert "draw=tg123456" in tikz


def test_a_style_is_found_by_node_name_output_op_and_scope():
    graph = models.language_model()
    keys = [graph["y"], "h", "loss", "L", "Embed", "cross-entropy"]
    boxes = tg.draw(graph, styles=dict.fromkeys(keys, "red")).picture.boxes
    styled = {key for key, box in boxes.items() if box.style}
    assert styled == {"y", "h", "loss", "L", "Embed", "cross_entropy"} & boxes.keys()
    boxes = tg.draw(models.rnn(), styles={"tanh": "red"}).picture.boxes
    assert [key for key, box in boxes.items() if box.style] == ["tanh"]
    weight = models.rnn()
    boxes = tg.draw(weight, steps=2, styles={weight["W"]: "red"}).picture.boxes
    assert [key for key, box in boxes.items() if box.style] == ["W"]


def test_text_on_the_user_s_colour_can_be_read_in_every_theme():
    for color in [*COLORS, "#D7E8F7", "#FFFFFF", "#000000", "#1B1B1B"]:
        (style,) = as_styles({"x": color}).values()
        fill, ink = dict(style)["fillcolor"], dict(style)["fontcolor"]
        assert contrast(ink, fill) > 4.5, color
        assert dark_of("fillcolor", fill) == fill
        assert dark_of("fontcolor", ink) == ink


@pytest.mark.dot
def test_a_highlighted_path_has_a_broad_stroke_under_its_lines():
    graph = models.lstm()
    drawing = tg.draw(graph, highlight=[("x", "h"), ("c", "c")])
    strokes = [line for line in drawing.page.lines if line.role == "highlight"]
    under = {line.key.removesuffix("-stroke") for line in strokes}
    assert {"delay_c_prev-in", "delay_c_prev-out", "x-concat"} < under
    assert "delay_h_prev-in" not in under
    first = [line.role for line in drawing.page.lines][: len(strokes)]
    assert set(first) == {"highlight"}
    assert "Highlighted: cₜ, ×, +, cₜ." in drawing.describe()
    assert drawing.svg().count('class="edge highlight"') == len(strokes)
    assert drawing.tikz().count("opacity=") == len(strokes)
    unfolded = tg.draw(graph, steps=3, highlight=[("c", "c")])
    roles = [line.role for line in unfolded.page.lines]
    assert roles.count("highlight") == 3 * 3


@pytest.mark.dot
@given(recurrent_graphs(), st.sampled_from([None, 1, 3]), st.data())
@settings(max_examples=15, deadline=None)
def test_strokes_lie_under_all_copies_of_their_edges(graph, steps, data):
    plain = tg.draw(graph, steps=steps)
    picture = plain.picture
    edges = [(e.tail, e.head) for e in (*picture.wires, *picture.loops)]
    named = [e for e in edges if all(picture.boxes[key].called for key in e)]
    if not named:
        return
    tail, head = data.draw(st.sampled_from(named))
    ends = tuple(picture.boxes[key].called[0] for key in (tail, head))
    drawing = tg.draw(graph, steps=steps, highlight=[ends])
    (path,) = drawing.picture.paths
    assert len(path.edges) == 1
    strokes = [line for line in drawing.page.lines if line.role == "highlight"]
    lines = [line for line in drawing.page.lines if line.role != "highlight"]
    assert lines == plain.page.lines
    wanted = {f"{line.tail} {line.head}" for line in strokes}
    ends_of = [picture.boxes[key].key for key in (path.boxes[0], path.boxes[-1])]
    assert wanted
    for line in strokes:
        cut = [re.sub(r"-\d+$", "", key) for key in (line.tail, line.head)]
        known = {*ends_of, *(loop.key for loop in picture.loops)}
        assert any(key in known or key.startswith("more") for key in cut)


def test_a_path_goes_where_the_user_leads_it():
    graph = models.lstm()
    (short,) = tg.draw(graph, highlight=[("x", "h")]).picture.paths
    (led,) = tg.draw(graph, highlight=[("x", "c", "h")]).picture.paths
    assert "c" in led.boxes
    assert "c" not in short.boxes
    assert led.boxes[0] == "x"
    assert led.boxes[-1] == "h"
    assert len(led.edges) == len(led.boxes) - 1


def test_squares_say_what_the_user_wants():
    def signs(**options):
        ahead = tg.Graph({"y": tg.delay("e", source=tg.sequence("z"), steps=-1)})
        graph = tg.Graph({**models.loop(2).outputs, **ahead.outputs})
        return [loop.sign for loop in tg.draw(graph, **options).picture.loops]

    assert sorted(signs()) == ["2", "−1"]
    assert sorted(signs(squares="z")) == ["z", "z⁻²"]
    (loop,) = tg.draw(models.rnn(), squares=None).picture.loops
    assert loop.sign == ""
    assert sorted(signs(squares=None)) == ["2", "−1"]
    book = tg.draw(models.rnn(), collapse="variables", squares="z").picture
    assert book.note == "z⁻¹ delay of one step"


def test_shapes_stand_in_the_boxes_on_request():
    found = texts(models.rnn(), shapes="box")
    assert found["x"] == "x\nbatch×8"
    assert found["tanh"] == "tanh\nbatch×16"
    assert found["W"] == "W\n16×16"
    roles = {
        b.key: b.role
        for b in tg.draw(models.rnn(), shapes="box").picture.boxes.values()
    }
    assert "circle" not in roles.values()


def test_modules_and_weights_say_how_many_numbers_they_hold():
    assert texts(models.rnn(), counts=True)["W"] == "W\n256"
    assert texts(models.rnn(), counts=True, shapes="box")["W"] == "W\n16×16 = 256"
    found = texts(models.lstm(), counts=True)
    assert found["Linear_f"] == "Linear f\n400 parameters"
    for kind, layer in rnn.LAYERS.items():
        states = layer(8, 16, rng=np.random.default_rng(0))(
            tg.sequence("x", ("batch", 8))
        )
        graph = tg.Graph({"y": states})
        total = sum(p.attrs["value"].size for p in graph.parameters)
        for collapse in ("layers", "auto"):
            boxes = tg.draw(graph, counts=True, collapse=collapse).picture.boxes
            found = sum(box.count for box in boxes.values())
            alone = [b.label.below for b in boxes.values() if b.role == "parameter"]
            assert found + sum(map(int, alone)) == total, kind
    layers = rnn.LSTM(8, 16, 4, rng=np.random.default_rng(0))
    graph = tg.Graph({"y": layers(tg.sequence("x", ("batch", 8)))})
    total = sum(p.attrs["value"].size for p in graph.parameters)
    (stack,) = (t for t in texts(graph, counts=True).values() if "×4\n" in t)
    assert stack.endswith(f"\n{total:,} parameters")


@pytest.mark.dot
@pytest.mark.parametrize("steps", [None, 3])
@pytest.mark.parametrize("make", [models.language_model, models.rnn, models.adjoint])
def test_a_legend_has_a_sample_of_each_kind_below_the_picture(make, steps):
    plain = tg.draw(make(), steps=steps)
    drawing = tg.draw(make(), steps=steps, legend=True)
    added = drawing.page.shapes[len(plain.page.shapes) :]
    words = [shape.text for shape in added if shape.role == "note" and shape.text]
    roles = {shape.role for shape in plain.page.shapes}
    assert {KINDS[role] for role in roles if role in KINDS} <= set(words)
    assert len(words) == len(set(words))
    lines = {line.role for line in plain.page.lines} & LINES.keys()
    drawn = {line.role for line in drawing.page.lines[len(plain.page.lines) :]}
    assert drawn == lines - ({"delayed"} if "delay" in roles else set())
    assert all(shape.rect.top < plain.page.extent.bottom for shape in added)
    for one, two in itertools.combinations(added, 2):
        assert not one.rect.meets(two.rect)
    keys = [shape.key for shape in drawing.page.shapes]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"squares": "k"}, "squares must be one of 'number', 'z', None, not 'k'"),
        (
            {"shapes": "inside"},
            "shapes must be one of 'hover', 'edge', 'box', None, not",
        ),
        (
            {"styles": {"zz": "red"}},
            "styles names 'zz', but the graph has no such node",
        ),
        ({"styles": "red"}, "styles maps nodes or names to colours or attributes, not"),
        ({"styles": {"h": 3}}, "styles maps a node or a name to a colour or to attrib"),
        ({"styles": {3: "red"}}, "styles maps a node or a name to a colour or to attr"),
        ({"styles": {"h": "beige"}}, "'h'.: fillcolor must be '#RRGGBB' or one of whi"),
        ({"styles": {"h": {"size": 3}}}, "'size' is no attribute; there are fillcolor"),
        (
            {"styles": {"h": {"penwidth": "3"}}},
            "penwidth must be from 0 to 20, not '3'",
        ),
        (
            {"styles": {"h": {"style": "wavy"}}},
            "style must be one of solid, dashed, dot",
        ),
        ({"highlight": ["xh"]}, "highlight lists paths by their ends, such as .* not"),
        ({"highlight": 3}, "highlight lists paths by their ends, such as .* not 3"),
        (
            {"highlight": [("x",)]},
            "highlight lists paths by their ends, such as .* not",
        ),
        (
            {"highlight": [("h", "x")]},
            "highlight: no path of edges leads from 'h' to 'x'",
        ),
        ({"highlight": [("x", "Wf")]}, "highlight names 'Wf', which this picture does"),
    ],
)
def test_emphasis_without_a_meaning(options, message):
    with pytest.raises(tg.DrawingError, match=message):
        tg.draw(models.lstm(), **options)
