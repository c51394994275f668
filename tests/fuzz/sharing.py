"""The cases shared out among processes: process k of n tries numbers k, k + n, ..."""

import multiprocessing
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection

from tests.fuzz.laws import LAWS
from tests.fuzz.trying import Tally, tried


@dataclass(frozen=True)
class Share:
    """What one process tries.

    Attributes:
        laws: their names.
        first: number of its first case.
        stride: from one of its cases to the next.
        graphs: after how many it stops; None: by the clock alone.
        shrink: seconds for making the first case of a kind of fault small.
        speaks: it says how fast it is, once a minute.
    """

    seed: int
    laws: tuple[str, ...]
    first: int
    stride: int
    graphs: int | None
    seconds: float
    shrink: float
    speaks: bool

    def tally(self, ended: Callable[[], bool] = lambda: False) -> Tally:
        """Try the cases of this share, to its end or until Ctrl-C or a polite kill.

        Args:
            ended: asked after each case, for processes that are told to end.
        """
        tally, laws = Tally(self.seed), [LAWS[name] for name in self.laws]
        end, said = tally.began + self.seconds, tally.began
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            how = (self.first, self.shrink, self.stride)
            try:
                for _ in tried(self.seed, laws, tally, *how):
                    now = time.monotonic()
                    if now > end or tally.graphs == self.graphs or ended():
                        break
                    if self.speaks and now > said + 60:
                        said = now
                        self.say(tally)
            except KeyboardInterrupt:
                print("interrupted", file=sys.stderr)
        tally.stop()
        return tally

    def say(self, tally: Tally) -> None:
        """Tell how fast it is so far."""
        which = f"one of {self.stride} processes: " if self.stride > 1 else ""
        print(which + tally.rates(), file=sys.stderr, flush=True)


def shares(whole: Share, count: int) -> list[Share]:
    """Return a share of the cases for each of so many processes, but no empty one."""
    if whole.graphs is not None:
        count = min(count, whole.graphs)
    return [
        Share(
            whole.seed,
            whole.laws,
            whole.first + k,
            count,
            None if whole.graphs is None else (whole.graphs - k + count - 1) // count,
            whole.seconds,
            whole.shrink,
            k == 0,
        )
        for k in range(count)
    ]


def tally_of(parts: list[Share]) -> Tally:
    """Return what came of all shares; a single one is tried in this process.

    Raises:
        RuntimeError: a process ended without its tally.
    """
    if len(parts) == 1:
        return parts[0].tally()
    whole = Tally(parts[0].seed)
    context = multiprocessing.get_context("spawn")
    running = []
    for part in parts:
        here, there = context.Pipe(duplex=False)
        process = context.Process(target=_tell, args=(there, part))
        process.start()
        there.close()
        running.append((process, here))
    left, told = [here for _, here in running], False
    while left:
        try:
            whole.add(left[0].recv())
            left.pop(0)
        except KeyboardInterrupt:
            for process, _ in running:
                (process.kill if told else process.terminate)()
            told = True
        except EOFError:
            raise RuntimeError("a process ended without saying what it found") from None
    for process, _ in running:
        process.join()
    return whole


def _tell(there: Connection, part: Share) -> None:
    """Send the tally of a share, after the case at which it is told to end."""
    told = threading.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: told.set())
    there.send(part.tally(told.is_set))
