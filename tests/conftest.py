"""What holds for all tests: one BLAS thread, and `dot` where a test is marked so."""

import os
import shutil

import pytest

for _pool in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_pool, "1")
"""Small matrices gain nothing from threads, and pools that spin on shared cores lose
much. Set before NumPy is imported; the processes that tests start inherit it."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip tests marked `dot` where Graphviz is not installed."""
    if shutil.which("dot") is not None:
        return
    skip = pytest.mark.skip(reason="needs the program dot (Debian: graphviz)")
    for item in items:
        if item.get_closest_marker("dot") is not None:
            item.add_marker(skip)
