"""Open scopes have an outline with a title, where they stand apart from all else."""

import pytest

import tinygraph as tg
from tests.drawing import models
from tests.drawing.soundness import assert_sound

pytestmark = pytest.mark.dot


def nested():
    """A square in "Inner" in "Outer", between an exp and a tanh."""
    x = tg.sequence("x", (3,))
    y = tg.exp(x)
    with tg.scope("Outer"):
        y = tg.sin(y) * models.weight("w", 3)
        with tg.scope("Inner"):
            y = tg.cos(tg.square(y))
        y = tg.log(y)
    return tg.Graph({"y": tg.tanh(y)})


def outlines(drawing):
    return {(scope.title, scope.step): scope.rect for scope in drawing.page.scopes}


@pytest.mark.parametrize("steps", [None, 3])
@pytest.mark.parametrize("direction", ["BT", "TB"])
def test_open_scopes_are_framed_inner_ones_inside_outer_ones(steps, direction):
    drawing = tg.draw(nested(), collapse=None, steps=steps, direction=direction)
    found = outlines(drawing)
    numbers = [None] if steps is None else range(steps)
    assert found.keys() == {(t, n) for t in ("Outer", "Inner") for n in numbers}
    for number in numbers:
        outer, inner = found["Outer", number], found["Inner", number]
        assert outer.left < inner.left < inner.right < outer.right
        assert outer.bottom < inner.bottom < inner.top < outer.top
        here = [shape for shape in drawing.page.shapes if shape.step == number]
        held = {s.box for s in here if outer.holds((s.rect.x, s.rect.y))}
        assert {"sin", "multiply", "square", "cos", "log"} <= held
        assert not {"x", "exp", "tanh", "y"} & held
        assert not any(
            outer.meets(s.rect) and s.box in ("x", "exp", "tanh", "y") for s in here
        )
    assert_sound(drawing.page)


def test_an_opened_module_is_framed_and_the_whole_is_not():
    model = models.language_model()
    assert not outlines(tg.draw(model))
    opened = tg.draw(model, expand="RNN cell")
    assert {title for title, _ in outlines(opened)} == {"RNN cell"}
    assert not outlines(tg.draw(models.stacked(2)))
    whole = tg.draw(models.lstm(), collapse=None)
    assert "LSTM cell" not in {title for title, _ in outlines(whole)}


def ends(*ops):
    """Ops in "Ends", an exp, and the same ops in "Ends" again."""
    y = tg.sequence("x", (3,))
    for last in (False, True):
        with tg.scope("Ends"):
            for op in ops:
                y = op(y)
        y = y if last else tg.exp(y)
    return tg.Graph({"y": y})


def test_a_scope_with_others_among_its_boxes_has_an_outline_around_each_part():
    page = tg.draw(ends(tg.sin, tg.cos), collapse=None).page
    low, high = (scope.rect for scope in page.scopes)
    assert [scope.title for scope in page.scopes] == ["Ends", "Ends"]
    assert not low.meets(high)
    (middle,) = (shape.rect for shape in page.shapes if shape.text == "exp")
    assert not low.meets(middle)
    assert not high.meets(middle)


def test_a_scope_of_one_op_has_no_outline():
    assert not outlines(tg.draw(ends(tg.sin), collapse=None))


def test_outlines_are_in_every_output(tmp_path):
    drawing = tg.draw(nested(), collapse=None)
    (inner,) = (scope for scope in drawing.page.scopes if scope.title == "Inner")
    assert f'id="{inner.key}"' in drawing.svg()
    assert "Inner" in drawing.tikz()
    drawing.html(tmp_path / "page.html", most=2)
    assert "open-scope" in (tmp_path / "page.html").read_text(encoding="utf-8")
    colored = tg.draw(nested(), collapse=None, values={"y": [1.0]})
    assert len(colored.page.scopes) == 2
