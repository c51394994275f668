"""What holds for tests and examples alike: the names in place, and "auto" is NumPy."""

import importlib.util
from collections.abc import Iterator
from typing import Any

import pytest

collect_ignore_glob: list[str] = []
if importlib.util.find_spec("jax") is None:  # an extra: its backend cannot be imported
    collect_ignore_glob.append("tinygraph/backends/jax/*")
    collect_ignore_glob.append("tests/rnn/training/distributed/over_devices.py")


@pytest.fixture(scope="session", autouse=True)
def names_of_examples(doctest_namespace: dict[str, Any]) -> None:
    """Let every example begin as a user's session does: np, tg, rnn, testing."""
    import numpy as np

    import tinygraph as tg
    import tinygraph_rnn as rnn
    from tinygraph import testing

    doctest_namespace.update(np=np, tg=tg, rnn=rnn, testing=testing)


@pytest.fixture(scope="session", autouse=True)
def numpy_unless_asked() -> Iterator[None]:
    """Let "auto" be NumPy: native code takes tenths of a second per graph."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tinygraph.backends.registry.preferred", lambda: "numpy")
        yield
