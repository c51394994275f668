"""A fault to plant: one small edit of one file, which must apply exactly once."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

PACKAGES = ("tinygraph", "tinygraph_rnn")


@dataclass(frozen=True)
class Fault:
    """One small edit that changes what the code means.

    Attributes:
        area: which part of the engine it is in; says which tests should see it.
        file: path from the root of the repository.
        old: text that stands exactly once in the file.
        new: what is planted in its place.
        equivalent: why no test can see it; empty for a fault that one must see.
    """

    area: str
    file: str
    old: str
    new: str
    equivalent: str = ""

    def found_in(self, root: Path) -> Path | None:
        """Return the file in which the edit applies exactly once; None if none is.

        A file that was moved or split is found again by the text, where just one file
        of the packages has it, once.
        """
        own = root / self.file
        if own.is_file():
            return own if own.read_text("utf-8").count(self.old) == 1 else None
        counts = {
            path: path.read_text("utf-8").count(self.old)
            for package in PACKAGES
            for path in sorted((root / package).rglob("*.py"))
        }
        holding = [path for path, count in counts.items() if count]
        alone = len(holding) == 1 and counts[holding[0]] == 1
        return holding[0] if alone else None

    def diff(self, root: Path) -> str:
        """Return the edit as a diff."""
        path = self.found_in(root)
        if path is None:
            return f"{self.file}: {self.old!r} does not stand there exactly once"
        before = path.read_text("utf-8")
        after = before.replace(self.old, self.new)
        name = path.relative_to(root).as_posix()
        lines = difflib.unified_diff(
            before.splitlines(), after.splitlines(), name, name, n=1, lineterm=""
        )
        return "\n".join(lines)


Edit = tuple[str, str] | tuple[str, str, str]


def faults_in(area: str, file: str, edits: Iterable[Edit]) -> list[Fault]:
    """Return faults of one area in one file: (old, new), or with why it is equivalent.

    The file is given from `tinygraph/` on, or from the root where it begins with the
    name of a package.
    """
    path = file if file.startswith(PACKAGES) else f"tinygraph/{file}"
    return [Fault(area, path, *edit) for edit in edits]
