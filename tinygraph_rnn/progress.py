"""Progress for people: a bar on a terminal, a line now and then in a log file."""

import logging
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from tqdm import tqdm

__all__ = ["Progress", "logged"]

SECONDS_BETWEEN_LINES = 10.0
UNKNOWN_SIZE = {"ncols": 80, "nrows": 20}


class Progress:
    """Loss, held-out bits per character, characters per second and time left.

    On a terminal and in a notebook this is a tqdm bar; anywhere else (a file, a
    pipe, CI) a plain line every ten seconds and at the end.
    """

    def __init__(
        self,
        total: int,
        *,
        done: int = 0,
        characters: int,
        unit: str = "char",
        stream: TextIO | None = None,
    ) -> None:
        """Start at update `done` of `total`, each of which reads `characters`.

        `unit` is what they are called: char, word or byte.
        """
        self.stream = sys.stderr if stream is None else stream
        self.total, self.done, self.first = total, done, done
        self.characters = characters
        self.bits, self.speed = f"held-out bits/{unit}", f"{unit}s/s"
        self.shown = dict.fromkeys(("loss", self.bits, self.speed), "?")
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
                bar_format="{percentage:3.0f}%|{bar:12}| {n_fmt}/{total_fmt} "
                "[{elapsed} < {remaining}{postfix}]",
            )

    def advance(self, loss: float) -> None:
        """Note one more update with this training loss, in nats per token."""
        self.done += 1
        self.shown["loss"] = f"{loss:.3f}"
        self.shown[self.speed] = f"{self.characters_per_second:,.0f}"
        if self.bar is not None:
            self.bar.set_postfix(self.shown, refresh=False)
            self.bar.update()
        elif time.monotonic() - self.last_line >= SECONDS_BETWEEN_LINES:
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
            self.bar.set_postfix(self.shown, refresh=False)
            self.bar.close()
        elif self.done > self.first:
            self._print_line()

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


@contextmanager
def logged() -> Iterator[None]:
    """Show on standard error what tinygraph logs: what may take a while."""
    log, handler = logging.getLogger("tinygraph"), logging.StreamHandler()
    before = log.level
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(before)
