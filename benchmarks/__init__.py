"""Benchmarks against peers: `python -m benchmarks`; see `__main__`."""
