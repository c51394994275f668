"""Plants faults one at a time in a copy of the tree, and runs the tests of the area."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.mutation.fault import Fault

COPIED = ("tinygraph", "tinygraph_rnn", "tests", "docs", "examples", "benchmarks")
FILES = ("*.py", "*.toml", "*.cfg", "*.md")
KILLED, SURVIVED, SLOW, STALE, EQUIVALENT = (
    *("killed", "survived", "out of time"),
    *("stale", "equivalent"),
)


@dataclass(frozen=True)
class Outcome:
    """What became of a fault.

    Attributes:
        fate: one of the words of this file.
        seconds: that the tests took.
        by: the first test that failed.
        diff: the edit.
    """

    fault: Fault
    fate: str
    seconds: float = 0.0
    by: str = ""
    diff: str = ""


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

    def run(self, tests: Sequence[str], limit: float) -> tuple[str, float, str]:
        """Run tests; return survived, killed or out of time, seconds, and by what.

        Code that native backends keep on disk is kept for this run alone.
        """
        cache = self.root / ".cache"
        shutil.rmtree(cache, ignore_errors=True)
        command = [sys.executable, "-m", "pytest", "-n", "0", "-x", "-q", "--no-header"]
        command += ["-p", "no:cacheprovider", "--tb=no", *tests]
        kept = {
            **os.environ,
            "XDG_CACHE_HOME": str(cache),
            "PYTHONPATH": str(self.root),
        }
        kept.pop("PYTHONDONTWRITEBYTECODE", None)
        begin = time.monotonic()
        try:
            done = subprocess.run(
                command,
                cwd=self.root,
                env=kept,
                capture_output=True,
                text=True,
                timeout=limit,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return SLOW, time.monotonic() - begin, ""
        seconds = time.monotonic() - begin
        if done.returncode == 0:
            return SURVIVED, seconds, ""
        if done.returncode > 2:
            raise RuntimeError(f"pytest could not run {tests}: {done.stdout[-2000:]}")
        found = re.search(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE)
        return KILLED, seconds, found[1] if found else done.stdout[-300:]


@contextmanager
def copied(source: Path) -> Iterator[Copy]:
    """Yield a copy of the tree, deleted afterwards."""
    with tempfile.TemporaryDirectory(prefix="planted-") as folder:
        yield Copy(source, Path(folder))


def plant(
    copy: Copy,
    faults: Iterable[Fault],
    tests: Mapping[str, Sequence[str]],
    limit: float,
    tell: Callable[[str], object],
    trusted: Collection[str] = (),
) -> Iterator[Outcome]:
    """Plant each fault and yield what became of it; `tell` hears of each area first.

    Args:
        copy: where they are planted.
        tests: area → what pytest is given.
        limit: seconds for the tests of one fault.
        trusted: areas whose tests are known to pass where no fault is planted.

    Raises:
        RuntimeError: the tests of an area fail, or take too long, without any fault.
    """
    known = set(trusted)
    for fault in faults:
        if fault.equivalent:
            yield Outcome(fault, EQUIVALENT, diff=fault.diff(copy.root))
            continue
        if fault.area not in known:
            known.add(fault.area)
            fate, seconds, by = copy.run(tests[fault.area], 10 * limit)
            if fate != SURVIVED:
                raise RuntimeError(f"{fault.area}, no fault planted: {fate} {by}")
            tell(f"{fault.area}: its tests pass in {seconds:.0f} s")
        diff = fault.diff(copy.root)
        with copy.planted(fault) as path:
            if path is None:
                yield Outcome(fault, STALE, diff=diff)
                continue
            fate, seconds, by = copy.run(tests[fault.area], limit)
        yield Outcome(fault, fate, seconds, by, diff)
