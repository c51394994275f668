"""Checks pages that were built: links lead somewhere, nothing comes from a network."""

from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADED = {"script": "src", "img": "src", "iframe": "src", "link": "href"}
"""What a browser fetches without being asked, by the attribute that says from where."""


class Page(HTMLParser):
    """The anchors of a page, what it links to and what it loads."""

    def __init__(self, path: Path) -> None:
        """Read a file of HTML."""
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what a tag names, links to and loads."""
        given = {name: value or "" for name, value in attrs}
        self.anchors |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag in LOADED and LOADED[tag] in given:
            self.loads.append(given[LOADED[tag]])


def faults(folder: Path) -> Iterator[str]:
    """Yield a line for each link that leads nowhere, each thing from a network."""
    _file.cache_clear()
    pages = {path.resolve(): Page(path) for path in sorted(folder.rglob("*.html"))}
    for path, page in pages.items():
        where = path.relative_to(folder.resolve())
        for url in page.loads:
            if urlsplit(url).scheme not in ("", "data") or url.startswith("//"):
                yield f"{where}: loads {url} from a network"
        for url in (*page.links, *page.loads):
            if fault := leads_nowhere(url, path, pages):
                yield f"{where}: {url}: {fault}"
    for path in sorted(folder.rglob("*.css")):
        text = path.read_text("utf-8")
        for start in ("url(http", "url(//", "url('http", 'url("http', "@import"):
            if start in text:
                yield f"{path.relative_to(folder)}: {start} loads from a network"


def leads_nowhere(url: str, path: Path, pages: dict[Path, Page]) -> str | None:
    """Return what is missing at a link within the site; None where all is there."""
    parts = urlsplit(url)
    if parts.scheme or parts.netloc or url == "#":
        return None
    target = _file(path.parent, unquote(parts.path)) if parts.path else path
    if target is None:
        return "no such file"
    anchor = unquote(parts.fragment)
    if anchor and target in pages and anchor not in pages[target].anchors:
        return "no such place on the page"
    return None


@cache
def _file(folder: Path, name: str) -> Path | None:
    """Return what a name in a folder stands for; None where there is nothing."""
    target = (folder / name).resolve()
    return target if target.exists() else None
