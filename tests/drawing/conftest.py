"""One browser for all tests of pages, one layout for all equal texts.

A page in the browser must not fail.
"""

import pytest

from tests.browsers import fresh_browser
from tinygraph.drawing.layout.engines import Engine


@pytest.fixture(scope="package")
def browser(tmp_path_factory):
    """A context of a fresh browser, one for all of these tests."""
    profile = tmp_path_factory.mktemp("profile")
    with fresh_browser(profile, viewport={"width": 1200, "height": 800}) as context:
        yield context


@pytest.fixture
def visit(browser, files):
    """Open a page of the folder `files`.

    At the end, nothing was asked of a network and nothing failed.
    """
    page = browser.new_page()
    seen, wrong = [], []
    page.on("request", lambda request: seen.append(request.url))
    page.on("console", lambda message: wrong.append(message.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))

    def go(name):
        page.goto(f"file://{files / name}")
        return page

    yield go
    page.close()
    assert all(url.startswith("file://") for url in seen)
    assert not wrong


LAID_OUT: dict[tuple[object, ...], tuple[int, bytes, bytes]] = {}
"""Command, limit, text and format → what the engine made of it, in this process."""


RUN = Engine._run


@pytest.fixture
def each_layout_is_a_run(monkeypatch):
    """For tests of engines, of the time that they take, and of equal results."""
    monkeypatch.setattr(Engine, "_run", RUN)


@pytest.fixture(scope="module", autouse=True)
def equal_texts_are_laid_out_once():
    """Three fifths of all layouts are of a text that was laid out before."""

    def remembered(engine, text, form):
        key = (engine.command, engine.limit, text, form)
        if key not in LAID_OUT:
            made = RUN(engine, text, form)
            if made[0]:
                return made
            LAID_OUT[key] = made
        return LAID_OUT[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Engine, "_run", remembered)
        yield
