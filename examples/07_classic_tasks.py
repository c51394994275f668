"""Classic tasks with published outcomes: which network solves what, and how fast?

    python examples/07_classic_tasks.py                       # a taste: seconds
    python examples/07_classic_tasks.py --full --seeds 3      # all of it: see docs
    python examples/07_classic_tasks.py --full --task adding --cell rnn --first-seed 7
    python examples/07_classic_tasks.py --full --tuning --first-seed 100 --task order

Results: docs/results/classic_tasks.md.
"""

import argparse
import ast
import time
from collections.abc import Iterator
from typing import Any

from tasks.settings import FULL, TASTE, changed
from tasks.task import Task
from tasks.training import Result, Setting, train


def row(result: Result, seconds: float) -> str:
    """Return one line of the table."""
    verdict = "solved" if result.solved else "not solved"
    test = "not looked at" if result.test is None else f"{result.test:.2%}"
    return (
        f"| {result.task} | {result.cell} | {result.seed} | {verdict} | "
        f"{result.sequences:,} | {result.validation:.2%} | {test} | {result.note} | "
        f"{seconds:.0f} s |"
    )


def change(text: str) -> tuple[str, Any]:
    """Read "name=value", the value as Python writes it."""
    name, _, value = text.partition("=")
    return name, ast.literal_eval(value)


def chosen(options: argparse.Namespace) -> Iterator[tuple[Task, Setting]]:
    """Return the tasks and networks asked for."""
    known = FULL if options.full else TASTE
    for name in options.task or known:
        make, settings = known.get(name, FULL[name])
        for setting in settings:
            if options.cell in (None, setting.cell):
                yield make(), changed(setting, dict(options.change))


def main() -> None:
    """Print a table, one line per task, network and seed, as soon as it is known."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="at the papers' size")
    parser.add_argument("--task", choices=FULL, action="append", help="default: all")
    parser.add_argument("--cell", help="only this kind of layer, such as rnn")
    parser.add_argument("--seeds", type=int, default=1, help="how many")
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--tuning", action="store_true", help="make no test set")
    parser.add_argument(
        "--change",
        type=change,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="of a setting or of the layer, such as learning_rate=1e-3",
    )
    options = parser.parse_args()
    print("| task | cell | seed | outcome | read | validation | test | note | time |")
    print("|---|---|---|---|---|---|---|---|---|")
    for task, setting in chosen(options):
        for seed in range(options.first_seed, options.first_seed + options.seeds):
            start = time.monotonic()
            result = train(task, setting, seed, test=not options.tuning)
            print(row(result, time.monotonic() - start), flush=True)


if __name__ == "__main__":
    main()
