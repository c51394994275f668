"""Plants faults one at a time in a copy of the tree, and runs the tests of the area."""

import os
import shutil
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.mutation.fault import Fault
from tests.mutation.reach import Entry, Record, first, named, ordered, place_of
from tests.mutation.running import KILLED, SURVIVED, Runner

COPIED = ("tinygraph", "tinygraph_rnn", "tests", "docs", "examples", "benchmarks")
FILES = ("*.py", "*.toml", "*.cfg", "*.md")
STALE, EQUIVALENT = "stale", "equivalent"
OWN, LATE, OTHERS = "its own", "the laws'", "other areas'"
SOON = 2.0  # seconds of the tests that are run alone first
MOST = 60.0  # seconds of the tests that a fault is shown to, of laws as many again


@dataclass(frozen=True)
class Outcome:
    """What became of a fault.

    Attributes:
        fate: one of the words of this file.
        seconds: of processor time that the tests took.
        by: the first test that failed.
        diff: the edit.
        tests: how many tests it was shown to, at most.
    """

    fault: Fault
    fate: str
    seconds: float = 0.0
    by: str = ""
    diff: str = ""
    tests: int = 0


class Copy:
    """A copy of the tree in which faults are planted; the tree itself is only read."""

    def __init__(self, source: Path, root: Path) -> None:
        self.root = root
        self._clock = int(time.time()) + 10
        skipped = shutil.ignore_patterns("__pycache__", ".*", "*.svg")
        for name in COPIED:
            if (source / name).is_dir():
                shutil.copytree(source / name, root / name, ignore=skipped)
        for pattern in FILES:
            for path in source.glob(pattern):
                shutil.copy(path, root)

    @contextmanager
    def planted(self, fault: Fault) -> Iterator[Path | None]:
        """Plant a fault, and take it out again; None where it does not apply."""
        path = fault.found_in(self.root)
        if path is None:
            yield None
            return
        before = path.read_text("utf-8")
        try:
            self._write(path, before.replace(fault.old, fault.new))
            yield path
        finally:
            self._write(path, before)

    def _write(self, path: Path, text: str) -> None:
        """Write a file with a time of its own, so that no compiled one is taken."""
        path.write_text(text, "utf-8")
        self._clock += 1
        os.utime(path, (self._clock, self._clock))

    def test_files(self, names: Sequence[str]) -> Iterator[str]:
        """Yield the files of tests in some folders and files, each once.

        Raises:
            FileNotFoundError: one is not there.
        """
        seen = set()
        for name in names:
            path = self.root / name
            if not path.exists():
                raise FileNotFoundError(f"there are no tests {name}")
            for each in sorted(path.rglob("test_*.py")) if path.is_dir() else [path]:
                if each not in seen:
                    seen.add(each)
                    yield each.relative_to(self.root).as_posix()


@contextmanager
def copied(source: Path) -> Iterator[Copy]:
    """Yield a copy of the tree, deleted afterwards."""
    with tempfile.TemporaryDirectory(prefix="planted-") as folder:
        yield Copy(source, Path(folder))


class Planter:
    """Plants faults in a copy, and learns from each which tests to run first.

    Attributes:
        record: test file → test → (its seconds, the functions that it enters).
    """

    def __init__(
        self,
        copy: Copy,
        faults: Sequence[Fault],
        tests: Mapping[str, Sequence[str]],
        limit: float,
        tell: Callable[[str], object],
        late: Collection[str] = (),
        narrow: bool = False,
    ) -> None:
        """Make a planter.

        Args:
            copy: where faults are planted.
            faults: all that will be; the files that hold them are watched.
            tests: area → files and folders of tests.
            limit: seconds a fault, at most.
            tell: hears of the tests of an area when they are run with no fault.
            late: files that are run for what no other test of the area saw; what they
                do not see either is shown to the tests of all other areas.
            narrow: the area's own tests alone, for a third of their time.
        """
        self.record: dict[str, dict[str, Entry]] = {}
        self._late = frozenset(late)
        self._stages = (OWN,) if narrow else (OWN, LATE, OTHERS)
        self._most = MOST / 3 if narrow else MOST
        self._copy, self._tests, self._limit, self._tell = copy, tests, limit, tell
        places = {place_of(copy.root, fault) for fault in faults}
        self._watched = sorted({place.split(":")[0] for place in places if place})
        self._kills: dict[str, Counter[str]] = defaultdict(Counter)
        self._runner = Runner(copy.root)

    def __enter__(self) -> "Planter":
        return self

    def __exit__(self, *_: object) -> None:
        self._runner.close()

    def plant(self, fault: Fault) -> Outcome:
        """Plant a fault, run the tests that can see it, and say what became of it."""
        if fault.equivalent:
            return Outcome(fault, EQUIVALENT, diff=fault.diff(self._copy.root))
        diff, place = fault.diff(self._copy.root), place_of(self._copy.root, fault)
        if not place:
            return Outcome(fault, STALE, diff=diff)
        fate, by, seconds, count = SURVIVED, "", 0.0, 0
        for stage in self._stages:
            record = self._recorded(fault.area, stage)
            kills = self._kills[fault.area] + self._kills[fault.file]
            kills += named(record, fault)
            tests = first(ordered(record, place, kills), record, self._most)
            with self._copy.planted(fault):
                fate, more, by = self._tried(tests, record)
            seconds, count = seconds + more, count + len(tests)
            if fate != SURVIVED:
                break
        if fate == KILLED:
            self._kills[fault.area][by] += 1
            self._kills[fault.file][by] += 9
        return Outcome(fault, fate, seconds, by, diff, count)

    def fails_alone(self) -> str:
        """Return a test that killed a fault and fails with none planted; "" for none.

        Tests are run in another order than they stand in, and few of them at a time.
        """
        known = {name for record in self.record.values() for name in record}
        killers = {by for kills in self._kills.values() for by in kills}
        some = sorted(killers & known)
        return self._runner.run(some, 20 * self._limit).by if some else ""

    def _tried(self, tests: list[str], record: Record) -> tuple[str, float, str]:
        """Run tests, the first of them alone; fate, processor seconds, by what."""
        soon = first(tests, record, SOON)
        seconds = 0.0
        for some in (soon, tests[len(soon) :]):
            if not some:
                continue
            found = self._runner.run(some, self._limit)
            seconds += found.seconds
            if found.fate != SURVIVED:
                return found.fate, seconds, found.by
        return SURVIVED, seconds, ""

    def _files(self, area: str, stage: str) -> list[str]:
        """Return the files of an area's own tests, of late ones, or of all others."""
        own = self._copy.test_files(self._tests[area])
        if stage == OWN:
            return [file for file in own if file not in self._late]
        late = list(self._copy.test_files(sorted(self._late)))
        if stage == LATE:
            return late
        every = [name for names in self._tests.values() for name in names]
        seen = {*own, *late}
        return [file for file in self._copy.test_files(every) if file not in seen]

    def _recorded(self, area: str, stage: str) -> Record:
        """Return the record of some tests, which are run where they were not."""
        wanted = self._files(area, stage)
        new = [file for file in wanted if file not in self.record]
        if new:
            found = self._runner.run(new, 20 * self._limit, self._watched)
            if found.fate != SURVIVED:
                raise RuntimeError(f"{area}, no fault planted: {found.fate} {found.by}")
            self._tell(f"{area}: {stage} tests pass in {found.seconds:.0f} s")
            self.record.update({file: {} for file in new})
            for name, entry in found.tests.items():
                self.record[name.split("::")[0]][name] = entry
        return {k: entry for file in wanted for k, entry in self.record[file].items()}
