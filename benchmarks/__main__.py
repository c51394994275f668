"""python -m benchmarks: tables on standard output, JSON and SVG in a folder."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks import (
    cells,
    compiling,
    forms,
    growth,
    layers,
    memory,
    reporting,
    sampling,
    scalars,
    training,
)
from benchmarks.options import Options, cores
from benchmarks.reporting import Report

BENCHMARKS: dict[str, Callable[[Options], Report]] = {
    "train": training.run,
    "cells": cells.run,
    "layers": layers.run,
    "forms": forms.run,
    "growth": growth.run,
    "scalar": scalars.run,
    "memory": memory.run,
    "sampling": sampling.run,
    "compile": compiling.run,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the command line asks for; 1 if a bar is missed, else 0."""
    given = _parser().parse_args(arguments)
    options = _options(given)
    chosen = list(BENCHMARKS) if given.what == "all" else [given.what]
    missed = False
    for name in chosen:
        report = BENCHMARKS[name](options)
        print(f"\n{reporting.text(report)}\n", flush=True)
        for path in reporting.write(report, options.output):
            print(f"wrote {path}")
        missed = missed or not all(bar.met for bar in report.bars)
    return int(missed and given.strict)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("what", nargs="?", default="all", choices=["all", *BENCHMARKS])
    parser.add_argument("--threads", choices=["1", "all", "both"], default="both")
    parser.add_argument(
        "--sizes",
        nargs="+",
        type=_size,
        help="B,H,T,V each; for cells and layers B,H,T",
    )
    parser.add_argument("--peers", nargs="+", help="only these; parts of names")
    parser.add_argument("--quick", action="store_true", help="small, to see it work")
    parser.add_argument("--rounds", type=int, help="turns of each peer (9)")
    parser.add_argument("--seconds", type=float, help="length of a turn (0.5)")
    parser.add_argument("--limit", type=float, default=600.0, help="s for compiling")
    parser.add_argument("--against", type=Path, help="another tree, for compile")
    parser.add_argument("--output", type=Path, default=Path("runs/benchmarks"))
    parser.add_argument("--strict", action="store_true", help="fail if a bar is missed")
    return parser


def _size(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(","))


def _options(given: argparse.Namespace) -> Options:
    threads = {"1": (1,), "all": (cores(),), "both": (1, cores())}[given.threads]
    return Options(
        threads=tuple(dict.fromkeys(threads)),
        sizes=tuple(given.sizes) if given.sizes else None,
        peers=tuple(given.peers) if given.peers else None,
        quick=given.quick,
        output=given.output,
        rounds=given.rounds or (2 if given.quick else 9),
        seconds=given.seconds or (0.05 if given.quick else 0.5),
        limit=given.limit,
        against=given.against and given.against.resolve(),
    )


if __name__ == "__main__":
    sys.exit(main())
