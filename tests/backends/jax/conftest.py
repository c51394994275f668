"""XLA compiles in less time what runs once, on a few numbers."""

import pytest


@pytest.fixture(scope="package", autouse=True)
def compiled_quickly():
    """Leave most of XLA's optimisations out."""
    jax = pytest.importorskip("jax")
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)
