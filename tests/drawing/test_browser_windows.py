"""Pages of many steps in a real browser: windows, zoom, the address, focus, speed."""

import numpy as np
import pytest

import tinygraph as tg
from tests.drawing import models
from tests.drawing.browsing import count, frames, names, slide
from tinygraph.drawing.layout.engines import find_engine
from tinygraph.drawing.layout.unfolded import UnfoldedLayout

pytestmark = [pytest.mark.dot, pytest.mark.browser]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A page of many steps: of an RNN, of one that looks ahead, with runs."""
    folder = tmp_path_factory.mktemp("pages")
    tg.draw(models.language_model(), steps=3).html(folder / "long.html", most=60)
    tg.draw(models.bidirectional()).html(folder / "ahead.html", most=30)
    model = models.language_model()
    state = next(n for n in model if n.op.name == "tanh" and n.name == "h")

    def run(steps):
        norms = {state: 0.1 ** np.arange(steps)}
        return tg.GradientFlow(0.0, norms, {state: 10.0 ** np.arange(steps)[::-1]})

    tg.draw(model).html(folder / "norms.html", most=20, runs={"a": run})
    tg.draw(models.loop(5)).html(folder / "far.html", most=12)
    for reach in REACHES:
        tg.draw(models.loop(reach)).html(folder / f"reach{reach}.html", most=20)
    return folder


def test_above_eight_steps_a_window_moves(visit):
    page = visit("long.html")
    slide(page, 8)
    assert len(frames(page)) == 8
    assert page.is_hidden("#page-window")
    slide(page, 40)
    assert frames(page) == [f"t = {t}" for t in (0, 1, 2, 3, 4, 39)]
    assert page.inner_text("#page-shown") == "1–4"
    page.locator("#page-first").fill("17")
    assert frames(page) == [f"t = {t}" for t in (0, 17, 18, 19, 20, 39)]
    assert {"h₁₇", "L₂₀", "x₃₉"} <= set(names(page))
    page.locator("#page-first").fill("35")
    assert frames(page) == [f"t = {t}" for t in (0, 35, 36, 37, 38, 39)]
    page.focus("#h-35")
    page.keyboard.press("ArrowLeft")
    assert frames(page)[1] == "t = 34"
    assert page.evaluate("() => document.activeElement.id") == "h-34"
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    assert page.evaluate("() => document.activeElement.id") == "h-38"
    page.hover("#h-37")
    assert count(page, ".edge.near") == 3
    slide(page, 9)
    assert frames(page) == [f"t = {t}" for t in (0, 4, 5, 6, 7, 8)]


def test_norms_of_many_steps_are_told_in_every_window(visit):
    page = visit("norms.html")
    for steps, first, shown in ((5, 1, 2), (12, 3, 4), (20, 9, 10)):
        slide(page, steps)
        if steps > 8:
            page.locator("#page-first").fill(str(first))
        page.hover(f"#h-{shown}")
        tip = page.inner_text("#page-tip").splitlines()
        value, gradient = (float(line.split()[-1]) for line in tip[-2:])
        assert value == pytest.approx(0.1**shown)
        assert gradient == pytest.approx(10.0 ** (steps - 1 - shown))
        page.mouse.move(5, 700)


@pytest.mark.parametrize("steps", [9, 11, 30])
def test_a_window_shows_what_a_drawing_of_those_steps_shows(visit, steps):
    page = visit("ahead.html")
    slide(page, steps)
    page.locator("#page-first").fill("1")
    mine = tg.draw(models.bidirectional(), steps=steps, max_steps=6).page
    assert sorted(names(page)) == sorted(
        shape.text.replace("\n", "") for shape in mine.shapes
    )
    ends = page.evaluate(
        "() => [...document.querySelectorAll('.edge')].map(e => e.dataset.ends)"
    )
    known = {shape.key for shape in mine.shapes}
    for line in ends:
        for end in line.split(" "):
            assert end in known or "after" in end, end
    assert len(ends) == len(mine.lines)


REACHES = [2, -2, 3]


def laid_out(graph, steps, first):
    """The page of a window at a number of steps, laid out for that alone."""
    drawing = tg.draw(graph, steps=steps)
    counts = [{"t": steps}]
    layout = UnfoldedLayout(
        drawing.picture, counts, drawing.options, find_engine(), windows=True
    )
    return layout.page(counts[0], first)


@pytest.mark.parametrize("reach", REACHES)
@pytest.mark.parametrize("steps", [11, 12, 16])
def test_windows_of_longer_delays_show_what_drawings_of_them_show(visit, reach, steps):
    page = visit(f"reach{reach}.html")
    slide(page, steps)
    for first in range(1, steps - 4):
        page.locator("#page-first").fill(str(first))
        mine = laid_out(models.loop(reach), steps, first)
        texts = sorted(shape.text.replace("\n", "") for shape in mine.shapes)
        assert sorted(names(page)) == texts
        ends = page.evaluate(
            "() => [...document.querySelectorAll('.edge')].map(e => e.dataset.ends)"
        )
        seen = sorted(end for line in ends for end in line.split(" "))
        known = sorted(end for line in mine.lines for end in (line.tail, line.head))
        assert [_plain(end) for end in seen] == [_plain(end) for end in known]


def _plain(end):
    """The end of a line; values outside and dots have names of the greatest T."""
    return end.partition("-after")[0] if "after" in end else end.partition("more")[0]


def test_what_does_not_look_alike_in_all_windows_is_shown_whole(visit):
    page = visit("far.html")
    slide(page, 12)
    assert len(frames(page)) == 12
    assert page.is_hidden("#page-window")


def test_the_address_keeps_what_is_seen(visit):
    page = visit("long.html")
    slide(page, 0)
    page.click("#RNN_cell")
    slide(page, 20)
    page.locator("#page-first").fill("7")
    page.click("#page-in")
    seen = frames(page), names(page), page.inner_text("#page-scale")
    address = page.url.partition("#")[2]
    assert address.startswith("T=20&from=7&open=RNN%20cell&zoom=")
    again = visit(f"long.html#{address}")
    again.reload()
    assert (frames(again), names(again), again.inner_text("#page-scale")) == seen
    for odd in ("T=9999&from=-3", "T=x&open=nothing&zoom=no", "&&=", "open=%20"):
        again = visit(f"long.html#{odd}")
        again.reload()
        assert count(again, "g.node") > 5


def test_zoom_and_pan(visit):
    page = visit("long.html")
    slide(page, 40)
    assert page.inner_text("#page-scale") == "91 %"
    for _ in range(3):
        page.click("#page-in")
    assert page.inner_text("#page-scale") == "178 %"
    at = "() => [document.querySelector('main').scrollLeft, scrollY]"
    page.evaluate("() => { document.querySelector('main').scrollLeft = 300; }")
    before = page.evaluate(at)
    page.mouse.move(600, 140)
    page.mouse.down()
    page.mouse.move(500, 140)
    page.mouse.up()
    assert page.evaluate(at)[0] == before[0] + 100
    place = "() => document.querySelector('#x-1').getBoundingClientRect().x"
    page.evaluate("() => document.querySelector('#x-1').scrollIntoView()")
    x = page.evaluate(place)
    y = page.evaluate(place.replace(".x", ".y").replace("#x-1", "#x-1"))
    page.mouse.move(x + 1, min(790, max(80, y + 1)))
    page.keyboard.down("Control")
    page.mouse.wheel(0, -60)
    page.keyboard.up("Control")
    page.wait_for_function(
        "() => document.querySelector('#page-scale').textContent !== '178 %'"
    )
    assert abs(page.evaluate(place) - x) < 12
    page.click("#page-fit")
    assert page.inner_text("#page-scale") == "91 %"


@pytest.mark.parametrize("steps", [0, 8, 40])
def test_no_text_is_below_nine_pixels(visit, steps):
    page = visit("long.html")
    page.set_viewport_size({"width": 500, "height": 400})
    slide(page, steps)
    page.click("#page-expand")
    for _ in range(6):
        page.click("#page-out")
    sizes = page.evaluate(
        """() => {
            const svg = document.querySelector('#page-picture svg');
            const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
            return [...svg.querySelectorAll('text')].map(
                one => parseFloat(getComputedStyle(one).fontSize) * scale);
        }"""
    )
    assert min(sizes) >= 9


def test_the_focus_stays_where_the_reader_is(visit):
    page = visit("long.html")
    slide(page, 0)
    focus = "() => document.activeElement.id"
    page.focus("#RNN_cell")
    place = page.locator("#RNN_cell").bounding_box()
    page.keyboard.press("Enter")
    inside = page.evaluate(focus)
    assert inside not in ("", "RNN_cell")
    now = page.locator(f"#{inside}").bounding_box()
    assert abs(now["x"] - place["x"]) + abs(now["y"] - place["y"]) < 250
    page.focus("#h")
    page.keyboard.press(" ")
    assert page.evaluate(focus) == "h"
    page.focus(".chip")
    page.keyboard.press("Enter")
    assert page.evaluate(focus) == "RNN_cell"


def test_a_long_page_is_small_and_opens_soon(visit, files):
    assert (files / "long.html").stat().st_size < 1_000_000
    page = visit("long.html#T=60")
    took = "() => performance.getEntriesByType('navigation')[0].domInteractive"
    times = []
    for _ in range(3):
        page.reload()
        times.append(page.evaluate(took))
    assert min(times) < 1000
