"""Norms as colours: readings, the scale, the legend, and gradient_flow itself."""

import math
import re

import numpy as np
import pytest

import tinygraph as tg
from tests.drawing import models
from tests.drawing.seeing import contrast
from tinygraph.drawing.model.readings import short
from tinygraph.drawing.model.styles import INK
from tinygraph.drawing.output.norm_colors import (
    NOT_A_NUMBER,
    STOPS,
    UNKNOWN,
    ZERO,
    color_of,
)


def fills(drawing):
    return {shape.key: shape.fill for shape in drawing.page.shapes}


def about(drawing, key):
    (found,) = (shape.hover for shape in drawing.page.shapes if shape.key == key)
    return found


@pytest.mark.parametrize(
    ("norm", "color"),
    [
        *((1e-4, STOPS[0]), (1e-2, STOPS[1]), (1.0, STOPS[2]), (1e4, STOPS[4])),
        *((0.0, ZERO), (-0.0, ZERO), (1e-30, STOPS[0]), (math.inf, STOPS[4])),
        *((math.nan, NOT_A_NUMBER), (10.0, "#F4D6C6")),
    ],
)
def test_the_scale(norm, color):
    assert color_of(norm) == color


def test_text_can_be_read_on_every_colour():
    colors = [color_of(10**p) for p in np.linspace(-4, 4, 33)]
    for color in [*colors, NOT_A_NUMBER, UNKNOWN, ZERO]:
        assert contrast(color, INK) > 4.5


def test_norms_in_short():
    texts = [short(n) for n in (0.194, 5.45e-4, 1.0, 12345.0, 0.0)]
    assert texts == ["0.194", "5.45e−4", "1", "1.23e4", "0"]


@pytest.mark.dot
def test_boxes_take_the_colour_of_their_step():
    graph = models.rnn()
    steps = np.array([1e-4, 1.0, 1e4])
    for key in ("h", graph.delays[0].source):
        drawing = tg.draw(graph, steps=3, gradients={key: steps})
        found = fills(drawing)
        assert [found[f"h-{t}"] for t in range(3)] == [STOPS[0], STOPS[2], STOPS[4]]
        assert found["x-0"] == UNKNOWN
        assert about(drawing, "h-0").endswith("gradient norm 1.00e−4")
        assert f'fillcolor="{STOPS[0]}", fontcolor="{INK}"' in drawing.dot


@pytest.mark.dot
def test_arrays_are_read_by_their_euclidean_norm():
    array = np.zeros((2, 5, 16), "float32")
    array[1, :2, 0] = 3e30, 4e30
    drawing = tg.draw(models.rnn(), steps=2, values={"h": array})
    assert "value norm 0" in about(drawing, "h-0")
    assert "value norm 5.00e30" in about(drawing, "h-1")
    folded = tg.draw(models.rnn(), values={"h": [3.0, 4.0]})
    assert "value norm 5" in about(folded, "h")


@pytest.mark.dot
def test_copies_of_an_unrolled_graph_name_their_step():
    graph = models.rnn()
    unrolled = tg.unroll(graph, 2)
    h = graph.delays[0].source
    drawing = tg.draw(unrolled, gradients={unrolled.at(h, 1): np.ones((5, 16)) * 100})
    assert fills(drawing)["h-0"] == UNKNOWN
    assert "gradient norm 894" in about(drawing, "h-1")


@pytest.mark.dot
def test_gradients_win_over_values_and_both_are_told():
    drawing = tg.draw(models.rnn(), values={"h": [1.0]}, gradients={"h": [1e4]})
    assert fills(drawing)["h"] == STOPS[4]
    assert about(drawing, "h").endswith("value norm 1, gradient norm 1.00e4")


@pytest.mark.dot
def test_a_module_has_the_norm_of_what_leaves_it():
    graph = models.language_model()
    s = next(n for n in graph if n.scope == ("Linear",) and n.op.name == "add")
    drawing = tg.draw(graph, steps=2, values={s: [1.0, 1e4]})
    assert fills(drawing)["Linear-1"] == STOPS[4]


def test_the_extremes_are_said_in_words():
    gradients = {"h": [0.5, math.nan, 2e-5], "o": [1.0, 4.0, 1.0]}
    words = tg.draw(models.rnn(), steps=3, gradients=gradients).describe()
    assert words.endswith(
        "Coloured by the norm of gradients: from 2.00e−5 (h at step 2) to 4 (o at step "
        "1)."
    )
    assert "Coloured" not in tg.draw(models.rnn()).describe()


