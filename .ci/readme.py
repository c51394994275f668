"""Prints shell lines of Markdown pages as one script, in their order.

`python .ci/readme.py [--with WORD | --without WORD] PAGE...`: all lines, or only those
with, or without, a word.
"""

import argparse
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

BLOCK = re.compile(r"^```bash\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def lines_of(text: str) -> list[str]:
    """Return the lines of all blocks that are marked as bash."""
    blocks = BLOCK.findall(text)
    return [line for block in blocks for line in block.splitlines() if line.strip()]


def script(lines: list[str]) -> Iterator[str]:
    """Yield the lines of a script that shows each line before it runs it."""
    for line in lines:
        yield f"printf '\\n$ %s\\n' {shlex.quote(line)}"
        yield line


def main() -> None:
    """Print what is asked for; it is an error where that is nothing."""
    parser = argparse.ArgumentParser(description=__doc__)
    asked = parser.add_mutually_exclusive_group()
    asked.add_argument("--with", dest="wanted", metavar="WORD")
    asked.add_argument("--without", dest="unwanted", metavar="WORD")
    parser.add_argument("pages", nargs="+", type=Path)
    given = parser.parse_args()
    lines = [line for page in given.pages for line in lines_of(page.read_text("utf-8"))]
    for word, holds in ((given.wanted, True), (given.unwanted, False)):
        if word:
            whole = re.compile(rf"\b{re.escape(word)}\b")
            lines = [line for line in lines if bool(whole.search(line)) is holds]
    if not lines:
        sys.exit("there are no such lines")
    sys.stdout.write("\n".join(script(lines)) + "\n")


if __name__ == "__main__":
    main()
