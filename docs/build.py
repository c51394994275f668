"""Builds the site: `python -m docs.build [--output FOLDER]`; warnings are errors.

Every notebook is executed. Afterwards each link within the site is followed, and
nothing may be loaded from a network. Needs the extra `docs`.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from docs.site.links import faults

FOLDER = Path(__file__).parent
OUTPUT = FOLDER.parent / "build" / "site"


def build(output: Path, jobs: int = 1, arguments: Sequence[str] = ()) -> int:
    """Build into a folder and check it; returns 0 where all is well."""
    from sphinx.cmd.build import build_main

    fixed = ["--fail-on-warning", "--keep-going", "--quiet", f"--jobs={jobs}"]
    doctrees = output.parent / f"{output.name}.doctrees"
    folders = ["-d", str(doctrees), str(FOLDER), str(output)]
    if status := build_main([*fixed, "-b", "html", *arguments, *folders]):
        return status
    found = list(faults(output))
    for fault in found:
        sys.stderr.write(f"{fault}\n")
    return 1 if found else 0


def main(arguments: list[str] | None = None) -> int:
    """Build as the command line asks."""
    parser = argparse.ArgumentParser(prog="python -m docs.build", description=__doc__)
    parser.add_argument(
        "--output", type=Path, default=OUTPUT, help="default: %(default)s"
    )
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="pages made side by side"
    )
    parser.add_argument(
        "--no-notebooks", action="store_true", help="leave their outputs out: a look"
    )
    parser.add_argument(
        "--changed", action="store_true", help="only pages whose text changed"
    )
    asked = parser.parse_args(arguments)
    unrun = ["nb_execution_mode=off", "suppress_warnings=myst-nb.lexer"]
    more = [f"-D{each}" for each in unrun] if asked.no_notebooks else []
    more += [] if asked.changed else ["--fresh-env", "--write-all"]
    status = build(asked.output.resolve(), asked.jobs, more)
    if not status:
        sys.stdout.write(f"{asked.output / 'index.html'}\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
