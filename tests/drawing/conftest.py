"""One browser for all tests of pages, and a page in it that must not fail."""

import pytest

from tests.browsers import fresh_browser


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
