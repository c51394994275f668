"""How each task is trained: at the papers' size, and as a taste.

How these numbers came about: docs/results/classic_tasks.md.
"""

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

from .adding import Adding
from .copying import Copying
from .counting import Counting
from .digits import Digits
from .reber import Reber
from .task import Task
from .temporal_order import TemporalOrder
from .training import Setting

Settings = dict[str, tuple[Callable[[], Task], tuple[Setting, ...]]]

RELU = (("nonlinearity", "relu"),)

FULL: Settings = {
    "reber": (
        Reber,
        (
            Setting("lstm", 16, 1e-2, 8, 100_000, 1_000, weight_decay=0.3),
            Setting("rnn", 16, 1e-2, 8, 100_000, 1_000, weight_decay=0.3),
        ),
    ),
    "adding": (
        lambda: Adding(100),
        (
            Setting("lstm", 32, 3e-3, 16, 200_000, 5_000, chrono=100),
            Setting("rnn", 32, 3e-3, 16, 200_000, 10_000),
        ),
    ),
    "order": (
        lambda: TemporalOrder(100),
        (
            Setting("lstm", 32, 5e-3, sequences=100_000),
            Setting("rnn", 32, 3e-4, sequences=100_000),
        ),
    ),
    "copy": (
        lambda: Copying(10),
        (
            Setting("lstm", 96, 1e-2, 32, 250_000, 5_000, chrono=30),
            Setting("rnn", 64, 3e-3, 32, 300_000, 10_000, options=RELU),
        ),
    ),
    "copy-long": (
        lambda: Copying(100),
        (Setting("lstm", 64, 1e-2, 32, 50_000, options=(("forget_bias", 3.0),)),),
    ),
    "counting": (
        lambda: Counting(10),
        (
            Setting("lstm-peephole", 2, 1e-2, 32, 300_000, 1_000, decay=False),
            Setting("rnn", 4, 3e-3, 32, 300_000, 5_000),
        ),
    ),
    "digits": (
        Digits,
        (
            Setting("lstm", 96, 1e-2, 16, 60_000, options=(("zoneout", 0.15),)),
            Setting("rnn", 64, 1e-2, sequences=60_000),
        ),
    ),
}
"""Name → task, and the networks that are tried on it."""

TASTE: Settings = {
    "adding": (
        lambda: Adding(10),
        (Setting("lstm", 12, sequences=1000, check_every=500),),
    ),
    "counting": (
        lambda: Counting(3, 100),
        (Setting("lstm-peephole", 4, 2e-2, sequences=12_000, check_every=500),),
    ),
}
"""Tasks so small that they take a second, and show how it is done."""


def changed(setting: Setting, changes: dict[str, Any]) -> Setting:
    """Return it with other values; what it has no field for is the layer's option."""
    known = {field.name for field in fields(setting)}
    options = dict(setting.options)
    options |= {name: v for name, v in changes.items() if name not in known}
    return replace(
        setting,
        **{name: v for name, v in changes.items() if name in known},
        options=tuple(options.items()),
    )
