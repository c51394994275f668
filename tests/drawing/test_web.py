"""The interactive page as data: what is in it is what `Drawing.page` has."""

import configparser
import json
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygraph as tg
from tests.drawing import models
from tinygraph.drawing.web.open_modules import MOST
from tinygraph.drawing.web.runs import DECADES, LEVELS, SIGNS, coded
from tinygraph.testing import recurrent_graphs

pytestmark = pytest.mark.dot

ROOT = Path(tg.__file__).parents[1]


def written(drawing, path, **options):
    """The text of a page, and its data."""
    drawing.html(path, **options)
    text = path.read_text()
    (data,) = re.findall('<script id="page-data"[^>]*>(.*?)</script>', text, re.DOTALL)
    return text, json.loads(data)


def placed(side, page):
    """id → place and text, as the script of the page makes them."""
    found = {}

    def add(shape, step, x, y):
        box = (
            side["boxes"][shape["b"]] if "b" in shape else {**shape, "t": [shape["t"]]}
        )
        texts = box["t"]
        text = texts[0] if step is None or len(texts) == 1 else texts[step + 1]
        key = box["id"] if step is None else f"{box['id']}-{step}"
        found[key] = (x + shape["x"], y + shape["y"], text)

    for place in page["steps"]:
        for shape in side["parts"][place["p"]]["shapes"]:
            add(shape, place["s"], place["x"], place["y"])
    for number in page["shapes"]:
        add(side["drawn"][number], None, 0, 0)
    return found


def ends(side, page):
    """(tail, head) of every line, as the script of the page makes them."""
    lines = [side["drawn"][number] for number in page["lines"]]
    found = [(line["a"], line["z"]) for line in lines]
    for place in page["steps"]:
        inside = side["parts"][place["p"]]["lines"]
        found += [(f"{k['a']}-{place['s']}", f"{k['z']}-{place['s']}") for k in inside]
    return sorted(found)


def assert_same(side, page, drawing):
    mine = {shape.key: shape for shape in drawing.page.shapes}
    found = placed(side, page)
    assert found.keys() == mine.keys()
    for key, (x, y, text) in found.items():
        assert text == mine[key].text
        assert (x, -y) == pytest.approx((mine[key].rect.x, mine[key].rect.y), abs=0.2)
    assert ends(side, page) == sorted((k.tail, k.head) for k in drawing.page.lines)


def test_norms_that_begin_as_those_of_a_longer_run_are_said_once(tmp_path):
    graph = models.rnn()

    def run(steps):
        grown = np.arange(1.0, steps + 1)
        return tg.GradientFlow(0.0, {graph["o"]: grown}, {graph["o"]: grown[::-1]})

    drawing = tg.draw(graph)
    _, data = written(drawing, tmp_path / "page.html", runs={"a": run}, most=3)
    tables = data["runs"]["a"]
    place = tables["3"]["values"].index([1.0, 2.0, 3.0])
    assert [tables[t]["values"][place] for t in "123"] == [True, True, [1.0, 2.0, 3.0]]
    gradients = [tables[t]["gradients"][place] for t in "123"]
    assert gradients == [[1.0], [2.0, 1.0], [3.0, 2.0, 1.0]]


def test_many_norms_are_two_signs_each():
    norms = [None, 0, "nan", 1.0, 3.4e38, 1e-44, 0.0123, 1e300, 12.0]
    text = coded(norms)
    assert len(text) == 2 * len(norms)
    levels = [90 * SIGNS.index(a) + SIGNS.index(b) for a, b in batched(text)]
    assert levels[:3] == [8099, 8097, 8098]
    for norm, level in zip(norms[3:], levels[3:], strict=True):
        value = 10 ** (level / LEVELS - DECADES)
        assert value == pytest.approx(min(norm, 10**DECADES), rel=0.015)
    assert len(set(SIGNS)) == 90
    assert coded(norms[:8]) == norms[:8]


