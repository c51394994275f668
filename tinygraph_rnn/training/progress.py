"""Progress for people: a bar on a terminal, a line now and then in a log file."""

import logging
import math
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO, final

from tqdm import tqdm

import tinygraph as tg
from tinygraph_rnn.training.terminal import say

__all__ = ["Progress", "logged"]

SECONDS_BETWEEN_LINES = 10.0
_REST = "{n_fmt}/{total_fmt} [{elapsed} < {remaining}{postfix}]"
"""What stands on the right of the bar."""
UNKNOWN_SIZE = {"ncols": 80, "nrows": 20}


@final
class Progress:
    """Loss, held-out bits per character, characters per second and time left.

    On a terminal and in a notebook this is a tqdm bar, of as many of these as fit:
    the bits are the last to go. Anywhere else (a file, a pipe, CI) it is a plain line
    after the first update, every ten seconds and at the end.
    """

    def __init__(
        self,
        total: int,
        *,
        done: int = 0,
        characters: int,
        unit: str = "char",
        looks: bool = True,
        stream: TextIO | None = None,
    ) -> None:
        """Start at update `done` of `total`, each of which reads `characters`.

        `unit` is what they are called: char, word or byte. Without `looks` at a
        held-out text no bits are shown.
        """
        self.stream = sys.stderr if stream is None else stream
        self.total, self.done, self.first = total, done, done
        self.characters = characters
        self.bits, self.speed = f"held-out bits/{unit}", f"{unit}s/s"
        names = ("loss", *[self.bits] * looks, self.speed)
        self.shown = dict.fromkeys(names, "?")
        self.start = self.last_line = time.monotonic()
        self.bar: Any = None
        if self.stream.isatty() or in_notebook():
            size = {"dynamic_ncols": True} if _has_size(self.stream) else UNKNOWN_SIZE
            self.bar = tqdm(
                **size,
                total=total,
                initial=done,
                file=self.stream,
                unit="update",
                bar_format=f"{{percentage:3.0f}}%|{{bar}}| {_REST}",
            )

    def advance(self, loss: float) -> None:
        """Note one more update with this training loss, in nats per token."""
        self.done += 1
        self.shown["loss"] = f"{loss:.3f}"
        self.shown[self.speed] = f"{self.characters_per_second:,.0f}"
        if self.bar is not None:
            self.bar.set_postfix_str(self._fitting(), refresh=False)
            self.bar.update()
            return
        waited = time.monotonic() - self.last_line
        if self.done == self.first + 1 or waited >= SECONDS_BETWEEN_LINES:
            self._print_line()

    def evaluated(self, bits: float) -> None:
        """Note the latest held-out bits per character."""
        self.shown[self.bits] = f"{bits:.3f}"

    @property
    def characters_per_second(self) -> float:
        """Characters trained on per second since the start."""
        elapsed = time.monotonic() - self.start
        return (self.done - self.first) * self.characters / max(elapsed, 1e-9)

    def close(self) -> None:
        """Finish the bar, or print the last line."""
        if self.bar is not None:
            self.bar.set_postfix_str(self._fitting(), refresh=False)
            self.bar.close()
        elif self.done > self.first:
            self._print_line()

    def _fitting(self) -> str:
        """As many facts as the terminal has columns for, beside a bar of five."""
        facts = self.bar.format_dict
        bare = {**facts, "ncols": None, "postfix": None, "bar_format": _REST}
        room = (facts["ncols"] or math.inf) - len(tqdm.format_meter(**bare)) - 14
        names = list(self.shown)
        for dropped in ([], [self.speed], [self.speed, "loss"]):
            kept = [name for name in names if name not in dropped]
            text = ", ".join(f"{name}={self.shown[name]}" for name in kept)
            if len(text) <= room:
                break
        return text

    def _print_line(self) -> None:
        self.last_line = time.monotonic()
        elapsed = self.last_line - self.start
        made = max(self.done - self.first, 1)
        left = elapsed / made * (self.total - self.done)
        facts = ", ".join(f"{name} {value}" for name, value in self.shown.items())
        self.stream.write(
            f"update {self.done}/{self.total}: {facts} "
            f"[{_clock(elapsed)} < {_clock(left)}]\n"
        )
        self.stream.flush()


def in_notebook() -> bool:
    """Return True in a notebook, whose cells show a bar as a terminal does."""
    ipython = sys.modules.get("IPython")
    shell = ipython and ipython.get_ipython()
    return bool(shell) and hasattr(shell, "kernel")


def _has_size(terminal: TextIO) -> bool:
    """Return True for a terminal that says how wide it is."""
    try:
        return os.get_terminal_size(terminal.fileno()).columns > 0
    except (OSError, ValueError):
        return False


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes:02d}:{rest:02d}"


@final
class _Lines(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        say(record.getMessage())


@final
class _Compiling:
    """A bar on a terminal while machine code is made."""

    def __init__(self) -> None:
        self.bar: Any = None

    def __call__(self, share: float) -> None:
        """Show the share that is done; the bar goes when all is."""
        if self.bar is None and sys.stderr.isatty():
            form = "compiling {percentage:3.0f}%|{bar}| {elapsed}"
            self.bar = tqdm(total=1.0, bar_format=form, leave=False, ncols=60)
        if self.bar is None:
            return
        self.bar.update(share - self.bar.n)
        if share >= 1.0:
            self.bar.close()
            self.bar = None


@contextmanager
def logged() -> Iterator[None]:
    """Show on standard error what tinygraph logs: what may take a while."""
    log, handler = logging.getLogger("tinygraph"), _Lines()
    before = log.level
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    try:
        with tg.watch_compiling(_Compiling()):
            yield
    finally:
        log.removeHandler(handler)
        log.setLevel(before)
