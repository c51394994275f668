"""What a peer hands back: a step to time, and how to read what it computed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from benchmarks.problems import Arrays


class SkipError(Exception):
    """This peer cannot take part here; the message says why, in one line."""


def as_arrays(results: Any) -> Arrays:
    """Return a dict of results as NumPy arrays."""
    return {name: np.asarray(value) for name, value in results.items()}


@dataclass(frozen=True)
class Ready:
    """A peer at its mark.

    Attributes:
        step: computes once, and returns when the results are there.
        read: what a step returned → arrays by name ("loss" and each weight).
        facts: anything worth a note in the report.
    """

    step: Callable[[], Any]
    read: Callable[[Any], Arrays] = as_arrays
    facts: dict[str, Any] = field(default_factory=dict)