@pytest.mark.dot
def test_the_legend():
    page = tg.draw(models.rnn(), values={"h": [1.0]}).page
    swatches = [shape for shape in page.shapes if shape.role == "swatch"]
    assert [swatches[i].fill for i in (0, 8, 16)] == [STOPS[0], STOPS[2], STOPS[4]]
    texts = [shape.text for shape in page.shapes if shape.role == "note"]
    assert texts == ["‖value‖", "10⁻⁴", "10⁻²", "1", "10²", "10⁴", "0"]
    assert swatches[-1].fill == ZERO
    boxes = [shape.rect.bottom for shape in page.shapes if "legend" not in shape.key]
    assert all(shape.rect.top < min(boxes) for shape in swatches)
    assert not any(s.role == "swatch" for s in tg.draw(models.rnn()).page.shapes)


@pytest.mark.parametrize(
    ("gradients", "message"),
    [
        ([1.0], r"gradients maps nodes or names to arrays, not \[1\.0\]"),
        ({3: [1.0]}, "gradients maps nodes or names to arrays: 3 is neither"),
        ({"z": [1.0]}, "gradients names no node named 'z'"),
        ({"h": [1.0, 2.0]}, "gradients of h has 2 steps of 't', but 3 are drawn: draw"),
        ({"h": 1.0}, r"gradients of h, which has a value per step, must have 't' as"),
        ({"h": ["a", "b", "c"]}, "gradients of h must be numbers, not <U1"),
        ({tg.sequence("y", ()): [1.0]}, "gradients has an array for y.*not in the"),
    ],
)
def test_readings_without_a_meaning(gradients, message):
    with pytest.raises(tg.DrawingError, match=message):
        tg.draw(models.rnn(), steps=3, gradients=gradients)


def decaying(factor):
    """s = x + factor·s₋₁, and the loss its last value."""
    x = tg.sequence("x", ())
    before = tg.delay("s_prev", shape=())
    s = (x + before * factor).named("s")
    before.close(s)
    return tg.Graph({"loss": tg.last(s) * 1}), s, before


def test_gradient_flow_is_the_total_gradient_per_step():
    graph, s, before = decaying(0.5)
    flow = tg.gradient_flow(graph["loss"], {"x": np.ones(4, "float32")})
    np.testing.assert_allclose(flow.gradients[s], [0.125, 0.25, 0.5, 1.0])
    np.testing.assert_allclose(flow.gradients[before], [0.0625, 0.125, 0.25, 0.5])
    np.testing.assert_allclose(flow.values[s], [1.0, 1.5, 1.75, 1.875])
    assert flow.loss == pytest.approx(1.875)
    assert flow.gradients[graph["loss"]] == 1.0


def test_gradient_flow_of_weights_is_per_step_and_in_all():
    x = tg.sequence("x", ("batch", 2))
    W = tg.parameter("W", np.ones((2, 2), "float32"))
    loss = tg.sum_over_time(tg.sum(x @ W))
    feed = np.full((3, 1, 2), 2e30, "float32")
    flow = tg.gradient_flow(loss, {"x": feed})
    lifted = tg.every_step(W)
    np.testing.assert_allclose(flow.gradients[lifted], [4e30] * 3, rtol=1e-6)
    np.testing.assert_allclose(flow.gradients[W], 12e30, rtol=1e-6)


@pytest.mark.dot
def test_a_flow_draws():
    graph, *_ = decaying(0.01)
    flow = tg.gradient_flow(graph["loss"], {"x": np.ones(3, "float32")})
    drawing = tg.draw(graph, steps=3, values=flow.values, gradients=flow.gradients)
    found = fills(drawing)
    assert [found[f"s-{t}"] for t in range(3)] == [STOPS[0], STOPS[1], STOPS[2]]


@pytest.mark.dot
def test_a_norm_of_zero_is_hatched():
    drawing = tg.draw(models.rnn(), steps=2, gradients={"h": [0.0, 1.0]})
    svg = drawing.svg()
    assert svg.count("<pattern ") == 1
    assert svg.count('fill="url(#norm-zero)"') == 3  # tanh, h₀, legend
    assert ZERO.lower() not in svg
    html = drawing._repr_mimebundle_()["text/html"]
    (name,) = re.findall(r'<pattern id="([^"]*)"', html)
    assert name != "norm-zero"
    assert html.count(f'fill="url(#{name})"') == 3
    assert "<pattern" not in tg.draw(models.rnn(), steps=2).svg()
