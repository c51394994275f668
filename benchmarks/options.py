"""What the user of the command line may choose."""

import os
from dataclasses import dataclass, replace
from pathlib import Path


@dataclass(frozen=True)
class Options:
    """How much to measure.

    Attributes:
        threads: settings of the thread counts, in the order in which they run.
        sizes: chosen sizes, each (B, H, T, V) or a part of it; None for all.
        peers: parts of the names of the peers that take part; None for all.
        quick: smaller sizes and fewer rounds, to see that all works.
        output: folder for JSON and charts.
        rounds: turns of each peer at each size.
        seconds: length of one turn.
        limit: seconds after which a peer that still compiles is left out.
        against: another tree of ours, whose compilations are timed too.
    """

    threads: tuple[int, ...]
    sizes: tuple[tuple[int, ...], ...] | None = None
    peers: tuple[str, ...] | None = None
    quick: bool = False
    output: Path = Path("runs/benchmarks")
    rounds: int = 9
    seconds: float = 0.5
    limit: float = 600.0
    against: Path | None = None

    def takes(self, peer: str) -> bool:
        """Return True if a peer of this name takes part."""
        return self.peers is None or any(part in peer for part in self.peers)

    def on_one_thread(self) -> "Options":
        """Return the same with only the first setting of the threads: one."""
        return replace(self, threads=(1,))


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
