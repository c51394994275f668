"""What a reader of the site sees, in a real browser: each fault is a line."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

WIDTHS = (1280, 390)
"""A desk's and a telephone's."""


class Reader:
    """Opens pages of a folder from the file system, and notes what is wrong."""

    def __init__(self, context: Any, folder: Path) -> None:
        """Read the pages of a folder in a context of a browser."""
        self.folder = folder
        self.faults: list[str] = []
        self.page = context.new_page()
        self.page.on("console", self._on_message)
        self.page.on("pageerror", lambda error: self._note(f"script: {error}"))
        self.page.on("request", self._on_request)

    def _note(self, fault: str) -> None:
        where = self.page.url.partition(str(self.folder))[2]
        self.faults.append(f"{where}: {fault}")

    def _on_message(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self._note(f"console: {message.text}")

    def _on_request(self, request: Any) -> None:
        if not request.url.startswith(("file:", "data:")):
            self._note(f"asks the network for {request.url}")

    def open(self, name: str) -> None:
        """Open a page by its path in the folder."""
        self.page.goto((self.folder / name).as_uri())

    def read_all(self) -> list[str]:
        """Open every page, look at it in each width; return their paths.

        A page is opened as wide as the one before it was seen last.
        """
        names = sorted(
            path.relative_to(self.folder).as_posix()
            for path in self.folder.rglob("*.html")
            if "_static" not in path.parts and not path.name.startswith("page")
        )
        self.resize(WIDTHS[0])
        widths = list(WIDTHS)
        for name in names:
            self.open(name)
            for width in widths:
                self.resize(width)
                for fault in self._looks(width):
                    self._note(fault)
            widths.reverse()
        return names

    def resize(self, width: int) -> None:
        """Show pages in a window so wide."""
        if (self.page.viewport_size or {}).get("width") != width:
            self.page.set_viewport_size({"width": width, "height": 800})

    def _looks(self, width: int) -> Iterator[str]:
        """Yield what does not look as it should on the open page."""
        if (wide := self.page.evaluate("document.documentElement.scrollWidth")) > width:
            yield f"{wide} pixels wide where {width} are to be had"
        broken = "[...document.images].filter(i => !i.naturalWidth).map(i => i.src)"
        for source in self.page.evaluate(broken):
            yield f"no picture: {source}"

    def found_by(self, word: str) -> list[str]:
        """Search for a word; return the titles of what is found."""
        self.resize(WIDTHS[0])
        self.open("index.html")
        self.page.fill(".sidebar-search", word)
        self.page.press(".sidebar-search", "Enter")
        self.page.wait_for_selector("#search-results ul.search li a")
        return self.page.locator("#search-results ul.search li a").all_inner_texts()

    def paper_of_drawings(self) -> set[str]:
        """Return the colours of the ground that drawings of the open page have."""
        papers = "[...document.querySelectorAll('.cell_output .graph > polygon')]"
        fills = f"{papers}.map(p => getComputedStyle(p).fill)"
        return set(self.page.evaluate(fills))

    def charts(self) -> list[str]:
        """Return how the charts of the open page are turned: CSS filters."""
        charts = "[...document.querySelectorAll('div.chart svg')]"
        filters: list[str] = self.page.evaluate(
            f"{charts}.map(chart => getComputedStyle(chart).filter)"
        )
        return filters

    def choose(self, theme: str) -> None:
        """Click the switch of the page until it shows a theme."""
        for _ in range(3):
            if self.page.evaluate("document.body.dataset.theme") == theme:
                return
            self.page.locator(".theme-toggle:visible").first.click()
        raise AssertionError(f"no theme {theme}")
