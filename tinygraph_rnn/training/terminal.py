"""What people read: lines on standard error, text on standard output."""

import contextlib
import re
import sys
import threading
import warnings
from collections.abc import Iterator
from typing import Any

__all__ = ["announced", "printable", "say", "warned", "write"]

_CONTROLS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]"
)
"""Control characters but tabs and line ends; those that turn the direction of text."""


def printable(text: str) -> str:
    r"""Return a text whose control characters are written out.

    A terminal would obey them: colours, moves of the cursor, its title.

    >>> print(printable("\x1b[31mred"))
    \x1b[31mred
    """
    return _CONTROLS.sub(lambda found: ascii(found.group())[1:-1], text)


def say(line: str) -> None:
    """Print a line on standard error."""
    print(printable(line), file=sys.stderr)


def write(text: str, end: str = "") -> None:
    """Print a text on standard output: as it is to a file, printable to a terminal."""
    terminal = sys.stdout is not None and sys.stdout.isatty()
    shown = printable(text) if terminal else text
    print(shown, end=end, flush=True)


@contextlib.contextmanager
def announced(line: str, after: float = 0.5) -> Iterator[None]:
    """Say what a block does if it takes longer than `after` seconds."""
    timer = threading.Timer(after, say, [line])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


@contextlib.contextmanager
def warned(command: str) -> Iterator[None]:
    """Show warnings as a line each, without the source that gave them."""

    def show(message: Warning | str, *_: Any, **__: Any) -> None:
        say(f"{command}: warning: {message}")

    with warnings.catch_warnings():
        warnings.showwarning = show
        yield
