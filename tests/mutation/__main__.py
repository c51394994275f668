"""Plants faults in a copy of the tree and says which of them the tests see.

    python -m tests.mutation [--area NAME] [--match TEXT] [--limit N] [--seed N]
                             [--seconds S] [--record FILE]
                             [--narrow] [--list]

The tests of each area are run once without a fault, then once for each fault, up to the
first that fails. What is printed: the share killed, and the survivors with their diff.
"""

import argparse
import json
import random
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.mutation.areas import LAWS, TESTS
from tests.mutation.fault import Fault
from tests.mutation.faults import FAULTS
from tests.mutation.planting import EQUIVALENT, STALE, Outcome, Planter, copied
from tests.mutation.running import KILLED, SLOW, SURVIVED

ROOT = Path(__file__).parents[2]


def chosen(
    areas: Sequence[str], texts: Sequence[str], limit: int | None, seed: int
) -> list[Fault]:
    """Return the faults of some areas, with some texts; so many, drawn by the seed."""
    faults = [
        fault
        for fault in FAULTS
        if (not areas or fault.area in areas)
        and (not texts or any(text in f"{fault.file} {fault.new}" for text in texts))
    ]
    if limit is not None and limit < len(faults):
        places = sorted(random.Random(seed).sample(range(len(faults)), limit))
        faults = [faults[i] for i in places]
    return faults


def line(outcome: Outcome) -> str:
    """Return an outcome in one line."""
    name = f"{outcome.fault.area}: {Path(outcome.fault.file).name}"
    edit = f"{outcome.fault.old!r} -> {outcome.fault.new!r}".replace("\\n", " ")
    by = f" by {outcome.by}" if outcome.by else ""
    seen = f"{outcome.fate} in {outcome.seconds:.1f} s of {outcome.tests} tests{by}"
    return f"{seen}: {name}: {edit[:110]}"


def summary(outcomes: Sequence[Outcome]) -> str:
    """Return the counts by area, the share killed, and what survived."""
    lines = []
    for area in dict.fromkeys(each.fault.area for each in outcomes):
        fates = Counter(each.fate for each in outcomes if each.fault.area == area)
        listed = ", ".join(f"{count} {fate}" for fate, count in fates.items())
        lines.append(f"{area}: {listed}")
    fates = Counter(each.fate for each in outcomes)
    tried = fates[KILLED] + fates[SURVIVED] + fates[SLOW]
    share = f" ({fates[KILLED] / tried:.1%})" if tried else ""
    lines.append(f"\n{tried} tried: {fates[KILLED]} killed{share}, ")
    lines[-1] += f"{fates[SURVIVED]} survived, {fates[SLOW]} out of time; "
    lines[-1] += f"{fates[STALE]} stale, {fates[EQUIVALENT]} equivalent"
    for fate in (SURVIVED, SLOW, STALE):
        for each in [each for each in outcomes if each.fate == fate]:
            lines.append(f"\n{fate}, {each.fault.area}\n{each.diff}")
    for each in [each for each in outcomes if each.fate == EQUIVALENT]:
        lines.append(f"\nequivalent, {each.fault.equivalent}\n{each.diff}")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Plant faults; returns 1 where one survived or is stale."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation")
    parser.add_argument("--area", action="append", default=[], choices=list(TESTS))
    parser.add_argument(
        "--match", action="append", default=[], help="a text in the file or the edit"
    )
    parser.add_argument("--limit", type=int, help="so many faults, drawn by --seed")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=120, help="a fault, at most")
    parser.add_argument(
        "--record",
        type=Path,
        help="a file that keeps what the tests enter: they are not run again without "
        "a fault (delete it when they change)",
    )
    parser.add_argument(
        "--narrow",
        action="store_true",
        help="a first look: the area's own tests without the laws, twenty seconds of "
        "them a fault",
    )
    parser.add_argument("--list", action="store_true", help="plant nothing, list all")
    asked = parser.parse_args(arguments)
    faults = chosen(asked.area, asked.match, asked.limit, asked.seed)
    if asked.list:
        for fault in faults:
            tell(f"{fault.area}\n{fault.diff(ROOT)}")
        return 0
    outcomes: list[Outcome] = []
    alone = ""
    with (
        copied(ROOT) as copy,
        Planter(
            copy, FAULTS, TESTS, asked.seconds, tell, LAWS, asked.narrow
        ) as planter,
    ):
        if asked.record and asked.record.exists():
            planter.record = json.loads(asked.record.read_text("utf-8"))
        try:
            for fault in faults:
                known = len(planter.record)
                outcomes.append(planter.plant(fault))
                if asked.record and len(planter.record) > known:
                    asked.record.write_text(json.dumps(planter.record), "utf-8")
                tell(line(outcomes[-1]))
            alone = planter.fails_alone()
        except KeyboardInterrupt:
            tell("interrupted")
    tell(summary(outcomes))
    if alone:
        tell(f"{alone} fails with no fault planted, run by itself: it kills nothing")
    return int(bool(alone) or any(each.fate in (SURVIVED, STALE) for each in outcomes))


def tell(text: str) -> None:
    """Print at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
