"""Classic tasks with published outcomes: which network solves what, and how fast?

    python examples/07_classic_tasks.py                       # a taste: seconds
    python examples/07_classic_tasks.py --full                # all of it: see docs
    python examples/07_classic_tasks.py --full --task adding --cell rnn --seeds 5

Results: docs/results/classic_tasks.md.
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import replace

from tasks.adding import Adding
from tasks.copying import Copying
from tasks.counting import Counting
from tasks.digits import Digits
from tasks.reber import Reber
from tasks.temporal_order import TemporalOrder
from tasks.training import Result, Setting, Task, train

FULL: dict[str, tuple[Callable[[], Task], Setting]] = {
    "reber": (Reber, Setting(hidden_size=12, learning_rate=1e-2, sequences=200_000)),
    "adding": (
        lambda: Adding(100),
        Setting(
            hidden_size=32,
            learning_rate=3e-3,
            sequences=400_000,
            check_every=10_000,
            options=(("forget_bias", 3.0),),
        ),
    ),
    "order": (
        lambda: TemporalOrder(100),
        Setting(hidden_size=32, learning_rate=5e-3, sequences=100_000),
    ),
    "copy": (
        lambda: Copying(30),
        Setting(
            hidden_size=96, learning_rate=3e-3, sequences=300_000, check_every=10_000
        ),
    ),
    "counting": (
        lambda: Counting(10, 1000),
        Setting(
            "lstm-peephole",
            4,
            1e-2,
            sequences=300_000,
            check_every=5_000,
            decay=False,
        ),
    ),
    "digits": (
        Digits,
        Setting(
            hidden_size=64,
            learning_rate=3e-3,
            sequences=100_000,
            options=(("zoneout", 0.15),),
        ),
    ),
}
"""Name → task, and how it is trained at length."""

TASTE: dict[str, tuple[Callable[[], Task], Setting]] = {
    "adding": (
        lambda: Adding(10, 200),
        Setting(hidden_size=12, sequences=1000, check_every=500),
    ),
    "counting": (
        lambda: Counting(3, 12),
        Setting("lstm-peephole", 4, 2e-2, sequences=12_000, check_every=500),
    ),
}
"""Tasks so small that they take a second, and show how it is done."""


def row(result: Result, seconds: float) -> str:
    """Return one line of the table."""
    verdict = "solved" if result.solved else "not solved"
    return (
        f"| {result.task} | {result.cell} | {result.seed} | {verdict} | "
        f"{result.sequences:,} | {result.error:.2%} | {result.note} | {seconds:.0f} s |"
    )


def main() -> None:
    """Print a table, one line per task and seed, as soon as it is known."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="at the papers' size")
    parser.add_argument("--task", choices=FULL, action="append", help="default: all")
    parser.add_argument("--cell", help="another kind of layer, such as rnn or gru")
    parser.add_argument("--seeds", type=int, default=1, help="how many, from 0 on")
    options = parser.parse_args()
    known = FULL if options.full else TASTE
    print("| task | cell | seed | outcome | sequences | wrong | note | time |")
    print("|---|---|---|---|---|---|---|---|")
    for name in options.task or known:
        make, setting = known.get(name, FULL[name])
        if options.cell:
            setting = replace(setting, cell=options.cell, options=())
        for seed in range(options.seeds):
            start = time.monotonic()
            result = train(make(), setting, seed)
            print(row(result, time.monotonic() - start), flush=True)


if __name__ == "__main__":
    main()