def batched(text):
    return zip(text[::2], text[1::2], strict=True)


def test_every_file_that_the_page_is_made_of_is_installed():
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    patterns = setup["options.package_data"]["tinygraph"].split()
    package = ROOT / "tinygraph"
    installed = {path for pattern in patterns for path in package.glob(pattern)}
    needed = {p for p in package.rglob("*.*") if p.suffix in (".js", ".css", ".html")}
    assert len(needed) >= 4
    assert needed <= installed


@pytest.mark.parametrize(
    "make", [models.lstm, models.encoder_decoder, models.adjoint, models.stacked]
)
def test_a_window_is_the_drawing_of_its_steps(tmp_path, make):
    graph = make()
    _, data = written(tg.draw(graph), tmp_path / "page.html", most=9)
    unfolded = data["states"][0]["unfolded"]
    assert len(unfolded["pages"]) == 8
    drawing = tg.draw(graph, steps=9, max_steps=6)
    mine = {shape.key: shape for shape in drawing.page.shapes}
    found = placed(unfolded, unfolded["windows"][0])
    assert {key: text for key, (_, _, text) in found.items()} == {
        key: shape.text for key, shape in mine.items()
    }
    assert ends(unfolded, unfolded["windows"][0]) == sorted(
        (line.tail, line.head) for line in drawing.page.lines
    )
    steps = [sorted({p["s"] for p in page["steps"]}) for page in unfolded["windows"]]
    assert steps == [[0, 1, 2, 3, 4, 8], [0, 2, 3, 4, 5, 8], [0, 4, 5, 6, 7, 8]]


@pytest.mark.parametrize(
    "make", [models.lstm, models.encoder_decoder, models.adjoint, models.stacked]
)
def test_the_page_holds_the_drawings(tmp_path, make):
    graph = make()
    _, data = written(tg.draw(graph), tmp_path / "page.html", most=3)
    first = data["states"][0]
    assert_same(first["folded"], first["folded"]["pages"][0], tg.draw(graph))
    unfolded = first["unfolded"]
    assert len(unfolded["pages"]) == data["most"] == 3
    for steps, page in enumerate(unfolded["pages"], 1):
        drawing = tg.draw(graph, steps=steps)
        assert len(ends(unfolded, page)) == len(drawing.page.lines)
    assert_same(unfolded, unfolded["pages"][-1], tg.draw(graph, steps=3))


@given(recurrent_graphs(most_moves=6), st.integers(1, 3))
@settings(max_examples=8, deadline=None)
def test_any_recurrent_graph_has_a_page(tmp_path_factory, graph, steps):
    path = tmp_path_factory.mktemp("page") / "page.html"
    _, data = written(tg.draw(graph, collapse=None), path, most=steps)
    first = data["states"][0]
    folded = tg.draw(graph, collapse=None)
    assert_same(first["folded"], first["folded"]["pages"][0], folded)
    side = first["unfolded"]
    unfolded = tg.draw(graph, steps=steps, collapse=None)
    assert_same(side, side["pages"][-1], unfolded)


def test_the_page_asks_for_nothing(tmp_path):
    text, _ = written(tg.draw(models.language_model()), tmp_path / "page.html")
    assert set(re.findall(r"\w+://[^\s\"'<]*", text)) == {"http://www.w3.org/2000/svg"}
    elsewhere = text.replace("url(#norm-zero)", "")  # a pattern in the page itself
    assert not re.search(r"\b(src|href|import|fetch|url)\b *[=(]", elsewhere)
    assert len(text) < 300_000


def test_states_are_few_and_the_last_is_open(tmp_path):
    _, data = written(tg.draw(models.lstm()), tmp_path / "page.html", most=1)
    opened = [state["open"] for state in data["states"]]
    assert opened[0] == []
    assert opened[1] == ["LSTM cell/Linear f"]
    assert opened[-1] == [f"LSTM cell/Linear {gate}" for gate in "fgio"]
    assert len(opened) <= MOST + 1
    assert len({tuple(one) for one in opened}) == len(opened)


