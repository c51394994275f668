"""Races: all peers in turn, round after round, so that drift hits all alike.

Before a race every peer's loss and gradients must agree with a float64 reference.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from benchmarks.options import Options
from benchmarks.peers.ready import SkipError
from benchmarks.problems import Arrays, Problem
from benchmarks.workers import Peer, WorkerProcess

TOLERANCE = 1e-4
"""Largest difference from the float64 reference, relative to its largest entry."""

PAUSE = 0.05
"""Seconds between two turns, in which the threads of the last peer go to sleep."""


class DisagreementError(Exception):
    """A peer computes something else; its times would mean nothing."""


@dataclass
class Entry:
    """One peer's result at one size.

    Attributes:
        rounds: for each round its calls, each (wall, CPU) seconds.
        first: seconds from nothing to the end of the first call: the compile time.
        error: largest difference from the reference; None if it computes nothing.
        facts: notes of the peer.
    """

    first: float
    error: float | None
    facts: dict[str, Any]
    rounds: list[list[tuple[float, float]]] = field(default_factory=list)

    def quartiles(self, clock: int = 0) -> tuple[float, float, float]:
        """Return lower quartile, median and upper quartile of all calls, seconds."""
        calls = [call[clock] for turn in self.rounds for call in turn]
        low, middle, high = np.quantile(calls, (0.25, 0.5, 0.75))
        return float(low), float(middle), float(high)

    def by_round(self, clock: int = 0) -> Any:
        """Return the median of each round."""
        turns = [[call[clock] for call in turn] for turn in self.rounds]
        return np.array([np.median(turn) for turn in turns])


@dataclass
class Race:
    """All peers' results at one size; clock 0 is the wall's, 1 the CPU's."""

    problem: Problem
    threads: int
    entries: dict[str, Entry] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)

    def speed(self, peer: str, rival: str, clock: int = 0) -> float | None:
        """Return how many times as fast as the rival a peer is.

        The median over rounds of the ratio within a round.
        """
        if peer not in self.entries or rival not in self.entries:
            return None
        mine, other = (self.entries[x].by_round(clock) for x in (peer, rival))
        return float(np.median(other / mine))


@contextmanager
def stadium(
    peers: Sequence[Peer], threads: int, options: Options
) -> Iterator[dict[Peer, WorkerProcess]]:
    """Start a worker for each peer that takes part; stop them all at the end."""
    chosen = [peer for peer in peers if options.takes(peer.name)]
    workers = {peer: WorkerProcess(peer, threads) for peer in chosen}
    try:
        yield workers
    finally:
        for worker in workers.values():
            worker.stop()


def run_race(
    problem: Problem,
    wanted: Arrays,
    workers: dict[Peer, WorkerProcess],
    threads: int,
    options: Options,
) -> Race:
    """Build, compare with the wanted loss and gradients, then time in rounds.

    Raises:
        DisagreementError: a peer's loss or a gradient differs from the reference.
    """
    race = Race(problem, threads)
    for peer, worker in workers.items():
        if problem.work > peer.largest:
            race.skipped[peer.name] = f"too slow for {problem.label}"
            continue
        try:
            built = worker.ask("build", problem, limit=options.limit)
        except SkipError as reason:
            race.skipped[peer.name] = str(reason)
            continue
        error = compare(peer.name, built["results"], wanted)
        race.entries[peer.name] = Entry(built["first"], error, built["facts"])
    _time_in_rounds(race, workers, options)
    return race


def compare(name: str, results: Arrays, wanted: Arrays) -> float | None:
    """Return the largest relative difference; None where there are no results.

    Raises:
        DisagreementError: something is missing or differs by more than `TOLERANCE`.
    """
    if not results:
        return None
    if set(results) != set(wanted):
        missing = set(results) ^ set(wanted)
        raise DisagreementError(f"{name} returned {missing} too many or too few")
    worst = 0.0
    for key, array in wanted.items():
        if results[key].shape != array.shape:
            raise DisagreementError(f"{name}: {key} has shape {results[key].shape}")
        scale = float(np.abs(array).max()) or 1.0
        error = float(np.abs(results[key] - array).max()) / scale
        if not error < TOLERANCE:
            raise DisagreementError(f"{name}: {key} is off by {error:.1e} of {scale}")
        worst = max(worst, error)
    return worst


def _time_in_rounds(
    race: Race, workers: dict[Peer, WorkerProcess], options: Options
) -> None:
    for _ in range(options.rounds):
        for peer, worker in workers.items():
            if peer.name not in race.entries:
                continue
            try:
                times = worker.ask("turn", options.seconds, 2)
            except SkipError as reason:
                race.skipped[peer.name] = str(reason)
                del race.entries[peer.name]
                continue
            race.entries[peer.name].rounds.append(times)
            time.sleep(PAUSE)
