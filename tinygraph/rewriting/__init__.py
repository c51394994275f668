"""Rewrites: the same meaning with a smaller cycle, before it is scheduled.

`pipeline` lists them in their order; the driver applies them until none fires.
"""

from tinygraph.rewriting.driver import Rewrite, Rewritten
from tinygraph.rewriting.pipeline import (
    MIXES_STATES,
    PASSES,
    REWRITES,
    SAVE_CALLS,
    optimise,
)

__all__ = [
    "MIXES_STATES",
    "PASSES",
    "REWRITES",
    "SAVE_CALLS",
    "Rewrite",
    "Rewritten",
    "optimise",
]
