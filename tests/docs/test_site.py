"""The site: it builds without a warning, and every page opens in a real browser."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from docs.site import folders, links
from tests.browsers import fresh_browser
from tests.docs.browsing import Reader
from tests.docs.pages import ROOT

PAPERS = {"dark": "rgb(20, 24, 27)", "light": "rgb(255, 255, 255)"}
"""Theme → the colour of the ground of drawings."""
PAGE = """<html><head><link href="a.css"><script src="{script}"></script></head>
<body><h1 id="here">x</h1><a href="{link}">y</a></body></html>"""


@pytest.fixture(scope="module")
def site(request, tmp_path_factory):
    """The folder of `--site`; else the site as it is without outputs of notebooks."""
    if given := request.config.getoption("site"):
        return Path(given).resolve()
    for package in ("myst_nb", "furo"):
        pytest.importorskip(package, reason="needs the extra docs")
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "docs.build", "--no-notebooks"]
    done = subprocess.run(
        [*command, "--output", str(folder)], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.browser
def test_every_page_opens_and_the_search_finds(site, tmp_path):
    with fresh_browser(tmp_path / "profile", color_scheme="light") as context:
        reader = Reader(context, site)
        pages = reader.read_all()
        assert {"index.html", "start.html", "reference/time.html"} <= set(pages)
        found = reader.found_by("delay")
        assert "tinygraph.delay" in found, found
        assert "Building" in found
        reader.open("start.html")
        for theme, paper in PAPERS.items():
            reader.choose(theme)
            assert reader.paper_of_drawings() <= {paper}, theme
        reader.open("results/measured.html")
        for theme in PAPERS:
            reader.choose(theme)
            turned = {style.startswith("invert") for style in reader.charts()}
            assert turned == {theme == "dark"}, theme
        assert not reader.faults, "\n".join(reader.faults)


@pytest.fixture
def page(tmp_path):
    """Write a page with a link and a script; return what is wrong with it."""
    (tmp_path / "a.css").write_text("p {}")
    (tmp_path / "a.js").write_text("")

    def faults(link="#here", script="a.js"):
        text = PAGE.format(link=link, script=script)
        (tmp_path / "page.html").write_text(text)
        return list(links.faults(tmp_path))

    return faults


@pytest.mark.parametrize(
    "link", ["#here", "page.html#here", "a.js", "#", "https://x.y"]
)
def test_links_that_lead_somewhere(page, link):
    assert page(link) == []


@pytest.mark.parametrize(
    ("link", "fault"),
    [("b.html", "no such file"), ("page.html#there", "no such place on the page")],
)
def test_links_that_lead_nowhere(page, link, fault):
    assert page(link) == [f"page.html: {link}: {fault}"]


@pytest.mark.parametrize("script", ["https://x.y/a.js", "//x.y/a.js"])
def test_what_comes_from_a_network(page, script):
    assert f"page.html: loads {script} from a network" in page(script=script)


def test_sheets_that_come_from_a_network(page, tmp_path):
    assert page() == []
    (tmp_path / "a.css").write_text("p { background: url(https://x.y/z.png) }")
    assert page() == ["a.css: url(http loads from a network"]


def test_a_run_of_the_benchmarks_is_told():
    pytest.importorskip("sphinx", reason="needs the extra docs")
    from docs.site import measured

    run = json.loads((measured.FOLDER / "train.json").read_text("utf-8"))
    (chart,) = measured.charts_of(run)
    assert chart.startswith("<svg")
    assert "tinygraph native" in chart
    words = measured.words_of(run)
    assert words.startswith("4 of 4 bars met:")
    assert words.endswith("torch 2.13.0+cpu.")


def test_a_folder_lists_its_pages_in_the_order_of_its_text(tmp_path):
    for name in ("README", "a", "b", "c"):
        (tmp_path / f"{name}.md").write_text("")
    text = "[c](c.md), [a](a.md), [c](c.md), [no such page](d.md)"
    assert folders.pages_beside(tmp_path / "README.md", text) == ["c", "a", "b"]
