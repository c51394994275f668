"""Prints the shell lines of a README, or another page, as one script, in their order.

`python .ci/readme.py README.md [WORD COMMAND]`: before a line that has WORD, COMMAND is
run too.
"""

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


def script(text: str, word: str = "", command: str = "") -> Iterator[str]:
    """Yield the lines of a script that shows each line before it runs it."""
    for line in lines_of(text):
        if word and re.search(rf"\b{re.escape(word)}\b", line):
            yield command
        yield f"printf '\\n$ %s\\n' {shlex.quote(line)}"
        yield line


if __name__ == "__main__":
    name, *before = sys.argv[1:]
    lines = [*script(Path(name).read_text("utf-8"), *before)]
    if not lines:
        sys.exit(f"{name} has no shell lines")
    sys.stdout.write("\n".join(lines) + "\n")
