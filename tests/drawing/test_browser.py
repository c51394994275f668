"""The interactive page in a real browser, headless: all that a reader can do to it."""

import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

import tinygraph as tg
from tests.drawing import models
from tests.drawing.browsing import count, slide

pytestmark = [pytest.mark.dot, pytest.mark.browser]

STEPS = 4


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The pages that are looked at, by name."""
    folder = tmp_path_factory.mktemp("pages")
    model = models.language_model()
    tg.draw(model).html(folder / "model.html", most=STEPS)
    state = next(n for n in model if n.op.name == "tanh" and n.name == "h")
    runs = {
        name: (
            lambda steps, base=base: tg.GradientFlow(
                0.0, {state: np.ones(steps)}, {state: base ** np.arange(steps)}
            )
        )
        for name, base in (("shrinks", 0.01), ("grows <b>", 100.0))
    }
    tg.draw(model, steps=3).html(folder / "runs.html", runs=runs, most=STEPS)
    tg.draw(models.encoder_decoder()).html(folder / "axes.html", most=STEPS)
    for theme in ("auto", "dark"):
        tg.draw(models.lstm(), theme=theme).save(folder / f"{theme}.svg")
    folded = tg.draw(models.rnn(), gradients={"h": [1e4, 1e5]})
    folded.html(folder / "folded.html", most=1)
    tg.draw(models.rnn(), steps=1, gradients={"h": [0]}).html(folder / "zero.html")
    tg.draw(models.rnn(), collapse="variables").html(folder / "book.html", most=1)
    dark = tg.draw(models.rnn(), theme="dark", math=True, font='Serif "A"')
    dark.html(folder / "dark.html", most=1)
    marked = {"styles": {"c": "orange"}, "highlight": [("c", "c")], "legend": True}
    tg.draw(models.lstm(), **marked).html(folder / "marked.html", most=2)
    steps = tg.sequence("steps", ())
    odd = tg.sequence("<!-- \u2028 😀 שלום", ())
    hostile = tg.Graph({'</script>"': odd + steps})
    tg.draw(hostile).save(folder / "hostile.html")
    return folder


def test_the_slider_unfolds(visit):
    page = visit("model.html")
    assert page.inner_text("#page-count") == "folded"
    assert count(page, "g.delay") == 1
    for steps in (1, STEPS):
        slide(page, steps)
        assert page.inner_text("#page-count") == str(steps)
        assert count(page, "g.delay") == 0
        assert count(page, "g.frame") == steps
        assert count(page, "g.node.state") == steps
        assert count(page, ".edge.delayed") == steps
    slide(page, 0)
    assert count(page, "g.delay") == 1


def test_a_page_opens_at_the_steps_of_its_drawing(visit):
    assert visit("runs.html").inner_text("#page-count") == "3"


def test_boxes_stand_where_the_drawing_has_them(visit):
    page = visit("model.html")
    slide(page, 3)
    mine = tg.draw(models.language_model(), steps=3).page
    left = min(shape.rect.x for shape in mine.shapes)
    found = page.evaluate(
        "() => Object.fromEntries([...document.querySelectorAll('g.node')].map("
        "g => [g.id, g.transform.baseVal[0].matrix.e]))"
    )
    first = min(found.values())
    for shape in mine.shapes:
        assert found[shape.key] - first == pytest.approx(shape.rect.x - left, abs=4)


def test_hover_tells_name_step_type_and_norms(visit):
    page = visit("runs.html")
    page.hover("#h-2")
    tip = page.inner_text("#page-tip")
    assert tip.startswith("h₂")
    assert "step 2" in tip
    assert "float32[batch, 16]" in tip
    assert "value norm 1" in tip
    assert "gradient norm 1.00e-4" in tip
    assert count(page, ".edge.near") == 2
    page.mouse.move(5, 400)
    assert page.is_hidden("#page-tip")


def test_the_keyboard_reaches_everything(visit):
    page = visit("model.html")
    slide(page, 3)
    page.focus("#h-0")
    assert page.inner_text("#page-tip").startswith("h₀")
    page.keyboard.press("ArrowRight")
    assert page.inner_text("#page-tip").startswith("h₁")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("() => document.activeElement.id") == "h-0"
    page.keyboard.press("Escape")
    assert page.is_hidden("#page-tip")
    page.focus("#page-steps")
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement.matches('g.module')"):
            break
    page.keyboard.press("Enter")
    assert count(page, ".chip") == 1


def test_a_click_opens_a_module_and_its_chip_closes_it(visit):
    page = visit("model.html")
    before = count(page, "g.node")
    page.click("#RNN_cell")
    assert count(page, "#RNN_cell") == 0
    assert count(page, "g.node") > before
    assert page.inner_text(".chip") == "RNN cell ×"
    page.click(".chip")
    assert count(page, "g.node") == before
    page.click("#page-expand")
    assert count(page, "g.module") == 0
    page.click("#page-expand")
    assert count(page, "g.node") == before


def test_colours_are_those_of_the_run_and_the_steps(visit):
    page = visit("runs.html")

    def color(key):
        return page.evaluate(
            f"() => getComputedStyle(document.querySelector('#{key} .shape')).fill"
        )

    slide(page, 4)
    assert color("h-0") == "rgb(245, 244, 242)"
    assert color("h-3") == "rgb(91, 143, 214)"
    page.select_option("#page-run", "grows <b>")
    assert color("h-3") == "rgb(226, 105, 90)"
    page.select_option("#page-norm", "values")
    assert color("h-3") == "rgb(245, 244, 242)"
    page.select_option("#page-norm", "")
    assert color("h-3") == "rgb(220, 241, 222)"
    assert page.is_hidden("#page-legend")


def test_colours_of_a_folded_drawing(visit):
    page = visit("folded.html")
    color = "() => getComputedStyle(document.querySelector('#h{} .shape')).fill"
    assert page.evaluate(color.format("")) == "rgb(226, 105, 90)"
    slide(page, 1)
    assert page.evaluate(color.format("-0")) == "rgb(220, 241, 222)"


def test_a_norm_of_zero_is_hatched(visit):
    page = visit("zero.html")
    fill = "e => getComputedStyle(e).fill"
    assert page.locator("#h-0 .shape").evaluate(fill) == 'url("#norm-zero")'
    assert count(page, "#page-picture pattern#norm-zero path") == 2
    page.select_option("#page-norm", "")
    assert count(page, "pattern") == 0


def test_the_book_s_figure_has_a_note_without_a_box_and_large_weights(visit):
    page = visit("book.html")
    assert page.locator(".note text").text_content() == "■ delay of one step"
    assert page.locator(".note .shape, .note .ring").count() == 0
    label = page.locator(".edge .weight").first
    style = "e => [getComputedStyle(e).fontSize, getComputedStyle(e).fill]"
    assert label.evaluate(style) == ["13px", "rgb(138, 90, 0)"]


def test_what_the_user_marked_is_marked_at_every_t(visit):
    page = visit("marked.html")
    fill = "e => getComputedStyle(e).fill"
    for steps, box in ((0, "#c"), (2, "#c-1")):
        slide(page, steps)
        assert page.locator(f"{box} .shape").evaluate(fill) == "rgb(255, 167, 38)"
        assert count(page, ".edge.highlight path") >= 4
        assert page.locator("#legend-line-highlight-words text").count() == 1
    width = page.locator(".edge.highlight path").first.evaluate(
        "e => getComputedStyle(e).strokeWidth"
    )
    assert width == "9px"


def test_dark_and_light(visit, browser):
    page = visit("model.html")

    def paper():
        return page.evaluate(
            "() => getComputedStyle(document.querySelector('.paper')).fill"
        )

    assert paper() == "rgb(255, 255, 255)"
    page.click("#page-theme")
    assert paper() == "rgb(20, 24, 27)"
    page.emulate_media(color_scheme="dark")
    page.reload()
    assert paper() == "rgb(20, 24, 27)"
    page.click("#page-theme")
    assert paper() == "rgb(255, 255, 255)"


def test_a_dark_drawing_in_mathematics_and_its_own_font(visit):
    page = visit("dark.html")
    assert page.get_attribute("#page-picture svg", "data-theme") == "dark"
    assert page.get_attribute("#page-picture svg", "font-family") == 'Serif "A"'
    style = "getComputedStyle(document.querySelector('#{} text')).fontStyle"
    assert page.evaluate(f"() => {style.format('h')}") == "italic"
    assert page.evaluate(f"() => {style.format('tanh')}") == "normal"


def test_an_svg_that_follows_its_reader_is_the_dark_one_in_the_dark(visit):
    page = visit("auto.svg")
    page.emulate_media(color_scheme="dark")
    fills = """() => Object.fromEntries(
        [...document.querySelectorAll('g[id]')].map(group => [
            group.id,
            [...group.children].filter(one => !one.matches('title, g')).map(one => {
                const style = getComputedStyle(one);
                return [one.tagName, style.fill, style.stroke].join(' ');
            }),
        ]))"""
    auto = page.evaluate(fills)
    dark = visit("dark.svg").evaluate(fills)
    assert len(dark) > 30
    assert auto == dark


def test_the_copied_svg_stands_alone(visit, browser):
    browser.grant_permissions(["clipboard-read", "clipboard-write"])
    page = visit("model.html")
    slide(page, 2)
    page.click("#page-copy")
    page.wait_for_function("() => document.getElementById('page-said').textContent")
    text = page.evaluate("() => navigator.clipboard.readText()")
    root = ElementTree.fromstring(text)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert "state" in text
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")


def test_two_time_axes_unfold_together(visit):
    page = visit("axes.html")
    slide(page, 3)
    assert count(page, "g.frame") == 6


def test_names_from_anywhere_are_only_text(visit):
    page = visit("hostile.html")
    page.focus("g#steps")
    assert page.inner_text("#page-tip").startswith("stepsₜ")
    slide(page, 2)
    text = page.inner_text("#page-picture")
    assert "<!--" in text
    assert "😀" in text
    assert '</script>"' in text
