"""What holds for all tests: those marked `dot` need the program on PATH."""

import shutil

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip tests marked `dot` where Graphviz is not installed."""
    if shutil.which("dot") is not None:
        return
    skip = pytest.mark.skip(reason="needs the program dot (Debian: graphviz)")
    for item in items:
        if item.get_closest_marker("dot") is not None:
            item.add_marker(skip)
