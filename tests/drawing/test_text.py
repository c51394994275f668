"""DOT and SVG as text: any name survives, same graph same bytes, nothing foreign."""

import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygraph as tg
from tests.drawing import models
from tinygraph.drawing.layout.dot_text import quoted
from tinygraph.drawing.model.texts import (
    LONGEST,
    Label,
    Moment,
    one_line,
    previous_of,
    printable,
    slug,
)

SVG = "{http://www.w3.org/2000/svg}"


def named(name):
    """x under a name, plus 1, as an output under the same name."""
    return tg.Graph({name: tg.sequence(name, ()) + 1})


def shown(svg):
    """Every text of an SVG, hover texts included."""
    root = ElementTree.fromstring(svg)
    return [element.text or "" for element in root.iter() if element.text]


@pytest.mark.dot
@given(st.text(min_size=1, max_size=40))
@settings(max_examples=30, deadline=None)
def test_any_name_survives(name):
    drawing = tg.draw(named(name))
    assert any(printable(name) in text for text in shown(drawing.svg()))
    drawing.describe()


@pytest.mark.dot
@pytest.mark.parametrize(
    "name",
    [
        *(
            'say "h"',
            "back\\slash",
            "\\N",
            "\\",
            "a & b",
            "&lt;",
            "&#65;",
            "<b>",
            "<<>>",
        ),
        *("h|t", "{x}", "ŷ", "שלום", "你好", "😀", "a;b", "-->", "]]>", "%", "a\tb"),
    ],
)
def test_names_with_a_meaning_elsewhere_are_shown_as_they_are(name):
    svg = tg.draw(named(name)).svg()
    assert printable(name) + "ₜ" in shown(svg)


def test_names_of_several_lines_or_bytes_are_made_visible():
    assert printable("a\nb\x00\x1b\x7f") == "a␊b␀␛␡"
    assert printable("\ud800 \ufffe \x85") == "\ufffd \ufffd \ufffd"
    assert one_line("a\nb") == "a␊b"


def test_long_names_are_cut_and_whole_on_hover():
    name = "ab" * 5000
    boxes = tg.draw(named(name)).picture.boxes
    assert all(len(box.label.at(Moment())) <= LONGEST + 3 for box in boxes.values())
    assert name in boxes["ab" * (LONGEST // 2)].hover
    assert one_line(name).count("…") == 1


@pytest.mark.dot
@pytest.mark.usefixtures("each_layout_is_a_run")
def test_the_same_graph_gives_the_same_bytes():
    one, two = tg.draw(models.lstm()), tg.draw(models.lstm())
    assert one.dot == two.dot
    assert one.svg() == two.svg()
    assert tg.draw(models.rnn(), steps=3).svg() == tg.draw(models.rnn(), steps=3).svg()


@pytest.mark.dot
def test_the_same_graph_gives_the_same_bytes_in_another_process():
    code = (
        "import tinygraph as tg\n"
        "from tests.drawing import models\n"
        "print(tg.draw(models.adjoint(), steps=3).dot)"
    )
    texts = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(texts) == 1


@pytest.mark.dot
@pytest.mark.parametrize("make", [models.rnn, models.lstm, models.language_model])
@pytest.mark.parametrize("steps", [None, 3])
def test_an_svg_stands_alone(make, steps):
    drawing = tg.draw(make(), steps=steps)
    svg = drawing.svg()
    assert svg.startswith("<svg ")
    root = ElementTree.fromstring(svg)
    assert root.get("role") == "img"
    assert [child.tag for child in root][:2] == [f"{SVG}title", f"{SVG}desc"]
    assert root[0].text == drawing.title
    assert root[1].text == drawing.describe()
    assert "<script" not in svg
    assert set(re.findall(r"https?://[^\"]+", svg)) <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(set(ids)) == len(ids)
    page = drawing.page
    assert {item.key for item in [*page.shapes, *page.lines, *page.frames]} <= set(ids)
    classes = {element.get("id"): element.get("class") for element in root.iter()}
    for shape in page.shapes:
        assert shape.role in classes[shape.key].split()


@pytest.mark.dot
def test_hovering_tells_name_type_op_and_line():
    svg = tg.draw(models.rnn(), steps=2).svg()
    pattern = r"h: float32\[batch, 16\], tanh, made at models\.py:\d+, t = 1"
    assert any(re.fullmatch(pattern, text) for text in shown(svg))


@pytest.mark.dot
def test_every_box_and_line_is_once_in_the_dot():
    drawing = tg.draw(models.lstm(), steps=2)
    for item in [*drawing.page.shapes, *drawing.page.lines, *drawing.page.frames]:
        assert drawing.dot.count(f'id="{item.key}"') == 1


@pytest.mark.dot
def test_dot_draws_the_text_as_it_is(tmp_path):
    drawing = tg.draw(models.lstm())
    (tmp_path / "lstm.dot").write_text(drawing.dot)
    again = subprocess.run(
        ["dot", "-Tsvg", "lstm.dot"], cwd=tmp_path, capture_output=True, check=True
    )
    places = re.compile(r'<path[^>]* d="[^"]*"')
    assert places.findall(again.stdout.decode()) == [
        found.replace('stroke="none"', 'stroke="transparent"')
        for found in places.findall(drawing.svg())
    ]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('a"b', r'"a\"b"'),
        ("a\\nb", r'"a\\nb"'),
        ("a\nb", r'"a\nb"'),
        ("<b>", '"<b>"'),
        ("a&b", '"a&amp;b"'),
        ("", '""'),
    ],
)
def test_quoting(text, wanted):
    assert quoted(text) == wanted


@pytest.mark.parametrize(
    ("moment", "subscript", "title"),
    [
        (Moment(), "ₜ", "step t"),
        (Moment(-1), "ₜ₋₁", "step t−1"),
        (Moment(12), "ₜ₊₁₂", "step t+12"),
        (Moment(3, relative=False), "₃", "t = 3"),
        (Moment(-1, relative=False), "₋₁", "t = −1"),
        (Moment(1, axis="source", letter="ₛ"), "ₛ₊₁", "step source+1"),
        (Moment(1, axis="文"), "ₜ₊₁", "step 文+1"),
    ],
)
def test_moments(moment, subscript, title):
    assert moment.subscript == subscript
    assert moment.title == title


def test_templates_move_with_time():
    label = Label("xₜ₊₁ of hₜ₋₂", in_time=True)
    assert label.at(Moment(-1)) == "xₜ of hₜ₋₃"
    assert label.at(Moment(4, relative=False)) == "x₅ of h₂"
    assert Label("L = Σ Lₜ").at(Moment(4, relative=False)) == "L = Σ Lₜ"
    assert Label("f", "σ", in_time=True).at(Moment()) == "fₜ\nσ"


@pytest.mark.parametrize(
    ("name", "wanted"),
    [("h_prev", "h"), ("prev_h", "h"), ("b_next", "b"), ("_prev", None), ("d", None)],
)
def test_names_of_delays_say_whose_past_they_hold(name, wanted):
    assert previous_of(name) == wanted


@given(st.text())
def test_slugs_are_safe(text):
    assert re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", slug(text))


def test_keys_do_not_clash():
    x = tg.sequence("x", ())
    y = (
        tg.sequence("delay_x_prev", ())
        + tg.sequence("x 2", ())
        + tg.sequence("x_2", ())
    )
    graph = tg.Graph({"X": x + y + tg.delay("x_prev", source=x), "x": tg.tanh(x)})
    picture = tg.draw(graph).picture
    keys = [*picture.boxes, *(loop.key for loop in picture.loops)]
    assert len(set(keys)) == len(keys)
