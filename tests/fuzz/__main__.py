"""Draw random recurrent graphs for a given time, and try the laws on them.

    python -m tests.fuzz --seconds 600 [--seed 1] [--backend numpy] [--law unrolling]

Runs on all processors, or on as many as `--processes` says. Prints how many graphs were
tried, how many a second, every class of thing that occurred in them, and every kind of
fault as a program. Case i depends on the seed and i alone. Ctrl-C, or a polite kill,
ends a run early with its report. Exit status 1 where a law broke.
"""

import argparse
import os
import signal
import sys
import tempfile

for _pool in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_pool, "1")


def main(arguments: list[str]) -> int:
    from tests.fuzz.laws import LAWS
    from tests.fuzz.sharing import Share, shares, tally_of

    asked = _parser(list(LAWS)).parse_args(arguments)
    laws = tuple(
        law.name
        for law in LAWS.values()
        if (not asked.law or law.name in asked.law)
        and (not asked.backend or law.backend in asked.backend)
    )
    how = (asked.graphs, asked.seconds, asked.shrink)
    whole = Share(asked.seed, laws, asked.first, 1, *how, True)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory() as cache:
        os.environ["XDG_CACHE_HOME"] = cache
        tally = tally_of(shares(whole, asked.processes))
    print(tally.report())
    return 1 if tally.faults else 0


def _parser(laws: list[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m tests.fuzz", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--graphs", type=int, help="stop after so many")
    parser.add_argument("--seed", type=int, default=0)
    every = len(os.sched_getaffinity(0))
    parser.add_argument("--processes", type=int, default=every, help="all processors")
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    parser.add_argument("--law", action="append", choices=laws)
    backends = ("interpret", "numpy", "native", "jax")
    parser.add_argument("--backend", action="append", choices=backends)
    parser.add_argument("--shrink", type=float, default=30.0, help="seconds a fault")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
