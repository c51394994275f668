"""A real browser, headless, for tests of what we write for one."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update"),
    *("--disable-sync", "--in-process-gpu", "--disable-site-isolation-trials"),
]

DRIVERS: list[Any] = []
"""What drives the browsers that are open in this process: one, or none."""


@contextmanager
def fresh_browser(profile: Path, **options: Any) -> Iterator[Any]:
    """Give a context of a fresh browser; skips the test where there is none."""
    api = pytest.importorskip("playwright.sync_api", reason="needs playwright")
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("needs the program chromium (Debian: chromium)")
    with _driver(api) as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=program, headless=True, args=FLAGS, **options
        )
        yield context
        context.close()


@contextmanager
def _driver(api: Any) -> Iterator[Any]:
    """Give what drives browsers: one in a process, which cannot be started twice."""
    if DRIVERS:
        yield DRIVERS[0]
        return
    with api.sync_playwright() as playwright:
        DRIVERS.append(playwright)
        try:
            yield playwright
        finally:
            DRIVERS.clear()
