"""Fills in what the examples of a page print, by running them.

    python docs/printed.py --check [PAGE ...]
    python docs/printed.py --write [PAGE ...]

An example is a statement after `>>>` (and `...`) in a block marked ```python; what
stands below it, up to the next one, is what it prints. All examples of a page are run
in order, as one file. A block marked ```python llvmlite is left as it is where that is
not installed; so with other packages.
"""

import argparse
import contextlib
import difflib
import importlib.util
import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
NAMES = (
    *("architecture", "core", "testing"),
    *("howto/elsewhere", "howto/jax", "reference/errors"),
)
PAGES = [ROOT / f"docs/{name}.md" for name in NAMES]

BLOCK = re.compile(r"^(```python(?: (\w+))?\n)(.*?)^```$", re.MULTILINE | re.DOTALL)
PROMPTS = ">>> ", "... "


class Session:
    """Runs the examples of one page, as lines of one file.

    Attributes:
        name: of that file, which errors mention.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._names: dict[str, Any] = {"__name__": "__main__"}
        self._count = 0

    def printed(self, source: str) -> str:
        """Return what a statement prints, or the value that it is."""
        code = "\n" * self._count + source
        self._count += source.count("\n") + 1
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(compile(code, self.name, "single"), self._names)
        return out.getvalue()


def examples(block: str) -> Iterator[tuple[list[str], int]]:
    """Yield the lines of each example with prompts, and how many empty lines follow."""
    source: list[str] = []
    empty = 0
    for line in block.splitlines():
        starts = line.startswith(PROMPTS[0])
        if starts and source:
            yield source, empty
            source = []
        if starts or line.startswith(PROMPTS[1]):
            source.append(line)
        empty = 0 if line.strip() else empty + 1
    if source:
        yield source, empty


def filled(block: str, session: Session) -> str:
    """Return a block with what its examples print now."""
    lines: list[str] = []
    for source, empty in examples(block):
        statement = "\n".join(line[4:] for line in source)
        several = len(source) > 1
        printed = session.printed(statement + "\n" if several else statement)
        lines += source
        lines += [line.rstrip() for line in printed.strip("\n").splitlines()]
        lines += [""] * empty
    return "\n".join(lines).rstrip("\n") + "\n"


def made_anew(page: str, name: str) -> str:
    """Return a page with all that its examples print made anew.

    Args:
        page: its text.
        name: of the file that errors of its examples mention.
    """
    session = Session(name)

    def block(found: re.Match[str]) -> str:
        head, needs, text = found.groups()
        absent = needs is not None and importlib.util.find_spec(needs) is None
        if absent or PROMPTS[0] not in text:
            return found[0]
        return f"{head}{filled(text, session)}```"

    return BLOCK.sub(block, page)


def difference(path: Path) -> str:
    """Return what is out of date in a page, as a diff; empty where nothing is."""
    page = path.read_text("utf-8")
    anew = made_anew(page, f"{path.stem}.py")
    both = (page.splitlines(), anew.splitlines())
    return "\n".join(difflib.unified_diff(*both, "as it is", "made anew", lineterm=""))


def main(arguments: list[str] | None = None) -> int:
    """Check or write pages; returns 1 where one is out of date."""
    parser = argparse.ArgumentParser(description="Fill in what examples print.")
    how = parser.add_mutually_exclusive_group(required=True)
    how.add_argument("--check", action="store_true", help="say what is out of date")
    how.add_argument("--write", action="store_true", help="write it anew")
    parser.add_argument("pages", nargs="*", type=Path, metavar="PAGE")
    asked = parser.parse_args(arguments)
    sys.path.insert(0, str(ROOT))
    stale = 0
    for path in asked.pages or PAGES:
        if asked.write:
            page = path.read_text("utf-8")
            path.write_text(made_anew(page, f"{path.stem}.py"), "utf-8")
        elif found := difference(path):
            sys.stdout.write(f"{path} is out of date\n{found}\n")
            stale = 1
    return stale


if __name__ == "__main__":
    sys.exit(main())
