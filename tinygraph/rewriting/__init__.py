"""Rewrites: the same meaning with a smaller cycle, before it is scheduled.

The driver applies every rule until none fires; a module enters its own on import.
"""

from tinygraph.rewriting import (
    contracting,
    embedding,
    factoring,
    gates,
    merging,
    regrouping,
    sharing,
    simplifying,
)
from tinygraph.rewriting.driver import REWRITES, Rewrite, Rewritten, optimise

__all__ = [
    "REWRITES",
    "Rewrite",
    "Rewritten",
    "contracting",
    "embedding",
    "factoring",
    "gates",
    "merging",
    "optimise",
    "regrouping",
    "sharing",
    "simplifying",
]
