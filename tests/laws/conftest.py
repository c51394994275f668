"""What tests of the laws share."""

import pytest

from tinygraph.backends import registry


@pytest.fixture
def own_registry(monkeypatch):
    """Let backends be registered for one test."""
    monkeypatch.setattr(registry, "BACKENDS", dict(registry.BACKENDS))
    monkeypatch.setattr(registry, "_NAMES", dict(registry._NAMES))
