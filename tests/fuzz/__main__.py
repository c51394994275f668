"""Draw random recurrent graphs for a given time, and try the laws on them.

    python -m tests.fuzz --seconds 600 [--seed 1] [--backend numpy] [--law unrolling]

Prints how many graphs were tried, how many a second, every class of thing that occurred
in them, and every kind of fault as a program. Case i depends on the seed and i alone.
Ctrl-C, or a polite kill, ends a run early with its report. Exit status 1 where a law
broke.
"""

import argparse
import os
import signal
import sys
import tempfile
import time
import warnings

for _pool in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_pool, "1")


def main(arguments: list[str]) -> int:
    from tests.fuzz.laws import LAWS
    from tests.fuzz.trying import Tally, tried

    asked = _parser(list(LAWS)).parse_args(arguments)
    laws = [
        law
        for law in LAWS.values()
        if (not asked.law or law.name in asked.law)
        and (not asked.backend or law.backend in asked.backend)
    ]
    tally = Tally(asked.seed)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    end, said = tally.began + asked.seconds, tally.began
    with tempfile.TemporaryDirectory() as cache, warnings.catch_warnings():
        os.environ["XDG_CACHE_HOME"] = cache
        warnings.simplefilter("error")
        try:
            for _ in tried(asked.seed, laws, tally, asked.first, asked.shrink):
                now = time.monotonic()
                if now > end or (asked.graphs and tally.graphs >= asked.graphs):
                    break
                if now > said + 60:
                    said = now
                    print(tally.rates(), file=sys.stderr, flush=True)
        except KeyboardInterrupt:
            print("interrupted", file=sys.stderr)
    print(tally.report())
    return 1 if tally.faults else 0


def _parser(laws: list[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m tests.fuzz", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--graphs", type=int, help="stop after so many")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    parser.add_argument("--law", action="append", choices=laws)
    backends = ("interpret", "numpy", "native", "jax")
    parser.add_argument("--backend", action="append", choices=backends)
    parser.add_argument("--shrink", type=float, default=30.0, help="seconds a fault")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
