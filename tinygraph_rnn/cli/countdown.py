"""Progress of a search, which may take seconds or hours."""

import sys
import time
from typing import Any, TextIO, final

from tinygraph_rnn.training.progress import SECONDS_BETWEEN_LINES

__all__ = ["Countdown"]

SECONDS_OF_SILENCE = 1.0


@final
class Countdown:
    """Shows how much of a total is done; work of less than a second is silent.

    On a terminal it is a bar, which is cleared when the work is done; anywhere else a
    plain line every ten seconds. Call it with what is done, in a `with` block.
    """

    def __init__(self, total: int, what: str, stream: TextIO | None = None) -> None:
        """Start; `what` are the things that are counted."""
        self._stream = sys.stderr if stream is None else stream
        self._total, self._what = total, what
        self._bar: Any = None
        self._next_line = time.monotonic() + SECONDS_OF_SILENCE
        if self._stream.isatty():
            from tqdm import tqdm

            self._bar = tqdm(
                total=total,
                desc=what,
                file=self._stream,
                leave=False,
                delay=SECONDS_OF_SILENCE,
                bar_format="{desc}: {n_fmt}/{total_fmt} |{bar}| "
                "[{elapsed} < {remaining}]",
                dynamic_ncols=True,
            )

    def __call__(self, done: int) -> None:
        """Note that so many are done."""
        if self._bar is not None:
            self._bar.update(done - self._bar.n)
        elif time.monotonic() >= self._next_line:
            self._next_line = time.monotonic() + SECONDS_BETWEEN_LINES
            self._stream.write(f"{done}/{self._total} {self._what}\n")
            self._stream.flush()

    def __enter__(self) -> "Countdown":
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()