def test_a_graph_without_time_has_one_page(tmp_path):
    a = tg.placeholder("a", (2,))
    drawing = tg.draw(tg.Graph({"y": tg.tanh(a)}), values={"y": [1.0, 1.0]})
    _, data = written(drawing, tmp_path / "page.html")
    assert data["most"] == 0
    assert "unfolded" not in data["states"][0]
    assert data["runs"]["given"]["0"]["values"] == [1.41, None]


def test_colours_of_a_drawing_are_at_its_steps(tmp_path):
    drawing = tg.draw(models.rnn(), steps=2, gradients={"h": [np.nan, np.inf]})
    _, data = written(drawing, tmp_path / "page.html", most=3)
    assert data["steps"] == 2
    assert [*data["runs"]["given"]] == ["2"]
    assert ["nan", 1e300] in data["runs"]["given"]["2"]["gradients"]


def test_a_page_of_a_long_drawing_ends_at_twenty_four_steps(tmp_path):
    w, h_prev = tg.parameter("W", 1.0), tg.delay("h_prev", shape=())
    h_prev.close(h_prev * w)
    drawing = tg.draw(h_prev, steps=10**6, values={"W": 1.0})
    _, data = written(drawing, tmp_path / "page.html")
    assert data["most"] == data["steps"] == 24
    assert [*data["runs"]["given"]] == ["1000000"]


def test_colours_of_a_folded_drawing_are_all_steps_together(tmp_path):
    drawing = tg.draw(models.rnn(), gradients={"h": [3.0, 4.0]})
    _, data = written(drawing, tmp_path / "page.html", most=1)
    assert 5.0 in data["runs"]["given"]["0"]["gradients"]


def test_runs_are_asked_for_every_number_of_steps(tmp_path):
    graph = models.rnn()
    asked = []

    def run(steps):
        asked.append(steps)
        return tg.GradientFlow(0.0, {}, {graph["W"]: 1.0})

    written(tg.draw(graph), tmp_path / "page.html", runs={"one": run}, most=3)
    assert asked == [1, 2, 3]
    h = graph.delays[0].source
    wrong = {"one": lambda steps: tg.GradientFlow(0.0, {}, {h: [1.0]})}
    with pytest.raises(tg.DrawingError, match="gradients of tanh has 1 steps of 't'"):
        tg.draw(graph).html(tmp_path / "page.html", runs=wrong)


@pytest.mark.parametrize(
    ("runs", "message"),
    [
        ([1], r"runs maps names to functions .*, not \[1\]"),
        ({"a": 3}, "runs maps names to functions from a number of steps to norms"),
        ({"a": lambda steps: 3}, r"runs\['a'\] returned 3 for 1 steps, which has no"),
        ({"a": lambda steps: {}}, r"runs\['a'\] returned \{\} for 1 steps"),
    ],
)
def test_runs_without_a_meaning(tmp_path, runs, message):
    with pytest.raises(tg.DrawingError, match=message):
        tg.draw(models.rnn()).html(tmp_path / "page.html", runs=runs, most=1)


def test_names_cannot_end_the_script(tmp_path):
    graph = tg.Graph({"</script><b>": tg.sequence("<!--", ()) + 1})
    text, data = written(tg.draw(graph), tmp_path / "page.html", most=1)
    assert text.count("</script>") == 2
    assert any(
        "</script><b>" in t
        for b in data["states"][0]["folded"]["boxes"]
        for t in b["t"]
    )


def test_a_page_that_cannot_be_written(tmp_path):
    with pytest.raises(
        tg.DrawingError, match="cannot write .*page.html': No such file"
    ):
        tg.draw(models.rnn()).html(tmp_path / "nowhere" / "page.html")
    with pytest.raises(tg.DrawingError, match="cannot write .*null byte"):
        tg.draw(models.rnn()).save(tmp_path / "a\0.svg")
