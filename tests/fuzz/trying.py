"""Random cases one after the other, the laws on their shares, faults made small."""

import dataclasses
import re
import time
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tests.fuzz.cases import case_of
from tests.fuzz.classes import Occurred
from tests.fuzz.laws import Law
from tests.fuzz.shrinking import shrunk
from tinygraph.core.errors import InapplicableLawError
from tinygraph.testing import as_code
from tinygraph.testing.choices import Recorded, by_numbers, by_seed

GROWTH = "growth"
"""Stands for a law where the graph itself could not be made."""


@dataclass
class Fault:
    """A kind of failure: a law and the kind of error, and the first case's program."""

    law: str
    problem: str
    number: int
    text: str
    count: int = 1


@dataclass
class Tally:
    """What was tried and what came of it.

    Attributes:
        used: seconds of processor time, of all processes; None while they are counted.
    """

    seed: int
    graphs: int = 0
    held: Counter = field(default_factory=Counter)
    silent: Counter = field(default_factory=Counter)
    faults: dict[tuple[str, str], Fault] = field(default_factory=dict)
    occurred: Occurred = field(default_factory=Occurred)
    began: float = field(default_factory=time.monotonic)
    process_began: float = field(default_factory=time.process_time)
    used: float | None = None

    def stop(self) -> None:
        """Count no more seconds of this process."""
        self.used = time.process_time() - self.process_began

    def add(self, other: "Tally") -> None:
        """Add what another process tried of the same run, when it has stopped."""
        self.graphs += other.graphs
        self.used = (self.used or 0) + (other.used or 0)
        self.held.update(other.held)
        self.silent.update(other.silent)
        self.occurred.add_all(other.occurred)
        for key, fault in other.faults.items():
            known = self.faults.setdefault(key, fault)
            if known is not fault:
                first = min(known, fault, key=lambda each: each.number)
                count = known.count + fault.count
                self.faults[key] = dataclasses.replace(first, count=count)

    def rates(self) -> str:
        """Return how many graphs there were, and how fast."""
        wall, used = time.monotonic() - self.began, self.used
        if used is None:
            used = time.process_time() - self.process_began
        return (
            f"{self.graphs} graphs in {wall:.0f} s, {self.graphs / wall:.0f} a second, "
            f"{self.graphs / used:.0f} a second of processor time"
        )

    def report(self) -> str:
        """Return everything, some hundred lines where faults were found."""
        nodes = self.occurred.nodes / max(self.occurred.graphs, 1)
        lines = [f"seed {self.seed}: {self.rates()}, {nodes:.0f} nodes a graph"]
        lines += [f"law {name}: held {n}" for name, n in self.held.items()]
        lines += [f"law {name}: says nothing {n}" for name, n in self.silent.items()]
        lines += ["", self.occurred.report(), "", f"{len(self.faults)} kinds of fault"]
        lines += [f"{f.count} times\n{f.text}" for f in self.faults.values()]
        return "\n".join(lines)


def tried(
    seed: int,
    laws: Sequence[Law],
    tally: Tally,
    first: int = 0,
    shrink: float = 30.0,
    stride: int = 1,
) -> Iterator[None]:
    """Try cases without end, one for each step; the tally grows.

    Args:
        seed: of all; case number i depends on it and i alone.
        laws: those to try.
        first: number of the first case.
        shrink: seconds for making the first case of a kind of fault small.
        stride: from one case's number to the next.
    """
    number = first
    while True:
        _try(f"{seed} {number}", number, laws, tally, shrink)
        tally.graphs += 1
        number += stride
        yield


def _try(key: str, number: int, laws: Sequence[Law], tally: Tally, shrink: float):
    choices = by_seed(key)
    try:
        case = case_of(choices)
    except Exception as problem:
        _note(tally, None, problem, number, choices, shrink)
        return
    tally.occurred.add(case)
    for law in laws:
        if (number + zlib.crc32(law.name.encode())) % law.every:
            continue
        try:
            law.check(case)
        except InapplicableLawError:
            tally.silent[law.name] += 1
        except Exception as problem:
            _note(tally, law, problem, number, choices, shrink)
        else:
            tally.held[law.name] += 1


def kind_of(problem: BaseException) -> str:
    """Return the error's type and its first line without names and numbers."""
    line = next(iter(str(problem).splitlines()), "")
    line = re.sub(
        r"'[^']*'|\"[^\"]*\"|<[^>]*>|-?[\d.]+(e-?\d+)?|\[.*?\]|nan|inf", "~", line
    )
    return f"{type(problem).__name__}: {line}"[:160]


def _note(
    tally: Tally,
    law: Law | None,
    problem: Exception,
    number: int,
    choices: Recorded,
    shrink: float,
) -> None:
    name = GROWTH if law is None else law.name
    kind = kind_of(problem)
    known = tally.faults.get((name, kind))
    if known is not None:
        known.count += 1
        return
    breaks = _Breaks(law, kind)
    small = shrunk(choices.numbers, breaks, shrink)
    text = _shown(law, small, problem, f"{tally.seed}", number)
    tally.faults[name, kind] = Fault(name, kind, number, text)
    print(text, flush=True)


class _Breaks:
    """Do these choices break a law in the same way?"""

    def __init__(self, law: Law | None, kind: str) -> None:
        self.law, self.kind = law, kind

    def __call__(self, numbers: Sequence[int]) -> list[int] | None:
        choices = by_numbers(numbers)
        problem = failure(self.law, choices)
        same = problem is not None and kind_of(problem) == self.kind
        return choices.numbers if same else None


def failure(law: Law | None, choices: Recorded) -> Exception | None:
    """Return how a law fails for the case of these choices; None where it does not."""
    try:
        case = case_of(choices)
        if law is not None:
            law.check(case)
    except InapplicableLawError:
        return None
    except Exception as problem:
        return problem
    return None


def _shown(
    law: Law | None, numbers: Sequence[int], first: Exception, seed: str, number: int
) -> str:
    """Return a fault as text: the law, the error, the program, the choices."""
    problem = failure(law, by_numbers(numbers)) or first
    name = GROWTH if law is None else law.name
    lines = [f"law {name!r}, case {number} of seed {seed}", f"choices {list(numbers)}"]
    lines.append(f"{type(problem).__name__}: {problem}")
    if "import tinygraph as tg" not in str(problem) and law is not None:
        case = case_of(by_numbers(numbers))
        lines.append(as_code(case.graph, *case.call[:1], case.seed, steps=case.known))
    return "\n".join(lines)
